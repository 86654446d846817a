import fc from 'fast-check';
import { type Hex, hexToBytes, keccak256, toRlp } from 'viem';
import { bytes32, fromHex, toHex } from '../../../../src/core/bytes';
import {
  MAX_NODE_BYTES,
  MAX_PROOF_NODES,
  type TrieProof,
  readTrie
} from '../../../../src/core/proof/merkle-patricia';
import { errorCode } from '../error-code';
import { type TrieEntries, buildTrie, hexPrefix } from './reference-trie';

const proofOf = (root: Uint8Array, key: Hex, nodes: readonly Uint8Array[]): TrieProof => ({
  root: bytes32(root, 'root'),
  key: bytes32(hexToBytes(key), 'key'),
  nodes
});

/** Keys that share prefixes of many lengths, so that tries have extensions, and nodes small enough to be embedded. */
const key: fc.Arbitrary<Hex> = fc
  .tuple(
    fc.constantFrom(0, 1, 7, 31, 40, 59, 61, 62, 63),
    fc.string({ unit: fc.constantFrom('0', '1', '2', 'f'), minLength: 64, maxLength: 64 })
  )
  .map(([shared, tail]): Hex => `0x${'a'.repeat(shared)}${tail.slice(shared)}`);
const entries: fc.Arbitrary<TrieEntries> = fc
  .array(fc.tuple(key, fc.uint8Array({ minLength: 1, maxLength: 40 })), { maxLength: 25 })
  .map((list) => new Map(list));

