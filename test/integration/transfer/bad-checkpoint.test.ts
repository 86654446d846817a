/** Checkpoints of another chain or another branch, and adapters whose storage says what no adapter's may. */
import { type Hex, type PublicClient, toBytes, toHex } from 'viem';
import { type EvmCheckpointEvidenceWire } from '../../../src/api/domains-idl';
import { unwrap } from '../../../src/api/errors';
import { type TransitionBatchWire } from '../../../src/api/signer-idl';
import { startEvmNode } from '../../../scripts/network/dev-network';
import { type CommitmentTree } from '../../../src/core/resource/commitment-tree';
import { mineBlocks } from '../../fixtures/evm/anvil';
import { anvilClients, deployContract, deployContracts } from '../../fixtures/evm/deploy';
import {
  ADAPTER_SLOTS,
  type AdapterBlock,
  arrayElementSlot,
  readAdapterBlock
} from '../../support/evm-evidence';
import { type TestPerson, type TestStage, startTestStage } from '../../support/test-stage';
import { executeForged } from '../../support/transfer/forged-transfer';
import { ProofCarrier } from '../../support/transfer/proof-carrier';
import { createSealedAccounts, ed25519Identity, joinStage } from '../../support/transfer/stage-people';
import { refusalOf } from '../../support/transfer/stage-state';

const ZERO: Hex = `0x${'00'.repeat(32)}`;
const SOME_ROOT: Hex = `0x${'ab'.repeat(32)}`;

let stage: TestStage;
let carrier: ProofCarrier;
let alice: TestPerson;
let bob: TestPerson;

beforeAll(async () => {
  stage = await startTestStage();
  carrier = new ProofCarrier(stage);
  alice = await joinStage(stage, ed25519Identity('alice'));
  bob = await joinStage(stage, ed25519Identity('bob'));
});

afterAll(() => stage.stop());

const refused = (evidence: EvmCheckpointEvidenceWire): Promise<string> =>
  refusalOf({ stage, people: [alice, bob] }, () => stage.domains.accept_evm_checkpoint(evidence));

const toEvidence = (domain: Uint8Array, block: AdapterBlock): EvmCheckpointEvidenceWire => ({
  domain,
  header: toBytes(block.header),
  account_proof: block.accountProof.map((node) => toBytes(node)),
  leaf_count_proof: block.leafCountProof.map((node) => toBytes(node)),
  root_count_proof: block.rootCountProof.map((node) => toBytes(node)),
  latest_root_proof: block.latestRootProof.map((node) => toBytes(node))
});

type Storage = { readonly slot: Hex; readonly value: Hex };

/** Writes into a contract's storage, as no transaction could. */
async function rewriteStorage(reader: PublicClient, adapter: Hex, words: readonly Storage[]): Promise<void> {
  for (const { slot, value } of words) {
    await reader.request<{ Method: string; Parameters: readonly Hex[]; ReturnType: boolean }>({
      method: 'anvil_setStorageAt',
      params: [adapter, slot, value]
    });
  }
}

const word = (value: bigint): Hex => toHex(value, { size: 32 });
const leafCount = (count: bigint): Storage => ({ slot: word(ADAPTER_SLOTS.leafCount), value: word(count) });
const rootCount = (count: bigint): Storage => ({ slot: word(ADAPTER_SLOTS.rootValues), value: word(count) });
const rootAt = (index: bigint, value: Hex): Storage => ({
  slot: arrayElementSlot(ADAPTER_SLOTS.rootValues, index),
  value
});

