/**
 * Groth16 instances over BN254 made from scalars, so that they hold, or fail to, by construction; and points that are
 * none of the groups. Made by the library's plain interface.
 */
import { bn254 } from '@noble/curves/bn254';
import { concat, decodeBigEndian } from '../../../src/core/bytes';
import { type SeededRandom, word32 } from './seeded-random';

const G1 = bn254.G1.ProjectivePoint;
const G2 = bn254.G2.ProjectivePoint;
type G2Point = typeof G2.BASE;
const { Fp, Fp2, Fr } = bn254.fields;

export const ORDER = Fr.ORDER;
export const FIELD = Fp.ORDER;

const KEY_COUNT = 24;
const PROOFS_PER_KEY = 6;
const POOL_LENGTH = 24;
/** A prime factor of the twist's cofactor, 2p - r. */
const SMALL_FACTOR = 10_069n;

/** A key by the logarithms of its points; zero is the identity. */
export type KeyScalars = {
  readonly alpha: bigint;
  readonly beta: bigint;
  readonly gamma: bigint;
  readonly delta: bigint;
  readonly ic: readonly bigint[];
};

export type Instance = { readonly key: Uint8Array; readonly proof: Uint8Array; readonly inputs: Uint8Array };

export const POINTS = ['alpha', 'beta', 'gamma', 'delta', 'ic', 'A', 'B', 'C'] as const;
export type PointName = (typeof POINTS)[number];

export type Bn254Material = {
  /** Instances that hold, several to a key. */
  readonly instances: readonly Instance[];
  /**
   * Instances in which the point is paired with the identity: they hold whatever the point is, and nothing but the checks
   * of it can refuse them. By key for A and B.
   */
  readonly indifferent: Readonly<Record<PointName, readonly Instance[]>>;
  /** Points of the twist outside the subgroup. */
  readonly twistPoints: readonly Uint8Array[];
  /** Pairs that are no point of G1's curve, of the twist. */
  readonly strayG1: readonly Uint8Array[];
  readonly strayG2: readonly Uint8Array[];
};

export function makeBn254Material(random: SeededRandom): Bn254Material {
  const twist = Array.from({ length: POOL_LENGTH }, () => pointOfTwist(random));
  const keys = Array.from({ length: KEY_COUNT }, (_, index) => keyScalars(random, index % 4));
  return {
    instances: keys.flatMap((key) => Array.from({ length: PROOFS_PER_KEY }, () => makeInstance(random, key))),
    indifferent: indifferentInstances(random, keys),
    twistPoints: [...twist.map(encodeG2), ...twist.slice(0, 4).flatMap(lowOrderPoints)],
    strayG1: Array.from({ length: POOL_LENGTH }, () => concat(fieldElement(random), fieldElement(random))),
    strayG2: Array.from({ length: POOL_LENGTH }, () =>
      concat(...Array.from({ length: 4 }, () => fieldElement(random)))
    )
  };
}

function indifferentInstances(
  random: SeededRandom,
  keys: readonly KeyScalars[]
): Bn254Material['indifferent'] {
  const few = keys.slice(0, 3);
  const choice = (key: KeyScalars): Choice => ({
    a: random.scalar(ORDER),
    b: random.scalar(ORDER),
    inputs: key.ic.slice(1).map(() => random.scalar(ORDER))
  });
  const withKey = (change: (key: KeyScalars) => Partial<KeyScalars>): Instance[] =>
    few.map((key) => instanceOf({ ...key, ...change(key) }, choice(key)));
  return {
    A: keys.map((key) => instanceOf(key, { ...choice(key), b: 0n })),
    B: keys.map((key) => instanceOf(key, { ...choice(key), a: 0n })),
    C: few.map((key) => {
      const { proof, ...rest } = withoutC({ ...key, delta: 0n }, choice(key));
      return { ...rest, proof: concat(proof.subarray(0, 192), encodeG1(random.scalar(ORDER))) };
    }),
    delta: few.map((key) => withoutC(key, choice(key))),
    alpha: withKey(() => ({ beta: 0n })),
    beta: withKey(() => ({ alpha: 0n })),
    gamma: withKey(({ ic }) => ({ ic: ic.map(() => 0n) })),
    ic: withKey(() => ({ gamma: 0n }))
  };
}

/** B is chosen so that the equation holds with C the identity. */
function withoutC(key: KeyScalars, choice: Choice): Instance {
  const b = Fr.div(Fr.create(key.alpha * key.beta + publicTerm(key, choice.inputs) * key.gamma), choice.a);
  return instanceOf(key, { ...choice, b });
}

const fieldElement = (random: SeededRandom): Uint8Array => word32(random.scalar(FIELD));

/** x, y; zeros for the identity. */
export function encodeG1(scalar: bigint): Uint8Array {
  const reduced = Fr.create(scalar);
  if (reduced === 0n) return new Uint8Array(64);
  const { x, y } = G1.BASE.multiply(reduced).toAffine();
  return concat(word32(x), word32(y));
}

