/**
 * What the cases of secp256k1 are put together from: points with known scalars, and bytes that are nearly points. Made by the
 * library's plain interface; signatures over any digest then cost only arithmetic on scalars.
 */
import { secp256k1 } from '@noble/curves/secp256k1';
import { concat } from '../../../src/core/bytes';
import { type SeededRandom, word32 } from './seeded-random';

const { Point } = secp256k1;
type Point = InstanceType<typeof Point>;
const { Fp } = Point;

export const Scalars = Point.Fn;
export const ORDER = Point.Fn.ORDER;
export const FIELD = Point.Fp.ORDER;

const CHAIN_LENGTH = 256;
const POOL_LENGTH = 24;

/** `scalar` times the generator. */
export type KnownPoint = {
  readonly scalar: bigint;
  readonly x: bigint;
  readonly y: bigint;
};

/** A signature whose nonce point has an x of r or r + n, and nobody knows the scalar of that point. */
export type RecoveredSignature = {
  readonly r: bigint;
  readonly s: bigint;
  readonly digest: Uint8Array;
  readonly recoveryId: number;
  readonly key: Coordinates;
};

export type Coordinates = { readonly x: bigint; readonly y: bigint };

export type Secp256k1Material = {
  /** Consecutive multiples of the generator. */
  readonly chain: readonly KnownPoint[];
  /** Element i + j is the sum of elements i and j of `chain`. */
  readonly sums: readonly Coordinates[];
  /** No point has these as x. */
  readonly strayX: readonly bigint[];
  /** Points with an x so small that x + p fits 32 bytes. */
  readonly smallX: readonly Coordinates[];
  /** Points with a y so small that y + p fits 32 bytes. */
  readonly smallY: readonly Coordinates[];
  readonly recovered: readonly RecoveredSignature[];
};

export function makeSecp256k1Material(random: SeededRandom): Secp256k1Material {
  const first = random.scalar(ORDER / 2n);
  return {
    chain: multiplesFrom(first, CHAIN_LENGTH),
    sums: multiplesFrom((2n * first) % ORDER, 2 * CHAIN_LENGTH),
    strayX: take(POOL_LENGTH, () => {
      const x = random.scalar(FIELD);
      return pointWithX(x, 0) === undefined ? x : undefined;
    }),
    smallX: takeCounting(POOL_LENGTH, (x) => pointWithX(x, random.below(2))),
    smallY: takeCounting(POOL_LENGTH, pointWithY),
    recovered: [...recoveredAboveOrder(random), ...recoveredBothWays(random)]
  };
}

/** The key in 33 bytes. */
export const compressed = ({ x, y }: Coordinates): Uint8Array =>
  concat(Uint8Array.of((y & 1n) === 0n ? 2 : 3), word32(x));

/** The key in 65 bytes. */
export const uncompressed = (point: Coordinates): Uint8Array => concat(Uint8Array.of(4), coordinates(point));

/** x, y in 64 bytes. */
export const coordinates = ({ x, y }: Coordinates): Uint8Array => concat(word32(x), word32(y));

export const negated = ({ x, y }: Coordinates): Coordinates => ({ x, y: FIELD - y });

function multiplesFrom(first: bigint, count: number): KnownPoint[] {
  const points: Point[] = [Point.BASE.multiply(first)];
  for (let last = points[0]; last !== undefined && points.length < count;) {
    last = last.add(Point.BASE);
    points.push(last);
  }
  return Point.normalizeZ(points).map((point, index) => ({
    scalar: (first + BigInt(index)) % ORDER,
    ...point.toAffine()
  }));
}

function take<T>(count: number, attempt: () => T | undefined): T[] {
  const found: T[] = [];
  while (found.length < count) {
    const candidate = attempt();
    if (candidate !== undefined) found.push(candidate);
  }
  return found;
}

function takeCounting<T>(count: number, attempt: (number: bigint) => T | undefined): T[] {
  let number = 0n;
  return take(count, () => attempt((number += 1n)));
}

function pointWithX(x: bigint, parity: number): Coordinates | undefined {
  try {
    return Point.fromBytes(concat(Uint8Array.of(2 + parity), word32(x))).toAffine();
  } catch {
    return undefined;
  }
}

/** By the cube root of y^2 - 7, which is a power since the field order is 7 modulo 9. */
function pointWithY(y: bigint): Coordinates | undefined {
  const cube = Fp.sub(Fp.sqr(y), 7n);
  const x = Fp.pow(cube, (FIELD + 2n) / 9n);
  return Fp.eql(Fp.pow(x, 3n), cube) ? { x, y } : undefined;
}

/** Nonce points with x between the order and the field prime. */
function recoveredAboveOrder(random: SeededRandom): RecoveredSignature[] {
  return takeCounting(POOL_LENGTH, (r) => recover(random, { r, recoveryId: 2 + random.below(2) }));
}

/** An r for which both r and r + n are the x of a point: all four recovery ids give a key. */
function recoveredBothWays(random: SeededRandom): RecoveredSignature[] {
  const several = takeCounting(4, (r) => {
    const found = [0, 1, 2, 3].map((recoveryId) => recover(random, { r, recoveryId }));
    return found.every((signature) => signature !== undefined) ? found : undefined;
  });
  return several.flat();
}

/** The key is (s·R - z·G) / r. */
function recover(
  random: SeededRandom,
  { r, recoveryId }: { readonly r: bigint; readonly recoveryId: number }
): RecoveredSignature | undefined {
  const nonce = pointWithX(recoveryId > 1 ? r + ORDER : r, recoveryId & 1);
  if (nonce === undefined) return undefined;
  const s = random.scalar(ORDER / 2n);
  const z = random.scalar(ORDER);
  const difference = Point.fromAffine(nonce).multiply(s).subtract(Point.BASE.multiply(z));
  const key = difference.multiply(Scalars.inv(r)).toAffine();
  return { r, s, digest: word32(z), recoveryId, key };
}
