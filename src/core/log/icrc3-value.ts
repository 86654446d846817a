/**
 * Generic values of ICRC-3: their representation-independent hash, and a binary form for storage.
 *
 * | binary form | bytes after the tag; `n` is LEB128             |
 * | ----------- | ---------------------------------------------- |
 * | 0 Blob      | n, n bytes                                     |
 * | 1 Text      | n, n bytes of UTF-8                            |
 * | 2 Nat       | LEB128                                         |
 * | 3 Int       | SLEB128                                        |
 * | 4 Array     | n, n values                                    |
 * | 5 Map       | n, n times: key as Text without its tag, value |
 */
import { ByteWriter } from '../byte-writer';
import { type Bytes32, concat, compareBytes } from '../bytes';
import { sha256 } from '../crypto/hash';
import { ProtocolError } from '../error';
import { Leb128Reader, encodeLeb128, encodeSleb128 } from './leb128';
import { decodeUtf8, encodeUtf8 } from './utf8';

export type Icrc3Value =
  | { Blob: Uint8Array }
  | { Text: string }
  | { Nat: bigint }
  | { Int: bigint }
  | { Array: Icrc3Value[] }
  | { Map: [string, Icrc3Value][] };

/** Values nest at most this deep; a value that holds none has depth 1. */
export const MAX_VALUE_DEPTH = 8;
/** Largest encoded value: a block with the longest transaction that may be signed, and room for its other fields. */
export const MAX_VALUE_BYTES = 192 * 1024;

/**
 * Representation-independent hash (ICRC-3, "Value hash"). The entries of a map are sorted by hash, so that their order
 * is of no account. @throws {ProtocolError} `log/depth`, `log/negative-nat`.
 */
export function hashValue(value: Icrc3Value): Bytes32 {
  return hashNested(value, 1);
}

/** Binary form. @throws {ProtocolError} `log/depth`, `log/negative-nat`, `log/value-too-large`. */
export function encodeValue(value: Icrc3Value): Uint8Array {
  const writer = new ByteWriter();
  writeNested(writer, value, 1);
  const encoded = writer.written();
  if (encoded.length > MAX_VALUE_BYTES)
    throw new ProtocolError(
      'log/value-too-large',
      `expected at most ${MAX_VALUE_BYTES} bytes, got ${encoded.length}`
    );
  return encoded;
}

/**
 * The value of its binary form, which is the only one it has: integers are minimal, text is UTF-8, no byte is left.
 * @throws {ProtocolError} `log/value-too-large`, `log/depth`, `log/value-tag`, `log/integer`, `log/text`,
 * `log/truncated`, `log/trailing`.
 */
export function decodeValue(encoded: Uint8Array): Icrc3Value {
  if (encoded.length > MAX_VALUE_BYTES)
    throw new ProtocolError(
      'log/value-too-large',
      `expected at most ${MAX_VALUE_BYTES} bytes, got ${encoded.length}`
    );
  const reader = new Leb128Reader(encoded);
  const value = decodeNested(reader, 1);
  reader.end();
  return value;
}

function hashNested(value: Icrc3Value, depth: number): Bytes32 {
  assertDepth(depth);
  if ('Blob' in value) return sha256(value.Blob);
  if ('Text' in value) return sha256(encodeUtf8(value.Text));
  if ('Nat' in value) return sha256(encodeLeb128(value.Nat));
  if ('Int' in value) return sha256(encodeSleb128(value.Int));
  if ('Array' in value) return sha256(...value.Array.map((item) => hashNested(item, depth + 1)));
  const entries = value.Map.map(([key, item]) => concat(hashKey(key), hashNested(item, depth + 1)));
  return sha256(...entries.sort(compareBytes));
}

/** Field names of blocks recur in every block: their hashes are kept. Bounded, because decoded values are hashed too. */
const keyHashes = new Map<string, Bytes32>();
const MAX_KEY_HASHES = 64;

function hashKey(key: string): Bytes32 {
  const known = keyHashes.get(key);
  if (known !== undefined) return known;
  const digest = sha256(encodeUtf8(key));
  if (keyHashes.size < MAX_KEY_HASHES) keyHashes.set(key, digest);
  return digest;
}

function writeNested(writer: ByteWriter, value: Icrc3Value, depth: number): void {
  assertDepth(depth);
  if ('Blob' in value) writeTagged(writer, 0, value.Blob);
  else if ('Text' in value) writeTagged(writer, 1, encodeUtf8(value.Text));
  else if ('Nat' in value) writeInteger(writer, 2, encodeLeb128(value.Nat));
  else if ('Int' in value) writeInteger(writer, 3, encodeSleb128(value.Int));
  else if ('Array' in value) {
    writer.byte(4);
    writer.count(value.Array.length);
    for (const item of value.Array) writeNested(writer, item, depth + 1);
  } else {
    writer.byte(5);
    writer.count(value.Map.length);
    for (const [key, item] of value.Map) {
      writer.sized(encodeUtf8(key));
      writeNested(writer, item, depth + 1);
    }
  }
}

function writeTagged(writer: ByteWriter, tag: number, content: Uint8Array): void {
  writer.byte(tag);
  writer.sized(content);
}

function writeInteger(writer: ByteWriter, tag: number, digits: Uint8Array): void {
  writer.byte(tag);
  writer.raw(digits);
}

function decodeNested(reader: Leb128Reader, depth: number): Icrc3Value {
  assertDepth(depth);
  const tag = reader.byte();
  switch (tag) {
    case 0:
      return { Blob: reader.sized() };
    case 1:
      return { Text: decodeUtf8(reader.sized()) };
    case 2:
      return { Nat: reader.leb128() };
    case 3:
      return { Int: reader.sleb128() };
    case 4:
      return { Array: reader.repeat(() => decodeNested(reader, depth + 1)) };
    case 5:
      return { Map: reader.repeat(() => [decodeUtf8(reader.sized()), decodeNested(reader, depth + 1)]) };
    default:
      throw new ProtocolError('log/value-tag', `expected a tag from 0 to 5, got ${tag}`);
  }
}

function assertDepth(depth: number): void {
  if (depth > MAX_VALUE_DEPTH)
    throw new ProtocolError('log/depth', `values nest at most ${MAX_VALUE_DEPTH} deep`);
}
