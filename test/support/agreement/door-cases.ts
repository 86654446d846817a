import { type AgreementCase, type CaseGenerator, type Door } from './agreement-case';
import { bn254Cases } from './bn254-cases';
import { ed25519Cases } from './ed25519-cases';
import { hashCases } from './hash-cases';
import { secp256k1Cases } from './secp256k1-cases';
import { SeededRandom } from './seeded-random';

const GENERATORS: Readonly<Record<Door, CaseGenerator>> = {
  hash: hashCases,
  secp256k1: secp256k1Cases,
  ed25519: ed25519Cases,
  bn254: bn254Cases
};

/** The cases of a door, without end; the same for the same seed. */
export const doorCases = (door: Door, seed: number): Generator<AgreementCase> =>
  GENERATORS[door](new SeededRandom(door, seed));

/** The first `count` of them. */
export function* takeCases(cases: Iterator<AgreementCase>, count: number): Generator<AgreementCase> {
  for (let taken = 0; taken < count; taken += 1) {
    const next = cases.next();
    if (next.done === true) return;
    yield next.value;
  }
}