export function encodeG2Multiple(scalar: bigint): Uint8Array {
  const reduced = Fr.create(scalar);
  return reduced === 0n ? new Uint8Array(128) : encodeG2(G2.BASE.multiply(reduced));
}

function encodeG2(point: G2Point): Uint8Array {
  const { x, y } = point.toAffine();
  return concat(word32(x.c1), word32(x.c0), word32(y.c1), word32(y.c0));
}

function pointOfTwist(random: SeededRandom): G2Point {
  for (;;) {
    const x = Fp2.fromBigTuple([random.scalar(FIELD), random.scalar(FIELD)]);
    const square = Fp2.add(Fp2.mul(Fp2.sqr(x), x), TWIST_B);
    try {
      return new G2(x, Fp2.sqrt(square), Fp2.ONE);
    } catch {
      continue;
    }
  }
}

/** b of the twist: y^2 - x^3 of its generator. */
const TWIST_B = ((): ReturnType<typeof Fp2.create> => {
  const { x, y } = G2.BASE.toAffine();
  return Fp2.sub(Fp2.sqr(y), Fp2.mul(Fp2.sqr(x), x));
})();

/** A point of the small order, and its sum with a point of the subgroup. */
function lowOrderPoints(point: G2Point): Uint8Array[] {
  const cofactor = 2n * FIELD - ORDER;
  const low = multiplyTwist(multiplyTwist(point, ORDER), cofactor / SMALL_FACTOR);
  return low.is0() ? [] : [encodeG2(low), encodeG2(low.add(G2.BASE))];
}

/** By doubling and adding: the library takes no scalars above the group order. */
function multiplyTwist(point: G2Point, scalar: bigint): G2Point {
  let sum = G2.ZERO;
  for (const bit of scalar.toString(2)) {
    sum = sum.double();
    if (bit === '1') sum = sum.add(point);
  }
  return sum;
}

export const keyScalars = (random: SeededRandom, inputCount: number): KeyScalars => ({
  alpha: random.scalar(ORDER),
  beta: random.scalar(ORDER),
  gamma: random.scalar(ORDER),
  delta: random.scalar(ORDER),
  ic: Array.from({ length: inputCount + 1 }, () => random.scalar(ORDER))
});

/** Encodings of keys, which cost eight multiplications or more. */
const encodedKeys = new WeakMap<KeyScalars, Uint8Array>();

export function encodeKey(key: KeyScalars): Uint8Array {
  const known = encodedKeys.get(key);
  if (known !== undefined) return known;
  const encoded = concat(
    encodeG1(key.alpha),
    encodeG2Multiple(key.beta),
    encodeG2Multiple(key.gamma),
    encodeG2Multiple(key.delta),
    ...key.ic.map(encodeG1)
  );
  encodedKeys.set(key, encoded);
  return encoded;
}

/** What a proof's author chooses; the rest follows. */
export type Choice = { readonly a: bigint; readonly b: bigint; readonly inputs: readonly bigint[] };

/** Logarithm of ic0 + sum of input_i · ic_i. */
const publicTerm = ({ ic }: KeyScalars, inputs: readonly bigint[]): bigint =>
  Fr.create(
    ic.reduce((sum, scalar, index) => sum + scalar * (index === 0 ? 1n : (inputs[index - 1] ?? 0n)), 0n)
  );

/** c = (a·b - alpha·beta - vk·gamma) / delta makes the equation hold. A delta of zero must be met by the choice itself. */
export function instanceOf(key: KeyScalars, { a, b, inputs }: Choice): Instance {
  const vk = publicTerm(key, inputs);
  const rest = Fr.create(a * b - key.alpha * key.beta - vk * key.gamma);
  const c = key.delta === 0n ? 0n : Fr.div(rest, key.delta);
  return {
    key: encodeKey(key),
    proof: concat(encodeG1(a), encodeG2Multiple(b), encodeG1(c)),
    inputs: concat(...inputs.map(word32))
  };
}

export function makeInstance(random: SeededRandom, key: KeyScalars): Instance {
  const inputs = key.ic
    .slice(1)
    .map(() => (random.below(6) === 0 ? BigInt(random.below(2)) : random.scalar(ORDER)));
  return instanceOf(key, { a: random.scalar(ORDER), b: random.scalar(ORDER), inputs });
}

/** The point with the opposite y. */
export function negatedG1(point: Uint8Array): Uint8Array {
  const y = decodeBigEndian(point.subarray(32));
  return concat(point.subarray(0, 32), word32(y === 0n ? 0n : FIELD - y));
}

export function negatedG2(point: Uint8Array): Uint8Array {
  return concat(
    point.subarray(0, 64),
    negatedG1(point.subarray(32, 96)).subarray(32),
    negatedG1(point.subarray(64)).subarray(32)
  );
}
