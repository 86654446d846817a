/**
 * secp256k1 by noble. Public data only, variable time.
 *
 * Nothing here uses the library's own table for the base point, which costs 2.2 G instructions in a canister at first
 * use: verification builds a table of 16 points, derivation one of 264, both at {@link warmUp} or at first use.
 */
import { _splitEndoScalar } from '@noble/curves/abstract/weierstrass';
import { secp256k1 as curve } from '@noble/curves/secp256k1';
import { concat, decodeBigEndian, encodeBigEndian, fromHex } from '../../bytes';
import { type Secp256k1Engine } from '../engine';
import { hash } from './hash';
import { type Multiple, oddMultiplesOf, sumMultiples } from './joint-multiplication';

const { Point } = curve;
const { Fn, Fp } = Point;
type CurvePoint = typeof Point.BASE;

/** Cube root of unity in the field, and the reduced basis of the endomorphism it gives (libsecp256k1 scalar_impl.h). */
const BETA = 0x7ae96a2b657c07106e64479eac3434e99cf0497512f58995c1396c28719501een;
const ENDOMORPHISM_BASIS: [[bigint, bigint], [bigint, bigint]] = [
  [0x3086d221a7d46bcde86c90e49284eb15n, -0xe4437ed6010e88286f547fa90abfe4c3n],
  [0x114ca50f7a8e2f3f657c1108d9d44cfd8n, 0x3086d221a7d46bcde86c90e49284eb15n]
];
const KEY_TABLE_SIZE = 8;
const BASE_TABLE_SIZE = 16;
/** Window in bits of the base point's table for derivation: 33 windows of 8 points. */
const BASE_WINDOW_BITS = 4;
const EVEN_KEY = Uint8Array.of(2);
const ODD_KEY = Uint8Array.of(3);
const CHALLENGE_TAG = fromHex('7bb52d7a9fef58323eb1bf7a407db382d2f3f2d81bb1224f49fe518f6d48d37c');

let baseTable: readonly CurvePoint[] | undefined;
let baseWithWindows: CurvePoint | undefined;

/** Builds both tables of the base point (about 280 point operations). */
export function warmUp(): void {
  oddMultiplesOfBase();
  multiplyBase(2n);
}

export const secp256k1: Secp256k1Engine = {
  verifyEcdsa(publicKey, digest, signature) {
    const { r, s } = scalarsOf(signature);
    const point = nonceCommitment(publicKey, digest, { r, s });
    return point !== undefined && hasCoordinate(point, r);
  },

  findYParity(publicKey, digest, signature) {
    const { r, s } = scalarsOf(signature);
    const point = nonceCommitment(publicKey, digest, { r, s })?.toAffine();
    // An x of r + n is recovered under ids 2 and 3 only.
    if (point === undefined || point.x !== r) return undefined;
    return (point.y & 1n) === 0n ? 0 : 1;
  },

  recover(digest, signature, recoveryId) {
    const { r, s } = scalarsOf(signature);
    const x = recoveryId < 2 ? r : r + Fn.ORDER;
    if (x >= Fp.ORDER) return undefined;
    const point = parseKey(concat((recoveryId & 1) === 0 ? EVEN_KEY : ODD_KEY, encodeBigEndian(x, 32)));
    if (point === undefined) return undefined;
    const inverse = Fn.inv(r);
    const key = sumMultiples([
      ...multiplesOfBase(Fn.mul(Fn.neg(Fn.create(decodeBigEndian(digest))), inverse)),
      ...multiplesOf(point, Fn.mul(s, inverse))
    ]);
    return key === undefined || key.is0() ? undefined : key.toBytes(false);
  },

  verifySchnorr(publicKey, digest, signature) {
    const { r, s } = scalarsOf(signature);
    const key = parseKey(concat(EVEN_KEY, publicKey));
    if (key === undefined || r >= Fp.ORDER || s >= Fn.ORDER) return false;
    const nonce = signature.subarray(0, 32);
    const challenge = hash.sha256([CHALLENGE_TAG, CHALLENGE_TAG, nonce, publicKey, digest]);
    const point = sumMultiples([
      ...multiplesOfBase(s),
      ...multiplesOf(key.negate(), Fn.create(decodeBigEndian(challenge)))
    ]);
    if (point === undefined || point.is0()) return false;
    const { x, y } = point.toAffine();
    return x === r && (y & 1n) === 0n;
  },

  decompress: (publicKey) => parseKey(publicKey)?.toBytes(false),

  addTweak(publicKey, tweak) {
    const point = parseKey(publicKey);
    if (point === undefined) return undefined;
    const scalar = decodeBigEndian(tweak);
    const sum = scalar === 0n ? point : point.add(multiplyBase(scalar));
    return sum.is0() ? undefined : sum.toBytes(true);
  },

  addPoints(left, right) {
    const [first, second] = [parsePoint(left), parsePoint(right)];
    if (first === undefined || second === undefined) return undefined;
    const sum = first.add(second);
    return sum.is0() ? undefined : sum.toBytes(false).subarray(1);
  }
};

