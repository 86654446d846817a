/** Witnesses: a hash tree pruned to what shows some paths, present or absent. */
import { compareBytes } from './byte-order';
import { type HashTree, pruned } from './hash-tree';
import { firstLabel, lookupLabel } from './label-map';

export type Path = readonly Uint8Array[];

/**
 * What of a subtree is to be shown: everything, nothing, or what is below some of its labels.
 * A label shown with nothing below it still proves, by its place, that its neighbours are absent.
 */
type Wanted = 'all' | 'nothing' | readonly WantedLabel[];
type WantedLabel = { readonly label: Uint8Array; readonly below: Wanted };

/**
 * The tree with the same root hash that shows each path with all below it, or, where a path is absent, the labels
 * between which it would stand. Everything else is pruned.
 */
export function createWitness(tree: HashTree, paths: readonly Path[]): HashTree {
  return prune(tree, wantedOf(tree, paths));
}

function wantedOf(level: HashTree, paths: readonly Path[]): Wanted {
  if (paths.some((path) => path.length === 0)) return 'all';
  const wanted = new Map<string, WantedLabel>();
  const showLabel = (label: Uint8Array): void => {
    const key = Buffer.from(label).toString('hex');
    if (!wanted.has(key)) wanted.set(key, { label, below: 'nothing' });
  };
  for (const [key, rests] of groupByFirstLabel(paths)) {
    const label = Uint8Array.from(Buffer.from(key, 'hex'));
    const { found, before, after } = lookupLabel(level, label);
    if (found !== undefined) wanted.set(key, { label, below: wantedOf(found.child, rests) });
    for (const neighbour of [before, after]) if (neighbour !== undefined) showLabel(neighbour.label);
  }
  return [...wanted.values()].sort((a, b) => compareBytes(a.label, b.label));
}

function groupByFirstLabel(paths: readonly Path[]): ReadonlyMap<string, readonly Path[]> {
  const groups = new Map<string, Path[]>();
  for (const [label, ...rest] of paths) {
    if (label === undefined) continue;
    const key = Buffer.from(label).toString('hex');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [rest]);
    else group.push(rest);
  }
  return groups;
}

function prune(tree: HashTree, wanted: Wanted): HashTree {
  if (wanted === 'all') return tree;
  if (tree.type === 'fork' && wanted.length > 0 && wanted !== 'nothing') return pruneFork(tree, wanted);
  if (tree.type === 'labeled' && wanted !== 'nothing') {
    const [match] = wanted;
    if (match !== undefined) return { ...tree, child: prune(tree.child, match.below) };
  }
  // An empty or leaf node says by itself that nothing is below it.
  if (tree.type === 'empty' || (tree.type === 'leaf' && wanted !== 'nothing')) return tree;
  return pruned(tree.hash);
}

function pruneFork(tree: HashTree & { readonly type: 'fork' }, wanted: readonly WantedLabel[]): HashTree {
  const rightFirst = firstLabel(tree.right);
  const isInLeft = (entry: WantedLabel): boolean =>
    rightFirst === undefined || compareBytes(entry.label, rightFirst.label) < 0;
  const left = wanted.filter(isInLeft);
  const right = wanted.filter((entry) => !isInLeft(entry));
  return { ...tree, left: prune(tree.left, left), right: prune(tree.right, right) };
}
