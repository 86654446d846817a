/** Ed25519 signatures at the edges of what verifiers disagree on, made with noble's point arithmetic. */
import { ed25519 } from '@noble/curves/ed25519';
import { sha512 } from '@noble/hashes/sha2';
import { concat, fromHex, toHex } from '../../../src/core/bytes';

const { Point } = ed25519;
type Ed25519Point = typeof Point.BASE;

export const GROUP_ORDER = Point.Fn.ORDER;
const FIELD_ORDER = 2n ** 255n - 19n;

export type Ed25519Claim = {
  readonly publicKey: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
};

/** `index` times a point of order 8. */
export function torsionPoint(index: number): Ed25519Point {
  const generator = Point.fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05');
  let sum = Point.ZERO;
  for (let count = 0; count < index; count++) sum = sum.add(generator);
  return sum;
}

export const encodeLittleEndian = (value: bigint): Uint8Array =>
  fromHex(value.toString(16).padStart(64, '0')).reverse();

export const decodeLittleEndian = (bytes: Uint8Array): bigint =>
  BigInt(`0x${toHex(bytes.slice().reverse())}`);

/** y, below 2^255, with either sign of x. */
const encodings = (y: bigint): Uint8Array[] => [encodeLittleEndian(y), encodeLittleEndian(y + 2n ** 255n)];

/** All 14 encodings that lenient decoders take for one of the 8 points of small order. */
export const SMALL_ORDER_ENCODINGS: readonly Uint8Array[] = [
  0n,
  1n,
  FIELD_ORDER - 1n,
  FIELD_ORDER,
  FIELD_ORDER + 1n,
  decodeLittleEndian(torsionPoint(1).toBytes()) % 2n ** 255n,
  decodeLittleEndian(torsionPoint(3).toBytes()) % 2n ** 255n
].flatMap(encodings);

/** Encodings with y from the field order on that are not of small order; some are of points, when read leniently. */
export const NOT_CANONICAL_ENCODINGS: readonly Uint8Array[] = Array.from({ length: 17 }, (_, index) =>
  encodings(FIELD_ORDER + 2n + BigInt(index))
).flat();

/** What verifying multiplies the key with: SHA-512 of R, key and message, modulo the group order. */
export const challengeOf = (commitment: Uint8Array, publicKey: Uint8Array, message: Uint8Array): bigint =>
  decodeLittleEndian(sha512(concat(commitment, publicKey, message))) % GROUP_ORDER;

/**
 * s = nonce + challenge · secret over the bytes of R and key given, whatever points these are: with parts of small order
 * besides nonce·B and secret·B the signature holds up to a point of small order.
 */
export function signWith(made: {
  readonly secret: bigint;
  readonly nonce: bigint;
  readonly commitment: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly message: Uint8Array;
}): Ed25519Claim {
  const { commitment, publicKey, message } = made;
  const s = (made.nonce + challengeOf(commitment, publicKey, message) * made.secret) % GROUP_ORDER;
  return { publicKey, message, signature: concat(commitment, encodeLittleEndian(s)) };
}

/** The rule of the port `Ed25519Engine`, condition by condition. */
export function isValidByRule({ publicKey, message, signature }: Ed25519Claim): boolean {
  const commitment = signature.slice(0, 32);
  const s = decodeLittleEndian(signature.slice(32));
  const key = decodePoint(publicKey, 'canonical');
  if (s >= GROUP_ORDER || key === undefined || key.isSmallOrder()) return false;
  if (decodePoint(commitment, 'lenient')?.isSmallOrder() === true) return false;
  const challenge = challengeOf(commitment, publicKey, message);
  const expected = Point.BASE.multiplyUnsafe(s).subtract(key.multiplyUnsafe(challenge));
  return expected.toHex() === toHex(commitment);
}

/** Whether the equation holds up to a point of small order, key and R read leniently (ZIP 215): what most would take. */
export function holdsLeniently({ publicKey, message, signature }: Ed25519Claim): boolean {
  const commitment = signature.slice(0, 32);
  const [key, nonce] = [decodePoint(publicKey, 'lenient'), decodePoint(commitment, 'lenient')];
  if (key === undefined || nonce === undefined) return false;
  const signed = Point.BASE.multiplyUnsafe(decodeLittleEndian(signature.slice(32)));
  return signed
    .subtract(key.multiplyUnsafe(challengeOf(commitment, publicKey, message)))
    .subtract(nonce)
    .isSmallOrder();
}

function decodePoint(bytes: Uint8Array, form: 'canonical' | 'lenient'): Ed25519Point | undefined {
  try {
    return Point.fromBytes(bytes, form === 'lenient');
  } catch {
    return undefined;
  }
}
