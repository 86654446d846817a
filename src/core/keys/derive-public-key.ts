/**
 * Public keys below a threshold key of the Internet Computer, by a path of byte strings: BIP-32's scheme without
 * hardening and with indices of any length for secp256k1 (ECDSA and BIP-340 alike), HKDF for Ed25519. Same results as
 * the `ic-secp256k1` and `ic-ed25519` crates of dfinity/ic.
 *
 * Every element costs one multiplication of the base point: keep the key of a common prefix.
 */
import { assertLength, concat } from '../bytes';
import { hmacSha512 } from '../crypto/hash';
import { addTweak } from '../crypto/secp256k1';
import { ProtocolError } from '../error';
import { type DerivationPath } from './derivation-path';

/** `publicKey`: 33 bytes SEC1 compressed, or 32 bytes for Ed25519. `chainCode`: 32 bytes. */
export type ExtendedPublicKey = { readonly publicKey: Uint8Array; readonly chainCode: Uint8Array };

/** What the management canister takes at most. */
const MAX_PATH_ELEMENTS = 255;

/**
 * The secp256k1 key at `path` below `parent`; `parent` itself for an empty path.
 * @throws {ProtocolError} `crypto/public-key`, `bytes/length`, `keys/path-length`.
 */
export function deriveSecp256k1Key(parent: ExtendedPublicKey, path: DerivationPath): ExtendedPublicKey {
  assertDerivable(parent, { path, keyLength: 33 });
  return path.reduce(stepSecp256k1, parent);
}

/** @throws {ProtocolError} `bytes/length`, `keys/path-length` unless there may be a key at `expected.path`. */
export function assertDerivable(
  parent: ExtendedPublicKey,
  expected: { readonly path: DerivationPath; readonly keyLength: number }
): void {
  assertLength(parent.publicKey, { label: 'public key', length: expected.keyLength });
  assertLength(parent.chainCode, { label: 'chain code', length: 32 });
  if (expected.path.length > MAX_PATH_ELEMENTS) {
    throw new ProtocolError(
      'keys/path-length',
      `expected at most ${MAX_PATH_ELEMENTS} path elements, got ${expected.path.length}`
    );
  }
}

function stepSecp256k1(parent: ExtendedPublicKey, index: Uint8Array): ExtendedPublicKey {
  let data = concat(parent.publicKey, index);
  for (;;) {
    const digest = hmacSha512(parent.chainCode, data);
    const chainCode = digest.slice(32);
    const publicKey = addTweak(parent.publicKey, digest.subarray(0, 32));
    if (publicKey !== undefined) return { publicKey, chainCode };
    // BIP-32 gives such an index up; the Internet Computer tries again with the right half (probability 2^-127).
    data = concat(Uint8Array.of(1), chainCode, index);
  }
}
