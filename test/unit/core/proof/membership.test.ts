import { type Bytes32, bytes32, encodeBigEndian, hex32 } from '../../../../src/core/bytes';
import { assertMembership } from '../../../../src/core/proof/membership';
import {
  CommitmentTree,
  EMPTY_HASH,
  foldPath,
  treeDepth
} from '../../../../src/core/resource/commitment-tree';
import { errorCode } from '../error-code';
import { SEPOLIA_PATH, SEPOLIA_RESOURCE } from '../resource/resource-vectors';
import { referenceSha256 } from './reference-transfer';

type Forgery = {
  readonly name: string;
  readonly leaf: Bytes32;
  readonly index: bigint;
  readonly path: readonly Bytes32[];
};

const leafOf = (value: number): Bytes32 => bytes32(encodeBigEndian(BigInt(value + 1), 32), 'leaf');

function treeOf(leafCount: number): CommitmentTree {
  const tree = new CommitmentTree();
  for (let value = 0; value < leafCount; value += 1) tree.append(leafOf(value));
  return tree;
}

/** What fold-and-compare alone would accept: true folds to the root, none of a leaf that was added. */
function foldingForgeries(tree: CommitmentTree): Forgery[] {
  const root = tree.root();
  const depth = treeDepth(tree.leafCount);
  const forgeries: Forgery[] = [{ name: 'the root as a leaf', leaf: root, index: 0n, path: [] }];
  for (let index = 0n; index < tree.leafCount; index += 1n) {
    const path = tree.path(index);
    for (let height = 1; height < depth; height += 1) {
      const node = foldPath({
        leaf: leafOf(Number(index)),
        index: index & (2n ** BigInt(height) - 1n),
        siblings: path.slice(0, height)
      });
      forgeries.push({
        name: `the node ${height} above leaf ${index}`,
        leaf: node,
        index: index >> BigInt(height),
        path: path.slice(height)
      });
    }
  }
  forgeries.push(...paddingForgeries(tree));
  return forgeries;
}

/** Padding leaves with the path they have in a tree that counts them. */
function paddingForgeries(tree: CommitmentTree): Forgery[] {
  const root = tree.root();
  const forgeries: Forgery[] = [];
  const capacity = 2n ** BigInt(treeDepth(tree.leafCount));
  for (let index = tree.leafCount; index < capacity; index += 1n) {
    const padded = new CommitmentTree();
    for (let value = 0n; value < capacity; value += 1n) {
      padded.append(value < tree.leafCount ? leafOf(Number(value)) : EMPTY_HASH);
    }
    const path = padded.path(index).slice(0, -1);
    if (foldPath({ leaf: EMPTY_HASH, index, siblings: path }).every((byte, at) => byte === root[at])) {
      forgeries.push({ name: `padding leaf ${index}`, leaf: EMPTY_HASH, index, path });
    }
  }
  return forgeries;
}

describe('assertMembership', () => {
  it('passes each leaf of trees of 1 to 70 leaves, and no other index for it', () => {
    for (let leafCount = 1; leafCount <= 70; leafCount += 1) {
      const tree = treeOf(leafCount);
      const attested = { root: tree.root(), leafCount: BigInt(leafCount) };
      for (let index = 0; index < leafCount; index += 1) {
        const proof = { tree: attested, leaf: leafOf(index), path: tree.path(BigInt(index)) };

        expect(errorCode(() => assertMembership({ ...proof, index: BigInt(index) }))).toBeUndefined();
        expect(errorCode(() => assertMembership({ ...proof, index: BigInt(index ^ 1) }))).toBe(
          (index ^ 1) < leafCount ? 'proof/root-mismatch' : 'proof/leaf-out-of-range'
        );
      }
    }
  });

  it('passes the resource on Sepolia, for every size that its path is right for', () => {
    const proof = {
      leaf: hex32(SEPOLIA_RESOURCE.commitment),
      index: SEPOLIA_PATH.index,
      path: SEPOLIA_PATH.siblings.map(([sibling]) => hex32(sibling))
    };
    const root = hex32(SEPOLIA_PATH.root);
    const codeAt = (leafCount: bigint) =>
      errorCode(() => assertMembership({ ...proof, tree: { root, leafCount } }));

    expect([4175n, 8191n].map(codeAt)).toEqual([undefined, undefined]);
    expect([4095n, 8192n].map(codeAt)).toEqual(['proof/path-length', 'proof/path-length']);
    expect([4096n, 4174n].map(codeAt)).toEqual(['proof/leaf-out-of-range', 'proof/leaf-out-of-range']);
  });

  it('refuses what folds to the root and is no leaf', () => {
    let tried = 0;
    for (let leafCount = 1; leafCount <= 20; leafCount += 1) {
      const tree = treeOf(leafCount);
      const root = tree.root();
      for (const { name, leaf, index, path } of foldingForgeries(tree)) {
        tried += 1;
        expect([name, foldPath({ leaf, index, siblings: path })]).toEqual([name, root]);
        const code = errorCode(() =>
          assertMembership({ tree: { root, leafCount: BigInt(leafCount) }, leaf, index, path })
        );
        expect([name, code]).toEqual([
          name,
          name.startsWith('padding') ? 'proof/leaf-out-of-range' : 'proof/path-length'
        ]);
      }
    }
    expect(tried).toBeGreaterThan(500);
  });

  it('refuses a path stretched by a level under the leaf', () => {
    const [left, right] = [leafOf(7), leafOf(8)];
    const tree = new CommitmentTree();
    tree.append(referenceSha256(left, right));
    const proof = { leaf: left, index: 0n, path: [right, ...tree.path(0n)] };

    expect(foldPath({ ...proof, siblings: proof.path })).toEqual(tree.root());
    expect(errorCode(() => assertMembership({ ...proof, tree: { root: tree.root(), leafCount: 1n } }))).toBe(
      'proof/path-length'
    );
  });

  it('refuses the padding of a tree without leaves', () => {
    const proof = { tree: { root: EMPTY_HASH, leafCount: 0n }, leaf: EMPTY_HASH, index: 0n, path: [] };

    expect(errorCode(() => assertMembership(proof))).toBe('proof/leaf-out-of-range');
  });
});
