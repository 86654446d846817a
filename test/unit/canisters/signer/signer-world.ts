/** The signer canister's use cases on a fake IC, with a `domains` canister that vouches for the scenario's transitions. */
import { IDL } from '@dfinity/candid';
import { Cbor, type HashTree, lookupResultToBuffer, lookup_path, reconstruct } from '@dfinity/agent';
import { type AttestRequestWire, AttestRequestIdl, domainsMethods } from '../../../../src/api/domains-idl';
import { encodeAttestation } from '../../../../src/api/domains-wire';
import { type TransitionBatch, decodeEvmTransaction } from '../../../../src/api/signer-wire';
import { type EvmTransactionWire } from '../../../../src/api/signer-idl';
import { install } from '../../../../src/canisters/signer/lifecycle';
import { type SignerContext } from '../../../../src/canisters/signer/signature-log';
import { type SIGNER_MEMORY, createSignerStore } from '../../../../src/canisters/signer/store';
import { createNumberedAccount } from '../../../../src/canisters/signer/use-cases/create-account';
import { requireAccount } from '../../../../src/canisters/signer/use-cases/read-account';
import { readBlocks, readTipCertificate } from '../../../../src/canisters/signer/use-cases/read-log';
import { sealOwnAccount } from '../../../../src/canisters/signer/use-cases/seal-account';
import {
  type SignedEvmTransaction,
  signEvmTransaction
} from '../../../../src/canisters/signer/use-cases/sign-evm-transaction';
import { applyTransitions } from '../../../../src/canisters/signer/use-cases/apply-transitions';
import { type Account } from '../../../../src/core/account/account';
import { type Checkpoint } from '../../../../src/core/domain/checkpoint';
import { type Icrc3Value } from '../../../../src/core/log/icrc3-value';
import { type TransitionClaim } from '../../../../src/core/proof/transition';
import { DOMAINS_ID, FakeRuntime, SIGNER_ID } from '../../../support/fake-runtime';
import { MemoryStableMap } from '../../../support/memory-stable-map';
import {
  type Flaws,
  type Part,
  type SettledAction,
  LOGIC,
  actionOf,
  settle
} from '../../core/proof/transfer-scenario';
import { type Party } from '../../core/proof/reference-transfer';

export const KEY_NAME = 'test_key_1';

/** A plain transfer of one ether; nonce 0 on chain 31337 unless changed. */
export const transferFields: EvmTransactionWire = {
  chain_id: 31_337n,
  nonce: 0n,
  max_priority_fee_per_gas: 1_000_000_000n,
  max_fee_per_gas: 30_000_000_000n,
  gas_limit: 21_000n,
  to: [new Uint8Array(20).fill(0x70)],
  value: 10n ** 18n,
  data: new Uint8Array(),
  access_list: []
};

export class SignerWorld {
  readonly runtime = new FakeRuntime(SIGNER_ID);
  readonly maps = createMaps();
  readonly context: SignerContext = { runtime: this.runtime, store: createSignerStore(this.maps) };
  /** What `domains` was asked, in order. */
  readonly attestRequests: AttestRequestWire[] = [];

  constructor() {
    install(this.context, { domainsCanister: DOMAINS_ID, keyName: KEY_NAME });
  }

  /** All of stable memory, and the certified data. */
  dump = (): unknown => ({
    maps: Object.entries(this.maps).map(([name, map]) => [name, map.dump()]),
    certifiedData: Buffer.from(this.runtime.certifiedData).toString('hex')
  });

  as(party: Party): this {
    this.runtime.callerBytes = party.principal;
    return this;
  }

  create(owner: Party): Promise<Account> {
    return createNumberedAccount(this.as(owner).context);
  }

  account(account: Account): Account {
    return requireAccount(this.context.store, account.id);
  }

  sign(
    caller: Party,
    account: Account,
    change: Partial<EvmTransactionWire> & { readonly isReplacement?: boolean } = {}
  ): Promise<SignedEvmTransaction> {
    const { isReplacement = false, ...fields } = change;
    return signEvmTransaction(this.as(caller).context, {
      accountId: account.id,
      transaction: decodeEvmTransaction({ ...transferFields, ...fields }),
      isReplacement
    });
  }

  /** A new account of `owner`, bound in the scenario's domain. */
  async createBound(owner: Party): Promise<Account> {
    const account = await this.create(owner);
    await this.apply(settle([{ account, to: owner }]));
    return this.account(account);
  }

  async createSealed(owner: Party): Promise<Account> {
    const account = await this.createBound(owner);
    await sealOwnAccount(this.as(owner).context, account.id);
    return this.account(account);
  }

