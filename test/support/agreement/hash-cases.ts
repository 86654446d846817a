/** Messages for the hash functions: every short length, the edges of blocks, several parts, a few long ones. */
import { createHash } from 'node:crypto';
import { type AgreementCase } from './agreement-case';
import { type EngineCall, valueAnswer } from './engine-call';
import { type SeededRandom } from './seeded-random';

const ALGORITHMS = ['sha256', 'sha224', 'sha512', 'keccak256', 'ripemd160'] as const;
type Algorithm = (typeof ALGORITHMS)[number];

const SHORT_LENGTH = 300;
/** Around blocks of 64, 128 and 136 bytes, their padding, and the room for one piece of a message in the canister. */
const EDGE_LENGTHS = [55, 56, 63, 64, 65, 111, 112, 119, 120, 127, 128, 129, 135, 136, 137, 271, 272, 273];
const PIECE_EDGE_LENGTHS = [16_383, 16_384, 16_385, 32_768, 65_535, 65_536, 65_537];
const LONGEST = 200_000;

/** A case with its digest by OpenSSL, which has no Keccak with the original padding. */
function hashCase(algorithm: Algorithm, label: string, parts: readonly Uint8Array[]): AgreementCase {
  const call: EngineCall = { operation: algorithm, parts, argument: 0 };
  return { call, label: `${algorithm} ${label}`, expected: expectedDigest(algorithm, parts) };
}

function expectedDigest(algorithm: Algorithm, parts: readonly Uint8Array[]): Uint8Array | undefined {
  if (algorithm === 'keccak256') return undefined;
  const hash = createHash(algorithm);
  for (const part of parts) hash.update(part);
  return valueAnswer(new Uint8Array(hash.digest()));
}

export function* hashCases(random: SeededRandom): Generator<AgreementCase> {
  for (const algorithm of ALGORITHMS) {
    yield hashCase(algorithm, 'no parts', []);
    yield hashCase(algorithm, 'empty parts', [new Uint8Array(0), new Uint8Array(0)]);
    for (let length = 0; length <= SHORT_LENGTH; length += 1) {
      yield hashCase(algorithm, 'every short length', [random.bytes(length)]);
    }
    for (const length of [...EDGE_LENGTHS, ...PIECE_EDGE_LENGTHS]) {
      const message = random.bytes(length);
      yield hashCase(algorithm, 'block edge', [message]);
      yield hashCase(algorithm, 'block edge in parts', splitInTwo(random, message));
      yield hashCase(algorithm, 'block edge among empty parts', [
        new Uint8Array(0),
        message,
        new Uint8Array(0)
      ]);
    }
    yield hashCase(algorithm, 'longest', [random.bytes(LONGEST)]);
  }
  for (;;) yield randomCase(random);
}

function randomCase(random: SeededRandom): AgreementCase {
  const algorithm = random.pick(ALGORITHMS);
  const kind = random.weighted({ short: 1_000, parts: 1_000, edge: 300, constant: 50, medium: 60, long: 2 });
  switch (kind) {
    case 'short':
      return hashCase(algorithm, kind, [random.bytes(random.below(SHORT_LENGTH + 1))]);
    case 'parts':
      return hashCase(algorithm, kind, partsOf(random));
    case 'edge':
      return hashCase(algorithm, kind, splitInTwo(random, random.bytes(random.pick(EDGE_LENGTHS))));
    case 'constant':
      return hashCase(algorithm, kind, [
        new Uint8Array(random.below(SHORT_LENGTH + 1)).fill(random.pick([0, 1, 0x80, 0xff]))
      ]);
    case 'medium':
      return hashCase(algorithm, kind, splitInTwo(random, random.bytes(random.below(20_000))));
    case 'long':
      return hashCase(algorithm, kind, [random.bytes(random.below(LONGEST))]);
  }
}

/** Up to six parts, some of them empty, some of just a block. */
function partsOf(random: SeededRandom): Uint8Array[] {
  return Array.from({ length: 1 + random.below(6) }, () => {
    const kind = random.weighted({ empty: 1, block: 1, any: 3 });
    if (kind === 'empty') return new Uint8Array(0);
    return random.bytes(kind === 'block' ? random.pick([32, 64, 128, 136]) : random.below(200));
  });
}

function splitInTwo(random: SeededRandom, message: Uint8Array): Uint8Array[] {
  const middle = random.below(message.length + 1);
  return [message.subarray(0, middle), message.subarray(middle)];
}
