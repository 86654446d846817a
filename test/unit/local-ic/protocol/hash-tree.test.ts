import { Cbor, flatten_forks, lookup_path, LookupPathStatus, NodeType, reconstruct } from '@dfinity/agent';
import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils';
import fc from 'fast-check';
import { encodeCbor } from '../../../../src/local-ic/protocol/cbor-encoding';
import {
  EMPTY,
  fork,
  type HashTree,
  hashTreeToWire,
  labeled,
  leaf,
  pruned
} from '../../../../src/local-ic/protocol/hash-tree';
import { buildLevel, lookupLabel, removeLabel, setLabel } from '../../../../src/local-ic/protocol/label-map';
import { createWitness } from '../../../../src/local-ic/protocol/witness';

const utf8 = utf8ToBytes;
type AgentTree = Parameters<typeof reconstruct>[0];

/** The tree as @dfinity/agent reads it from a certificate. */
const asAgentTree = (tree: HashTree): AgentTree => Cbor.decode(encodeCbor(hashTreeToWire(tree)));

/** The example of the interface specification, "Certification": label "a" to "d" with their pruned twin. */
const SPEC_TREE = fork(
  fork(
    labeled(
      utf8('a'),
      fork(fork(labeled(utf8('x'), leaf(utf8('hello'))), EMPTY), labeled(utf8('y'), leaf(utf8('world'))))
    ),
    labeled(utf8('b'), leaf(utf8('good')))
  ),
  fork(labeled(utf8('c'), EMPTY), labeled(utf8('d'), leaf(utf8('morning'))))
);
const SPEC_ROOT = 'eb5c5b2195e62d996b84c9bcc8259d19a83786a2f59e0878cec84c811f669aa0';

describe('hashes', () => {
  it("equal the specification's example", () => {
    expect(bytesToHex(SPEC_TREE.hash)).toBe(SPEC_ROOT);
  });

  it("equal it with the example's pruned nodes", () => {
    const prunedTree = fork(
      fork(
        labeled(
          utf8('a'),
          fork(
            pruned(hexToBytes('1b4feff9bef8131788b0c9dc6dbad6e81e524249c879e9f10f71ce3749f5a638')),
            labeled(utf8('y'), leaf(utf8('world')))
          )
        ),
        labeled(
          utf8('b'),
          pruned(hexToBytes('7b32ac0c6ba8ce35ac82c255fc7906f7fc130dab2a090f80fe12f9c2cae83ba6'))
        )
      ),
      fork(
        pruned(hexToBytes('ec8324b8a1f1ac16bd2e806edba78006479c9877fed4eb464a25485465af601d')),
        labeled(utf8('d'), leaf(utf8('morning')))
      )
    );
    expect(bytesToHex(prunedTree.hash)).toBe(SPEC_ROOT);
  });
});

/** Few short labels, so that sets collide and contain each other's prefixes. */
const label = fc.uint8Array({ maxLength: 3, max: 3 });
const labels = fc.uniqueArray(label, { maxLength: 12, selector: bytesToHex });
const child = (name: Uint8Array): HashTree => leaf(Uint8Array.of(...name, 99));
const levelOf = (names: readonly Uint8Array[]): HashTree =>
  buildLevel(names.map((name) => [name, child(name)]));

function labelsInOrder(level: HashTree): readonly string[] {
  if (level.type === 'fork') return [...labelsInOrder(level.left), ...labelsInOrder(level.right)];
  return level.type === 'labeled' ? [bytesToHex(level.label)] : [];
}

describe('labels of a level', () => {
  it('are sorted bytewise, a prefix first, each once', () => {
    fc.assert(
      fc.property(labels, (names) => {
        const expected = names.map((name) => Buffer.from(name)).sort((a, b) => Buffer.compare(a, b));
        expect(labelsInOrder(levelOf(names))).toEqual(expected.map((name) => name.toString('hex')));
      })
    );
  });

  it('make the same tree in any order, with detours', () => {
    fc.assert(
      fc.property(labels, label, (names, detour) => {
        const isNew = !names.some((name) => bytesToHex(name) === bytesToHex(detour));
        fc.pre(isNew);
        const detoured = removeLabel(setLabel(levelOf([...names].reverse()), detour, EMPTY), detour);
        expect(detoured).toEqual(levelOf(names));
      })
    );
  });

  it('are replaced, not repeated', () => {
    const name = utf8('a');
    const level = setLabel(levelOf([name, utf8('b')]), name, leaf(utf8('new')));
    expect(lookupLabel(level, name).found?.child).toEqual(leaf(utf8('new')));
    expect(labelsInOrder(level)).toHaveLength(2);
  });

  it('stay as they are when an absent one is removed', () => {
    fc.assert(
      fc.property(labels, label, (names, other) => {
        fc.pre(!names.some((name) => bytesToHex(name) === bytesToHex(other)));
        const level = levelOf(names);
        expect(removeLabel(level, other)).toBe(level);
      })
    );
  });

  it('are found, or shown to lie between their neighbours', () => {
    fc.assert(
      fc.property(labels, label, (names, wanted) => {
        const found = lookupLabel(levelOf(names), wanted);
        const below = names
          .filter((name) => Buffer.compare(name, wanted) < 0)
          .sort((a, b) => Buffer.compare(a, b));
        const above = names
          .filter((name) => Buffer.compare(name, wanted) > 0)
          .sort((a, b) => Buffer.compare(a, b));
        if (names.length - below.length - above.length === 1) expect(found.found?.label).toEqual(wanted);
        else expect([found.before?.label, found.after?.label]).toEqual([below.at(-1), above[0]]);
      })
    );
  });
});

