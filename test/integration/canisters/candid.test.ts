/** Candid in a canister, whose interpreter, texts and stack are not Node's. */
import { readFileSync } from 'node:fs';
import { IDL } from '@dfinity/candid';
import fc from 'fast-check';
import { buildCanisters } from '../../../scripts/build-canisters';
import { builtFiles } from '../../../scripts/build/built-files';
import { chosenVariant } from '../../../scripts/build/variant';
import { domainsMethods } from '../../../src/api/domains-idl';
import { type Result, unwrap } from '../../../src/api/errors';
import { concat, hex32 } from '../../../src/core/bytes';
import { buildTestCanister } from '../../fixtures/canisters/build-test-canister';
import { describeOutcome } from '../../fixtures/canisters/candid-outcome';
import { type VerdictWire, judgeMethod } from '../../fixtures/canisters/candid-verdict';
import {
  ANONYMOUS,
  CONTROLLER,
  type Installed,
  TestReplica,
  errorCodeOf,
  rejectMessageOf,
  replyOf
} from '../../fixtures/local-ic/test-replica';
import { brokenMessages } from '../../unit/canisters/runtime/broken-messages';
import { messages } from '../../unit/canisters/runtime/candid-messages';

const SEED = 20_252;
const MESSAGES_PER_TYPE = 12;
const Blob = IDL.Vec(IDL.Nat8);

const host = new TestReplica();
afterAll(() => host.replica.close());

describe('codecs and library', () => {
  let probe: Installed;
  beforeAll(async () => {
    const wasm = await buildTestCanister('candid-probe.ts', chosenVariant());
    probe = await host.install(wasm, { arg: IDL.encode([], []) });
  }, 120_000);

  async function judge(row: number, given: readonly Uint8Array[]): Promise<VerdictWire[]> {
    const [params, result] = judgeMethod;
    const reply = await host.call(probe.id, 'judge', { arg: IDL.encode([...params], [row, given]) });
    const [verdicts] = IDL.decode([result], replyOf(reply));
    return verdicts as VerdictWire[];
  }

  it.each(messages.map(([name, types], row) => ({ name, types, row })))(
    'judge broken messages as in Node: $name',
    async ({ types, row }) => {
      const given = fc.sample(brokenMessages(types), { seed: SEED, numRuns: MESSAGES_PER_TYPE });

      const verdicts = await judge(row, given);

      const words = given.map((message) => judgeHere(types, message));
      expect(verdicts.map(({ theirs }) => theirs)).toEqual(words);
      expect(verdicts.map(({ ours }) => ours)).toEqual(words);
    }
  );

  const configuration = {
    name: 'name',
    chain_id: 1n,
    adapter: new Uint8Array(20),
    layout: { leaf_count_slot: 1n, root_values_slot: 2n, nullifier_positions_slot: 3n },
    logic_ref: new Uint8Array(32),
    providers: [],
    agreement: 1
  };
  const nullifiers = (proof: Uint8Array[]): unknown => ({
    domain: new Uint8Array(32),
    height: 1n,
    nullifiers: [{ nullifier: new Uint8Array(32), proof }]
  });
  it.each([
    ['a long text', 'register_evm_domain', { ...configuration, name: 'a'.repeat(20_000) }],
    ['a text with a mark', 'register_evm_domain', { ...configuration, name: `\uFEFF${'a'.repeat(20_000)}` }],
    ['other letters', 'register_evm_domain', { ...configuration, name: '\u00e9'.repeat(10_000) }],
    [
      'a long number',
      'register_evm_domain',
      { ...configuration, layout: { ...configuration.layout, leaf_count_slot: 2n ** 100_000n } }
    ],
    ['many blobs', 'attest_nullifiers', nullifiers(Array<Uint8Array>(5_000).fill(new Uint8Array()))]
  ] as const)(
    'cost together little more than the library when %s comes before the fault',
    async (_what, method, value) => {
      const row = messages.findIndex(([name]) => name === `arguments of ${method}`);
      const message = IDL.encode([...domainsMethods[method][0]], [value]);

      const verdicts = await judge(row, [concat(message, Uint8Array.of(0))]);

      const [{ ours, cost, library_cost } = { ours: '', cost: 0n, library_cost: 0n }] = verdicts;
      expect(ours).toBe('refused');
      expect(Number(cost) / Number(library_cost)).toBeLessThan(1.5);
    }
  );
});

