import { type EngineCall } from './engine-call';
import { type SeededRandom } from './seeded-random';

export const DOORS = ['hash', 'secp256k1', 'ed25519', 'bn254'] as const;
export type Door = (typeof DOORS)[number];

/** A call to every engine. */
export type AgreementCase = {
  readonly call: EngineCall;
  /** What is tried; counts and disagreements are reported by it. */
  readonly label: string;
  /** The answer known from how the case was made; `undefined` where only agreement is asked for. */
  readonly expected: Uint8Array | undefined;
};

/** The edges first, then random cases without end. */
export type CaseGenerator = (random: SeededRandom) => Generator<AgreementCase>;
