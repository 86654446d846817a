/**
 * Proofs in Ethereum's secure tries: keys are Keccak-256 digests, so that paths have 64 nibbles and only leaves hold
 * values (Yellow Paper, appendix D). One walk from the root proves what a key holds, or that it holds nothing.
 */
import { type Bytes32, decodeBigEndian, equalBytes, hex32 } from '../bytes';
import { keccak256 } from '../crypto/hash';
import { ProtocolError } from '../error';
import { type RlpItem, type RlpList, itemOf, openRlpList } from './rlp-item';

export type TrieProof = {
  /** Root of the trie. */
  readonly root: Bytes32;
  /** Keccak-256 of the address or of the storage slot. */
  readonly key: Bytes32;
  /** RLP nodes from the root down, as `eth_getProof` gives them; nodes below 32 bytes lie within their parents. */
  readonly nodes: readonly Uint8Array[];
};

/** A path has 64 nibbles, and every node takes at least one or ends it. */
export const MAX_PROOF_NODES = 64;
/** The largest node: a branch of 16 hashes and an empty value, 3 + 16 * 33 + 1 bytes. */
export const MAX_NODE_BYTES = 532;

const PATH_LENGTH = 64;
/** Root of a trie that holds nothing: Keccak-256 of the empty string in RLP, 0x80. */
const EMPTY_TRIE_ROOT = hex32('56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421');

/** Where a walk stands: the node it has come to, the nibbles taken, the hashed nodes used. */
type Position = { readonly node: Uint8Array; readonly depth: number; readonly used: number };

/** The key and how many of its nibbles lead to a node. */
type Place = { readonly key: Bytes32; readonly depth: number };

/** What a node says of the key: its value, nothing, or where to go on. */
type Step =
  | { readonly kind: 'value'; readonly value: Uint8Array }
  | { readonly kind: 'absent' }
  | { readonly kind: 'child'; readonly reference: RlpItem; readonly taken: number };

/**
 * The value under the key; `undefined` when the proof shows that there is none. Every node given must be on the path.
 * @throws {ProtocolError} `mpt/too-many-nodes`, `mpt/node-too-large`, `mpt/node-missing`, `mpt/node-hash`, `mpt/node`,
 * `mpt/node-unused`.
 */
export function readTrie(proof: TrieProof): Uint8Array | undefined {
  assertLimits(proof.nodes);
  if (equalBytes(proof.root, EMPTY_TRIE_ROOT)) return readEmptyTrie(proof.nodes);
  let position: Position = { node: hashedNode(proof, { hash: proof.root, index: 0 }), depth: 0, used: 1 };
  for (;;) {
    const step = readNode(position.node, { key: proof.key, depth: position.depth });
    if (step.kind === 'child') {
      position = descend(proof, position, step);
      continue;
    }
    if (position.used !== proof.nodes.length)
      throw new ProtocolError(
        'mpt/node-unused',
        `${proof.nodes.length - position.used} nodes are not on the path`
      );
    return step.kind === 'value' ? step.value : undefined;
  }
}

function assertLimits(nodes: readonly Uint8Array[]): void {
  if (nodes.length > MAX_PROOF_NODES)
    throw new ProtocolError('mpt/too-many-nodes', `expected at most ${MAX_PROOF_NODES}, got ${nodes.length}`);
  const largest = Math.max(0, ...nodes.map((node) => node.length));
  if (largest > MAX_NODE_BYTES)
    throw new ProtocolError('mpt/node-too-large', `expected at most ${MAX_NODE_BYTES} bytes, got ${largest}`);
}

/** Nodes differ in whether they prove an empty trie by no node or by its one empty node. */
function readEmptyTrie(nodes: readonly Uint8Array[]): undefined {
  const [node] = nodes;
  if (nodes.length > 1) throw new ProtocolError('mpt/node-unused', 'an empty trie has no nodes');
  if (node !== undefined && !equalBytes(node, Uint8Array.of(0x80)))
    throw new ProtocolError('mpt/node-hash', 'the trie is empty, the node is not');
}