describe('a canister of ours', () => {
  const [CONFIGURATION] = domainsMethods.register_evm_domain[0];
  let domains: Installed;
  let domainId: Uint8Array;
  let before: Uint8Array;
  const listDomains = async (): Promise<Uint8Array> =>
    replyOf(await host.query(domains.id, 'domains', { arg: IDL.encode([], []) }));

  beforeAll(async () => {
    await buildCanisters(['domains']);
    domains = await host.install(readFileSync(builtFiles('domains').gzip), { arg: IDL.encode([], []) });
    const reply = await host.call(domains.id, 'register_evm_domain', {
      arg: IDL.encode([CONFIGURATION], [registered])
    });
    const [result]: unknown[] = IDL.decode([domainsMethods.register_evm_domain[1]], replyOf(reply));
    domainId = unwrap(result as Result<Uint8Array>);
    before = await listDomains();
  }, 120_000);

  const registered = {
    name: 'domain',
    chain_id: 1n,
    adapter: new Uint8Array(20).fill(1),
    layout: { leaf_count_slot: 1n, root_values_slot: 4n, nullifier_positions_slot: 7n },
    logic_ref: hex32('11'.repeat(32)),
    providers: ['https://one.example', 'https://two.example'],
    agreement: 2
  };
  const faults: [what: string, change: (good: Uint8Array) => Uint8Array][] = [
    ['is empty', () => new Uint8Array()],
    ['is no Candid', () => Uint8Array.of(1, 2, 3, 4, 5)],
    ['has other types', () => IDL.encode([IDL.Text, IDL.Text], ['one', 'two'])],
    ['has too few values', (good) => IDL.encode([Blob], [good])],
    ['ends early', (good) => good.subarray(0, -1)],
    ['goes on', (good) => concat(good, Uint8Array.of(0))],
    [
      'has an option of two bytes',
      (good) => concat(good.subarray(0, -9), Uint8Array.of(0x81, 0), good.subarray(-8))
    ],
    ['has an option of no kind', (good) => concat(good.subarray(0, -9), Uint8Array.of(2), good.subarray(-8))]
  ];

  it.each(faults)('rejects an argument that %s, from anyone, and nothing changes', async (_what, change) => {
    const good = IDL.encode([...domainsMethods.resume_domain[0]], [domainId, [1n]]);
    for (const sender of [CONTROLLER, ANONYMOUS]) {
      const outcome = await host.call(domains.id, 'resume_domain', { arg: change(good), sender });

      expect(errorCodeOf(outcome)).toBe('IC0503');
      expect(rejectMessageOf(outcome)).toContain('Failed to decode Candid arguments');
      expect(await listDomains()).toEqual(before);
    }
  });

  it('rejects it in a query too', async () => {
    const outcome = await host.query(domains.id, 'domain', { arg: IDL.encode([IDL.Text], ['name']) });

    expect(errorCodeOf(outcome)).toBe('IC0503');
    expect(rejectMessageOf(outcome)).toContain('Failed to decode Candid arguments');
  });

  it('takes the same argument when it is whole', async () => {
    const arg = IDL.encode([...domainsMethods.resume_domain[0]], [domainId, [1n]]);
    expect(errorCodeOf(await host.call(domains.id, 'resume_domain', { arg }))).toBe('replied');
  });
});

function judgeHere(types: readonly IDL.Type[], message: Uint8Array): string {
  try {
    return describeOutcome(IDL.decode([...types], message));
  } catch {
    return describeOutcome(undefined);
  }
}
