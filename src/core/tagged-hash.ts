/**
 * Domain-separated hashing of this protocol: `SHA-256(SHA-256(tag) || u32be(len(part)) || part || ...)`.
 * Lengths make the list of parts injective; the tag keeps the purposes apart.
 */
import { type Bytes32, ascii, concat, encodeBigEndian } from './bytes';
import { sha256 } from './crypto/hash';

const tagDigests = new Map<string, Bytes32>();

/** 32-byte digest of `parts` under `tag`, an ASCII literal such as `hypha/account-id/v1`. */
export function taggedHash(tag: string, ...parts: Uint8Array[]): Bytes32 {
  let digest = tagDigests.get(tag);
  if (digest === undefined) {
    digest = sha256(ascii(tag));
    tagDigests.set(tag, digest);
  }
  return sha256(digest, ...parts.map((part) => concat(encodeBigEndian(BigInt(part.length), 4), part)));
}
