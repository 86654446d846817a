/** Hash trees (interface specification, "Certification"): nodes with their hashes, and their encoded form. */
import { sha256 } from '@noble/hashes/sha2';
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils';
import { type CborInput } from './cbor-encoding';

export type EmptyNode = { readonly type: 'empty'; readonly hash: Uint8Array };
export type ForkNode = {
  readonly type: 'fork';
  readonly left: HashTree;
  readonly right: HashTree;
  readonly hash: Uint8Array;
};
export type LabeledNode = {
  readonly type: 'labeled';
  readonly label: Uint8Array;
  readonly child: HashTree;
  readonly hash: Uint8Array;
};
export type LeafNode = { readonly type: 'leaf'; readonly value: Uint8Array; readonly hash: Uint8Array };
export type PrunedNode = { readonly type: 'pruned'; readonly hash: Uint8Array };
export type HashTree = EmptyNode | ForkNode | LabeledNode | LeafNode | PrunedNode;

const separator = (name: string): Uint8Array => {
  const text = `ic-hashtree-${name}`;
  return concatBytes(Uint8Array.of(text.length), utf8ToBytes(text));
};

const FORK_SEPARATOR = separator('fork');
const LABELED_SEPARATOR = separator('labeled');
const LEAF_SEPARATOR = separator('leaf');

export const EMPTY: EmptyNode = { type: 'empty', hash: sha256(separator('empty')) };

export const leaf = (value: Uint8Array): LeafNode => ({
  type: 'leaf',
  value,
  hash: sha256(concatBytes(LEAF_SEPARATOR, value))
});

export const labeled = (label: Uint8Array, child: HashTree): LabeledNode => ({
  type: 'labeled',
  label,
  child,
  hash: sha256(concatBytes(LABELED_SEPARATOR, label, child.hash))
});

/** All labels of `left` must sort before those of `right`. */
export const fork = (left: HashTree, right: HashTree): ForkNode => ({
  type: 'fork',
  left,
  right,
  hash: sha256(concatBytes(FORK_SEPARATOR, left.hash, right.hash))
});

export const pruned = (hash: Uint8Array): PrunedNode => ({ type: 'pruned', hash });

/** The tree in the form that certificates encode: `[0]`, `[1, l, r]`, `[2, label, t]`, `[3, leaf]`, `[4, hash]`. */
export function hashTreeToWire(tree: HashTree): CborInput {
  switch (tree.type) {
    case 'empty':
      return [0];
    case 'fork':
      return [1, hashTreeToWire(tree.left), hashTreeToWire(tree.right)];
    case 'labeled':
      return [2, tree.label, hashTreeToWire(tree.child)];
    case 'leaf':
      return [3, tree.value];
    case 'pruned':
      return [4, tree.hash];
  }
}
