/**
 * What clients alone compute on secp256k1: deltas and kinds of resources. It knows secrets, so it uses noble itself and
 * never an engine, and no canister imports it: making a delta fills the library's table of the base point, which would
 * cost a canister 2.2 G instructions.
 */
import { secp256k1, secp256k1_hasher } from '@noble/curves/secp256k1';
import { type Bytes32, concat, decodeBigEndian, equalBytes } from '../bytes';
import { ProtocolError } from '../error';
import { type CurvePoint, IDENTITY } from './secp256k1-group';

type Point = InstanceType<typeof secp256k1.Point>;

/** Number of points of the curve. */
export const GROUP_ORDER = secp256k1.Point.Fn.ORDER;

/** `scalar` times `point`. Not constant time: for public scalars only. The scalar is taken modulo the order. */
export function multiplyPublic(point: CurvePoint, scalar: bigint): CurvePoint {
  return fromPoint(toPoint(point).multiplyUnsafe(scalar % GROUP_ORDER));
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

function toPoint(point: CurvePoint): Point {
  if (equalBytes(point, IDENTITY)) return secp256k1.Point.ZERO;
  return secp256k1.Point.fromBytes(concat(Uint8Array.of(4), point));
}

function fromPoint(point: Point): CurvePoint {
  return point.is0() ? IDENTITY : (point.toBytes(false).slice(1) as CurvePoint);
}
