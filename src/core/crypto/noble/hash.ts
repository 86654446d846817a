/** Hashing by noble. */
import { ripemd160 } from '@noble/hashes/legacy';
import { sha224, sha256, sha512 } from '@noble/hashes/sha2';
import { keccak_256 } from '@noble/hashes/sha3';
import { type CHash } from '@noble/hashes/utils';
import { type HashEngine } from '../engine';

export const hash: HashEngine = {
  sha256: (parts) => digest(sha256, parts),
  sha224: (parts) => digest(sha224, parts),
  sha512: (parts) => digest(sha512, parts),
  keccak256: (parts) => digest(keccak_256, parts),
  ripemd160: (parts) => digest(ripemd160, parts)
};

function digest(algorithm: Pick<CHash, 'create'>, parts: readonly Uint8Array[]): Uint8Array {
  const state = algorithm.create();
  for (const part of parts) state.update(part);
  return state.digest();
}
