/** Groth16 instances over BN254 made from the logarithms of their points, so that they hold by construction. */
import { bn254 } from '@noble/curves/bn254';
import { ascii, concat, decodeBigEndian, encodeBigEndian } from '../../../src/core/bytes';
import { sha256 } from '@noble/hashes/sha256';

const G1 = bn254.G1.ProjectivePoint;
const G2 = bn254.G2.ProjectivePoint;
export type G2Point = typeof G2.BASE;
const { Fp, Fp2, Fr } = bn254.fields;

export const FIELD_ORDER = Fp.ORDER;
export const GROUP_ORDER = Fr.ORDER;
/** A prime factor of the twist's cofactor, 2p - r. */
const SMALL_FACTOR = 10_069n;

/** Bytes as `Bn254Engine.verifyGroth16` takes them. */
export type Groth16Instance = {
  readonly key: Uint8Array;
  readonly proof: Uint8Array;
  readonly inputs: Uint8Array;
};

/** Logarithms of the points of a key, and of A and B of a proof; 0 is the identity. C follows from them. */
export type Groth16Scalars = {
  readonly alpha: bigint;
  readonly beta: bigint;
  readonly gamma: bigint;
  readonly delta: bigint;
  readonly ic: readonly bigint[];
  readonly inputs: readonly bigint[];
  readonly a: bigint;
  readonly b: bigint;
};

export const word = (value: bigint): Uint8Array => encodeBigEndian(value, 32);

/** Below `order`, and the same for the same seed. */
export const numberFrom = (seed: string, order: bigint): bigint =>
  decodeBigEndian(sha256(ascii(seed))) % order;

export const scalarFrom = (seed: string): bigint => numberFrom(seed, GROUP_ORDER);

export function encodeG1(scalar: bigint): Uint8Array {
  const reduced = Fr.create(scalar);
  if (reduced === 0n) return new Uint8Array(64);
  const { x, y } = G1.BASE.multiply(reduced).toAffine();
  return concat(word(x), word(y));
}

export const encodeG2 = (scalar: bigint): Uint8Array => {
  const reduced = Fr.create(scalar);
  return encodeG2Point(reduced === 0n ? G2.ZERO : G2.BASE.multiply(reduced));
};

export function encodeG2Point(point: G2Point): Uint8Array {
  if (point.is0()) return new Uint8Array(128);
  const { x, y } = point.toAffine();
  return concat(word(x.c1), word(x.c0), word(y.c1), word(y.c0));
}

/** Random ones; those of `fixed` in their place. */
export function scalarsFrom(
  seed: string,
  inputCount: number,
  fixed: Partial<Groth16Scalars> = {}
): Groth16Scalars {
  const pick = (name: string): bigint => scalarFrom(`${seed} ${name}`);
  return {
    alpha: pick('alpha'),
    beta: pick('beta'),
    gamma: pick('gamma'),
    delta: pick('delta'),
    ic: Array.from({ length: inputCount + 1 }, (_, index) => pick(`ic ${index}`)),
    inputs: Array.from({ length: inputCount }, (_, index) => pick(`input ${index}`)),
    a: pick('a'),
    b: pick('b'),
    ...fixed
  };
}

/** The instance that holds; for delta 0, where C plays no part, the one with C at the identity. */
export function instanceFrom(scalars: Groth16Scalars): Groth16Instance {
  const { alpha, beta, gamma, delta, ic, inputs, a, b } = scalars;
  const sum = inputs.reduce((total, input, index) => total + input * (ic[index + 1] ?? 0n), ic[0] ?? 0n);
  const rest = Fr.create(a * b - alpha * beta - sum * gamma);
  const c = delta === 0n ? 0n : Fr.div(rest, delta);
  return {
    key: concat(encodeG1(alpha), ...[beta, gamma, delta].map(encodeG2), ...ic.map(encodeG1)),
    proof: concat(encodeG1(a), encodeG2(b), encodeG1(c)),
    inputs: concat(...inputs.map(word))
  };
}

/** `bytes` with `part` at `offset`. */
export function replaceAt(bytes: Uint8Array, offset: number, part: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy.set(part, offset);
  return copy;
}

/** A point of the twist that is not in the subgroup: its x is random. */
export function twistPoint(seed: string): G2Point {
  const twist = Fp2.div({ c0: 3n, c1: 0n }, { c0: 9n, c1: 1n });
  for (let attempt = 0; ; attempt += 1) {
    const pick = (part: string): bigint => numberFrom(`${seed} ${attempt} ${part}`, FIELD_ORDER);
    const x = { c0: pick('real'), c1: pick('imaginary') };
    const square = Fp2.add(Fp2.mul(Fp2.sqr(x), x), twist);
    if (!isSquare(square)) continue;
    return G2.fromAffine({ x, y: Fp2.sqrt(square) });
  }
}

const isSquare = (value: typeof Fp2.ONE): boolean =>
  Fp2.eql(Fp2.pow(value, (FIELD_ORDER * FIELD_ORDER - 1n) / 2n), Fp2.ONE);

/** A point of order 10,069. */
export function smallOrderPoint(seed: string): G2Point {
  const point = twistPoint(seed).multiplyUnsafe((2n * FIELD_ORDER - GROUP_ORDER) / SMALL_FACTOR);
  return point.multiplyUnsafe(GROUP_ORDER - 1n).add(point);
}
