/**
 * The labels of one level of a hash tree as an immutable sorted map.
 *
 * The forks form a crit-bit tree: its shape is a function of the set of labels alone, and setting or removing one of n
 * labels rehashes about log2(n) nodes. A level is an empty node, a labelled node, or a fork of two levels.
 */
import { compareBytes, equalBytes } from './byte-order';
import { EMPTY, fork, type HashTree, labeled, type LabeledNode } from './hash-tree';

/** Bits per label position: a presence bit before each byte makes a prefix sort first. */
const BITS_PER_BYTE = 9;

const symbolAt = (label: Uint8Array, index: number): number => {
  const byte = label[index];
  return byte === undefined ? 0 : 0x100 | byte;
};

/** Index of the first bit in which two labels differ; Infinity when they are equal. */
function firstDifference(a: Uint8Array, b: Uint8Array): number {
  const length = Math.max(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    const difference = symbolAt(a, index) ^ symbolAt(b, index);
    // A 9-bit symbol sits in the low bits of 32: clz32 is 23 when its first bit differs.
    if (difference !== 0) return index * BITS_PER_BYTE + Math.clz32(difference) - (32 - BITS_PER_BYTE);
  }
  return Infinity;
}

const bitAt = (label: Uint8Array, position: number): number =>
  (symbolAt(label, Math.floor(position / BITS_PER_BYTE)) >>
    (BITS_PER_BYTE - 1 - (position % BITS_PER_BYTE))) &
  1;

/** The first label of a level. */
export function firstLabel(level: HashTree): LabeledNode | undefined {
  let node = level;
  while (node.type === 'fork') node = node.left;
  return node.type === 'labeled' ? node : undefined;
}

/** The last label of a level. */
function lastLabel(level: HashTree): LabeledNode | undefined {
  let node = level;
  while (node.type === 'fork') node = node.right;
  return node.type === 'labeled' ? node : undefined;
}

/** The position at which a fork's two sides differ. */
function critBit(left: HashTree, right: HashTree): number {
  const a = firstLabel(left);
  const b = firstLabel(right);
  return a === undefined || b === undefined ? Infinity : firstDifference(a.label, b.label);
}

/** The level with `label` set to `child`, replacing what it had. */
export function setLabel(level: HashTree, label: Uint8Array, child: HashTree): HashTree {
  const first = firstLabel(level);
  if (first === undefined) return labeled(label, child);
  const difference = firstDifference(label, first.label);
  if (level.type === 'fork') {
    const position = critBit(level.left, level.right);
    if (difference >= position) {
      return bitAt(label, position) === 0
        ? fork(setLabel(level.left, label, child), level.right)
        : fork(level.left, setLabel(level.right, label, child));
    }
  } else if (difference === Infinity) {
    return labeled(label, child);
  }
  const added = labeled(label, child);
  return bitAt(label, difference) === 0 ? fork(added, level) : fork(level, added);
}

/** The level without `label`; the same level when it has no such label. */
export function removeLabel(level: HashTree, label: Uint8Array): HashTree {
  if (level.type === 'labeled') return equalBytes(level.label, label) ? EMPTY : level;
  if (level.type !== 'fork') return level;
  const goesLeft = bitAt(label, critBit(level.left, level.right)) === 0;
  const side = goesLeft ? level.left : level.right;
  const rest = removeLabel(side, label);
  if (rest === side) return level;
  if (rest.type === 'empty') return goesLeft ? level.right : level.left;
  return goesLeft ? fork(rest, level.right) : fork(level.left, rest);
}

/** The level of these labels, in any order; a repeated label keeps its last child. */
export const buildLevel = (entries: Iterable<readonly [Uint8Array, HashTree]>): HashTree => {
  let level: HashTree = EMPTY;
  for (const [label, child] of entries) level = setLabel(level, label, child);
  return level;
};

/** What a level says of a label: its node, or the labels between which it would stand. */
export type LabelLookup = {
  readonly found?: LabeledNode;
  readonly before?: LabeledNode;
  readonly after?: LabeledNode;
};

/** Finds `label`, or its neighbours when it is absent. */
export function lookupLabel(level: HashTree, label: Uint8Array): LabelLookup {
  let node = level;
  let before: LabeledNode | undefined;
  let after: LabeledNode | undefined;
  while (node.type === 'fork') {
    const rightFirst = firstLabel(node.right);
    if (rightFirst !== undefined && compareBytes(label, rightFirst.label) < 0) {
      after = rightFirst;
      node = node.left;
    } else {
      before = lastLabel(node.left);
      node = node.right;
    }
  }
  if (node.type !== 'labeled') return {};
  const order = compareBytes(label, node.label);
  if (order === 0) return { found: node };
  const neighbours = order < 0 ? { before, after: node } : { before: node, after };
  return {
    ...(neighbours.before && { before: neighbours.before }),
    ...(neighbours.after && { after: neighbours.after })
  };
}
