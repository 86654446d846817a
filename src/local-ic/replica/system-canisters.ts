import { bytesToHex } from '@noble/hashes/utils';
import { type CanisterView } from './replica-port';
import { type SystemCanister } from './system-canister';

/** The canisters the network brings along, by their fixed ids. */
export class SystemCanisters {
  readonly #canisters: ReadonlyMap<string, SystemCanister>;

  constructor(canisters: readonly SystemCanister[]) {
    this.#canisters = new Map(canisters.map((canister) => [bytesToHex(canister.id), canister]));
  }

  find(id: Uint8Array): SystemCanister | undefined {
    return this.#canisters.size === 0 ? undefined : this.#canisters.get(bytesToHex(id));
  }

  all(): Iterable<SystemCanister> {
    return this.#canisters.values();
  }

  view(id: Uint8Array): CanisterView | undefined {
    return this.find(id) && viewOf(id);
  }

  *views(): Iterable<CanisterView> {
    for (const { id } of this.#canisters.values()) yield viewOf(id);
  }
}

/** They exist and show nothing: no code, no controllers. */
function viewOf(id: Uint8Array): CanisterView {
  return { id, controllers: [], metadata: new Map() };
}
