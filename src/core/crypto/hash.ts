/**
 * The door to hashing. Everything in `core` hashes through here, so that code linked into a canister can stand
 * behind the same functions.
 */
import { hmac } from '@noble/hashes/hmac';
import { sha224 as nobleSha224, sha256 as nobleSha256, sha512 as nobleSha512 } from '@noble/hashes/sha2';
import { keccak_256 } from '@noble/hashes/sha3';
import { type Bytes32, bytes32, concat } from '../bytes';

/** SHA-256 of `parts` one after the other (FIPS 180-4). */
export function sha256(...parts: Uint8Array[]): Bytes32 {
  return bytes32(nobleSha256(concat(...parts)), 'sha256');
}

/** SHA-224, 28 bytes (FIPS 180-4); IC principals are made with it. */
export const sha224 = (value: Uint8Array): Uint8Array => nobleSha224(value);

/** SHA-512, 64 bytes (FIPS 180-4). */
export const sha512 = (value: Uint8Array): Uint8Array => nobleSha512(value);

/** HMAC-SHA-512, 64 bytes (RFC 2104). */
export const hmacSha512 = (key: Uint8Array, message: Uint8Array): Uint8Array =>
  hmac(nobleSha512, key, message);

/** Keccak-256 with the original padding, as Ethereum uses it. */
export function keccak256(...parts: Uint8Array[]): Bytes32 {
  return bytes32(keccak_256(concat(...parts)), 'keccak256');
}
