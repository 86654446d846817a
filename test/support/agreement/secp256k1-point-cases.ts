/** Decompression and sums of points of secp256k1 for both sides of a door. */
import { concat } from '../../../src/core/bytes';
import { type AgreementCase } from './agreement-case';
import { NO, engineCall, valueAnswer } from './engine-call';
import { overflowingKey, strayKey } from './secp256k1-ecdsa-cases';
import {
  type Coordinates,
  ORDER,
  type Secp256k1Material,
  compressed,
  coordinates,
  negated,
  uncompressed
} from './secp256k1-material';
import { type SeededRandom, word32 } from './seeded-random';

const DECOMPRESS_KINDS = {
  valid: 4,
  'small coordinate': 1,
  'off the curve': 2,
  'above the field': 2,
  any: 2
} as const;

/** One of `decompress`. */
export function decompressCase(random: SeededRandom, material: Secp256k1Material): AgreementCase {
  const kind = random.weighted(DECOMPRESS_KINDS);
  const label = `decompress ${kind}`;
  switch (kind) {
    case 'valid':
    case 'small coordinate': {
      const pool = kind === 'valid' ? material.chain : [...material.smallX, ...material.smallY];
      const known = random.pick<Coordinates>(pool);
      const point = random.below(2) === 0 ? known : negated(known);
      const key = random.pick([compressed, uncompressed])(point);
      return { call: engineCall('decompress', key), label, expected: valueAnswer(uncompressed(point)) };
    }
    case 'off the curve':
      return { call: engineCall('decompress', strayKey(random, material)), label, expected: NO };
    case 'above the field':
      return { call: engineCall('decompress', overflowingKey(random, material)), label, expected: NO };
    case 'any': {
      const key = concat(Uint8Array.of(2 + random.below(2)), random.bytes(32));
      return { call: engineCall('decompress', key), label, expected: undefined };
    }
  }
}

const TWEAK_KINDS = {
  any: 2,
  'zero or edge': 1,
  neighbour: 1,
  doubling: 1,
  'to infinity': 1,
  'off the curve': 3,
  'above the field': 3
} as const;

/** One of `addTweak`. */
export function tweakCase(random: SeededRandom, material: Secp256k1Material): AgreementCase {
  const kind = random.weighted(TWEAK_KINDS);
  const { chain, sums } = material;
  const index = 1 + random.below(chain.length - 2);
  const point = at(chain, index);
  const key = random.pick([compressed, uncompressed])(point);
  const tweakOf = (tweak: bigint, sum?: Coordinates): AgreementCase => ({
    call: engineCall('addTweak', key, word32(tweak)),
    label: `addTweak ${kind}`,
    expected: sum === undefined ? undefined : valueAnswer(compressed(sum))
  });
  switch (kind) {
    case 'any':
      return tweakOf(random.scalar(ORDER));
    case 'zero or edge':
      return random.pick([
        tweakOf(0n, point),
        tweakOf(1n, at(chain, index + 1)),
        tweakOf(ORDER - 1n, at(chain, index - 1))
      ]);
    case 'neighbour': {
      const other = random.below(chain.length);
      return tweakOf((ORDER + BigInt(other - index)) % ORDER, at(chain, other));
    }
    case 'doubling':
      return tweakOf(point.scalar, at(sums, 2 * index));
    case 'to infinity':
      return { ...tweakOf(ORDER - point.scalar), expected: NO };
    case 'off the curve':
    case 'above the field': {
      const broken = (kind === 'off the curve' ? strayKey : overflowingKey)(random, material);
      const tweak = random.pick([0n, 1n, random.scalar(ORDER)]);
      return { call: engineCall('addTweak', broken, word32(tweak)), label: `addTweak ${kind}`, expected: NO };
    }
  }
}

const SUM_KINDS = {
  valid: 3,
  doubling: 1,
  'to infinity': 1,
  negatives: 1,
  'off the curve': 2,
  'above the field': 1
} as const;

/** One of `addPoints`. */
export function sumCase(random: SeededRandom, material: Secp256k1Material): AgreementCase {
  const kind = random.weighted(SUM_KINDS);
  const { chain, sums } = material;
  const [left, right] = [random.below(chain.length), random.below(chain.length)];
  const sumOf = (first: Uint8Array, second: Uint8Array, sum?: Coordinates): AgreementCase => ({
    call: engineCall('addPoints', first, second),
    label: `addPoints ${kind}`,
    expected: sum === undefined ? NO : valueAnswer(coordinates(sum))
  });
  const [first, second] = [coordinates(at(chain, left)), coordinates(at(chain, right))];
  switch (kind) {
    case 'valid':
      return sumOf(first, second, at(sums, left + right));
    case 'doubling':
      return sumOf(first, first, at(sums, 2 * left));
    case 'to infinity':
      return sumOf(first, coordinates(negated(at(chain, left))));
    case 'negatives':
      return sumOf(
        coordinates(negated(at(chain, left))),
        coordinates(negated(at(chain, right))),
        negated(at(sums, left + right))
      );
    case 'off the curve':
    case 'above the field': {
      const broken = uncompressedBroken(random, material, kind);
      const [one, other] = random.pick([
        [broken, first],
        [first, broken],
        [broken, broken]
      ] as const);
      return sumOf(one, other);
    }
  }
}

/** The coordinates of a key in 65 bytes that is no point. */
function uncompressedBroken(
  random: SeededRandom,
  material: Secp256k1Material,
  kind: 'off the curve' | 'above the field'
): Uint8Array {
  for (;;) {
    const key = (kind === 'off the curve' ? strayKey : overflowingKey)(random, material);
    if (key.length === 65) return key.subarray(1);
  }
}

function at<T>(list: readonly T[], index: number): T {
  const element = list[index];
  if (element === undefined) throw new Error(`BUG: no element ${index}`);
  return element;
}
