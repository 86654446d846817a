/** Calls through the door of bn254. A pairing is dear, so nearly all cases are refused before one; see {@link PAIRING_SHARE}. */
import { concat } from '../../../src/core/bytes';
import { type AgreementCase } from './agreement-case';
import {
  type Bn254Material,
  FIELD,
  type Instance,
  ORDER,
  type PointName,
  encodeG1,
  encodeG2Multiple,
  makeBn254Material,
  negatedG1,
  negatedG2
} from './bn254-material';
import { groth16Case, identityCases } from './bn254-identity-cases';
import { NO, YES } from './engine-call';
import { type SeededRandom, word32 } from './seeded-random';

/** One case in so many is a proof of sound points. */
const PAIRING_SHARE = 200;
/** One broken point in so many is paired with the identity, where that takes another key. */
const OTHER_KEY_SHARE = 12;
/** One case in so many goes on to another key, so that engines that keep what they made of one must give it up. */
const KEY_CHANGE_SHARE = 100;
/** Proofs on the same key and the next one are at hand at a time. */
const WINDOW_LENGTH = 12;

export function* bn254Cases(random: SeededRandom): Generator<AgreementCase> {
  const material = makeBn254Material(random);
  yield* identityCases(random);
  for (const kind of Object.keys(PROOF_KINDS) as (keyof typeof PROOF_KINDS)[]) {
    yield proofCase(random, material.instances, kind);
  }
  yield* everyBrokenPoint(random, material);
  for (let start = 0; ;) {
    if (random.below(KEY_CHANGE_SHARE) === 0) start = random.below(material.instances.length - WINDOW_LENGTH);
    const window = material.instances.slice(start, start + WINDOW_LENGTH);
    if (random.below(PAIRING_SHARE) === 0) {
      yield proofCase(random, window, random.weighted(PROOF_KINDS));
    } else {
      const place = random.weighted(PLACES);
      const isIndifferent = random.below(place === 'A' || place === 'B' ? 2 : OTHER_KEY_SHARE) === 0;
      const choice = { kind: random.weighted(BROKEN_KINDS), place, isIndifferent };
      const { key } = at(window, 0);
      yield brokenCase(
        random,
        material,
        random.pick(window.filter((instance) => instance.key === key)),
        choice
      );
    }
  }
}

function* everyBrokenPoint(random: SeededRandom, material: Bn254Material): Generator<AgreementCase> {
  for (const kind of Object.keys(BROKEN_KINDS) as (keyof typeof BROKEN_KINDS)[]) {
    for (const place of Object.keys(PLACES) as Place[]) {
      for (const isIndifferent of [false, true]) {
        yield brokenCase(random, material, random.pick(material.instances), { kind, place, isIndifferent });
      }
    }
  }
}

const PROOF_KINDS = {
  valid: 8,
  'A and B negated': 4,
  'another C': 1,
  'A negated': 1,
  'B negated': 1,
  'C negated': 1,
  'A and C exchanged': 1,
  'proof for other inputs': 1,
  'bit of an input': 1,
  'proof for another key': 1
} as const;

/** Sound points throughout: it takes the pairing to tell. */
function proofCase(
  random: SeededRandom,
  instances: readonly Instance[],
  kind: keyof typeof PROOF_KINDS
): AgreementCase {
  const instance = random.pick(instances.filter(({ inputs }) => inputs.length > 0));
  const { proof, inputs } = instance;
  const [a, b, c] = [proof.subarray(0, 64), proof.subarray(64, 192), proof.subarray(192)];
  const refused = (change: Partial<Instance>): AgreementCase =>
    groth16Case(kind, { ...instance, ...change }, NO);
  switch (kind) {
    case 'valid':
      return groth16Case(kind, instance, YES);
    case 'A and B negated':
      return groth16Case(kind, { ...instance, proof: concat(negatedG1(a), negatedG2(b), c) }, YES);
    case 'another C':
      return refused({ proof: concat(a, b, encodeG1(random.scalar(ORDER))) });
    case 'A negated':
      return refused({ proof: concat(negatedG1(a), b, c) });
    case 'B negated':
      return refused({ proof: concat(a, negatedG2(b), c) });
    case 'C negated':
      return refused({ proof: concat(a, b, negatedG1(c)) });
    case 'A and C exchanged':
      return refused({ proof: concat(c, b, a) });
    case 'proof for other inputs':
      return refused({
        inputs: concat(
          ...(inputs.length === 0
            ? []
            : Array.from({ length: inputs.length / 32 }, () => word32(random.scalar(ORDER))))
        )
      });
    case 'bit of an input':
      // Of the low half, so that it stays below the order.
      return refused({
        inputs: concat(inputs.subarray(0, inputs.length - 16), random.flip(inputs.subarray(-16)))
      });
    case 'proof for another key':
      return refused({ proof: random.pick(instances.filter(({ key }) => key !== instance.key)).proof });
  }
}