describe('readTrie', () => {
  it('finds the value of every key of a trie built independently', () => {
    fc.assert(
      fc.property(entries, (map) => {
        const trie = buildTrie(map);
        for (const [present, value] of map) {
          const found = readTrie(proofOf(trie.root, present, trie.prove(present)));
          expect(found && toHex(found)).toBe(toHex(value));
        }
      }),
      { numRuns: 150 }
    );
  });

  it('finds nothing for every other key', () => {
    fc.assert(
      fc.property(entries, key, (map, absent) => {
        fc.pre(!map.has(absent));
        const trie = buildTrie(map);
        expect(readTrie(proofOf(trie.root, absent, trie.prove(absent)))).toBeUndefined();
      }),
      { numRuns: 300 }
    );
  });

  it('refuses a proof with any one bit flipped, a node left out, doubled, swapped or added', () => {
    fc.assert(
      fc.property(
        entries,
        key,
        fc.tuple(fc.nat(), fc.nat(), fc.nat(7)),
        (map, asked, [nodeSeed, byteSeed, bit]) => {
          const trie = buildTrie(map);
          const nodes = trie.prove(asked);
          fc.pre(nodes.length > 0);
          const index = nodeSeed % nodes.length;
          const node = nodes[index] ?? new Uint8Array();
          const flipped = node.slice();
          flipped[byteSeed % node.length] = (node[byteSeed % node.length] ?? 0) ^ (1 << bit);
          const variants = [
            nodes.with(index, flipped),
            nodes.toSpliced(index, 1),
            nodes.toSpliced(index, 0, node),
            [...nodes, node],
            [...nodes, Uint8Array.of(0x80)],
            ...(nodes.length > 1 ? [[...nodes].reverse()] : [])
          ];
          for (const variant of variants)
            expect(errorCode(() => readTrie(proofOf(trie.root, asked, variant)))).toMatch(/^mpt\//);
        }
      ),
      { numRuns: 200 }
    );
  });

  it('never gives the value of one key for another', () => {
    fc.assert(
      fc.property(entries, key, key, (map, proven, asked) => {
        fc.pre(proven !== asked);
        const trie = buildTrie(map);
        let found: Uint8Array | undefined;
        errorCode(() => (found = readTrie(proofOf(trie.root, asked, trie.prove(proven)))));
        expect(found && toHex(found)).toBe(found && toHex(map.get(asked) ?? new Uint8Array()));
      }),
      { numRuns: 200 }
    );
  });

  it('reads embedded nodes: keys that differ in their last nibble only', () => {
    const prefix = 'b'.repeat(63);
    const map = new Map<Hex, Uint8Array>([
      [`0x${prefix}1`, Uint8Array.of(1)],
      [`0x${prefix}2`, Uint8Array.of(2)]
    ]);
    const trie = buildTrie(map);
    const nodes = trie.prove(`0x${prefix}1`);

    expect(nodes).toHaveLength(1);
    expect(readTrie(proofOf(trie.root, `0x${prefix}2`, nodes))).toEqual(Uint8Array.of(2));
    expect(readTrie(proofOf(trie.root, `0x${prefix}3`, nodes))).toBeUndefined();
  });

  it('takes the empty trie with no node or with its empty node, and nothing else', () => {
    const { root } = buildTrie(new Map());
    const anyKey: Hex = `0x${'1'.repeat(64)}`;

    expect(toHex(root)).toBe('56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421');
    expect(readTrie(proofOf(root, anyKey, []))).toBeUndefined();
    expect(readTrie(proofOf(root, anyKey, [Uint8Array.of(0x80)]))).toBeUndefined();
    expect(errorCode(() => readTrie(proofOf(root, anyKey, [Uint8Array.of(0xc0)])))).toBe('mpt/node-hash');
    expect(errorCode(() => readTrie(proofOf(root, anyKey, [Uint8Array.of(0x80), Uint8Array.of(0x80)])))).toBe(
      'mpt/node-unused'
    );
  });
});

const KEY: Hex = `0x${'12'.repeat(32)}`;
const PATH = KEY.slice(2);
type Tree = Hex | readonly Tree[];
const encode = (tree: Tree): Uint8Array => toRlp(tree as Parameters<typeof toRlp>[0], 'bytes');
const rooted = (...nodes: Uint8Array[]): TrieProof =>
  proofOf(hexToBytes(keccak256(nodes[0] ?? new Uint8Array())), KEY, nodes);
const branch = (child: Tree, value: Hex = '0x'): Tree => [
  '0x',
  child,
  ...Array.from({ length: 14 }, (): Hex => '0x'),
  value
];
const leafBelow = (depth: number, value: Hex = '0xaabb'): Uint8Array =>
  encode([hexPrefix(PATH.slice(depth), true), value]);
const hashOf = (node: Uint8Array): Hex => keccak256(node);

describe('nodes that no trie has', () => {
  const smallLeaf = encode([hexPrefix(PATH.slice(60), true), '0x01']);
  const largeLeaf = leafBelow(1, `0x${'cc'.repeat(40)}`);
  const chain = (leaf: Uint8Array, prefixLength: number): Uint8Array =>
    encode([hexPrefix(PATH.slice(0, prefixLength), false), hashOf(leaf)]);

  const refusals: [string, TrieProof][] = [
    ['no node at all', proofOf(new Uint8Array(32).fill(1), KEY, [])],
    ['a string', rooted(encode('0x1234'))],
    ['what is not RLP', rooted(fromHex('c3'))],
    ['an empty list', rooted(encode([]))],
    ['three items', rooted(encode(['0x', '0x', '0x']))],
    ['sixteen items', rooted(encode(Array.from({ length: 16 }, (): Hex => '0x')))],
    ['a branch with a value', rooted(encode(branch('0x', '0x01')))],
    ['a branch whose child is of 31 bytes', rooted(encode(branch(`0x${'11'.repeat(31)}`)))],
    ['a branch whose child is of 33 bytes', rooted(encode(branch(`0x${'11'.repeat(33)}`)))],
    [
      'an embedded child of 32 bytes and more',
      rooted(encode(branch([hexPrefix(PATH.slice(1), true), `0x${'cc'.repeat(40)}`])))
    ],
    ['a hashed child below 32 bytes', rooted(chain(smallLeaf, 60), smallLeaf)],
    ['a leaf with too short a path', rooted(leafBelow(2))],
    ['a leaf with too long a path', rooted(encode([hexPrefix(`${PATH}1`, true), '0x01']))],
    ['a leaf without value', rooted(leafBelow(0, '0x'))],
    ['a leaf with a list', rooted(encode([hexPrefix(PATH, true), ['0x01']]))],
    ['an extension of no nibble', rooted(encode([hexPrefix('', false), hashOf(largeLeaf)]), largeLeaf)],
    [
      'an extension of the whole path',
      rooted(encode([hexPrefix(PATH, false), hashOf(largeLeaf)]), largeLeaf)
    ],
    ['an extension to nothing', rooted(encode([hexPrefix(PATH.slice(0, 2), false), '0x']))],
    ['an unknown flag', rooted(encode([`0x40${PATH}`, '0x01']))],
    ['padding that is not zero', rooted(encode([`0x21${PATH}`, '0x01']))],
    ['a path without flag', rooted(encode(['0x', '0x01']))],
    ['a path that is a list', rooted(encode([[`0x20`], '0x01']))]
  ];
  it.each(refusals)('are refused: %s', (_name, proof) => {
    expect(errorCode(() => readTrie(proof))).toMatch(/^mpt\/node(-missing)?$/);
  });

  it('are refused below the end of the path', () => {
    const deep = encode(branch('0x'));
    const embedded: Tree = branch('0x');
    const root = encode([hexPrefix(PATH.slice(0, 63), false), branchAt(PATH[63] ?? '', embedded)]);

    expect(deep.length).toBeLessThan(32);
    expect(errorCode(() => readTrie(rooted(root)))).toBe('mpt/node');
  });

  it('have codes for what is missing, foreign or superfluous', () => {
    const root = encode(branch(hashOf(largeLeaf)));

    expect(readTrie(rooted(root, largeLeaf))).toEqual(new Uint8Array(40).fill(0xcc));
    expect(errorCode(() => readTrie(rooted(root)))).toBe('mpt/node-missing');
    expect(errorCode(() => readTrie(rooted(root, leafBelow(1))))).toBe('mpt/node-hash');
    expect(
      errorCode(() => readTrie({ ...rooted(root, largeLeaf), root: bytes32(new Uint8Array(32), 'root') }))
    ).toBe('mpt/node-hash');
    expect(errorCode(() => readTrie(rooted(root, largeLeaf, largeLeaf)))).toBe('mpt/node-unused');
  });

  it('are refused above the limits before anything is hashed', () => {
    const node = new Uint8Array(MAX_NODE_BYTES + 1);
    expect(errorCode(() => readTrie(rooted(node)))).toBe('mpt/node-too-large');
    const many = Array.from({ length: MAX_PROOF_NODES + 1 }, () => Uint8Array.of(0x80));
    expect(errorCode(() => readTrie(rooted(...many)))).toBe('mpt/too-many-nodes');
  });

  it('fit the limits when they are as large and as many as a trie can have', () => {
    const full = encode([...Array.from({ length: 16 }, (): Hex => `0x${'11'.repeat(32)}`), '0x']);
    expect(full).toHaveLength(MAX_NODE_BYTES);
  });
});

function branchAt(nibble: string, child: Tree): Tree {
  const slots = [...'0123456789abcdef'].map((slot): Tree => (slot === nibble ? child : '0x'));
  return [...slots, '0x'];
}

describe('proofs of many nodes', () => {
  it('are walked through a branch at each of 63 nibbles', () => {
    let node = encode([hexPrefix(PATH.slice(63), true), `0x${'cc'.repeat(40)}`]);
    const nodes = [node];
    for (let depth = 62; depth >= 0; depth -= 1) {
      node = encode(branchAt(PATH[depth] ?? '', hashOf(node)));
      nodes.unshift(node);
    }

    expect(nodes).toHaveLength(MAX_PROOF_NODES);
    expect(readTrie(rooted(...nodes))).toEqual(new Uint8Array(40).fill(0xcc));
  });
});
