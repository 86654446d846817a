/**
 * Membership of a leaf in a domain's commitment tree.
 *
 * The tree does not tell leaves from inner nodes and the empty path is the identity, so folding alone proves nothing:
 * an inner node with a shorter path folds to the root as well. The path must be exactly as long as the tree that the
 * checkpoint attests is deep, and the leaf one of those it counts.
 */
import { type Bytes32, equalBytes } from '../bytes';
import { ProtocolError } from '../error';
import { foldPath, treeDepth } from '../resource/commitment-tree';

/**
 * Passes when `leaf`, a commitment recomputed from its opening, is the leaf at `index` under `tree.root`.
 * @throws {ProtocolError} `proof/path-length`, `proof/leaf-out-of-range`, `proof/root-mismatch`.
 */
export function assertMembership(proof: {
  readonly tree: { readonly root: Bytes32; readonly leafCount: bigint };
  readonly leaf: Bytes32;
  readonly index: bigint;
  /** Siblings from the leaves upwards. */
  readonly path: readonly Bytes32[];
}): void {
  const { tree, leaf, index, path } = proof;
  const depth = treeDepth(tree.leafCount);
  if (path.length !== depth) {
    throw new ProtocolError('proof/path-length', `expected ${depth} siblings, got ${path.length}`, {
      expected: depth,
      actual: path.length
    });
  }
  if (index < 0n || index >= tree.leafCount) {
    throw new ProtocolError(
      'proof/leaf-out-of-range',
      `expected a leaf index below ${tree.leafCount}, got ${index}`,
      { index, leafCount: tree.leafCount }
    );
  }
  const root = foldPath({ leaf, index, siblings: path });
  if (!equalBytes(root, tree.root)) {
    throw new ProtocolError('proof/root-mismatch', "expected the path to fold to the checkpoint's root", {
      expected: tree.root,
      actual: root
    });
  }
}
