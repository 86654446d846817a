/**
 * The door to secp256k1: checks of ECDSA signatures, and public keys. Public data only, variable time.
 *
 * Nothing here uses the library's own table for the base point, which costs 2.2 G instructions in a canister at first
 * use: verification builds a table of 16 points, derivation one of 264, both at {@link warmUp} or at first use.
 */
import { _splitEndoScalar } from '@noble/curves/abstract/weierstrass';
import { secp256k1 } from '@noble/curves/secp256k1';
import { assertLength, decodeBigEndian } from '../bytes';
import { ProtocolError } from '../error';
import { type Multiple, oddMultiplesOf, sumMultiples } from './joint-multiplication';

const { Point } = secp256k1;
const { Fn, Fp } = Point;
type Secp256k1Point = typeof Point.BASE;

/** A signature over a 32-byte digest by a public key (33 bytes compressed or 65 uncompressed). */
export type EcdsaClaim = {
  readonly publicKey: Uint8Array;
  readonly digest: Uint8Array;
  /** r, s: 32 bytes each, big-endian. */
  readonly signature: Uint8Array;
};

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

let baseTable: readonly Secp256k1Point[] | undefined;
let baseWithWindows: Secp256k1Point | undefined;

/** Builds both tables of the base point, so that no later call pays for them (about 280 point operations). */
export function warmUp(): void {
  oddMultiplesOfBase();
  multiplyBase(2n);
}

/** Whether `signature` (64 bytes, s in the lower half) is valid. Malformed input of any kind is `false`. */
export function verifyEcdsa(claim: EcdsaClaim): boolean {
  const found = nonceCommitment(claim);
  return found !== undefined && hasCoordinate(found.point, found.r);
}

/**
 * Parity of the nonce point's y for a valid low-s signature by a known key: the recovery bit, at the price of a
 * verification. `undefined` when the signature is not valid, or when the nonce point's x is not r itself but r + n,
 * which Ethereum's recovery has no bit for.
 */
export function findYParity(claim: EcdsaClaim): 0 | 1 | undefined {
  const found = nonceCommitment(claim);
  if (found === undefined) return undefined;
  const { x, y } = found.point.toAffine();
  if (x !== found.r) return undefined;
  return (y & 1n) === 0n ? 0 : 1;
}

/** The same signature with s in the lower half. @throws {ProtocolError} `crypto/signature` unless 0 < r, s < n. */
export function normalizeLowS(signature: Uint8Array): Uint8Array {
  const scalars = parseScalars(signature);
  if (scalars === undefined)
    throw new ProtocolError('crypto/signature', 'r and s must be in the range 1 to n - 1', { signature });
  if (scalars.s <= Fn.ORDER / 2n) return signature.slice();
  const normalized = signature.slice();
  normalized.set(Fn.toBytes(Fn.neg(scalars.s)), 32);
  return normalized;
}

/** The key in 65 bytes (SEC1 uncompressed). @throws {ProtocolError} `crypto/public-key` unless it is a curve point. */
export const decompressPublicKey = (publicKey: Uint8Array): Uint8Array =>
  parsePublicKey(publicKey).toBytes(false);

/**
 * `publicKey + tweak·G` in 33 bytes; `undefined` when `tweak` (32 bytes, big-endian) is not below the group order or
 * the sum is the point at infinity. @throws {ProtocolError} `crypto/public-key`, `bytes/length`.
 */
export function addTweak(publicKey: Uint8Array, tweak: Uint8Array): Uint8Array | undefined {
  assertLength(tweak, { label: 'tweak', length: 32 });
  const scalar = decodeBigEndian(tweak);
  if (scalar >= Fn.ORDER) return undefined;
  const point = parsePublicKey(publicKey);
  const sum = scalar === 0n ? point : point.add(multiplyBase(scalar));
  return sum.is0() ? undefined : sum.toBytes(true);
}

