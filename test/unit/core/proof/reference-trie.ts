/** A secure trie built the plain way (Yellow Paper, appendix D) with viem's RLP and Keccak-256: an oracle for proofs. */
import { type Hex, hexToBytes, keccak256, toHex, toRlp } from 'viem';

/** Keys of 32 bytes in hex with their values. */
export type TrieEntries = ReadonlyMap<Hex, Uint8Array>;
export type ReferenceTrie = { readonly root: Uint8Array; readonly prove: (key: Hex) => Uint8Array[] };

type RlpTree = Hex | readonly RlpTree[];
type Entry = { readonly path: string; readonly value: Uint8Array };
/** A node's RLP, and the entries below it with where they go on. */
type Node = { readonly tree: RlpTree; readonly encoded: Hex; readonly children: readonly Child[] };
type Child = { readonly prefix: string; readonly node: Node };

/** The trie of these entries. */
export function buildTrie(entries: TrieEntries): ReferenceTrie {
  const list = [...entries].map(([key, value]) => ({ path: key.slice(2), value }));
  if (list.length === 0) return { root: hexToBytes(keccak256('0x80')), prove: () => [] };
  const root = buildNode(list);
  return { root: hexToBytes(keccak256(root.encoded)), prove: (key) => proveFrom(root, key.slice(2)) };
}

function proveFrom(root: Node, path: string): Uint8Array[] {
  const proof = [hexToBytes(root.encoded)];
  let node: Node | undefined = root;
  let rest = path;
  while (node !== undefined) {
    const taken: Child | undefined = node.children.find(({ prefix }) => rest.startsWith(prefix));
    rest = rest.slice(taken?.prefix.length);
    node = taken?.node;
    if (node !== undefined && isHashed(node)) proof.push(hexToBytes(node.encoded));
  }
  return proof;
}

const isHashed = (node: Node): boolean => node.encoded.length >= 2 + 2 * 32;
const reference = (node: Node): RlpTree => (isHashed(node) ? keccak256(node.encoded) : node.tree);

function buildNode(entries: readonly Entry[]): Node {
  const [first, ...others] = entries;
  if (first === undefined) throw new Error('a node needs an entry');
  if (others.length === 0) return seal([hexPrefix(first.path, true), toHex(first.value)], []);
  const shared = sharedPrefix(entries.map(({ path }) => path));
  if (shared.length === 0) return buildBranch(entries);
  const node = buildBranch(entries.map(({ path, value }) => ({ path: path.slice(shared.length), value })));
  return seal([hexPrefix(shared, false), reference(node)], [{ prefix: shared, node }]);
}

function buildBranch(entries: readonly Entry[]): Node {
  const children = [...'0123456789abcdef'].flatMap((nibble) => {
    const below = entries.filter(({ path }) => path.startsWith(nibble));
    if (below.length === 0) return [];
    return [
      { prefix: nibble, node: buildNode(below.map(({ path, value }) => ({ path: path.slice(1), value }))) }
    ];
  });
  const slots = [...'0123456789abcdef'].map((nibble): RlpTree => {
    const child = children.find(({ prefix }) => prefix === nibble);
    return child === undefined ? '0x' : reference(child.node);
  });
  return seal([...slots, '0x'], children);
}

const seal = (tree: readonly RlpTree[], children: readonly Child[]): Node => ({
  tree,
  encoded: toRlp(tree as Parameters<typeof toRlp<'hex'>>[0], 'hex'),
  children
});

/** Hex-prefix encoding of a path in hex digits. */
export function hexPrefix(path: string, isLeaf: boolean): Hex {
  const flag = (isLeaf ? 2 : 0) + (path.length % 2);
  return `0x${flag.toString(16)}${path.length % 2 === 0 ? '0' : ''}${path}`;
}

function sharedPrefix(paths: readonly string[]): string {
  const [first = '', ...others] = paths;
  let length = 0;
  while (length < first.length && others.every((path) => path[length] === first[length])) length += 1;
  return first.slice(0, length);
}
