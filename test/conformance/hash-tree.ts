/** Hash trees as the certification section of the interface specification defines them. */

export type HashTree =
  | readonly [0]
  | readonly [1, HashTree, HashTree]
  | readonly [2, Uint8Array, HashTree]
  | readonly [3, Uint8Array]
  | readonly [4, Uint8Array];

export type Lookup =
  | { readonly status: 'Found'; readonly value: Uint8Array }
  | { readonly status: 'Absent' | 'Unknown' | 'Error' };

const ABSENT: Lookup = { status: 'Absent' };
const UNKNOWN: Lookup = { status: 'Unknown' };

const isLess = (left: Uint8Array, right: Uint8Array): boolean => Buffer.compare(left, right) < 0;

/** The specification's `flatten_forks`. */
export function flattenForks(tree: HashTree): HashTree[] {
  if (tree[0] === 0) return [];
  return tree[0] === 1 ? [...flattenForks(tree[1]), ...flattenForks(tree[2])] : [tree];
}

/** The specification's `lookup_path`. */
export function lookUpInTree(path: readonly Uint8Array[], tree: HashTree): Lookup {
  const [label, ...rest] = path;
  if (label === undefined) {
    if (tree[0] === 0) return ABSENT;
    if (tree[0] === 3) return { status: 'Found', value: tree[1] };
    return tree[0] === 4 ? UNKNOWN : { status: 'Error' };
  }
  const trees = flattenForks(tree);
  for (const child of trees) {
    if (child[0] === 2 && Buffer.compare(child[1], label) === 0) return lookUpInTree(rest, child[2]);
  }
  return isLabelAbsent(label, trees) ? ABSENT : UNKNOWN;
}

function isLabelAbsent(label: Uint8Array, trees: readonly HashTree[]): boolean {
  const [first] = trees;
  const last = trees.at(-1);
  if (first === undefined || last === undefined) return true;
  if (first[0] === 3 && trees.length === 1) return true;
  if (first[0] === 2 && isLess(label, first[1])) return true;
  if (last[0] === 2 && isLess(last[1], label)) return true;
  return trees.some((left, index) => {
    const right = trees[index + 1];
    return left[0] === 2 && right?.[0] === 2 && isLess(left[1], label) && isLess(label, right[1]);
  });
}
