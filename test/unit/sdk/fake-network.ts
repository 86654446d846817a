/**
 * A signer, a domain and its adapter in memory: the canisters' ports as the SDK calls them, over the protocol's own
 * accounts. What a plan proves is judged by the verifier that the signer canister runs.
 */
import { Principal } from '@dfinity/principal';
import { type SignIdentity } from '@dfinity/agent';
import { type DomainViewWire } from '../../../src/api/domains-idl';
import { encodeDomainView } from '../../../src/api/domains-wire';
import { toErr } from '../../../src/api/errors';
import { type AccountViewWire } from '../../../src/api/signer-idl';
import { encodeAccountView } from '../../../src/api/signer-wire';
import {
  type Account,
  acceptAccount,
  applyTransition,
  createAccount,
  sealAccount
} from '../../../src/core/account/account';
import { type Bytes32, address, equalBytes, hex32, toHex } from '../../../src/core/bytes';
import { type Checkpoint } from '../../../src/core/domain/checkpoint';
import { type EvmDomainConfig } from '../../../src/core/domain/evm-domain';
import { ProtocolError } from '../../../src/core/error';
import { verifyTransition } from '../../../src/core/proof/transition';
import { CommitmentTree } from '../../../src/core/resource/commitment-tree';
import { type Transaction } from '../../../src/core/resource/transaction';
import { type Canisters } from '../../../src/sdk/account-reading';
import {
  type TransferPlan,
  approvePlan,
  contributeToPlan,
  platformRandom
} from '../../../src/sdk/transfer-plan';
import { proveTransfer } from '../../../src/sdk/prove-transfer';
import { mockProver } from '../../fixtures/arm/mock-prover';
import { sampleWord } from '../../fixtures/arm/sample-units';

export const SIGNER = Principal.fromText('rrkah-fqaaa-aaaaa-aaaaq-cai');
export const DOMAIN = hex32('d0'.repeat(32));
export const LOGIC = hex32('10'.repeat(32));
export const CHAIN_ID = 31_337n;

const EVM_ADDRESS = address(new Uint8Array(20).fill(0xaa), 'address');
const CONFIG: EvmDomainConfig = {
  name: 'test',
  chainId: CHAIN_ID,
  adapter: address(new Uint8Array(20).fill(0xbb), 'adapter'),
  layout: { leafCountSlot: 1n, rootValuesSlot: 4n, nullifierPositionsSlot: 7n },
  logicRef: LOGIC,
  providers: ['https://one.example'],
  agreement: 1
};

/** Accounts, the tree their resources are in, and the canisters' ports over them. */
export class FakeNetwork {
  private readonly accounts = new Map<string, Account>();
  private readonly applied = new Map<string, Bytes32>();
  private readonly tree = new CommitmentTree();
  config = CONFIG;
  halted: string | undefined;
  /** Changes what the signer answers; the accounts stay as they are. */
  distort: (view: AccountViewWire) => AccountViewWire = (view) => view;

  readonly canisters: Canisters = {
    signerId: SIGNER,
    signer: {
      account: (id) =>
        answer(() => {
          const account = this.account(id);
          return this.distort(encodeAccountView({ account, evmAddress: EVM_ADDRESS }));
        })
    },
    domains: { domain: (id) => answer(() => this.domain(id)) }
  };

  create(seed: number, owner: SignIdentity): Bytes32 {
    const id = sampleWord(seed);
    this.accounts.set(toHex(id), createAccount({ id, owner: owner.getPrincipal().toUint8Array() }));
    return id;
  }

  account(id: Uint8Array): Account {
    const account = this.accounts.get(toHex(id));
    if (account === undefined) throw new ProtocolError('account/unknown', 'there is no such account');
    return account;
  }

  ownerOf = (id: Bytes32): string => Principal.fromUint8Array(this.account(id).owner).toText();

  seal(id: Bytes32, owner: SignIdentity): void {
    this.put(
      sealAccount(this.account(id), {
        caller: owner.getPrincipal().toUint8Array(),
        signerCanisterId: SIGNER.toUint8Array(),
        moduleHash: sampleWord(77),
        controllers: [SIGNER.toUint8Array()]
      })
    );
  }

  accept(id: Bytes32, owner: SignIdentity): void {
    this.put(acceptAccount(this.account(id), owner.getPrincipal().toUint8Array()));
  }

  put(account: Account): void {
    this.accounts.set(toHex(account.id), account);
  }

  /** Executes the plan in the adapter and carries every transition of it to the signer. */
  async settle(plan: TransferPlan): Promise<Transaction> {
    const means = { prover: mockProver, consumedRoot: this.tree.root() };
    const transaction = await proveTransfer(plan, means);
    const [action] = transaction.actions;
    if (action === undefined) throw new Error('expected an action');
    const tags = action.complianceUnits.flatMap(({ instance }) => [
      instance.consumed.nullifier,
      instance.created.commitment
    ]);
    const first = this.tree.leafCount;
    for (const { instance } of action.complianceUnits) this.tree.append(instance.created.commitment);
    const verified = action.complianceUnits.map(({ instance }, unitIndex) => {
      const input = action.logicInputs.find(({ tag }) => equalBytes(tag, instance.created.commitment));
      const payload = input?.appData.applicationPayload[0]?.blob ?? new Uint8Array();
      const leafIndex = first + BigInt(unitIndex);
      const account = this.account(plan.units[unitIndex]?.accountId ?? new Uint8Array());
      const transition = verifyTransition({
        account,
        signerCanisterId: SIGNER.toUint8Array(),
        findApplied: ({ nullifier }) => this.applied.get(toHex(nullifier)),
        attestation: { checkpoint: this.checkpoint(), logicRef: LOGIC, nullifierPresent: true },
        evidence: { tags, unitIndex, payload, leafIndex, path: this.tree.path(leafIndex) }
      });
      return { account, transition };
    });
    for (const { account, transition } of verified) {
      this.applied.set(toHex(transition.nullifier), transition.head.commitment);
      this.put(applyTransition(account, transition));
    }
    return transaction;
  }

  private checkpoint(): Checkpoint {
    return {
      domainId: DOMAIN,
      height: 1n,
      blockHash: sampleWord(1),
      root: this.tree.root(),
      leafCount: this.tree.leafCount,
      storageHash: sampleWord(2),
      acceptedAtNs: 0n
    };
  }

  private domain(id: Uint8Array): DomainViewWire {
    if (!equalBytes(id, DOMAIN)) throw new ProtocolError('domain/unknown', 'there is no such domain');
    const status =
      this.halted === undefined
        ? ({ status: 'running' } as const)
        : ({ status: 'halted', reason: this.halted } as const);
    return encodeDomainView({ id: DOMAIN, config: this.config, status, latest: undefined });
  }
}

/** Every party contributes, then every party approves. */
export async function agree(proposed: TransferPlan, parties: readonly SignIdentity[]): Promise<TransferPlan> {
  let plan = proposed;
  for (const identity of parties) plan = await contributeToPlan(plan, { identity, random: platformRandom });
  for (const identity of parties) plan = await approvePlan(plan, identity);
  return plan;
}

function answer<T>(make: () => T): Promise<{ readonly Ok: T } | ReturnType<typeof toErr>> {
  try {
    return Promise.resolve({ Ok: make() });
  } catch (error) {
    return Promise.resolve(toErr(error));
  }
}
