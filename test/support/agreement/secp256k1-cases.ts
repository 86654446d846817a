/** Calls through the door of secp256k1. */
import { type AgreementCase } from './agreement-case';
import { ecdsaCase } from './secp256k1-ecdsa-cases';
import { makeSecp256k1Material } from './secp256k1-material';
import { decompressCase, sumCase, tweakCase } from './secp256k1-point-cases';
import { recoveryCase } from './secp256k1-recovery-cases';
import { schnorrCase } from './secp256k1-schnorr-cases';
import { type SeededRandom } from './seeded-random';

const OPERATIONS = {
  ecdsa: [4, ecdsaCase],
  recover: [2, recoveryCase],
  schnorr: [3, schnorrCase],
  decompress: [3, decompressCase],
  tweak: [2, tweakCase],
  sum: [3, sumCase]
} as const;

const WEIGHTS = Object.fromEntries(
  Object.entries(OPERATIONS).map(([name, [weight]]) => [name, weight])
) as Record<keyof typeof OPERATIONS, number>;

export function* secp256k1Cases(random: SeededRandom): Generator<AgreementCase> {
  const material = makeSecp256k1Material(random);
  for (;;) {
    const [, makeCase] = OPERATIONS[random.weighted(WEIGHTS)];
    yield makeCase(random, material);
  }
}
