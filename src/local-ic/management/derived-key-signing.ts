/** Signatures with derived secret scalars: ECDSA and BIP-340 on secp256k1, Ed25519. */
import { ed25519 } from '@noble/curves/ed25519';
import { schnorr, secp256k1 } from '@noble/curves/secp256k1';
import { sha512 } from '@noble/hashes/sha2';
import { bytesToHex, concatBytes, hexToBytes } from '@noble/hashes/utils';

const SECP256K1_ORDER = secp256k1.Point.Fn.ORDER;
const ED25519_ORDER = ed25519.Point.Fn.ORDER;
/** Signing is deterministic: the same request gives the same bytes on every machine. */
const BIP340_AUXILIARY_RANDOMNESS = new Uint8Array(32);

const toBytes32 = (value: bigint): Uint8Array => hexToBytes(value.toString(16).padStart(64, '0'));
const toBytes32LittleEndian = (value: bigint): Uint8Array => toBytes32(value).reverse();
const bigEndian = (bytes: Uint8Array): bigint => BigInt(`0x${bytesToHex(bytes)}`);
const littleEndian = (bytes: Uint8Array): bigint => bigEndian(bytes.slice().reverse());

/** 64 bytes r‖s with low s, over a 32-byte digest. */
export function signEcdsa(messageHash: Uint8Array, secret: bigint): Uint8Array {
  return secp256k1.sign(messageHash, toBytes32(secret), { lowS: true, prehash: false }).toBytes('compact');
}

/** 64 bytes (BIP-340) over a message of any length. */
export function signBip340(message: Uint8Array, secret: bigint): Uint8Array {
  return schnorr.sign(message, toBytes32(secret), BIP340_AUXILIARY_RANDOMNESS);
}

/**
 * The secret of the taproot output key (BIP-341) of the internal key with this secret. `merkleRootHash`: 32 bytes, or
 * none for a key without scripts.
 */
export function tweakTaprootSecret(secret: bigint, merkleRootHash: Uint8Array): bigint {
  const point = secp256k1.Point.BASE.multiply(secret);
  const evenSecret = point.y % 2n === 0n ? secret : SECP256K1_ORDER - secret;
  const tweak = bigEndian(schnorr.utils.taggedHash('TapTweak', toBytes32(point.x), merkleRootHash));
  const tweaked = (evenSecret + tweak) % SECP256K1_ORDER;
  // Probability 2^-128: no key has such a tweak in practice, and BIP-341 says to fail.
  if (tweak >= SECP256K1_ORDER || tweaked === 0n) throw new RangeError('taproot tweak out of range');
  return tweaked;
}

/**
 * 64 bytes (RFC 8032) with a secret scalar in place of a seed. The nonce prefix is `SHA-512(scalar ‖ chain code)[0..32]`,
 * as in the `ic-ed25519` crate.
 */
export function signEd25519(
  message: Uint8Array,
  key: { readonly secret: bigint; readonly publicKey: Uint8Array; readonly chainCode: Uint8Array }
): Uint8Array {
  const prefix = sha512(concatBytes(toBytes32LittleEndian(key.secret), key.chainCode)).subarray(0, 32);
  const nonce = littleEndian(sha512(concatBytes(prefix, message))) % ED25519_ORDER;
  const commitment = ed25519.Point.BASE.multiply(nonce).toBytes();
  const challenge = littleEndian(sha512(concatBytes(commitment, key.publicKey, message))) % ED25519_ORDER;
  return concatBytes(commitment, toBytes32LittleEndian((nonce + challenge * key.secret) % ED25519_ORDER));
}