describe('a checkpoint', () => {
  it('of another chain, of the same adapter at the same height, is not taken', async () => {
    const other = await startEvmNode();
    try {
      const evm = anvilClients(other, 1);
      const { adapter } = await deployContracts(evm);
      expect(adapter).toBe(stage.deployment.adapter);
      await rewriteStorage(evm.reader, adapter, [leafCount(1n), rootAt(0n, SOME_ROOT)]);
      await mineBlocks(other.url, 1);
      const height = await evm.reader.getBlockNumber({ cacheTime: 0 });
      await mineBlocks(stage.anvil.url, Number(height));
      await carrier.finalize();
      const block = await readAdapterBlock(evm.reader, { adapter, height });
      expect(block.root).toBe(SOME_ROOT);

      expect(await refused(toEvidence(stage.domainId, block))).toBe('domain/header-mismatch');
    } finally {
      await other.stop();
    }
  });

  it('of a branch that the chain has left is not taken', async () => {
    await createSealedAccounts(stage, carrier, { owner: alice, count: 1 });
    const { reader } = stage.evm;
    const { adapter } = stage.deployment;
    const snapshot = await request<Hex>('evm_snapshot', []);
    await rewriteStorage(reader, adapter, [{ slot: word(99n), value: word(1n) }]);
    await mineBlocks(stage.anvil.url, 1);
    const height = await reader.getBlockNumber({ cacheTime: 0 });
    const block = await readAdapterBlock(reader, { adapter, height });
    await request('evm_revert', [snapshot]);
    await mineBlocks(stage.anvil.url, 8);

    expect(await refused(toEvidence(stage.domainId, block))).toBe('domain/header-mismatch');
  });
});

describe('an adapter whose storage says what no adapter says', () => {
  it.each<[string, string, readonly Storage[]]>([
    ['no leaf at all', 'checkpoint/empty-root', []],
    ['leaves under the root of none', 'checkpoint/empty-root', [leafCount(1n)]],
    ['a latest root that was never written', 'checkpoint/zero-root', [leafCount(1n), rootCount(2n)]],
    ['a root without leaves', 'checkpoint/no-leaves', [rootAt(0n, SOME_ROOT)]],
    ['a zero that is written out', 'adapter/value', [leafCount(1n), rootCount(0n)]],
    ['more leaves than can be counted', 'adapter/count-range', [leafCount(2n ** 64n), rootAt(0n, SOME_ROOT)]],
    ['more roots than can be counted', 'adapter/count-range', [leafCount(1n), rootCount(2n ** 64n)]]
  ])('gets no checkpoint: %s', async (_name, code, storage) => {
    const { evm } = stage;
    const args = [evm.account.address];
    const { address: adapter } = await deployContract(evm, { name: 'ProtocolAdapterStandIn', args });
    const { config } = unwrap(await stage.domains.domain(stage.domainId));
    const id = unwrap(await stage.domains.register_evm_domain({ ...config, adapter: toBytes(adapter) }));
    await rewriteStorage(evm.reader, adapter, storage);
    await mineBlocks(stage.anvil.url, 1);
    const height = await evm.reader.getBlockNumber({ cacheTime: 0 });
    await carrier.finalize();
    const block = await readAdapterBlock(evm.reader, { adapter, height });

    expect(await refused(toEvidence(Uint8Array.from(id), block))).toBe(code);
  });
});