/** u1·G + u2·Q of the verification equation; its x is r for a valid signature. */
function nonceCommitment(
  publicKey: Uint8Array,
  digest: Uint8Array,
  { r, s }: { readonly r: bigint; readonly s: bigint }
): CurvePoint | undefined {
  const key = parseKey(publicKey);
  if (key === undefined) return undefined;
  const inverse = Fn.inv(s);
  const point = sumMultiples([
    ...multiplesOfBase(Fn.mul(Fn.create(decodeBigEndian(digest)), inverse)),
    ...multiplesOf(key, Fn.mul(r, inverse))
  ]);
  return point === undefined || point.is0() ? undefined : point;
}

/** Whether x of the point, modulo n, is `r`: compared in projective form, without an inversion. */
function hasCoordinate(point: CurvePoint, r: bigint): boolean {
  const equalsX = (x: bigint): boolean => Fp.mul(x, point.Z) === point.X;
  return equalsX(r) || (r + Fn.ORDER < Fp.ORDER && equalsX(r + Fn.ORDER));
}

const scalarsOf = (signature: Uint8Array): { r: bigint; s: bigint } => ({
  r: decodeBigEndian(signature.subarray(0, 32)),
  s: decodeBigEndian(signature.subarray(32))
});

function parseKey(publicKey: Uint8Array): CurvePoint | undefined {
  try {
    return Point.fromBytes(publicKey);
  } catch {
    return undefined;
  }
}

const parsePoint = (point: Uint8Array): CurvePoint | undefined => parseKey(concat(Uint8Array.of(4), point));

function oddMultiplesOfBase(): readonly CurvePoint[] {
  baseTable ??= oddMultiplesOf(Point.BASE, BASE_TABLE_SIZE);
  return baseTable;
}

const multiplesOfBase = (scalar: bigint): Multiple<CurvePoint>[] =>
  splitMultiple(oddMultiplesOfBase(), scalar);

const multiplesOf = (point: CurvePoint, scalar: bigint): Multiple<CurvePoint>[] =>
  splitMultiple(oddMultiplesOf(point, KEY_TABLE_SIZE), scalar);

/** `scalar` times a point as two multiples with scalars of 128 bits, by the curve's endomorphism (x, y) -> (beta·x, y). */
function splitMultiple(oddMultiples: readonly CurvePoint[], scalar: bigint): Multiple<CurvePoint>[] {
  const { k1, k1neg, k2, k2neg } = _splitEndoScalar(scalar, ENDOMORPHISM_BASIS, Fn.ORDER);
  return [
    { scalar: k1, oddMultiples: k1neg ? oddMultiples.map((point) => point.negate()) : oddMultiples },
    { scalar: k2, oddMultiples: oddMultiples.map((point) => mapByEndomorphism(point, k2neg)) }
  ];
}

function mapByEndomorphism(point: CurvePoint, negative: boolean): CurvePoint {
  return new Point(Fp.mul(point.X, BETA), negative ? Fp.neg(point.Y) : point.Y, point.Z);
}

/** A base point of our own: precomputation on the library's would change it for everyone else in the program. */
function multiplyBase(scalar: bigint): CurvePoint {
  baseWithWindows ??= Point.fromAffine(Point.BASE.toAffine()).precompute(BASE_WINDOW_BITS);
  return baseWithWindows.multiplyUnsafe(scalar);
}
