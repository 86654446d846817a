/** Whether an expression path is the most specific one of its tree for a request (HTTP gateway protocol, "Expression Path"). */
import { utf8ToBytes } from '@noble/hashes/utils';
import { type HashTree } from '../../protocol/hash-tree';
import { lookupSubtree } from '../../protocol/hash-tree-decoding';
import { VerificationError } from './verification-error';

const PREFIX = 'http_expr';
const EXACT = '<$>';
const WILDCARD = '<*>';

type Segments = readonly string[];

const isSame = (a: Segments, b: Segments): boolean =>
  a.length === b.length && a.every((segment, index) => segment === b[index]);

const startsWith = (path: Segments, prefix: Segments): boolean =>
  isSame(path.slice(0, prefix.length), prefix);

const lookup = (tree: HashTree, path: Segments): HashTree | 'absent' | 'unknown' =>
  lookupSubtree(tree, path.map(utf8ToBytes));

const exists = (tree: HashTree, path: Segments): boolean => typeof lookup(tree, path) !== 'string';

const mightExist = (tree: HashTree, path: Segments): boolean => lookup(tree, path) !== 'absent';

const show = (path: Segments): string => JSON.stringify(path);

/** Segments of a request's path; one that ends in a slash is another than without. */
const segmentsOf = (requestPath: string): Segments => [
  ...requestPath.split('/').filter((segment) => segment !== ''),
  ...(requestPath.endsWith('/') ? [''] : [])
];

/** @throws {VerificationError} when the path is malformed, not in the tree, or not the most specific for the request. */
export function assertExpressionPath(path: Segments, requestPath: string, tree: HashTree): void {
  if (path[0] !== PREFIX)
    throw new VerificationError(`Expression path must begin with ${PREFIX}: ${show(path)}`);
  const last = path.at(-1);
  if (last !== EXACT && last !== WILDCARD)
    throw new VerificationError(`Expression path must end with ${EXACT} or ${WILDCARD}: ${show(path)}`);
  const request = segmentsOf(requestPath);
  const exact = [PREFIX, ...request, EXACT];
  if (last === EXACT && !isSame(path, exact))
    throw new VerificationError(`Expression path ${show(path)} is not that of the request, ${show(exact)}`);
  if (last === WILDCARD) assertMostSpecific(path.slice(1, -1), { request, exact, tree });
  if (!exists(tree, path)) throw new VerificationError(`Expression path ${show(path)} is not in the tree`);
}

function assertMostSpecific(
  wildcard: Segments,
  { request, exact, tree }: { readonly request: Segments; readonly exact: Segments; readonly tree: HashTree }
): void {
  if (mightExist(tree, exact))
    throw new VerificationError(`The tree may have the exact path ${show(exact)} for the request`);
  const isDirectory = wildcard.at(-1) === '';
  const isPrefix =
    startsWith(request, wildcard) || (isDirectory && startsWith(request, wildcard.slice(0, -1)));
  if (!isPrefix) throw new VerificationError(`Wildcard ${show(wildcard)} does not cover the request`);
  for (const candidate of moreSpecificWildcards(request, wildcard)) {
    const path = [PREFIX, ...candidate, WILDCARD];
    if (mightExist(tree, path))
      throw new VerificationError(`The tree may have the more specific path ${show(path)} for the request`);
  }
}

/** `a/b` and `a/` are more specific than `a` for a request of `a/b`: with and without the slash, from the long end. */
function moreSpecificWildcards(request: Segments, wildcard: Segments): readonly Segments[] {
  const found: Segments[] = [];
  let candidate = request;
  while (candidate.length > wildcard.length || candidate.at(-1) !== wildcard.at(-1)) {
    found.push(candidate);
    const shorter = candidate.slice(0, -1);
    candidate = candidate.at(-1) === '' ? shorter : [...shorter, ''];
  }
  return found;
}
