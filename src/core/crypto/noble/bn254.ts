/**
 * Groth16 over BN254 by noble. The equation is checked as e(A, B) · e(-ic, gamma) · e(-C, delta) · e(-alpha, beta) = 1
 * with one shared Miller loop and one final exponentiation. What depends on the key alone (the loop of alpha and beta,
 * the lines of gamma and delta, multiples of the ic) is kept for the last key used.
 */
import { bn254 as curve } from '@noble/curves/bn254';
import { decodeBigEndian, equalBytes } from '../../bytes';
import { type Bn254Engine } from '../engine';
import { oddMultiplesOf, sumMultiples } from './joint-multiplication';

const G1 = curve.G1.Point;
const G2 = curve.G2.Point;
const { Fp, Fp2, Fp12, Fr } = curve.fields;
type G1Point = typeof G1.BASE;
type G2Point = typeof G2.BASE;
/** The lines of a point of G2, through which a Miller loop goes; none for the identity. */
type Lines = ReturnType<typeof curve.utils.calcPairingPrecomputes> | undefined;
type LoopTerm = Parameters<typeof curve.millerLoopBatch>[0][number];

const G1_LENGTH = 64;
const IC_OFFSET = 448;
const IC_TABLE_SIZE = 4;

type Key = {
  /** Miller loop of -alpha and beta. */
  readonly fixed: ReturnType<typeof curve.millerLoopBatch>;
  readonly gamma: Lines;
  readonly delta: Lines;
  readonly firstIc: G1Point;
  /** Odd multiples of every further ic. */
  readonly ic: readonly (readonly G1Point[])[];
};

let lastKey: { readonly bytes: Uint8Array; readonly key: Key | undefined } | undefined;

export const bn254: Bn254Engine = {
  verifyGroth16(keyBytes, proof, inputs) {
    // What costs least is judged first: a point of G2 takes a multiplication, a new key several.
    const scalars = parseInputs(inputs);
    const a = parseG1(proof, 0);
    const c = parseG1(proof, 192);
    if (scalars === undefined || a === undefined || c === undefined) return false;
    const b = parseG2(proof, 64);
    const key = b === undefined ? undefined : parseKey(keyBytes);
    if (b === undefined || key === undefined) return false;
    const multiples = key.ic.map((oddMultiples, index) => ({ scalar: scalars[index] ?? 0n, oddMultiples }));
    const ic = key.firstIc.add(sumMultiples(multiples) ?? G1.ZERO);
    const loop = curve.millerLoopBatch([
      ...loopTerm(a, linesOf(b)),
      ...loopTerm(ic.negate(), key.gamma),
      ...loopTerm(c.negate(), key.delta)
    ]);
    return Fp12.eql(Fp12.finalExponentiate(Fp12.mul(loop, key.fixed)), Fp12.ONE);
  }
};

/** The pair's part of a Miller loop; none where one point is the identity, whose pairing is 1. */
function loopTerm(point: G1Point, lines: Lines): LoopTerm[] {
  if (point.is0() || lines === undefined) return [];
  const { x, y } = point.toAffine();
  return [[lines, x, y]];
}

const linesOf = (point: G2Point): Lines =>
  point.is0() ? undefined : curve.utils.calcPairingPrecomputes(point);

function parseKey(bytes: Uint8Array): Key | undefined {
  if (lastKey === undefined || !equalBytes(lastKey.bytes, bytes))
    lastKey = { bytes: bytes.slice(), key: decodeKey(bytes) };
  return lastKey.key;
}

function decodeKey(bytes: Uint8Array): Key | undefined {
  const alpha = parseG1(bytes, 0);
  const ic: G1Point[] = [];
  for (let offset = IC_OFFSET; offset < bytes.length; offset += G1_LENGTH) {
    const point = parseG1(bytes, offset);
    if (point === undefined) return undefined;
    ic.push(point);
  }
  const [firstIc, ...rest] = ic;
  if (alpha === undefined || firstIc === undefined) return undefined;
  const [beta, gamma, delta] = [parseG2(bytes, 64), parseG2(bytes, 192), parseG2(bytes, 320)];
  if (beta === undefined || gamma === undefined || delta === undefined) return undefined;
  return {
    fixed: curve.millerLoopBatch(loopTerm(alpha.negate(), linesOf(beta))),
    gamma: linesOf(gamma),
    delta: linesOf(delta),
    firstIc,
    ic: rest.map((point) => oddMultiplesOf(point, IC_TABLE_SIZE))
  };
}

function parseInputs(bytes: Uint8Array): bigint[] | undefined {
  const inputs: bigint[] = [];
  for (let offset = 0; offset < bytes.length; offset += 32) inputs.push(integerAt(bytes, offset));
  return inputs.every((input) => input < Fr.ORDER) ? inputs : undefined;
}

const integerAt = (bytes: Uint8Array, offset: number): bigint =>
  decodeBigEndian(bytes.subarray(offset, offset + 32));

function parseG1(bytes: Uint8Array, offset: number): G1Point | undefined {
  const [x, y] = [integerAt(bytes, offset), integerAt(bytes, offset + 32)];
  if (x >= Fp.ORDER || y >= Fp.ORDER) return undefined;
  return validPoint(G1, { x, y });
}

function parseG2(bytes: Uint8Array, offset: number): G2Point | undefined {
  const words = [0, 32, 64, 96].map((position) => integerAt(bytes, offset + position));
  const [x1 = 0n, x0 = 0n, y1 = 0n, y0 = 0n] = words;
  if (words.some((word) => word >= Fp.ORDER)) return undefined;
  const [x, y] = [Fp2.fromBigTuple([x0, x1]), Fp2.fromBigTuple([y0, y1])];
  return validPoint(G2, { x, y });
}

/** The point, if it is the identity, which is all zeros, or on its curve and in its subgroup. */
function validPoint<T, P extends { assertValidity(): void }>(
  group: { fromAffine(point: { x: T; y: T }): P },
  coordinates: { x: T; y: T }
): P | undefined {
  try {
    const point = group.fromAffine(coordinates);
    point.assertValidity();
    return point;
  } catch {
    return undefined;
  }
}