function hashedNode(
  proof: TrieProof,
  expected: { readonly hash: Uint8Array; readonly index: number }
): Uint8Array {
  const node = proof.nodes[expected.index];
  if (node === undefined)
    throw new ProtocolError('mpt/node-missing', `expected a node ${expected.index} of the proof`);
  if (!equalBytes(keccak256(node), expected.hash))
    throw new ProtocolError('mpt/node-hash', `node ${expected.index} is not the one its parent names`);
  return node;
}

function descend(proof: TrieProof, from: Position, step: Step & { readonly kind: 'child' }): Position {
  const { reference } = step;
  const depth = from.depth + step.taken;
  if (reference.kind === 'list') {
    if (reference.raw.length >= 32) throw malformed('a node within another must be below 32 bytes');
    return { node: reference.raw, depth, used: from.used };
  }
  if (reference.payload.length !== 32) throw malformed('a child is named by 32 bytes');
  const node = hashedNode(proof, { hash: reference.payload, index: from.used });
  if (node.length < 32) throw malformed('a node below 32 bytes must lie within its parent');
  return { node, depth, used: from.used + 1 };
}

function readNode(node: Uint8Array, place: Place): Step {
  const list = openNode(node);
  if (list.starts.length === 17) return readBranch(list, place);
  const encodedPath = itemOf(list, 0);
  const content = itemOf(list, 1);
  if (list.starts.length !== 2 || encodedPath === undefined || content === undefined)
    throw malformed(`expected 2 or 17 items, got ${list.starts.length}`);
  return readShortNode({ ...decodePath(encodedPath), content }, place);
}

function openNode(node: Uint8Array): RlpList {
  try {
    return openRlpList(node);
  } catch (cause) {
    throw new ProtocolError('mpt/node', 'a node is not a list in RLP', {}, { cause });
  }
}

function readBranch(branch: RlpList, { key, depth }: Place): Step {
  const byte = key[depth >> 1];
  const reference =
    byte === undefined ? undefined : itemOf(branch, depth % 2 === 0 ? byte >> 4 : byte & 0x0f);
  if (reference === undefined) throw malformed('a branch lies below the end of the path');
  if (!isEmptyString(itemOf(branch, 16))) throw malformed('a branch of a secure trie holds no value');
  return isEmptyString(reference) ? { kind: 'absent' } : { kind: 'child', reference, taken: 1 };
}

function readShortNode(node: ShortPath & { readonly content: RlpItem }, { key, depth }: Place): Step {
  const { isLeaf, nibbles, length, content } = node;
  const left = PATH_LENGTH - depth;
  const isLengthRight = isLeaf ? length === left : length > 0 && length < left;
  if (!isLengthRight) throw malformed(`a path of ${length} nibbles with ${left} to go`);
  if (isLeaf && (content.kind !== 'string' || content.payload.length === 0))
    throw malformed('a leaf holds a string of at least one byte');
  const expected = lastNibbles(decodeBigEndian(key), left) >> BigInt(4 * (left - length));
  if (nibbles !== expected) return { kind: 'absent' };
  if (isLeaf) return { kind: 'value', value: content.payload };
  return { kind: 'child', reference: content, taken: length };
}

/** The path of a leaf or an extension. Its nibbles are one integer, compared at once. */
type ShortPath = { readonly isLeaf: boolean; readonly nibbles: bigint; readonly length: number };

/** Hex-prefix encoding: a flag nibble (2 for a leaf, 1 for an odd length), a zero nibble when even, the path. */
function decodePath({ kind, payload }: RlpItem): ShortPath {
  const first = payload[0];
  if (kind !== 'string' || first === undefined || first >= 0x40 || payload.length > PATH_LENGTH / 2 + 1)
    throw malformed('a path is not hex-prefix encoded');
  const isOdd = (first & 0x10) !== 0;
  if (!isOdd && (first & 0x0f) !== 0) throw malformed('the padding of an even path is zero');
  const length = 2 * payload.length - (isOdd ? 1 : 2);
  return { isLeaf: first >= 0x20, nibbles: lastNibbles(decodeBigEndian(payload), length), length };
}

const lastNibbles = (nibbles: bigint, count: number): bigint => BigInt.asUintN(4 * count, nibbles);

const isEmptyString = (item: RlpItem | undefined): boolean =>
  item !== undefined && item.kind === 'string' && item.payload.length === 0;

const malformed = (reason: string): ProtocolError => new ProtocolError('mpt/node', reason);