/**
 * `lookup_path` of the interface specification, "Certification", on flattened forks. The agent's own compares labels
 * element by element and takes [0, 1] for greater than [1, 0]; it calls some provably absent labels unknown.
 */
function specLookup(
  [first, ...rest]: readonly Uint8Array[],
  tree: AgentTree
): 'found' | 'absent' | 'unknown' {
  if (first === undefined)
    return tree[0] === NodeType.Leaf ? 'found' : tree[0] === NodeType.Pruned ? 'unknown' : 'absent';
  let isCertain = true;
  for (const node of flatten_forks(tree)) {
    if (node[0] === NodeType.Pruned) isCertain = false;
    if (node[0] !== NodeType.Labeled) continue;
    const order = Buffer.compare(first, node[1]);
    if (order === 0) return specLookup(rest, node[2]);
    if (order < 0) return isCertain ? 'absent' : 'unknown';
    isCertain = true;
  }
  return isCertain ? 'absent' : 'unknown';
}

describe('createWitness', () => {
  const twoLevels = (outer: readonly Uint8Array[], inner: readonly Uint8Array[]): HashTree =>
    buildLevel(outer.map((name) => [name, inner.length === 0 ? leaf(name) : levelOf(inner)]));

  it('keeps the root hash, as @dfinity/agent computes it', async () => {
    await fc.assert(
      fc.asyncProperty(
        labels,
        labels,
        fc.array(fc.array(label, { maxLength: 3 })),
        async (outer, inner, paths) => {
          const tree = twoLevels(outer, inner);
          const witness = createWitness(tree, paths);
          expect(witness.hash).toEqual(tree.hash);
          expect(new Uint8Array(await reconstruct(asAgentTree(witness)))).toEqual(tree.hash);
        }
      )
    );
  });

  it('lets a client see of each path whether it is present or absent, never unknown', () => {
    const paths = fc.array(fc.tuple(label, label), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(labels, labels, paths, (outer, inner, wanted) => {
        const tree = asAgentTree(createWitness(twoLevels(outer, inner), wanted));
        const has = (names: readonly Uint8Array[], name: Uint8Array) =>
          names.some((other) => bytesToHex(other) === bytesToHex(name));
        for (const path of wanted)
          expect(specLookup(path, tree)).toBe(
            has(outer, path[0]) && has(inner, path[1]) ? 'found' : 'absent'
          );
      })
    );
  });

  it('shows nothing of what was not asked for', () => {
    const tree = twoLevels([utf8('a'), utf8('c'), utf8('e')], [utf8('x'), utf8('y')]);
    const witness = asAgentTree(createWitness(tree, [[utf8('a'), utf8('x')]]));
    expect(lookup_path(['a', 'y'], witness).status).toBe(LookupPathStatus.Unknown);
    expect(lookup_path(['c', 'x'], witness).status).toBe(LookupPathStatus.Unknown);
    expect(lookup_path(['d'], witness).status).toBe(LookupPathStatus.Unknown);
  });

  it('shows all below a path', () => {
    const tree = twoLevels([utf8('a')], [utf8('x'), utf8('y')]);
    const witness = asAgentTree(createWitness(tree, [[utf8('a')]]));
    expect(lookup_path(['a', 'x'], witness).status).toBe(LookupPathStatus.Found);
    expect(lookup_path(['a', 'y'], witness).status).toBe(LookupPathStatus.Found);
  });

  it('prunes everything when nothing is asked for', () => {
    const tree = levelOf([utf8('a'), utf8('b')]);
    expect(createWitness(tree, [])).toEqual(pruned(tree.hash));
  });
});
