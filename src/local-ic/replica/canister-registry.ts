import { bytesToHex } from '@noble/hashes/utils';
import { CanisterFault, ERROR_CODE } from '../execution/canister-fault';
import { Canister, type CanisterSettings } from './canister';
import { principalText } from './rejection';
import { TrackedMap } from './tracked-map';

const FIRST_INDEX = 0xffff_ffff_ffc0_0000n;
const LAST_INDEX = 0xffff_ffff_ffff_ffffn;
const CANISTER_ID_BYTES = 10;
const CANISTER_ID_SUFFIX = [0x01, 0x01];

/** Canister id of an index: 8 bytes big endian, then `01 01`. */
function canisterIdOf(index: bigint): Uint8Array {
  const id = new Uint8Array([...new Uint8Array(8), ...CANISTER_ID_SUFFIX]);
  new DataView(id.buffer).setBigUint64(0, index);
  return id;
}

/** All ids that canisters can have, so that a test network can take over ids of others. */
export const CANISTER_RANGE: readonly [Uint8Array, Uint8Array] = [canisterIdOf(0n), canisterIdOf(LAST_INDEX)];

/** The canisters there are. Ids are never reused. */
export class CanisterRegistry {
  /** By id in hex. */
  readonly canisters = new TrackedMap<string, Canister>((canister) => canister.remember());
  /** Ids in hex that were given out, of deleted canisters too. */
  readonly usedIds = new Set<string>();
  /** Where the search for the next free id begins. */
  nextIndex = FIRST_INDEX;

  /** The canister, which may be changed. */
  find(id: Uint8Array): Canister | undefined {
    return this.canisters.get(bytesToHex(id));
  }

  /** @throws CanisterFault IC0301 */
  get(id: Uint8Array): Canister {
    const canister = this.find(id);
    if (canister) return canister;
    throw new CanisterFault(ERROR_CODE.canisterNotFound, `Canister ${principalText(id)} not found.`);
  }

  /** A canister to be looked at only. */
  peek(id: Uint8Array): Canister | undefined {
    return this.canisters.peek(bytesToHex(id));
  }

  /** All canisters, to be looked at only. */
  all(): Iterable<Canister> {
    return this.canisters.values();
  }

  /** @throws CanisterFault when `specifiedId` is taken or not a canister id. */
  create(settings: CanisterSettings, cycles: bigint, specifiedId?: Uint8Array): Canister {
    if (specifiedId) this.#assertUsable(specifiedId);
    const id = specifiedId ?? this.#nextFreeId();
    const canister = new Canister(id, settings, cycles);
    this.usedIds.add(bytesToHex(id));
    this.canisters.set(bytesToHex(id), canister);
    return canister;
  }

  /** Keeps an id from being given to a canister. */
  reserve(id: Uint8Array): void {
    this.usedIds.add(bytesToHex(id));
  }

  delete(canister: Canister): void {
    this.canisters.delete(bytesToHex(canister.id));
  }

  #nextFreeId(): Uint8Array {
    let id = canisterIdOf(this.nextIndex++);
    while (this.usedIds.has(bytesToHex(id))) id = canisterIdOf(this.nextIndex++);
    return id;
  }

  #assertUsable(id: Uint8Array): void {
    const isCanisterId =
      id.length === CANISTER_ID_BYTES && CANISTER_ID_SUFFIX.every((byte, index) => id[index + 8] === byte);
    if (!isCanisterId) {
      throw new CanisterFault(
        ERROR_CODE.invalidManagementPayload,
        `The \`specified_id\` ${principalText(id)} is invalid because it does not belong to the subnet's canister allocation ranges.`
      );
    }
    if (this.usedIds.has(bytesToHex(id))) {
      throw new CanisterFault(
        ERROR_CODE.alreadyInstalled,
        `Canister ${principalText(id)} is already installed.`
      );
    }
  }
}