/** u1·G + u2·Q of the verification equation; its x is r for a valid signature. */
function nonceCommitment(claim: EcdsaClaim): { point: Secp256k1Point; r: bigint } | undefined {
  const scalars = parseSignature(claim.signature);
  const key = tryParsePublicKey(claim.publicKey);
  if (scalars === undefined || key === undefined || claim.digest.length !== 32) return undefined;
  const inverse = Fn.inv(scalars.s);
  const point = sumMultiples([
    ...multiplesOfBase(Fn.mul(Fn.create(decodeBigEndian(claim.digest)), inverse)),
    ...multiplesOf(key, Fn.mul(scalars.r, inverse))
  ]);
  return point === undefined || point.is0() ? undefined : { point, r: scalars.r };
}

/** Whether x of the point, modulo n, is `r`: compared in projective form, without an inversion. */
function hasCoordinate(point: Secp256k1Point, r: bigint): boolean {
  const equalsX = (x: bigint): boolean => Fp.mul(x, point.Z) === point.X;
  return equalsX(r) || (r + Fn.ORDER < Fp.ORDER && equalsX(r + Fn.ORDER));
}

function parseScalars(signature: Uint8Array): { r: bigint; s: bigint } | undefined {
  if (signature.length !== 64) return undefined;
  const r = decodeBigEndian(signature.subarray(0, 32));
  const s = decodeBigEndian(signature.subarray(32));
  return Fn.isValidNot0(r) && Fn.isValidNot0(s) ? { r, s } : undefined;
}

function parseSignature(signature: Uint8Array): { r: bigint; s: bigint } | undefined {
  const scalars = parseScalars(signature);
  return scalars !== undefined && scalars.s <= Fn.ORDER / 2n ? scalars : undefined;
}

function tryParsePublicKey(publicKey: Uint8Array): Secp256k1Point | undefined {
  try {
    return Point.fromBytes(publicKey);
  } catch {
    return undefined;
  }
}

function parsePublicKey(publicKey: Uint8Array): Secp256k1Point {
  const point = tryParsePublicKey(publicKey);
  if (point === undefined)
    throw new ProtocolError('crypto/public-key', 'expected a secp256k1 point of 33 or 65 bytes', {
      publicKey
    });
  return point;
}

function oddMultiplesOfBase(): readonly Secp256k1Point[] {
  baseTable ??= oddMultiplesOf(Point.BASE, BASE_TABLE_SIZE);
  return baseTable;
}

const multiplesOfBase = (scalar: bigint): Multiple<Secp256k1Point>[] =>
  splitMultiple(oddMultiplesOfBase(), scalar);

const multiplesOf = (point: Secp256k1Point, scalar: bigint): Multiple<Secp256k1Point>[] =>
  splitMultiple(oddMultiplesOf(point, KEY_TABLE_SIZE), scalar);

/** `scalar` times a point as two multiples with scalars of 128 bits, by the curve's endomorphism (x, y) -> (beta·x, y). */
function splitMultiple(oddMultiples: readonly Secp256k1Point[], scalar: bigint): Multiple<Secp256k1Point>[] {
  const { k1, k1neg, k2, k2neg } = _splitEndoScalar(scalar, ENDOMORPHISM_BASIS, Fn.ORDER);
  return [
    { scalar: k1, oddMultiples: k1neg ? oddMultiples.map((point) => point.negate()) : oddMultiples },
    { scalar: k2, oddMultiples: oddMultiples.map((point) => mapByEndomorphism(point, k2neg)) }
  ];
}

function mapByEndomorphism(point: Secp256k1Point, negative: boolean): Secp256k1Point {
  return new Point(Fp.mul(point.X, BETA), negative ? Fp.neg(point.Y) : point.Y, point.Z);
}

/** A base point of our own: precomputation on the library's would change it for everyone else in the program. */
function multiplyBase(scalar: bigint): Secp256k1Point {
  baseWithWindows ??= Point.fromAffine(Point.BASE.toAffine()).precompute(BASE_WINDOW_BITS);
  return baseWithWindows.multiplyUnsafe(scalar);
}
