/** Ed25519 public keys below a threshold key of the Internet Computer; see derive-public-key. Clients derive them alone. */
import { ascii, concat, decodeBigEndian } from '../bytes';
import { addOffset } from '../crypto/ed25519-offset';
import { hmacSha512 } from '../crypto/hash';
import { type DerivationPath } from './derivation-path';
import { type ExtendedPublicKey, assertDerivable } from './derive-public-key';

const HKDF_INFO = ascii('Ed25519');

/**
 * The Ed25519 key at `path` below `parent`; `parent` itself for an empty path.
 * @throws {ProtocolError} `crypto/public-key`, `bytes/length`, `keys/path-length`.
 */
export function deriveEd25519Key(parent: ExtendedPublicKey, path: DerivationPath): ExtendedPublicKey {
  assertDerivable(parent, { path, keyLength: 32 });
  return path.reduce(stepEd25519, parent);
}

function stepEd25519(parent: ExtendedPublicKey, index: Uint8Array): ExtendedPublicKey {
  const key = hmacSha512(parent.chainCode, concat(parent.publicKey, index));
  const first = hmacSha512(key, concat(HKDF_INFO, Uint8Array.of(1)));
  const second = hmacSha512(key, concat(first, HKDF_INFO, Uint8Array.of(2)));
  return { publicKey: addOffset(parent.publicKey, decodeBigEndian(first)), chainCode: second.slice(0, 32) };
}
