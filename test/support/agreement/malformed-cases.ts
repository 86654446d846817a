/** Calls that a door must not let through to its engine, or that the engine must refuse as well: shapes and ranges broken. */
import { concat, decodeBigEndian } from '../../../src/core/bytes';
import { type AgreementCase } from './agreement-case';
import { doorCases } from './door-cases';
import { type EngineCall, NO } from './engine-call';
import { ORDER } from './secp256k1-material';
import { type SeededRandom, word32 } from './seeded-random';

const SCALARS_OUT_OF_RANGE = [0n, ORDER, ORDER + 1n, 2n ** 256n - 1n].map(word32);

/** Every answer is no. */
export function* malformedCases(random: SeededRandom): Generator<AgreementCase> {
  const sources = [
    doorCases('secp256k1', 3),
    doorCases('secp256k1', 4),
    doorCases('ed25519', 3),
    doorCases('bn254', 3)
  ];
  for (;;) {
    const { call } = random.pick(sources).next().value as AgreementCase;
    // There is no door to sums of points among those of single operations.
    if (call.operation === 'addPoints') continue;
    const kind = random.weighted({ length: 2, content: 3 });
    const broken = kind === 'length' ? withOtherLength(random, call) : withOtherContent(random, call);
    if (broken !== undefined)
      yield { call: broken, label: `malformed ${call.operation} ${kind}`, expected: NO };
  }
}

/** A message alone may have any length, up to the longest. */
function withOtherLength(random: SeededRandom, call: EngineCall): EngineCall {
  const index = random.below(call.parts.length);
  const part = call.parts[index] ?? new Uint8Array(0);
  if (call.operation === 'verifyEd25519' && index === 1) return withPart(call, index, new Uint8Array(65_537));
  const longer = concat(part, random.bytes(1 + random.below(3)));
  if (part.length === 0) return withPart(call, index, longer);
  return withPart(call, index, random.pick([longer, part.slice(1), part.slice(0, -1), new Uint8Array(0)]));
}

/** The first byte of a key, or a scalar. */
function withOtherContent(random: SeededRandom, call: EngineCall): EngineCall | undefined {
  switch (call.operation) {
    case 'verifyEcdsa':
    case 'findYParity':
      return random.below(2) === 0 ? withOtherPrefix(random, call) : withOtherScalar(random, call, 2);
    case 'recover':
      return random.below(2) === 0
        ? { ...call, argument: 4 + random.below(200) }
        : withOtherScalar(random, call, 1);
    case 'decompress':
      return withOtherPrefix(random, call);
    case 'addTweak':
      return random.below(2) === 0
        ? withOtherPrefix(random, call)
        : withPart(call, 1, random.pick(SCALARS_OUT_OF_RANGE.slice(1)));
    case 'sha256':
    case 'sha224':
    case 'sha512':
    case 'keccak256':
    case 'ripemd160':
    case 'verifySchnorr':
    case 'addPoints':
    case 'verifyEd25519':
    case 'verifyGroth16':
      return undefined;
  }
}

function withOtherPrefix(random: SeededRandom, call: EngineCall): EngineCall {
  const [key = new Uint8Array(0)] = call.parts;
  // 6 and 7 are the hybrid forms.
  const prefixes = key.length === 65 ? [0, 2, 3, 5, 6, 7, 255] : [0, 1, 4, 5, 6, 7, 255];
  return withPart(call, 0, concat(Uint8Array.of(random.pick(prefixes)), key.subarray(1)));
}

/** r or s out of range; where s must be low, also its counterpart in the upper half. */
function withOtherScalar(random: SeededRandom, call: EngineCall, index: number): EngineCall {
  const signature = call.parts[index] ?? new Uint8Array(0);
  const [r, s] = [signature.subarray(0, 32), signature.subarray(32)];
  const scalar = random.pick(SCALARS_OUT_OF_RANGE);
  const choices = [concat(scalar, s), concat(r, scalar), concat(scalar, scalar)];
  if (call.operation !== 'recover') choices.push(concat(r, word32(ORDER - decodeBigEndian(s))));
  return withPart(call, index, random.pick(choices));
}

const withPart = (call: EngineCall, index: number, part: Uint8Array): EngineCall => ({
  ...call,
  parts: call.parts.map((other, position) => (position === index ? part : other))
});
