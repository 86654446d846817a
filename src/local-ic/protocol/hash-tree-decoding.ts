/** Hash trees from outside (interface specification, "Certification"): read, checked for form, and looked up in. */
import { compareBytes, equalBytes } from './byte-order';
import { type CborValue, isCborArray } from './cbor-decoding';
import { EMPTY, fork, type HashTree, labeled, leaf, pruned } from './hash-tree';
import { type Path } from './witness';

/** A value that is not an encoded hash tree. */
export class HashTreeError extends Error {
  override readonly name = 'HashTreeError';
}

/** Nesting of CBOR that holds a tree: 128 levels, as the replica allows, and what is around it. */
export const TREE_CBOR_DEPTH_MAX = 132;

const HASH_BYTES = 32;

/** The tree that `[0]`, `[1, l, r]`, `[2, label, t]`, `[3, leaf]` or `[4, hash]` encode. @throws {HashTreeError} */
export function hashTreeFromWire(value: CborValue | undefined): HashTree {
  if (!isCborArray(value)) throw new HashTreeError('a hash tree node must be an array');
  const [kind, first, second] = value;
  const isNode = (expectedKind: bigint, length: number): boolean =>
    kind === expectedKind && value.length === length;
  if (isNode(0n, 1)) return EMPTY;
  if (isNode(1n, 3)) return fork(hashTreeFromWire(first), hashTreeFromWire(second));
  if (isNode(2n, 3) && first instanceof Uint8Array) return labeled(first, hashTreeFromWire(second));
  if (isNode(3n, 2) && first instanceof Uint8Array) return leaf(first);
  if (isNode(4n, 2) && first instanceof Uint8Array && first.length === HASH_BYTES) return pruned(first);
  throw new HashTreeError('malformed hash tree node');
}

type NonFork = Exclude<HashTree, { readonly type: 'fork' }>;

const flattenForks = (tree: HashTree): readonly NonFork[] => {
  if (tree.type === 'empty') return [];
  return tree.type === 'fork' ? [...flattenForks(tree.left), ...flattenForks(tree.right)] : [tree];
};

/** Whether labels strictly increase at every level and no leaf stands beside a label. */
export function isWellFormed(tree: HashTree): boolean {
  if (tree.type === 'leaf') return true;
  const nodes = flattenForks(tree);
  const labels = nodes.flatMap((node) => (node.type === 'labeled' ? [node] : []));
  return (
    nodes.every(({ type }) => type !== 'leaf') &&
    labels.every(({ label }, index) => {
      const previous = labels[index - 1];
      return previous === undefined || compareBytes(previous.label, label) < 0;
    }) &&
    labels.every(({ child }) => isWellFormed(child))
  );
}

/** What a tree tells of a path. `error`: there is something at the path, but no value. */
export type PathLookup =
  | { readonly status: 'found'; readonly value: Uint8Array }
  | { readonly status: 'absent' | 'unknown' | 'error' };

/** The value at `path` of a well-formed tree, or why there is none. */
export function lookupPath(tree: HashTree, path: Path): PathLookup {
  const subtree = lookupSubtree(tree, path);
  if (subtree === 'absent' || subtree === 'unknown') return { status: subtree };
  switch (subtree.type) {
    case 'leaf':
      return { status: 'found', value: subtree.value };
    case 'empty':
      return { status: 'absent' };
    case 'pruned':
      return { status: 'unknown' };
    case 'labeled':
    case 'fork':
      return { status: 'error' };
  }
}

/** What is below `path` in a well-formed tree; `unknown` where it was pruned away. */
export function lookupSubtree(tree: HashTree, path: Path): HashTree | 'absent' | 'unknown' {
  const [label, ...rest] = path;
  if (label === undefined) return tree;
  const child = findLabel(flattenForks(tree), label);
  return typeof child === 'string' ? child : lookupSubtree(child, rest);
}

function findLabel(nodes: readonly NonFork[], label: Uint8Array): HashTree | 'absent' | 'unknown' {
  for (const node of nodes) if (node.type === 'labeled' && equalBytes(node.label, label)) return node.child;
  if (nodes.length === 1 && nodes[0]?.type === 'leaf') return 'absent';
  // Absent where its place is between two labels, or before the first, or behind the last.
  const after = nodes.findIndex((node) => node.type === 'labeled' && compareBytes(label, node.label) < 0);
  const before = after === -1 ? nodes.length - 1 : after - 1;
  const neighbour = nodes[before];
  if (neighbour === undefined) return 'absent';
  return neighbour.type === 'labeled' ? 'absent' : 'unknown';
}

/** Every value in a tree that was not pruned. */
export function leafValues(tree: HashTree): readonly Uint8Array[] {
  return flattenForks(tree).flatMap((node) => {
    if (node.type === 'leaf') return [node.value];
    return node.type === 'labeled' ? leafValues(node.child) : [];
  });
}
