/** A final state of a domain that has been verified; account transitions are proven against it. */
import { type Bytes32 } from '../bytes';

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
