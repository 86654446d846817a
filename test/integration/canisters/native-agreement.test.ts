/**
 * Noble, the native code in Node and the canister give the same answers. A canister without native code, whose answers
 * cost about fifty times as much, is asked few of the questions.
 */
import { chosenVariant } from '../../../scripts/build/variant';
import { engine as noble } from '../../../src/core/crypto/noble/engine';
import { type AgreementCase, DOORS, type Door } from '../../support/agreement/agreement-case';
import {
  type DoorReport,
  type Responder,
  compareDoor,
  engineResponder
} from '../../support/agreement/compare-door';
import { CryptoCanister, canisterResponder } from '../../support/agreement/crypto-canister';
import { doorEngine } from '../../support/agreement/door-engine';
import { takeCases } from '../../support/agreement/door-cases';
import { malformedCases } from '../../support/agreement/malformed-cases';
import {
  bip340Cases,
  isForEngines,
  receiptCases,
  wycheproofCases
} from '../../support/agreement/outside-cases';
import { runAgreement } from '../../support/agreement/run-agreement';
import { SeededRandom } from '../../support/agreement/seeded-random';
import { buildFixtureCanister } from '../../support/build-fixture-canister';
import { describeWithVectors } from '../../support/outside-vectors';
import { type NativeInNode, startNativeInNode } from '../../support/native/node-engine';

const SEED = 1;
const CASES = 100_000;
const IS_NATIVE = chosenVariant() === 'native';
const PLAIN_CANISTER_CASES: Readonly<Record<Door, number>> = {
  hash: 200,
  secp256k1: 100,
  ed25519: 60,
  bn254: 4
};
/** Per cent of the cases that end in yes or a value; of those of bn254 few get as far as a pairing. */
const AFFIRMED: Readonly<Record<Door, readonly [number, number]>> = {
  hash: [100, 100],
  secp256k1: [30, 38],
  ed25519: [7, 11],
  bn254: [0.2, 0.8]
};
const PLAIN_VECTORS = 40;
const MINUTE_MS = 60_000;

let wasmModule: Uint8Array;
let native: NativeInNode;
let canister: CryptoCanister;

beforeAll(async () => {
  wasmModule = await buildFixtureCanister('test/fixtures/local-ic/azle-crypto.ts', chosenVariant());
  native = await startNativeInNode();
  canister = new CryptoCanister(wasmModule);
}, 2 * MINUTE_MS);

afterAll(() => canister.close());

describe('random and edge inputs', () => {
  let reports: Readonly<Record<Door, DoorReport>>;

  beforeAll(async () => {
    const canisterCases = IS_NATIVE
      ? (Object.fromEntries(DOORS.map((door) => [door, CASES])) as Record<Door, number>)
      : PLAIN_CANISTER_CASES;
    const cases = IS_NATIVE ? CASES : CASES / 10;
    reports = await runAgreement({ seed: SEED, cases, canisterCases, wasmModule, inQueries: IS_NATIVE });
  }, 15 * MINUTE_MS);

  it.each(DOORS)('get one answer behind the door of %s', (door) => {
    const { disagreements, disagreementCount, answered, affirmed } = reports[door];

    expect(disagreements).toEqual([]);
    expect(disagreementCount).toBe(0);
    const cases = IS_NATIVE ? CASES : CASES / 10;
    const asked = { noble: cases, native: cases, canister: IS_NATIVE ? CASES : PLAIN_CANISTER_CASES[door] };
    expect(answered).toEqual(asked);
    const [least, most] = AFFIRMED[door];
    const share = (affirmed / cases) * 100;
    expect([share >= least, share <= most, share]).toEqual([true, true, share]);
  });

  it('are accepted wherever a case was made to be', () => {
    const valid = Object.values(reports).flatMap(({ labels }) =>
      Object.entries(labels).filter(([label]) => /(^| )valid/.test(label))
    );

    expect(valid.length).toBeGreaterThan(8);
    for (const [label, { cases, affirmed }] of valid) expect([label, affirmed]).toEqual([label, cases]);
  });
});

describeWithVectors('wycheproof', 'vectors of others', () => {
  const allCases = (): AgreementCase[] => [...bip340Cases(), ...wycheproofCases(), ...receiptCases()];

  it('have their verdicts in noble, in native and in the canister', async () => {
    const cases = allCases().filter(isForEngines);

    const report = await compareDoor(cases, [
      engineResponder('noble', cases.length, noble),
      engineResponder('native', cases.length, native.engine),
      canisterResponder(canister, { limit: IS_NATIVE ? cases.length : PLAIN_VECTORS, inQueries: IS_NATIVE })
    ]);

    expect(report.disagreements).toEqual([]);
    expect(cases.length).toBeGreaterThan(230);
    expect(report.affirmed).toBeGreaterThan(170);
  });

  it('have them at the doors, whatever is wrong with them', async () => {
    const report = await compareDoor(allCases(), doorResponders(IS_NATIVE ? 1_000 : PLAIN_VECTORS));

    expect(report.disagreements).toEqual([]);
    expect(report.affirmed).toBeGreaterThan(170);
  });
});

it('shapes and ranges that are not allowed are refused at the doors', async () => {
  const cases = takeCases(malformedCases(new SeededRandom('malformed', SEED)), 5_000);

  const report = await compareDoor(cases, doorResponders(IS_NATIVE ? 5_000 : PLAIN_VECTORS));

  expect(report.disagreements).toEqual([]);
  expect(report.affirmed).toBe(0);
});

/** The doors over noble, and those in the canister. */
const doorResponders = (limit: number): Responder[] => [
  engineResponder('doors over noble', Number.POSITIVE_INFINITY, doorEngine),
  { name: 'doors of the canister', limit, answer: (calls) => canister.answerThroughDoors(calls) }
];
