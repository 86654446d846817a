import { sha256 } from '@noble/hashes/sha2';
import { concatBytes } from '@noble/hashes/utils';
import fc from 'fast-check';
import { type Bytes32, ascii, bytes32, encodeBigEndian, hex32, toHex } from '../../../../src/core/bytes';
import {
  CommitmentTree,
  EMPTY_HASH,
  foldPath,
  treeDepth
} from '../../../../src/core/resource/commitment-tree';
import { errorCode } from '../error-code';
import { SEPOLIA_PATH, SEPOLIA_RESOURCE } from './resource-vectors';

/** Roots for the leaves bytes32(1), bytes32(2), ... of `test/examples/MerkleTree.e.sol`, adapter v1.1.0. */
const EXAMPLE_ROOTS = [
  'cc1d2f838445db7aec431df9ee8a871f40e7aa5e064fc056633ef8c60fab7b06',
  'b9ac6508ec2f36f03aa68fea9fa98b31ad89b10379a17862067111f75e1c1d74',
  '45feee5f525dce8b13188ae910fcec3060a4db1d0c8feca08cc711c0ed485e7a',
  '374a279b56cecee522a06d17742807eb3e5552ccbf4609654e08a5e44a2bb555',
  '030e7047115ef7d8244276c757f24ebd4e1bf144c0c56de469df2e3b18434bcc',
  '94486be99332df632d1a5e16d07b5fffcefa3ce3e4d8a222f1ac133f23260452',
  '1b2d5c53e10f601e867d88a957e2c54eff9b91185a958f93cfd228e10f4ce512',
  'e72d0b9fa2891b00c7b5fc1537756cb1c98cd6dc442977a592ac7338e064ab0a'
];

const leafOf = (value: number): Bytes32 => bytes32(encodeBigEndian(BigInt(value), 32), 'leaf');

function treeOf(leafCount: number): CommitmentTree {
  const tree = new CommitmentTree();
  for (let value = 1; value <= leafCount; value += 1) tree.append(leafOf(value));
  return tree;
}

/** Slow oracle: the whole tree hashed from scratch, its depth by the adapter's doubling rule. */
function referenceLevels(leafCount: number): Uint8Array[][] {
  let capacity = 1;
  while (leafCount >= capacity) capacity *= 2;
  if (leafCount === 0) capacity = 1;
  const empty = sha256(ascii('EMPTY'));
  const levels: Uint8Array[][] = [
    Array.from({ length: capacity }, (_, index): Uint8Array =>
      index < leafCount ? leafOf(index + 1) : empty
    )
  ];
  for (let level = levels[0] ?? []; level.length > 1; level = levels.at(-1) ?? []) {
    const below = level;
    levels.push(
      Array.from({ length: below.length / 2 }, (_, index) =>
        sha256(concatBytes(below[2 * index] ?? empty, below[2 * index + 1] ?? empty))
      )
    );
  }
  return levels;
}

describe('EMPTY_HASH', () => {
  it('is the SHA-256 of "EMPTY"', () => {
    expect(EMPTY_HASH).toEqual(sha256(ascii('EMPTY')));
  });
});

describe('treeDepth', () => {
  it.each([
    [0n, 0],
    [1n, 1],
    [2n, 2],
    [3n, 2],
    [4n, 3],
    [7n, 3],
    [8n, 4],
    [2n ** 32n - 1n, 32],
    [2n ** 32n, 33],
    [2n ** 64n - 1n, 64]
  ])('of %p leaves is %p', (leafCount, depth) => {
    expect(treeDepth(leafCount)).toBe(depth);
  });

  it('is the depth of the tree built by doubling, for 70 sizes', () => {
    for (let leafCount = 0; leafCount < 70; leafCount += 1) {
      expect(treeDepth(BigInt(leafCount))).toBe(referenceLevels(leafCount).length - 1);
    }
  });
});

describe('foldPath', () => {
  const siblings = SEPOLIA_PATH.siblings.map(([sibling]) => hex32(sibling));
  const leaf = hex32(SEPOLIA_RESOURCE.commitment);

  it('gives the published root of a resource on Sepolia', () => {
    expect(toHex(foldPath({ leaf, index: SEPOLIA_PATH.index, siblings }))).toBe(SEPOLIA_PATH.root);
  });

  it('takes the sides from the index', () => {
    const index = SEPOLIA_PATH.siblings.reduce(
      (sum, [, isRight], height) => sum + (isRight ? 2n ** BigInt(height) : 0n),
      0n
    );

    expect(index).toBe(SEPOLIA_PATH.index);
    expect(toHex(foldPath({ leaf, index: index ^ 1n, siblings }))).not.toBe(SEPOLIA_PATH.root);
  });

  it.each([2n ** 13n, SEPOLIA_PATH.index + 2n ** 13n, 2n ** 64n, -1n])('refuses the index %p', (index) => {
    expect(errorCode(() => foldPath({ leaf, index, siblings }))).toBe('tree/out-of-range');
  });
});

describe('CommitmentTree', () => {
  it.each(EXAMPLE_ROOTS.map((root, leafCount) => ({ root, leafCount })))(
    'has the published root with $leafCount leaves',
    ({ root, leafCount }) => {
      expect(toHex(treeOf(leafCount).root())).toBe(root);
      expect(treeOf(leafCount).leafCount).toBe(BigInt(leafCount));
    }
  );

  it('answers for each past size as the tree did then', () => {
    const tree = treeOf(40);
    for (let leafCount = 0; leafCount <= 40; leafCount += 1) {
      const levels = referenceLevels(leafCount);
      expect(tree.rootAt(BigInt(leafCount))).toEqual(levels.at(-1)?.[0]);
      for (let index = 0; index < leafCount; index += 1) {
        const expected = levels.slice(0, -1).map((level, height) => level[(index >> height) ^ 1]);
        expect(tree.pathAt(BigInt(index), BigInt(leafCount))).toEqual(expected);
      }
    }
  });

  it('has paths that fold to its root', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.nat(), (leafCount, seed) => {
        const tree = treeOf(leafCount);
        const index = BigInt(seed % leafCount);

        const root = foldPath({ leaf: leafOf(Number(index) + 1), index, siblings: tree.path(index) });

        expect(root).toEqual(tree.root());
      }),
      { numRuns: 50 }
    );
  });

  it('refuses a size it never had and a leaf that was not there', () => {
    const tree = treeOf(5);

    expect(errorCode(() => tree.rootAt(6n))).toBe('tree/out-of-range');
    expect(errorCode(() => tree.rootAt(-1n))).toBe('tree/out-of-range');
    expect(errorCode(() => tree.path(5n))).toBe('tree/out-of-range');
    expect(errorCode(() => tree.pathAt(3n, 3n))).toBe('tree/out-of-range');
    expect(errorCode(() => tree.pathAt(-1n, 3n))).toBe('tree/out-of-range');
  });
});