describe('a transfer', () => {
  it('is refused while its domain is halted, and applied when the domain has been resumed', async () => {
    const { batch } = await executedTransfer();
    const { adapter } = stage.deployment;
    const { slot } = rootAt((await readRootCount()) - 1n, SOME_ROOT);
    const value = (await stage.evm.reader.getStorageAt({ address: adapter, slot })) ?? ZERO;
    await rewriteStorage(stage.evm.reader, adapter, [{ slot, value: SOME_ROOT }]);
    await mineBlocks(stage.anvil.url, 1);
    const evidence = await carrier.readEvidence(await carrier.finalize());

    expect(await stage.domains.accept_evm_checkpoint(evidence)).toMatchObject({
      Err: { code: 'checkpoint/root-rewritten' }
    });
    expect(await applyRefused(batch)).toBe('domain/halted');
    expect(await refused(evidence)).toBe('domain/halted');

    unwrap(await stage.domains.resume_domain(stage.domainId, []));
    const [view] = unwrap(await stage.signer.apply_transitions(batch));
    expect(view).toMatchObject({ status: { active: null }, epoch: 1n });
    await rewriteStorage(stage.evm.reader, adapter, [{ slot, value }]);
  });

  it('is refused where its commitment is in the tree and its nullifier not in the set', async () => {
    const [accountId] = await createSealedAccounts(stage, carrier, { owner: alice, count: 1 });
    if (accountId === undefined) throw new Error('an account');
    const moves = [{ accountId, owner: alice.identity, to: bob.identity }];
    const { hash, approvedTags, payloads } = await executeForged(stage, moves, {
      bystander: true,
      executes: () => false
    });
    const executed = await carrier.readBatch(hash, await carrier.acceptCheckpoint());
    const [nullifier, commitment] = approvedTags;
    const [payload] = payloads;
    const [bystander] = executed.units;
    if (!nullifier || !commitment || !payload || !bystander) throw new Error('an action of two units');
    const tree = await carrier.readTree(executed.height);
    tree.append(commitment);
    await rewriteTree(tree);
    const { height } = await carrier.acceptCheckpoint();
    const proofs = await nullifierProofs(height, [approvedTags[0], approvedTags[2]]);
    const unitAt = (leafIndex: bigint, proof: number) => ({
      leaf_index: leafIndex,
      path: tree.pathAt(leafIndex, tree.leafCount),
      nullifier_proof: proofs[proof] ?? []
    });

    const code = await applyRefused({
      ...executed,
      height,
      tags: [...approvedTags],
      units: [
        { ...unitAt(tree.leafCount - 1n, 0), payload: [payload] },
        { ...unitAt(bystander.leaf_index, 1), payload: [] }
      ]
    });

    expect(code).toBe('transition/nullifier-not-in-set');
  });
});

/** Gives the adapter's storage another tree. */
async function rewriteTree(tree: CommitmentTree): Promise<void> {
  const { adapter } = stage.deployment;
  const words = [leafCount(tree.leafCount), rootAt((await readRootCount()) - 1n, toHex(tree.root()))];
  await rewriteStorage(stage.evm.reader, adapter, words);
  await mineBlocks(stage.anvil.url, 1);
}

async function readRootCount(): Promise<bigint> {
  const slot = word(ADAPTER_SLOTS.rootValues);
  return BigInt((await stage.evm.reader.getStorageAt({ address: stage.deployment.adapter, slot })) ?? ZERO);
}

async function nullifierProofs(
  height: bigint,
  nullifiers: readonly (Uint8Array | undefined)[]
): Promise<Uint8Array[][]> {
  const keys = nullifiers.map((nullifier) => toHex(nullifier ?? new Uint8Array()));
  const { adapter } = stage.deployment;
  const block = await readAdapterBlock(stage.evm.reader, { adapter, height, nullifiers: keys });
  return keys.map((key) => (block.nullifierProofs[key] ?? []).map((node) => toBytes(node)));
}

const applyRefused = (batch: TransitionBatchWire): Promise<string> =>
  refusalOf({ stage, people: [alice, bob] }, () => stage.signer.apply_transitions(batch));

/** A transfer of a sealed account, executed and proven at an accepted checkpoint, and not applied. */
async function executedTransfer(): Promise<{ readonly batch: TransitionBatchWire }> {
  const [accountId] = await createSealedAccounts(stage, carrier, { owner: alice, count: 1 });
  if (accountId === undefined) throw new Error('an account');
  const { hash } = await executeForged(stage, [{ accountId, owner: alice.identity, to: bob.identity }]);
  return { batch: await carrier.readBatch(hash, await carrier.acceptCheckpoint()) };
}

function request<T>(method: string, params: readonly unknown[]): Promise<T> {
  return stage.evm.reader.request<{ Method: string; Parameters: readonly unknown[]; ReturnType: T }>({
    method,
    params
  });
}
