/**
 * The door to the group of secp256k1 (SEC 2): points, scalars, hashing to the curve, and signing for delta
 * proofs. Points cross it as bytes, so that code linked into a canister can stand behind the same functions.
 *
 * Making deltas ({@link multiplyGenerator}, {@link signRecoverably}) fills the library's table of the base point, which
 * costs 2.2 G instructions in a canister: it belongs to clients. Checking them needs {@link addPoints} alone.
 */
import { secp256k1, secp256k1_hasher } from '@noble/curves/secp256k1';
import { type Bytes32, assertLength, concat, decodeBigEndian, encodeBigEndian } from '../bytes';
import { ProtocolError } from '../error';

declare const brand: unique symbol;

/** 64 bytes: x, y big-endian; a point of the curve, or {@link IDENTITY}. */
export type CurvePoint = Uint8Array & { readonly [brand]: 'CurvePoint' };

type Point = InstanceType<typeof secp256k1.Point>;

/** Number of points of the curve. */
export const GROUP_ORDER = secp256k1.Point.Fn.ORDER;
/** The neutral point, written as 64 zero bytes: no point of the curve has x = 0 (7 is not a square). */
export const IDENTITY = new Uint8Array(64) as CurvePoint;

/**
 * The point with these 64 bytes (x, y big-endian); the identity is not one.
 * @throws {ProtocolError} `bytes/length`, `secp256k1/not-on-curve`.
 */
export function curvePoint(bytes: Uint8Array): CurvePoint {
  assertLength(bytes, { label: 'curve point', length: 64 });
  toPoint(bytes);
  return bytes as CurvePoint;
}

/** Sum of `points`; the identity for none. */
export function addPoints(...points: readonly CurvePoint[]): CurvePoint {
  return fromPoint(points.map(toElement).reduce((sum, point) => sum.add(point), secp256k1.Point.ZERO));
}

/** The point that added to `point` gives the identity. */
export const negatePoint = (point: CurvePoint): CurvePoint => fromPoint(toElement(point).negate());

/** `scalar` times `point`. Not constant time: for public scalars only. The scalar is taken modulo the order. */
export function multiplyPublic(point: CurvePoint, scalar: bigint): CurvePoint {
  return fromPoint(toElement(point).multiplyUnsafe(scalar % GROUP_ORDER));
}

/** `scalar` times the generator, in constant time. @throws {ProtocolError} `secp256k1/scalar-range`. */
export function multiplyGenerator(scalar: Bytes32): CurvePoint {
  return fromPoint(secp256k1.Point.BASE.multiply(decodeScalar(scalar)));
}

/** The integer of a big-endian scalar. @throws {ProtocolError} `secp256k1/scalar-range` unless 0 < scalar < order. */
export function decodeScalar(scalar: Bytes32): bigint {
  const value = decodeBigEndian(scalar);
  if (value === 0n || value >= GROUP_ORDER) {
    throw new ProtocolError(
      'secp256k1/scalar-range',
      'expected a scalar between 1 and the group order less one'
    );
  }
  return value;
}

/** RFC 9380 `secp256k1_XMD:SHA-256_SSWU_RO_` of `message` under the domain separation tag `tag` (ASCII). */
export function hashToCurvePoint(message: Uint8Array, tag: string): CurvePoint {
  return fromPoint(
    secp256k1.Point.fromAffine(secp256k1_hasher.hashToCurve(message, { DST: tag }).toAffine())
  );
}

/** 65 bytes r, s, recovery id (0 to 3): RFC 6979 ECDSA of a 32-byte digest, s at most half the order. */
export function signRecoverably(digest: Bytes32, privateKey: Bytes32): Uint8Array {
  decodeScalar(privateKey);
  const signature = secp256k1.sign(digest, privateKey, { lowS: true });
  return concat(signature.toCompactRawBytes(), Uint8Array.of(signature.recovery));
}

function toElement(point: CurvePoint): Point {
  return point.every((byte) => byte === 0) ? secp256k1.Point.ZERO : toPoint(point);
}

function toPoint(bytes: Uint8Array): Point {
  try {
    const affine = { x: decodeBigEndian(bytes.subarray(0, 32)), y: decodeBigEndian(bytes.subarray(32)) };
    const point = secp256k1.Point.fromAffine(affine);
    point.assertValidity();
    return point;
  } catch (cause) {
    throw new ProtocolError(
      'secp256k1/not-on-curve',
      'expected coordinates of a curve point',
      { point: bytes },
      { cause }
    );
  }
}

function fromPoint(point: Point): CurvePoint {
  if (point.is0()) return IDENTITY;
  const { x, y } = point.toAffine();
  return concat(encodeBigEndian(x, 32), encodeBigEndian(y, 32)) as CurvePoint;
}
