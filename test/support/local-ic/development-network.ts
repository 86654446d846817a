/** A replica with the canisters a development network brings along, and calls to them by their Candid. */
import { IDL } from '@dfinity/candid';
import { Principal } from '@dfinity/principal';
import { type SystemCanister } from '../../../src/local-ic/replica/system-canister';
import { createDevelopmentCanisters } from '../../../src/local-ic/system-canisters/development-canisters';
import { ANONYMOUS, replyOf, TestReplica } from '../../fixtures/local-ic/test-replica';

export type MethodTypes = { readonly argument?: IDL.Type; readonly result: IDL.Type };
export type CallTarget = {
  readonly canister: Principal;
  readonly method: string;
  readonly types: MethodTypes;
};

export class DevelopmentNetwork {
  readonly host: TestReplica;
  systemCanisters: readonly SystemCanister[] = [];

  constructor() {
    this.host = new TestReplica({
      systemCanisters: (given) => (this.systemCanisters = createDevelopmentCanisters(given))
    });
  }

  /** The value an update call replies; fails with the text of a rejection. */
  async update<Reply>(
    { canister, method, types }: CallTarget,
    argument: unknown,
    sender: Uint8Array = ANONYMOUS
  ): Promise<Reply> {
    const arg = encode(types, argument);
    return decode(types, replyOf(await this.host.call(canister.toUint8Array(), method, { arg, sender })));
  }

  async query<Reply>({ canister, method, types }: CallTarget, argument?: unknown): Promise<Reply> {
    const arg = encode(types, argument);
    return decode(types, replyOf(await this.host.query(canister.toUint8Array(), method, { arg })));
  }

  /** Cycles minted that nobody holds and that were not burned: none, unless some were lost or made up. */
  unaccountedCycles(canisters: readonly { readonly id: Uint8Array }[]): bigint {
    const { ledger } = this.host.replica;
    const held = [
      ...this.systemCanisters.map(({ cycles }) => cycles),
      ...canisters.map(({ id }) => this.host.replica.cyclesOf(id) ?? 0n)
    ];
    return ledger.mintedCycles - ledger.burnedCycles - held.reduce((sum, cycles) => sum + cycles, 0n);
  }
}

function encode({ argument }: MethodTypes, value: unknown): Uint8Array {
  return new Uint8Array(argument ? IDL.encode([argument], [value]) : IDL.encode([], []));
}

function decode<Reply>({ result }: MethodTypes, reply: Uint8Array): Reply {
  return IDL.decode([result], reply)[0] as Reply;
}

/** An ICRC-1 account without a subaccount. */
export const accountOf = (owner: Uint8Array): { readonly owner: Principal; readonly subaccount: [] } => ({
  owner: Principal.fromUint8Array(owner),
  subaccount: []
});
