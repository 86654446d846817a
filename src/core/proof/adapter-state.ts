/**
 * What a protocol adapter's storage says at a block: the latest commitment tree root, the leaf count, and whether a
 * nullifier is in the set. Roots and nullifiers are OpenZeppelin `EnumerableSet.Bytes32Set`s: the values are an array,
 * and the positions a mapping from a value to its index plus one.
 */
import {
  type Address,
  type Bytes32,
  bytes32,
  decodeBigEndian,
  encodeBigEndian,
  equalBytes,
  hex32
} from '../bytes';
import { keccak256 } from '../crypto/hash';
import { ProtocolError } from '../error';
import { type EthereumHeader } from './ethereum-header';
import { readTrie } from './merkle-patricia';
import { type RlpItem, decodeRlpItem, decodeRlpList } from './rlp-item';

/** Solidity slots of an adapter's state; 1, 4 and 7 in version 1.1.0. */
export type StorageLayout = {
  readonly leafCountSlot: bigint;
  /** Of the array of roots: its length, and by Keccak-256 its elements. */
  readonly rootValuesSlot: bigint;
  readonly nullifierPositionsSlot: bigint;
};

export type AdapterStateEvidence = {
  readonly header: EthereumHeader;
  readonly adapter: Address;
  readonly layout: StorageLayout;
  readonly accountProof: readonly Uint8Array[];
  readonly leafCountProof: readonly Uint8Array[];
  readonly rootCountProof: readonly Uint8Array[];
  readonly latestRootProof: readonly Uint8Array[];
};

/** An adapter's state at a block. */
export type AdapterState = {
  readonly blockHash: Bytes32;
  readonly height: bigint;
  readonly root: Bytes32;
  readonly leafCount: bigint;
  /** Root of the adapter's storage trie. */
  readonly storageHash: Bytes32;
};

const WORD_END = 2n ** 256n;
/** Leaf indices travel as u64. */
const COUNT_END = 2n ** 64n;
/** Keccak-256 of no bytes: the code hash of an address without code. */
const EMPTY_CODE_HASH = hex32('c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470');

/**
 * The adapter's state at the header's block. That the block is final is not shown by this.
 * @throws {ProtocolError} `adapter/absent`, `adapter/account`, `adapter/no-code`, `adapter/value`, `adapter/no-roots`,
 * `adapter/count-range`, and the `mpt/...` codes of the proofs.
 */
export function verifyAdapterState(evidence: AdapterStateEvidence): AdapterState {
  const { header, layout } = evidence;
  const storageHash = readStorageHash(evidence);
  const rootCount = readWord({
    storageHash,
    slot: word(layout.rootValuesSlot),
    proof: evidence.rootCountProof
  });
  if (rootCount === 0n) throw new ProtocolError('adapter/no-roots', 'the adapter keeps no root');
  const leafCount = readWord({
    storageHash,
    slot: word(layout.leafCountSlot),
    proof: evidence.leafCountProof
  });
  if (leafCount >= COUNT_END || rootCount >= COUNT_END)
    throw new ProtocolError('adapter/count-range', 'counts of leaves and roots are below 2^64', {
      leafCount,
      rootCount
    });
  const root = readWord({
    storageHash,
    slot: latestRootSlot(rootCount, layout),
    proof: evidence.latestRootProof
  });
  return {
    blockHash: header.hash,
    height: header.number,
    root: word(root),
    leafCount,
    storageHash
  };
}

/**
 * Whether the nullifier is in the adapter's set, under a storage root that was verified before; `false` is proven too.
 * @throws {ProtocolError} `adapter/value`, and the `mpt/...` codes of the proof.
 */
export function verifyNullifierMembership(evidence: {
  readonly storageHash: Bytes32;
  readonly layout: StorageLayout;
  readonly nullifier: Bytes32;
  readonly proof: readonly Uint8Array[];
}): boolean {
  const { storageHash, layout, nullifier, proof } = evidence;
  return readWord({ storageHash, slot: nullifierSlot(nullifier, layout), proof }) !== 0n;
}

/** Storage slot of a nullifier's position in the set: what to ask `eth_getProof` for. */
export const nullifierSlot = (nullifier: Bytes32, layout: StorageLayout): Bytes32 =>
  keccak256(nullifier, word(layout.nullifierPositionsSlot));

/** Storage slot of the latest root when the adapter keeps `rootCount` >= 1 roots. */
export function latestRootSlot(rootCount: bigint, layout: StorageLayout): Bytes32 {
  const first = decodeBigEndian(keccak256(word(layout.rootValuesSlot)));
  return word((first + rootCount - 1n) % WORD_END);
}

const word = (value: bigint): Bytes32 => bytes32(encodeBigEndian(value, 32), 'word');

function readStorageHash(evidence: AdapterStateEvidence): Bytes32 {
  const value = readTrie({
    root: evidence.header.stateRoot,
    key: keccak256(evidence.adapter),
    nodes: evidence.accountProof
  });
  if (value === undefined) throw new ProtocolError('adapter/absent', 'there is no account at the address');
  const [nonce, balance, storageHash, codeHash, ...rest] = decodeAccount(value);
  const isWellFormed =
    isInteger(nonce, 8) &&
    isInteger(balance, 32) &&
    isDigest(storageHash) &&
    isDigest(codeHash) &&
    rest.length === 0;
  if (!isWellFormed)
    throw new ProtocolError('adapter/account', 'expected nonce, balance, storage root and code hash');
  if (equalBytes(codeHash.payload, EMPTY_CODE_HASH))
    throw new ProtocolError('adapter/no-code', 'there is no contract at the address');
  return bytes32(storageHash.payload.slice(), 'storage hash');
}

function decodeAccount(value: Uint8Array): RlpItem[] {
  try {
    return decodeRlpList(value);
  } catch (cause) {
    throw new ProtocolError('adapter/account', 'expected an account in RLP', {}, { cause });
  }
}

/** The word in a storage slot; zero when the proof shows that the slot is empty. */
function readWord(read: {
  readonly storageHash: Bytes32;
  readonly slot: Bytes32;
  readonly proof: readonly Uint8Array[];
}): bigint {
  const value = readTrie({ root: read.storageHash, key: keccak256(read.slot), nodes: read.proof });
  if (value === undefined) return 0n;
  const item = decodeWord(value);
  if (!isInteger(item, 32) || item.payload.length === 0)
    throw new ProtocolError('adapter/value', 'expected a positive integer of at most 32 bytes');
  return decodeBigEndian(item.payload);
}

function decodeWord(value: Uint8Array): RlpItem {
  try {
    return decodeRlpItem(value);
  } catch (cause) {
    throw new ProtocolError('adapter/value', 'expected a storage value in RLP', {}, { cause });
  }
}

const isInteger = (item: RlpItem | undefined, maxBytes: number): item is RlpItem =>
  item !== undefined && item.kind === 'string' && item.payload.length <= maxBytes && item.payload[0] !== 0;

const isDigest = (item: RlpItem | undefined): item is RlpItem =>
  item !== undefined && item.kind === 'string' && item.payload.length === 32;
