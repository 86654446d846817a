/** Groth16 over BN254 by the plain interface of another library: what EIP-197's precompiles would say. */
import { bn254 } from '@noble/curves/bn254';
import { decodeBigEndian } from '../../../src/core/bytes';
import { type Groth16Instance } from './groth16-instances';

const G1 = bn254.G1.ProjectivePoint;
const G2 = bn254.G2.ProjectivePoint;
type G1Point = typeof G1.BASE;
type G2Point = typeof G2.BASE;
const { Fp, Fp2, Fp12, Fr } = bn254.fields;

class Refused extends Error {}

const numbersOf = (bytes: Uint8Array): bigint[] =>
  Array.from({ length: bytes.length / 32 }, (_, index) =>
    decodeBigEndian(bytes.subarray(32 * index, 32 * index + 32))
  );

function requireThat(holds: boolean): void {
  if (!holds) throw new Refused();
}

function g1Of(bytes: Uint8Array): G1Point {
  const [x = 0n, y = 0n] = numbersOf(bytes);
  if (x === 0n && y === 0n) return G1.ZERO;
  requireThat(x < Fp.ORDER && y < Fp.ORDER && Fp.eql(Fp.sqr(y), Fp.add(Fp.pow(x, 3n), 3n)));
  return G1.fromAffine({ x, y });
}

function g2Of(bytes: Uint8Array): G2Point {
  const numbers = numbersOf(bytes);
  const [xImaginary = 0n, xReal = 0n, yImaginary = 0n, yReal = 0n] = numbers;
  if (numbers.every((number) => number === 0n)) return G2.ZERO;
  requireThat(numbers.every((number) => number < Fp.ORDER));
  const [x, y] = [
    { c0: xReal, c1: xImaginary },
    { c0: yReal, c1: yImaginary }
  ];
  const twist = Fp2.div({ c0: 3n, c1: 0n }, { c0: 9n, c1: 1n });
  requireThat(Fp2.eql(Fp2.sqr(y), Fp2.add(Fp2.mul(Fp2.sqr(x), x), twist)));
  const point = G2.fromAffine({ x, y });
  requireThat(point.multiplyUnsafe(Fr.ORDER - 1n).equals(point.negate()));
  return point;
}

/** Whether the instance holds. */
export function holdsByPairings({ key, proof, inputs }: Groth16Instance): boolean {
  try {
    const scalars = numbersOf(inputs);
    requireThat(scalars.every((scalar) => scalar < Fr.ORDER));
    const ic = Array.from({ length: scalars.length + 1 }, (_, index) =>
      g1Of(key.subarray(448 + 64 * index, 512 + 64 * index))
    );
    const sum = scalars.reduce(
      (total, scalar, index) => total.add((ic[index + 1] ?? G1.ZERO).multiplyUnsafe(scalar)),
      ic[0] ?? G1.ZERO
    );
    const pairs = [
      { g1: g1Of(proof.subarray(0, 64)).negate(), g2: g2Of(proof.subarray(64, 192)) },
      { g1: g1Of(key.subarray(0, 64)), g2: g2Of(key.subarray(64, 192)) },
      { g1: sum, g2: g2Of(key.subarray(192, 320)) },
      { g1: g1Of(proof.subarray(192, 256)), g2: g2Of(key.subarray(320, 448)) }
    ].filter(({ g1, g2 }) => !g1.is0() && !g2.is0());
    return Fp12.eql(bn254.pairingBatch(pairs), Fp12.ONE);
  } catch (error) {
    if (error instanceof Refused) return false;
    throw error;
  }
}