  /** Brings these claims as one batch, `domains` vouching for their checkpoint and every nullifier. */
  apply(claims: readonly TransitionClaim[], present = true): Promise<Account[]> {
    const [first] = claims;
    if (first === undefined) throw new Error('no claims');
    this.vouch(first.attestation.checkpoint, () => present);
    return applyTransitions(this.context, batchOf(claims));
  }

  /** Brings the action as it is, `domains` vouching for its checkpoint and for the nullifiers it holds present. */
  bring(
    { checkpoint, action }: Pick<SettledAction, 'checkpoint' | 'action'>,
    isPresent: (index: number) => boolean = () => true
  ): Promise<Account[]> {
    this.vouch(checkpoint, isPresent);
    const { domainId, height } = checkpoint;
    const nullifierProofs = action.units.map((_unit, index) => [Uint8Array.of(0xc0, index)]);
    return applyTransitions(this.context, { domainId, height, action, nullifierProofs });
  }

  /** The whole way of a transfer: action, checkpoint, transitions. */
  transfer(parts: readonly Part[], flaws: Flaws = {}): Promise<Account[]> {
    return this.apply(settle(parts, flaws));
  }

  /** Lets `domains` answer with this checkpoint; `isPresent` takes the position of a nullifier among those asked about. */
  vouch(checkpoint: Checkpoint, isPresent: (index: number) => boolean = () => true): void {
    this.runtime.answerCall = ({ canister, method, arg }) => {
      if (!Buffer.from(canister).equals(DOMAINS_ID) || method !== 'attest_nullifiers') {
        return { rejected: { code: 3, message: 'no such canister or method' } };
      }
      const [request] = IDL.decode([AttestRequestIdl], arg) as unknown as [AttestRequestWire];
      this.attestRequests.push(request);
      const attestation = {
        checkpoint,
        logicRef: LOGIC,
        present: request.nullifiers.map((_, index) => isPresent(index))
      };
      return { replied: encodeAttestReply({ Ok: encodeAttestation(attestation) }) };
    };
  }

  /** Every block of the log, each as a record of its fields. */
  blocks(): Record<string, Icrc3Value>[] {
    const { blocks } = readBlocks(this.context.store, [{ start: 0n, length: 1_000n }]);
    return blocks.map(({ block }) => ('Map' in block ? Object.fromEntries(block.Map) : {}));
  }

  /** `btype` of every block, with the outcome where there is one. */
  history(): string[] {
    return this.blocks().map(({ btype, status, outcome }) =>
      [btype, status, outcome].map(textOf).filter(Boolean).join(' ')
    );
  }

  /** The tip that the certified data commits to, by the agent's own hash tree code. */
  async certifiedTip(): Promise<{ index: bigint; hash: Uint8Array; isCertified: boolean }> {
    this.runtime.certificate = Uint8Array.of(1);
    const tip = readTipCertificate(this.context);
    if (tip === undefined) throw new Error('no tip');
    const tree = Cbor.decode<HashTree>(tip.hashTree);
    const leaf = (label: string): Uint8Array =>
      lookupResultToBuffer(lookup_path([label], tree)) ?? new Uint8Array();
    const isCertified = Buffer.from(await reconstruct(tree)).equals(this.runtime.certifiedData);
    const index = leaf('last_block_index').reduceRight((sum, byte) => sum * 128n + BigInt(byte & 127), 0n);
    return { index, hash: leaf('last_block_hash'), isCertified };
  }
}

const textOf = (value: Icrc3Value | undefined): string =>
  value !== undefined && 'Text' in value ? value.Text : '';

export const encodeAttestReply = (result: unknown): Uint8Array =>
  IDL.encode([domainsMethods.attest_nullifiers[1]], [result]);

/** The claims as they are submitted: all units of one action, of which each moves an account. */
export function batchOf(claims: readonly TransitionClaim[]): TransitionBatch {
  const [first] = claims;
  if (first === undefined) throw new Error('no claims');
  const { domainId, height } = first.attestation.checkpoint;
  return {
    domainId,
    height,
    action: actionOf(claims),
    nullifierProofs: claims.map(() => [Uint8Array.of(0xc0)])
  };
}

function createMaps(): Record<keyof typeof SIGNER_MEMORY, MemoryStableMap> {
  return {
    settings: new MemoryStableMap(),
    accounts: new MemoryStableMap(),
    keys: new MemoryStableMap(),
    owners: new MemoryStableMap(),
    nullifiers: new MemoryStableMap(),
    log: new MemoryStableMap(),
    inFlight: new MemoryStableMap()
  };
}

/** The code that the promise is refused with; undefined when it is not. Any other error is thrown on. */
export async function refusalOf(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
    throw error;
  }
}
