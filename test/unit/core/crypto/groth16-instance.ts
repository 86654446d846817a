/**
 * Groth16 keys and proofs made from their discrete logarithms, so that what holds is known without a pairing:
 * a·b = alpha·beta + (ic0 + sum of input_i·ic_i)·gamma + c·delta modulo the group order.
 */
import { bn254 } from '@noble/curves/bn254';
import { concat, encodeBigEndian } from '../../../../src/core/bytes';

const { Fp, Fp2, Fr } = bn254.fields;

/** A key and a proof as multiples of the generators; c is what makes the equation hold. */
export type Logarithms = {
  readonly alpha: bigint;
  readonly beta: bigint;
  readonly gamma: bigint;
  readonly delta: bigint;
  readonly ic: readonly bigint[];
  readonly a: bigint;
  readonly b: bigint;
  readonly inputs: readonly bigint[];
};

export type Groth16Claim = {
  readonly key: Uint8Array;
  readonly proof: Uint8Array;
  readonly inputs: Uint8Array;
};

/** The integer in 32 bytes. */
export const word = (value: bigint): Uint8Array => encodeBigEndian(value, 32);

/** `scalar` times the generator of G1, 64 bytes; the identity for zero. */
export function g1(scalar: bigint): Uint8Array {
  const { x, y } = bn254.G1.Point.BASE.multiplyUnsafe(Fr.create(scalar)).toAffine();
  return concat(word(x), word(y));
}

/** `scalar` times the generator of G2, 128 bytes; the identity for zero. */
export const g2 = (scalar: bigint): Uint8Array =>
  encodeG2(bn254.G2.Point.BASE.multiplyUnsafe(Fr.create(scalar)));

function encodeG2(point: typeof bn254.G2.Point.BASE): Uint8Array {
  const { x, y } = point.toAffine();
  return concat(word(x.c1), word(x.c0), word(y.c1), word(y.c0));
}

/** A valid claim. */
export function claimOf(logarithms: Logarithms): Groth16Claim {
  const { alpha, beta, gamma, delta, ic, a, b, inputs } = logarithms;
  const sum = ic.reduce(
    (total, factor, index) => total + factor * (index === 0 ? 1n : (inputs[index - 1] ?? 0n)),
    0n
  );
  const c = Fr.div(Fr.create(a * b - alpha * beta - sum * gamma), delta);
  return {
    key: concat(g1(alpha), g2(beta), g2(gamma), g2(delta), ...ic.map(g1)),
    proof: concat(g1(a), g2(b), g1(c)),
    inputs: concat(...inputs.map(word))
  };
}

/** A point of the curve that holds G2, but outside of G2: 128 bytes. */
export function outsideG2(): Uint8Array {
  for (let c0 = 1n; ; c0 += 1n) {
    const x = Fp2.fromBigTuple([c0, 1n]);
    try {
      const y = Fp2.sqrt(Fp2.add(Fp2.mul(Fp2.sqr(x), x), bn254.G2.Point.CURVE().b));
      return encodeG2(bn254.G2.Point.fromAffine({ x, y }));
    } catch {
      continue;
    }
  }
}

export const FIELD_ORDER = Fp.ORDER;
export const GROUP_ORDER = Fr.ORDER;
