/**
 * The door to secp256k1: checks of signatures, and public keys (SEC 1). Public data only. What bytes alone tell is
 * judged here, everything else by the engine.
 */
import { engine } from '#crypto-engine';
import { assertLength } from '../bytes';
import { ProtocolError } from '../error';
import { hasLowS, isBelowOrder, isSignature, negateScalar } from './secp256k1-scalars';

/** A signature over a 32-byte digest by a public key (33 bytes compressed or 65 uncompressed). */
export type EcdsaClaim = {
  readonly publicKey: Uint8Array;
  readonly digest: Uint8Array;
  /** r, s: 32 bytes each, big-endian. */
  readonly signature: Uint8Array;
};

/** Whether `signature` (64 bytes, s in the lower half) is valid. Malformed input of any kind is `false`. */
export function verifyEcdsa(claim: EcdsaClaim): boolean {
  const { publicKey, digest, signature } = claim;
  return isWellFormed(claim) && engine.secp256k1.verifyEcdsa(publicKey, digest, signature);
}

/**
 * Parity of the nonce point's y for a valid low-s signature by a known key: the recovery bit, at the price of a
 * verification. `undefined` when the signature is not valid, or when the nonce point's x is not r itself but r + n,
 * which Ethereum's recovery has no bit for.
 */
export function findYParity(claim: EcdsaClaim): 0 | 1 | undefined {
  const { publicKey, digest, signature } = claim;
  return isWellFormed(claim) ? engine.secp256k1.findYParity(publicKey, digest, signature) : undefined;
}

/**
 * The key in 65 bytes that made the signature (64 bytes r, s; s in either half) over the 32-byte digest, if `recoveryId`
 * (0 to 3) is its nonce point's; `undefined` when no key did, or for malformed input of any kind.
 */
export function recoverPublicKey(claim: {
  readonly digest: Uint8Array;
  readonly signature: Uint8Array;
  readonly recoveryId: number;
}): Uint8Array | undefined {
  const { digest, signature, recoveryId } = claim;
  const isRecoveryId = recoveryId === 0 || recoveryId === 1 || recoveryId === 2 || recoveryId === 3;
  if (!isRecoveryId || digest.length !== 32 || !isSignature(signature)) return undefined;
  return engine.secp256k1.recover(digest, signature, recoveryId);
}

/**
 * Whether the BIP-340 signature (64 bytes) over the digest by the x-only key (32 bytes) is valid. BIP-340 signs messages
 * of any length; this door takes 32 bytes only, as all that is signed here is a digest. Malformed input is `false`.
 */
export function verifySchnorr(claim: EcdsaClaim): boolean {
  const { publicKey, digest, signature } = claim;
  if (publicKey.length !== 32 || digest.length !== 32 || signature.length !== 64) return false;
  return engine.secp256k1.verifySchnorr(publicKey, digest, signature);
}

/** The same signature with s in the lower half. @throws {ProtocolError} `crypto/signature` unless 0 < r, s < n. */
export function normalizeLowS(signature: Uint8Array): Uint8Array {
  if (!isSignature(signature))
    throw new ProtocolError('crypto/signature', 'r and s must be in the range 1 to n - 1', { signature });
  const normalized = signature.slice();
  if (!hasLowS(signature)) normalized.set(negateScalar(signature, 32), 32);
  return normalized;
}

/** The key in 65 bytes (SEC1 uncompressed). @throws {ProtocolError} `crypto/public-key` unless it is a curve point. */
export function decompressPublicKey(publicKey: Uint8Array): Uint8Array {
  const decompressed = isKeyShaped(publicKey) ? engine.secp256k1.decompress(publicKey) : undefined;
  if (decompressed === undefined)
    throw new ProtocolError('crypto/public-key', 'expected a secp256k1 point of 33 or 65 bytes', {
      publicKey
    });
  return decompressed;
}

/**
 * `publicKey + tweak·G` in 33 bytes; `undefined` when `tweak` (32 bytes, big-endian) is not below the group order or
 * the sum is the point at infinity. @throws {ProtocolError} `crypto/public-key`, `bytes/length`.
 */
export function addTweak(publicKey: Uint8Array, tweak: Uint8Array): Uint8Array | undefined {
  assertLength(tweak, { label: 'tweak', length: 32 });
  if (!isBelowOrder(tweak, 0)) return undefined;
  const sum = isKeyShaped(publicKey) ? engine.secp256k1.addTweak(publicKey, tweak) : undefined;
  // The engine has no answer either when the key is at fault; that is for this to tell.
  if (sum === undefined) decompressPublicKey(publicKey);
  return sum;
}

const isWellFormed = ({ publicKey, digest, signature }: EcdsaClaim): boolean =>
  digest.length === 32 && isKeyShaped(publicKey) && isSignature(signature) && hasLowS(signature);

function isKeyShaped(publicKey: Uint8Array): boolean {
  const [prefix] = publicKey;
  return publicKey.length === 33 ? prefix === 2 || prefix === 3 : publicKey.length === 65 && prefix === 4;
}
