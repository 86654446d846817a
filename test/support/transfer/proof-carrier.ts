/** Carries checkpoints and proofs by hand, with the relayer's own parts and without a relayer. */
import { type Hex } from 'viem';
import { type CheckpointWire, type EvmCheckpointEvidenceWire } from '../../../src/api/domains-idl';
import { unwrap } from '../../../src/api/errors';
import { type TransitionBatchWire } from '../../../src/api/signer-idl';
import { type Bytes32, address, ascii, bytes32, equalBytes, fromHex, toHex } from '../../../src/core/bytes';
import { CommitmentTree } from '../../../src/core/resource/commitment-tree';
import { connectEvmAdapter } from '../../../src/relayer/chains/evm-adapter';
import { type EvmChain } from '../../../src/relayer/chains/evm-chain';
import { type ExecutedAction, type Execution, groupExecutions } from '../../../src/relayer/jobs/execution';
import { mineBlocks } from '../../fixtures/evm/anvil';
import { type TestStage } from '../test-stage';

type Unit = TransitionBatchWire['units'][number];

const LAYOUT = { leafCountSlot: 1n, rootValuesSlot: 4n, nullifierPositionsSlot: 7n };
const MAGIC = ascii('HYPHA');
/** Purpose byte of a binding's payload, and where it is. */
const BINDING = 0;
const PURPOSE_OFFSET = 6;
/** With epochs of one slot the finalized block is this far behind. */
const BLOCKS_TO_FINALITY = 2;

export class ProofCarrier {
  readonly chain: EvmChain;

  constructor(private readonly stage: TestStage) {
    this.chain = connectEvmAdapter({
      rpcUrl: stage.anvil.url,
      adapter: address(fromHex(stage.deployment.adapter), 'adapter'),
      layout: LAYOUT
    });
  }

  /** Mines until all that has been mined is final; the finalized height. */
  async finalize(): Promise<bigint> {
    await mineBlocks(this.stage.anvil.url, BLOCKS_TO_FINALITY);
    return (await this.chain.readFinalizedHeader()).height;
  }

  /** Evidence of the adapter's state at a height. */
  async readEvidence(height: bigint): Promise<EvmCheckpointEvidenceWire> {
    const header = await this.chain.readHeader(height);
    const snapshot = await this.chain.readSnapshot(header);
    return {
      domain: this.stage.domainId,
      header: header.rlp,
      account_proof: [...snapshot.accountProof],
      leaf_count_proof: [...snapshot.leafCountProof],
      root_count_proof: [...snapshot.rootCountProof],
      latest_root_proof: [...snapshot.latestRootProof]
    };
  }

  /** All that has been mined, final and accepted by `domains`. */
  async acceptCheckpoint(): Promise<CheckpointWire> {
    const evidence = await this.readEvidence(await this.finalize());
    return unwrap(await this.stage.domains.accept_evm_checkpoint(evidence));
  }

  /** The batch of the one action that a transaction executed, proven at a checkpoint. */
  async readBatch(transactionHash: Hex, checkpoint: CheckpointWire): Promise<TransitionBatchWire> {
    const from = this.stage.deployment.adapterBlock;
    const executions = groupExecutions(await this.chain.readEvents({ from, to: checkpoint.height }));
    const tree = growTree(executions);
    const position = executions.findIndex(({ txHash }) => equalBytes(txHash, fromHex(transactionHash)));
    const action = executions[position]?.actions[0];
    if (action === undefined) throw new Error(`${transactionHash} executed no action`);
    const firstLeaf = growTree(executions.slice(0, position)).leafCount;
    const units = commitmentsOf(action).map((_commitment, unitIndex): Omit<Unit, 'nullifier_proof'> => {
      const leafIndex = firstLeaf + BigInt(unitIndex);
      const payload = payloadOf(action, unitIndex);
      return {
        leaf_index: leafIndex,
        path: tree.pathAt(leafIndex, checkpoint.leaf_count),
        payload: payload === undefined ? [] : [payload]
      };
    });
    const proofs = await this.readNullifierProofs(action, checkpoint);
    return {
      domain: this.stage.domainId,
      height: checkpoint.height,
      tags: [...action.tags],
      units: units.map((unit, unitIndex) => ({ ...unit, nullifier_proof: proofs[unitIndex] ?? [] }))
    };
  }

  /** The adapter's tree by its events up to a height. */
  async readTree(height: bigint): Promise<CommitmentTree> {
    const from = this.stage.deployment.adapterBlock;
    return growTree(groupExecutions(await this.chain.readEvents({ from, to: height })));
  }

  /** Mines until the transaction is final, and applies its action. */
  async carry(transactionHash: Hex): ReturnType<TestStage['signer']['apply_transitions']> {
    const checkpoint = await this.acceptCheckpoint();
    return this.stage.signer.apply_transitions(await this.readBatch(transactionHash, checkpoint));
  }

  private async readNullifierProofs(
    action: ExecutedAction,
    { height, storage_hash: storageHash }: CheckpointWire
  ): Promise<Uint8Array[][]> {
    const isAsked = nullifiersOf(action).map((_nullifier, unitIndex) => !isBinding(action, unitIndex));
    const proofs = (
      await this.chain.readNullifierProofs({
        height,
        storageHash: bytes32(Uint8Array.from(storageHash), 'storage hash'),
        nullifiers: nullifiersOf(action).filter((_nullifier, unitIndex) => isAsked[unitIndex])
      })
    ).values();
    return isAsked.map((asked) => (asked ? [...(proofs.next().value ?? [])] : []));
  }
}

function growTree(executions: readonly Execution[]): CommitmentTree {
  const tree = new CommitmentTree();
  for (const { commitments } of executions) for (const commitment of commitments) tree.append(commitment);
  return tree;
}

const nullifiersOf = ({ tags }: ExecutedAction): Bytes32[] => tags.filter((_tag, index) => index % 2 === 0);
const commitmentsOf = ({ tags }: ExecutedAction): Bytes32[] => tags.filter((_tag, index) => index % 2 === 1);

const payloadOf = (action: ExecutedAction, unitIndex: number): Uint8Array | undefined =>
  action.payloads.find(
    (payload) => payload.unitIndex === unitIndex && toHex(payload.blob).startsWith(toHex(MAGIC))
  )?.blob;

const isBinding = (action: ExecutedAction, unitIndex: number): boolean =>
  payloadOf(action, unitIndex)?.[PURPOSE_OFFSET] === BINDING;
