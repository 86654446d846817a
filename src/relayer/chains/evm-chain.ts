/**
 * The port to an EVM chain and the protocol adapter on it. Whatever comes through it has been parsed and is
 * consistent in itself; whether it is true is for the canister to decide.
 *
 * Every method may throw a ProtocolError `chain/*`: the node failed, and asking again may help.
 */
import { type Bytes32 } from '../../core/bytes';

/** `rlp`: the header's RLP encoding; its Keccak-256 is `hash`. */
export type BlockHeader = {
  readonly height: bigint;
  readonly hash: Bytes32;
  readonly parentHash: Bytes32;
  readonly rlp: Uint8Array;
};

/** Both ends included. */
export type BlockRange = { readonly from: bigint; readonly to: bigint };

export type EventPosition = {
  readonly height: bigint;
  readonly blockHash: Bytes32;
  readonly txHash: Bytes32;
  /** Position of the log in its block. */
  readonly logIndex: number;
};

/** Events of the adapter that the relayer follows, by their Solidity names. */
export type AdapterEvent = EventPosition &
  (
    | { readonly type: 'TransactionExecuted'; readonly tags: readonly Bytes32[] }
    | { readonly type: 'ActionExecuted'; readonly actionTreeRoot: Bytes32; readonly tagCount: number }
    | { readonly type: 'ApplicationPayload'; readonly tag: Bytes32; readonly blob: Uint8Array }
    | { readonly type: 'CommitmentTreeRootAdded'; readonly root: Bytes32 }
  );

/** Trie nodes from the root down, each in RLP. */
export type TrieProof = readonly Uint8Array[];

/** The adapter's tree at a block, and the proofs that it is in the block's state. */
export type AdapterSnapshot = {
  readonly leafCount: bigint;
  readonly root: Bytes32;
  readonly accountProof: TrieProof;
  readonly leafCountProof: TrieProof;
  readonly rootCountProof: TrieProof;
  readonly latestRootProof: TrieProof;
};

/** `storageHash`: root of the adapter's storage trie at `height`, which the proofs must lead to. */
export type NullifierRequest = {
  readonly height: bigint;
  readonly storageHash: Bytes32;
  readonly nullifiers: readonly Bytes32[];
};

export interface EvmChain {
  /** EIP-155 id of the chain the node is on. */
  readChainId(): Promise<bigint>;
  readFinalizedHeader(): Promise<BlockHeader>;
  readHeader(height: bigint): Promise<BlockHeader>;
  /** The adapter's events in chain order. */
  readEvents(range: BlockRange): Promise<AdapterEvent[]>;
  /** Latest root and leaf count at the end of the header's block, proven under its state root. */
  readSnapshot(header: BlockHeader): Promise<AdapterSnapshot>;
  /** Proofs, in the order asked, that the nullifiers were in the set at the end of block `height`. */
  readNullifierProofs(request: NullifierRequest): Promise<TrieProof[]>;
}
