/**
 * The protocol adapter's commitment tree (`anoma/evm-protocol-adapter` v1.1.0, `contracts/src/libs/MerkleTree.sol`):
 * SHA-256 of the two children, leaves as they are, left to right, padded with {@link EMPTY_HASH}. The depth grows by
 * one as soon as the leaves fill the tree.
 *
 * Nothing in a path tells a leaf from an inner node. Whoever folds a path for proof must also require that it is as
 * long as {@link treeDepth} of the attested leaf count; `proof/membership.ts` does.
 */
import { type Bytes32, hex32 } from '../bytes';
import { sha256 } from '../crypto/hash';
import { ProtocolError } from '../error';

/** SHA-256 of the five bytes `EMPTY`: padding leaf, and root of the tree without leaves. */
export const EMPTY_HASH: Bytes32 = hex32('cc1d2f838445db7aec431df9ee8a871f40e7aa5e064fc056633ef8c60fab7b06');

/** Levels above the leaves in a tree of `leafCount` leaves: 0 for none, else floor(log2(leafCount)) + 1. */
export function treeDepth(leafCount: bigint): number {
  return leafCount <= 0n ? 0 : leafCount.toString(2).length;
}

/**
 * The root that `leaf` at `index` has under `siblings`, from the leaves upwards.
 * @throws {ProtocolError} `tree/out-of-range` when so few siblings can not hold so high an index.
 */
export function foldPath(path: {
  readonly leaf: Bytes32;
  readonly index: bigint;
  readonly siblings: readonly Bytes32[];
}): Bytes32 {
  let node = path.leaf;
  let index = path.index;
  for (const sibling of path.siblings) {
    node = (index & 1n) === 1n ? sha256(sibling, node) : sha256(node, sibling);
    index >>= 1n;
  }
  if (index !== 0n) {
    throw new ProtocolError(
      'tree/out-of-range',
      `expected 0 <= index < 2^${path.siblings.length}, got ${path.index}`,
      { index: path.index }
    );
  }
  return node;
}

/** An append-only commitment tree in memory, which also answers for every size it once had. */
export class CommitmentTree {
  /** Roots of the full subtrees: `levels[k][i]` covers the leaves from i·2^k on. */
  private readonly levels: Bytes32[][] = [[]];
  private readonly emptyRoots: Bytes32[] = [EMPTY_HASH];

  get leafCount(): bigint {
    return BigInt(this.level(0).length);
  }

  append(leaf: Bytes32): void {
    let node = leaf;
    for (let height = 0; ; height += 1) {
      const level = this.level(height);
      const left = level.at(-1);
      level.push(node);
      if (level.length % 2 === 1 || left === undefined) return;
      node = sha256(left, node);
    }
  }

  /** Root of the tree as it is; {@link EMPTY_HASH} without leaves. */
  root(): Bytes32 {
    return this.rootAt(this.leafCount);
  }

  /** Siblings of the leaf at `index`, from the leaves upwards. @throws {ProtocolError} `tree/out-of-range`. */
  path(index: bigint): Bytes32[] {
    return this.pathAt(index, this.leafCount);
  }

  /** Root when the tree had `leafCount` leaves. @throws {ProtocolError} `tree/out-of-range` when it never had. */
  rootAt(leafCount: bigint): Bytes32 {
    this.assertSize(leafCount);
    return this.nodeAt({ height: treeDepth(leafCount), index: 0, leafCount: Number(leafCount) });
  }

  /** {@link path} when the tree had `leafCount` leaves. @throws {ProtocolError} `tree/out-of-range`. */
  pathAt(index: bigint, leafCount: bigint): Bytes32[] {
    this.assertSize(leafCount);
    if (index < 0n || index >= leafCount) {
      throw new ProtocolError('tree/out-of-range', `expected a leaf index below ${leafCount}, got ${index}`, {
        index,
        leafCount
      });
    }
    return Array.from({ length: treeDepth(leafCount) }, (_, height) =>
      this.nodeAt({
        height,
        index: Number((index >> BigInt(height)) ^ 1n),
        leafCount: Number(leafCount)
      })
    );
  }

  private assertSize(leafCount: bigint): void {
    if (leafCount < 0n || leafCount > this.leafCount) {
      throw new ProtocolError(
        'tree/out-of-range',
        `expected a size of at most ${this.leafCount} leaves, got ${leafCount}`,
        { leafCount }
      );
    }
  }

  private nodeAt(place: { height: number; index: number; leafCount: number }): Bytes32 {
    const { height, index, leafCount } = place;
    const width = 2 ** height;
    if (index * width >= leafCount) return this.emptyRoot(height);
    const full = (index + 1) * width <= leafCount ? this.level(height)[index] : undefined;
    if (full !== undefined) return full;
    return sha256(
      this.nodeAt({ height: height - 1, index: 2 * index, leafCount }),
      this.nodeAt({ height: height - 1, index: 2 * index + 1, leafCount })
    );
  }

  private level(height: number): Bytes32[] {
    return (this.levels[height] ??= []);
  }

  private emptyRoot(height: number): Bytes32 {
    const known = this.emptyRoots[height];
    if (known !== undefined) return known;
    const child = this.emptyRoot(height - 1);
    return (this.emptyRoots[height] = sha256(child, child));
  }
}
