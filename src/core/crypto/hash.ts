/**
 * The door to hashing: everything in `core` hashes through here. The parts go on as they come, for copying them
 * together first would cost a canister more than hashing them natively.
 */
import { engine } from '#crypto-engine';
import { type Bytes32 } from '../bytes';

const SHA512_BLOCK_LENGTH = 128;
const INNER_PAD = 0x36363636;
const OUTER_PAD = 0x5c5c5c5c;

/** SHA-256 of `parts` one after the other (FIPS 180-4). */
export const sha256 = (...parts: Uint8Array[]): Bytes32 => engine.hash.sha256(parts) as Bytes32;

/** SHA-224, 28 bytes, of `parts` one after the other (FIPS 180-4); IC principals are made with it. */
export const sha224 = (...parts: Uint8Array[]): Uint8Array => engine.hash.sha224(parts);

/** SHA-512, 64 bytes, of `parts` one after the other (FIPS 180-4). */
export const sha512 = (...parts: Uint8Array[]): Uint8Array => engine.hash.sha512(parts);

/** Keccak-256 of `parts` one after the other, with the original padding, as Ethereum uses it. */
export const keccak256 = (...parts: Uint8Array[]): Bytes32 => engine.hash.keccak256(parts) as Bytes32;

/** RIPEMD-160, 20 bytes, of `parts` one after the other (ISO/IEC 10118-3). */
export const ripemd160 = (...parts: Uint8Array[]): Uint8Array => engine.hash.ripemd160(parts);

/** HMAC-SHA-512, 64 bytes (RFC 2104). The key is public here: chain codes, and what is derived from them. */
export function hmacSha512(key: Uint8Array, message: Uint8Array): Uint8Array {
  const blockKey = key.length > SHA512_BLOCK_LENGTH ? sha512(key) : key;
  return sha512(padKey(blockKey, OUTER_PAD), sha512(padKey(blockKey, INNER_PAD), message));
}

/** `key` in a block of zeros, every byte under the mask; four bytes at a time, which cost an interpreter as much as one. */
function padKey(key: Uint8Array, mask: number): Uint8Array {
  const block = new Uint8Array(SHA512_BLOCK_LENGTH);
  block.set(key);
  const keyWords = new Uint32Array(block.buffer);
  const padded = new Uint32Array(keyWords.length).fill(mask);
  for (let index = 0; 4 * index < key.length; index += 1) padded[index] = (keyWords[index] ?? 0) ^ mask;
  return new Uint8Array(padded.buffer);
}