/** A broken key costs checks of all its points, a broken input next to nothing. */
const PLACES = { inputs: 60, A: 120, B: 40, C: 80, alpha: 1, beta: 1, gamma: 1, delta: 1, ic: 1 } as const;
type Place = keyof typeof PLACES;

const BROKEN_KINDS = {
  'bit turned': 4,
  'coordinate above the field': 4,
  'off the curve': 4,
  'half an identity': 2,
  'outside the subgroup': 1
} as const;

/** Where each point lies in the key or the proof, and how long it is. */
const LAYOUT: Readonly<Record<PointName, readonly ['key' | 'proof', number, 64 | 128]>> = {
  alpha: ['key', 0, 64],
  beta: ['key', 64, 128],
  gamma: ['key', 192, 128],
  delta: ['key', 320, 128],
  ic: ['key', 448, 64],
  A: ['proof', 0, 64],
  B: ['proof', 64, 128],
  C: ['proof', 192, 64]
};

/** An instance that holds but for one point or input that is not allowed. */
function brokenCase(
  random: SeededRandom,
  material: Bn254Material,
  instance: Instance,
  choice: { readonly kind: keyof typeof BROKEN_KINDS; readonly place: Place; readonly isIndifferent: boolean }
): AgreementCase {
  const { kind, place, isIndifferent } = choice;
  if (place === 'inputs') return largeInputCase(random, instance);
  const base = isIndifferent ? indifferentInstance(random, material, { place, key: instance.key }) : instance;
  const [part, begin, length] = LAYOUT[place];
  const bytes = base[part];
  const offset = place === 'ic' ? begin + 64 * random.below(base.inputs.length / 32 + 1) : begin;
  const point = bytes.subarray(offset, offset + length);
  const broken = brokenPoint(random, material, point, kind);
  const changed = concat(bytes.subarray(0, offset), broken, bytes.subarray(offset + length));
  const label = `${place}: ${kind}${isIndifferent ? ', paired with the identity' : ''}`;
  return groth16Case(label, { ...base, [part]: changed }, NO);
}

/** Of the same key where there is one. */
function indifferentInstance(
  random: SeededRandom,
  { indifferent }: Bn254Material,
  { place, key }: { readonly place: PointName; readonly key: Uint8Array }
): Instance {
  const sameKey = indifferent[place].filter((instance) => instance.key === key);
  return random.pick(sameKey.length > 0 ? sameKey : indifferent[place]);
}

function brokenPoint(
  random: SeededRandom,
  { twistPoints, strayG1, strayG2 }: Bn254Material,
  point: Uint8Array,
  kind: keyof typeof BROKEN_KINDS
): Uint8Array {
  const isG1 = point.length === 64;
  switch (kind) {
    case 'bit turned':
      return random.flip(point);
    case 'coordinate above the field': {
      const offset = 32 * random.below(point.length / 32);
      const value = BigInt(`0x${Buffer.from(point.subarray(offset, offset + 32)).toString('hex')}`);
      const large = word32(random.pick([value + FIELD, value + 4n * FIELD, FIELD, 2n ** 256n - 1n]));
      return concat(point.subarray(0, offset), large, point.subarray(offset + 32));
    }
    case 'off the curve':
      return random.pick(isG1 ? strayG1 : strayG2);
    case 'half an identity':
      return random.pick([
        concat(point.subarray(0, point.length / 2), new Uint8Array(point.length / 2)),
        concat(new Uint8Array(point.length / 2), point.subarray(point.length / 2))
      ]);
    case 'outside the subgroup':
      // G1 has no other points than those of the group.
      return isG1 ? encodeG2Multiple(1n).subarray(0, 64) : random.pick(twistPoints);
  }
}

/** An input congruent to the right one, or just too large; by a key without inputs, a broken A. */
function largeInputCase(random: SeededRandom, instance: Instance): AgreementCase {
  const { inputs, proof } = instance;
  if (inputs.length === 0) {
    return groth16Case(
      'A: bit turned',
      { ...instance, proof: concat(random.flip(proof.subarray(0, 64)), proof.subarray(64)) },
      NO
    );
  }
  const offset = 32 * random.below(inputs.length / 32);
  const value = BigInt(`0x${Buffer.from(inputs.subarray(offset, offset + 32)).toString('hex')}`);
  const large = word32(random.pick([value + ORDER, value + 4n * ORDER, ORDER, ORDER + 1n, 2n ** 256n - 1n]));
  return groth16Case(
    'input above the order',
    { ...instance, inputs: concat(inputs.subarray(0, offset), large, inputs.subarray(offset + 32)) },
    NO
  );
}

function at<T>(list: readonly T[], index: number): T {
  const element = list[index];
  if (element === undefined) throw new Error(`BUG: no element ${index}`);
  return element;
}
