/** Groth16 instances with the identity, zero and the largest inputs at each place. */
import { concat } from '../../../src/core/bytes';
import { type AgreementCase } from './agreement-case';
import { type Instance, ORDER, instanceOf, keyScalars, makeInstance } from './bn254-material';
import { NO, YES, engineCall } from './engine-call';
import { type SeededRandom } from './seeded-random';

export function groth16Case(label: string, instance: Instance, expected: Uint8Array): AgreementCase {
  const { key, proof, inputs } = instance;
  return { call: engineCall('verifyGroth16', key, proof, inputs), label, expected };
}

/** The identity at each place where the equation still holds, and where it does not. */
export function* identityCases(random: SeededRandom): Generator<AgreementCase> {
  const key = keyScalars(random, 2);
  const inputs = [random.scalar(ORDER), random.scalar(ORDER)];
  const [a, b] = [random.scalar(ORDER), random.scalar(ORDER)];
  const [, first = 0n, second = 0n] = key.ic;
  const [one = 0n, two = 0n] = inputs;
  const vanishing = { ...key, ic: [ORDER - ((first * one + second * two) % ORDER), first, second] };
  const none = { alpha: 0n, beta: 0n, gamma: 0n, delta: 0n, ic: [0n] };
  const held: Record<string, Instance> = {
    'A the identity': instanceOf(key, { a: 0n, b, inputs }),
    'B the identity': instanceOf(key, { a, b: 0n, inputs }),
    'A and B the identity': instanceOf(key, { a: 0n, b: 0n, inputs }),
    'inputs that vanish': instanceOf(vanishing, { a, b, inputs }),
    'inputs of zero': instanceOf(key, { a, b, inputs: [0n, 0n] }),
    'inputs just below the order': instanceOf(key, { a, b, inputs: [ORDER - 1n, ORDER - 1n] }),
    'alpha the identity': instanceOf({ ...key, alpha: 0n }, { a, b, inputs }),
    'beta the identity': instanceOf({ ...key, beta: 0n }, { a, b, inputs }),
    'gamma the identity': instanceOf({ ...key, gamma: 0n }, { a, b, inputs }),
    'ic the identity': instanceOf({ ...key, ic: [0n, 0n, 0n] }, { a, b, inputs }),
    'delta and the rest the identity': instanceOf({ ...none, alpha: a, beta: b }, { a, b, inputs: [] }),
    'all the identity': instanceOf(none, { a: 0n, b: 0n, inputs: [] }),
    'C the identity': instanceOf({ ...none, delta: b, alpha: a, beta: b }, { a, b, inputs: [] }),
    'no inputs': makeInstance(random, keyScalars(random, 0)),
    'nine inputs': makeInstance(random, keyScalars(random, 9))
  };
  for (const [label, instance] of Object.entries(held)) yield groth16Case(label, instance, YES);
  const sound = instanceOf(key, { a, b, inputs });
  const zeros = { g1: new Uint8Array(64), g2: new Uint8Array(128) };
  const failing: Record<string, Instance> = {
    'A replaced by the identity': { ...sound, proof: concat(zeros.g1, sound.proof.subarray(64)) },
    'B replaced by the identity': {
      ...sound,
      proof: concat(sound.proof.subarray(0, 64), zeros.g2, sound.proof.subarray(192))
    },
    'C replaced by the identity': { ...sound, proof: concat(sound.proof.subarray(0, 192), zeros.g1) },
    'a proof of zeros': { ...sound, proof: new Uint8Array(256) },
    'delta the identity': instanceOf({ ...key, delta: 0n }, { a, b, inputs })
  };
  for (const [label, instance] of Object.entries(failing)) yield groth16Case(label, instance, NO);
}
