/**
 * Non-hardened key derivation of the Internet Computer's threshold keys, along a path of byte strings.
 *
 * secp256k1 is BIP-32's scheme with indices of any length; Ed25519 takes its offsets from HKDF-SHA512. Same results as
 * the `ic-secp256k1` and `ic-ed25519` crates of dfinity/ic.
 */
import { ed25519 } from '@noble/curves/ed25519';
import { secp256k1 } from '@noble/curves/secp256k1';
import { hkdf } from '@noble/hashes/hkdf';
import { hmac } from '@noble/hashes/hmac';
import { sha512 } from '@noble/hashes/sha2';
import { bytesToHex, concatBytes } from '@noble/hashes/utils';

/** `publicKey`: 33 bytes SEC1 compressed, or 32 bytes for Ed25519. `chainCode`: 32 bytes. */
export type ExtendedPublicKey = { readonly publicKey: Uint8Array; readonly chainCode: Uint8Array };

/** A derived key, and what to add to the parent's secret (modulo the group order) to get its secret. */
export type DerivedKey = ExtendedPublicKey & { readonly secretOffset: bigint };

/** Chain code of every master key: 32 zero bytes. */
export const MASTER_CHAIN_CODE = new Uint8Array(32);

const SECP256K1_ORDER = secp256k1.Point.Fn.ORDER;
const ED25519_ORDER = ed25519.Point.Fn.ORDER;

const bigEndian = (bytes: Uint8Array): bigint => BigInt(`0x${bytesToHex(bytes)}`);

type Step<Point> = { readonly point: Point; readonly chainCode: Uint8Array; readonly offset: bigint };
type Secp256k1Point = typeof secp256k1.Point.BASE;
type Ed25519Point = typeof ed25519.Point.BASE;

function stepSecp256k1(parent: Step<Secp256k1Point>, index: Uint8Array): Step<Secp256k1Point> {
  let data = concatBytes(parent.point.toBytes(true), index);
  for (;;) {
    const digest = hmac(sha512, parent.chainCode, data);
    const right = digest.slice(32);
    const offset = bigEndian(digest.subarray(0, 32));
    if (offset < SECP256K1_ORDER) {
      const point = parent.point.add(multiplySecp256k1Base(offset));
      if (!point.is0())
        return { point, chainCode: right, offset: (parent.offset + offset) % SECP256K1_ORDER };
    }
    data = concatBytes(Uint8Array.of(1), right, index);
  }
}

function multiplySecp256k1Base(scalar: bigint): Secp256k1Point {
  return scalar === 0n ? secp256k1.Point.ZERO : secp256k1.Point.BASE.multiply(scalar);
}

function stepEd25519(parent: Step<Ed25519Point>, index: Uint8Array): Step<Ed25519Point> {
  const material = concatBytes(parent.point.toBytes(), index);
  const output = hkdf(sha512, material, parent.chainCode, 'Ed25519', 96);
  const offset = bigEndian(output.subarray(0, 64)) % ED25519_ORDER;
  const point = offset === 0n ? parent.point : parent.point.add(ed25519.Point.BASE.multiply(offset));
  return { point, chainCode: output.slice(64), offset: (parent.offset + offset) % ED25519_ORDER };
}

/** The secp256k1 key (33 bytes compressed) at `path` below `parent`. An empty path gives the parent. */
export function deriveSecp256k1Key(parent: ExtendedPublicKey, path: readonly Uint8Array[]): DerivedKey {
  const start = {
    point: secp256k1.Point.fromHex(parent.publicKey),
    chainCode: parent.chainCode,
    offset: 0n
  };
  const end = path.reduce<Step<Secp256k1Point>>(stepSecp256k1, start);
  return { publicKey: end.point.toBytes(true), chainCode: end.chainCode, secretOffset: end.offset };
}

/** The Ed25519 key (32 bytes) at `path` below `parent`. An empty path gives the parent. */
export function deriveEd25519Key(parent: ExtendedPublicKey, path: readonly Uint8Array[]): DerivedKey {
  const start = { point: ed25519.Point.fromHex(parent.publicKey), chainCode: parent.chainCode, offset: 0n };
  const end = path.reduce<Step<Ed25519Point>>(stepEd25519, start);
  return { publicKey: end.point.toBytes(), chainCode: end.chainCode, secretOffset: end.offset };
}

/** `secret + offset` modulo the order of secp256k1. */
export const addSecp256k1Offset = (secret: bigint, offset: bigint): bigint =>
  (secret + offset) % SECP256K1_ORDER;

/** `secret + offset` modulo the order of Ed25519's base point. */
export const addEd25519Offset = (secret: bigint, offset: bigint): bigint => (secret + offset) % ED25519_ORDER;
