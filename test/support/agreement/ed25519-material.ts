/** What the cases of ed25519 are put together from. Made by the library's plain interface. */
import { ED25519_TORSION_SUBGROUP, ed25519 } from '@noble/curves/ed25519';
import { fromHex } from '../../../src/core/bytes';
import { type SeededRandom } from './seeded-random';

const { Point } = ed25519;
type Point = InstanceType<typeof Point>;

export const ORDER = Point.Fn.ORDER;
export const FIELD = Point.Fp.ORDER;

const CHAIN_LENGTH = 128;
export const TORSION = 8;
const SIGN_BIT = 2n ** 255n;

/** A multiple of the base point, and its sums with the points of small order. */
export type KnownPoint = {
  readonly scalar: bigint;
  /** The encoding of `scalar·B + i·T` at i, with T of order 8. */
  readonly encodings: readonly Uint8Array[];
};

export type Ed25519Material = {
  readonly chain: readonly KnownPoint[];
  /** `i·T` at i. */
  readonly torsion: readonly Uint8Array[];
  /** All encodings of points of small order, canonical or not. */
  readonly smallOrder: readonly Uint8Array[];
  /** y of a field element at or above p, for a point that is not of small order. */
  readonly notCanonical: readonly Uint8Array[];
  /** No point has these as y. */
  readonly strayY: readonly Uint8Array[];
};

export function makeEd25519Material(random: SeededRandom): Ed25519Material {
  const torsion = torsionMultiples();
  const first = random.scalar(ORDER - BigInt(CHAIN_LENGTH));
  return {
    chain: chainFrom(first, torsion),
    torsion: torsion.map((point) => point.toBytes()),
    smallOrder: smallOrderEncodings(torsion),
    notCanonical: notCanonicalEncodings(),
    strayY: strayEncodings(random)
  };
}

export function littleEndian32(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, index) => Number((value >> BigInt(8 * index)) & 0xffn));
}

export const fromLittleEndian = (bytes: Uint8Array): bigint =>
  BigInt(`0x${Buffer.from(bytes.slice().reverse()).toString('hex')}`);

function torsionMultiples(): Point[] {
  const generator = ED25519_TORSION_SUBGROUP.map((hex) => Point.fromBytes(fromHex(hex), true)).find(
    (point) => !point.double().double().is0()
  );
  if (generator === undefined) throw new Error('BUG: no point has order 8');
  const multiples = [Point.ZERO];
  for (let last = Point.ZERO; multiples.length < TORSION;) {
    last = last.add(generator);
    multiples.push(last);
  }
  return multiples;
}

function chainFrom(first: bigint, torsion: readonly Point[]): KnownPoint[] {
  let point = Point.BASE.multiply(first);
  return Array.from({ length: CHAIN_LENGTH }, (_, index) => {
    const encodings = torsion.map((addend) => point.add(addend).toBytes());
    point = point.add(Point.BASE);
    return { scalar: (first + BigInt(index)) % ORDER, encodings };
  });
}

function smallOrderEncodings(torsion: readonly Point[]): Uint8Array[] {
  const values = new Set(torsion.map((point) => point.toAffine().y));
  const encodable = [...values].flatMap((y) => (y + FIELD < SIGN_BIT ? [y, y + FIELD] : [y]));
  return encodable.flatMap((y) => [littleEndian32(y), littleEndian32(y + SIGN_BIT)]);
}

/** y from 2 to 18, written as y + p: of those some are points of the curve. */
function notCanonicalEncodings(): Uint8Array[] {
  const values = Array.from({ length: 17 }, (_, index) => BigInt(index + 2) + FIELD);
  return values.flatMap((y) => [littleEndian32(y), littleEndian32(y + SIGN_BIT)]);
}

function strayEncodings(random: SeededRandom): Uint8Array[] {
  const found: Uint8Array[] = [];
  while (found.length < 32) {
    const bytes = random.bytes(32);
    try {
      Point.fromBytes(bytes, true);
    } catch {
      found.push(bytes);
    }
  }
  return found;
}
