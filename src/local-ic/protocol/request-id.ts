/** The representation-independent hash of a request (interface specification, "Request ids"). */
import { sha256 } from '@noble/hashes/sha2';
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils';
import { compareBytes } from './byte-order';
import { type CborMap, type CborValue } from './cbor-decoding';
import { encodeLeb128 } from './leb128';

function hashValue(value: CborValue): Uint8Array {
  if (typeof value === 'string') return sha256(utf8ToBytes(value));
  if (value instanceof Uint8Array) return sha256(value);
  if (typeof value === 'bigint' && value >= 0n) return sha256(encodeLeb128(value));
  if (value instanceof Map) return hashOfMap(value);
  if (Array.isArray(value)) return sha256(concatBytes(...value.map(hashValue)));
  throw new TypeError('only naturals, text, byte strings, arrays and maps can be hashed');
}

/**
 * SHA-256 over the sorted pairs `H(key) ‖ H(value)` of a map with text keys: a request id when given the content of a
 * call, 32 bytes.
 *
 * @throws {TypeError} for a value that has no hash: negative integer, boolean, null, or an integer key.
 */
export function hashOfMap(map: CborMap): Uint8Array {
  const pairs = [...map].map(([key, value]) => {
    if (typeof key !== 'string') throw new TypeError('only text keys can be hashed');
    return concatBytes(sha256(utf8ToBytes(key)), hashValue(value));
  });
  return sha256(concatBytes(...pairs.sort(compareBytes)));
}
