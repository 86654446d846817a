/** A final state of a domain that has been verified; account transitions are proven against it. */
import { type Bytes32, ZERO_BYTES32, equalBytes } from '../bytes';
import { ProtocolError } from '../error';
import { EMPTY_HASH } from '../resource/commitment-tree';

export type Checkpoint = {
  readonly domainId: Bytes32;
  /** Block number on the domain's chain. */
  readonly height: bigint;
  readonly blockHash: Bytes32;
  /** Latest root of the adapter's commitment tree. */
  readonly root: Bytes32;
  readonly leafCount: bigint;
  /** Root of the adapter's storage trie: nullifier proofs are checked against it. */
  readonly storageHash: Bytes32;
  /** IC time of acceptance, in nanoseconds. */
  readonly acceptedAtNs: bigint;
};

/** @throws {ProtocolError} `checkpoint/zero-root`, `checkpoint/empty-root`, `checkpoint/no-leaves`. */
export function assertCheckpoint(checkpoint: Checkpoint): void {
  if (equalBytes(checkpoint.root, ZERO_BYTES32)) {
    throw new ProtocolError(
      'checkpoint/zero-root',
      'expected a root, got the value of storage never written'
    );
  }
  if (equalBytes(checkpoint.root, EMPTY_HASH)) {
    throw new ProtocolError('checkpoint/empty-root', 'expected a root, got that of the tree without leaves');
  }
  if (checkpoint.leafCount <= 0n) {
    throw new ProtocolError('checkpoint/no-leaves', 'expected a tree with leaves', {
      leafCount: checkpoint.leafCount
    });
  }
}
