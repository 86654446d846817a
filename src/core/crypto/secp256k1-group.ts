/**
 * The door to the points of secp256k1 (SEC 2), as checks of deltas need them. Points are bytes on either side of it.
 * What makes deltas is in `secp256k1-client`.
 */
import { engine } from '#crypto-engine';
import { assertLength, concat, equalBytes } from '../bytes';
import { ProtocolError } from '../error';
import { negateCoordinate } from './secp256k1-scalars';

declare const brand: unique symbol;

/** 64 bytes: x, y big-endian; a point of the curve, or {@link IDENTITY}. */
export type CurvePoint = Uint8Array & { readonly [brand]: 'CurvePoint' };

/** The neutral point, written as 64 zero bytes: no point of the curve has x = 0 (7 is not a square). */
export const IDENTITY = new Uint8Array(64) as CurvePoint;

/** SEC 1 tag of a key with both coordinates. */
const UNCOMPRESSED_KEY = Uint8Array.of(4);

/**
 * The point with these 64 bytes (x, y big-endian); the identity is not one.
 * @throws {ProtocolError} `bytes/length`, `secp256k1/not-on-curve`.
 */
export function curvePoint(bytes: Uint8Array): CurvePoint {
  assertLength(bytes, { label: 'curve point', length: 64 });
  if (engine.secp256k1.decompress(concat(UNCOMPRESSED_KEY, bytes)) === undefined)
    throw new ProtocolError('secp256k1/not-on-curve', 'expected coordinates of a curve point', {
      point: bytes
    });
  return bytes as CurvePoint;
}

/** Sum of `points`; the identity for none. */
export const addPoints = (...points: readonly CurvePoint[]): CurvePoint => points.reduce(addPair, IDENTITY);

/** The point that added to `point` gives the identity. */
export function negatePoint(point: CurvePoint): CurvePoint {
  if (equalBytes(point, IDENTITY)) return IDENTITY;
  return concat(point.subarray(0, 32), negateCoordinate(point, 32)) as CurvePoint;
}

function addPair(left: CurvePoint, right: CurvePoint): CurvePoint {
  if (equalBytes(left, IDENTITY)) return right;
  if (equalBytes(right, IDENTITY)) return left;
  // On the curve by their type, two points without a sum are each other's negation.
  return (engine.secp256k1.addPoints(left, right) ?? IDENTITY) as CurvePoint;
}
