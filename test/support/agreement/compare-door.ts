/** Runs the cases of a door through engines and reports where they part. */
import { type CryptoEngine } from '../../../src/core/crypto/engine';
import { toHex } from '../../../src/core/bytes';
import { type AgreementCase } from './agreement-case';
import { type EngineCall, answerOf, encodeCalls } from './engine-call';

const BATCH_LENGTH = 512;
const SHOWN_DISAGREEMENTS = 10;
const SHOWN_HEX_DIGITS = 4_096;

/** An engine, wherever it runs; asked for the first `limit` cases. */
export type Responder = {
  readonly name: string;
  readonly limit: number;
  answer(calls: readonly EngineCall[]): Uint8Array[] | Promise<Uint8Array[]>;
};

export type Disagreement = {
  readonly engine: string;
  readonly label: string;
  readonly call: string;
  readonly expected: string;
  readonly answer: string;
};

export type DoorReport = {
  /** Cases answered by each engine. */
  readonly answered: Readonly<Record<string, number>>;
  readonly seconds: Readonly<Record<string, number>>;
  /** Cases whose answer was yes or a value. */
  readonly affirmed: number;
  readonly labels: Readonly<Record<string, { readonly cases: number; readonly affirmed: number }>>;
  readonly disagreementCount: number;
  /** The first of them. */
  readonly disagreements: readonly Disagreement[];
};

/** An engine of this program. */
export const engineResponder = (name: string, limit: number, engine: CryptoEngine): Responder => ({
  name,
  limit,
  answer: (calls) => calls.map((call) => answerOf(engine, call))
});

/** Every case by `responders`: the first one answers all, and its answers are what the others are held against. */
export async function compareDoor(
  cases: Iterable<AgreementCase>,
  responders: readonly Responder[]
): Promise<DoorReport> {
  const comparison = new Comparison();
  for (const batch of batchesOf(cases)) await comparison.add(batch, responders);
  return comparison.report();
}

class Comparison {
  readonly #answered: Record<string, number> = {};
  readonly #seconds: Record<string, number> = {};
  readonly #labels: Record<string, { cases: number; affirmed: number }> = {};
  readonly #disagreements: Disagreement[] = [];
  #disagreementCount = 0;
  #affirmed = 0;

  async add(batch: readonly AgreementCase[], responders: readonly Responder[]): Promise<void> {
    let known: readonly Uint8Array[] | undefined;
    for (const responder of responders) {
      const taken = batch.slice(0, Math.max(0, responder.limit - (this.#answered[responder.name] ?? 0)));
      if (taken.length === 0) continue;
      const answers = await this.#ask(responder, taken);
      taken.forEach((agreementCase, index) => {
        const expected = known?.[index] ?? agreementCase.expected;
        this.#compare(responder.name, agreementCase, { expected, answer: answers[index] });
      });
      if (known === undefined) this.#count(taken, answers);
      known ??= answers;
    }
  }

  report(): DoorReport {
    return {
      answered: this.#answered,
      seconds: this.#seconds,
      affirmed: this.#affirmed,
      labels: this.#labels,
      disagreementCount: this.#disagreementCount,
      disagreements: this.#disagreements
    };
  }

  async #ask(responder: Responder, taken: readonly AgreementCase[]): Promise<Uint8Array[]> {
    const startedAt = performance.now();
    const { name } = responder;
    const answers = await responder.answer(taken.map(({ call }) => call));
    this.#seconds[name] = (this.#seconds[name] ?? 0) + (performance.now() - startedAt) / 1_000;
    this.#answered[name] = (this.#answered[name] ?? 0) + taken.length;
    if (answers.length !== taken.length)
      throw new Error(`${name}: ${answers.length} of ${taken.length} answers`);
    return answers;
  }

  #count(cases: readonly AgreementCase[], answers: readonly Uint8Array[]): void {
    cases.forEach(({ label }, index) => {
      const isAffirmed = answers[index]?.[0] === 1;
      const count = (this.#labels[label] ??= { cases: 0, affirmed: 0 });
      count.cases += 1;
      if (!isAffirmed) return;
      count.affirmed += 1;
      this.#affirmed += 1;
    });
  }

  #compare(
    engine: string,
    { call, label }: AgreementCase,
    {
      expected,
      answer
    }: { readonly expected: Uint8Array | undefined; readonly answer: Uint8Array | undefined }
  ): void {
    if (answer !== undefined && (expected === undefined || Buffer.compare(expected, answer) === 0)) return;
    this.#disagreementCount += 1;
    if (this.#disagreements.length >= SHOWN_DISAGREEMENTS) return;
    this.#disagreements.push({
      engine,
      label,
      call: toHex(encodeCalls([call])).slice(0, SHOWN_HEX_DIGITS),
      expected: expected === undefined ? 'any' : toHex(expected),
      answer: answer === undefined ? 'none' : toHex(answer)
    });
  }
}

function* batchesOf(cases: Iterable<AgreementCase>): Generator<AgreementCase[]> {
  let batch: AgreementCase[] = [];
  for (const agreementCase of cases) {
    batch.push(agreementCase);
    if (batch.length < BATCH_LENGTH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
