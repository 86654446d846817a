/** Canisters made by azle: what their runtime needs of a network. */
import { gzipSync } from 'node:zlib';
import { IDL } from '@dfinity/candid';
import { buildAzleCanister } from '../fixtures/local-ic/build-azle-canister';
import { codesOf, type Outcome, rejectionOf, replyOf } from './client';
import { type Created } from './network';
import { row, useNetwork } from './row';

const network = useNetwork();
const { Nat32, Opt, Text, Vec, Nat8 } = IDL;

let wasmModule: Uint8Array;
let canister: AzleCanister;

const NOTHING = Uint8Array.from(IDL.encode([], []));

class AzleCanister {
  constructor(readonly created: Created) {}

  update(method: string, types: IDL.Type[] = [], values: unknown[] = []): Promise<Outcome> {
    return network.client.update(this.created.id, method, Uint8Array.from(IDL.encode(types, values)));
  }

  query(method: string, types: IDL.Type[] = [], values: unknown[] = []): Promise<Outcome> {
    // Some of azle's own methods are for controllers.
    const options = { identity: network.controller };
    return network.client.query(this.created.id, method, Uint8Array.from(IDL.encode(types, values)), options);
  }

  async number(method: string): Promise<number> {
    return Number(decode(Nat32, await this.query(method)));
  }

  install(mode: object): Promise<Outcome> {
    return network.install(this.created, wasmModule, { mode: { ...mode }, arg: NOTHING });
  }
}

const decode = (type: IDL.Type, outcome: Outcome): unknown => IDL.decode([type], replyOf(outcome))[0];

async function installed(): Promise<AzleCanister> {
  const azle = new AzleCanister(await network.create());
  replyOf(await azle.install({ install: null }));
  // The seed of its random numbers comes from the network, by a timer.
  await network.pass(1);
  return azle;
}

beforeAll(async () => {
  wasmModule = Uint8Array.from(gzipSync(await buildAzleCanister('azle-probe.ts')));
  canister = await installed();
}, 120_000);

row(77, 'Azle', 'random numbers are seeded from the network: two canisters draw different ones', async () => {
  const other = await installed();
  const draw = async (azle: AzleCanister): Promise<string> =>
    String(decode(Vec(Nat8), await azle.query('drawRandom')));
  let [one, two] = [await draw(canister), await draw(other)];
  await network.until(async () => {
    [one, two] = [await draw(canister), await draw(other)];
    return one !== two;
  });

  expect(one).not.toBe(two);
  expect(String(decode(Vec(Nat8), await canister.update('random')))).not.toBe(one);
});

row(78, 'Azle', 'an exception in an update is a trap with its text, and the next call works', async () => {
  const before = await canister.number('read');
  const outcome = await canister.update('incrementAndThrow');

  expect(codesOf(outcome)).toBe('5 IC0503');
  expect(rejectionOf(outcome)).toContain('thrown on purpose');
  expect(await canister.number('read')).toBe(before);
  expect(decode(Nat32, await canister.update('increment'))).toBe(before + 1);
});

row(79, 'Azle', 'an exception in a query likewise', async () => {
  const outcome = await canister.query('throwInQuery');

  expect(codesOf(outcome)).toBe('5 IC0503');
  expect(rejectionOf(outcome)).toContain('thrown in a query');
  expect(codesOf(await canister.query('read'))).toBe('replied');
});

row(79, 'Azle', 'an exception after an await undoes what came after it, not before', async () => {
  const before = await canister.number('read');
  const outcome = await canister.update('incrementThenThrowAfterAwait');

  expect(codesOf(outcome)).toBe('5 IC0503');
  expect(await canister.number('read')).toBe(before + 1);
  expect(codesOf(await canister.update('increment'))).toBe('replied');
});

row(80, 'Azle', 'a StableBTreeMap survives an upgrade, a field of the class does not', async () => {
  const azle = await installed();
  await azle.update('put', [Text, Text], ['key', 'value']);
  await azle.update('increment');

  replyOf(await azle.install({ upgrade: [] }));
  await network.pass(1);

  expect(decode(Opt(Text), await azle.query('get', [Text], ['key']))).toEqual(['value']);
  expect(await azle.number('read')).toBe(0);
});

row(81, 'Azle', 'a timer fires once, an interval until it is cleared', async () => {
  const azle = await installed();
  await azle.update('startTimer', [Nat32], [2]);
  expect(await azle.number('readTicks')).toBe(0);
  await network.pass(3);
  await network.until(async () => (await azle.number('readTicks')) === 1);

  await azle.update('startInterval', [Nat32], [2]);
  await network.pass(2.5);
  await network.pass(2.5);
  await network.until(async () => (await azle.number('readTicks')) >= 3);
  await azle.update('stopInterval');
  const stopped = await azle.number('readTicks');
  await network.pass(5);
  expect(await azle.number('readTicks')).toBe(stopped);
});

row(81, 'Azle', 'timer_executor is for the canister itself', async () => {
  const outcome = await canister.update('<ic-cdk internal> timer_executor');

  expect(outcome.kind).toBe('rejected');
});

row(
  82,
  'Azle',
  'a rejected call surfaces with its code and message, and leaves no callback behind',
  async () => {
    const failure = JSON.parse(
      decode(Text, await canister.update('describeFailure', [Text], ['no_such_method'])) as string
    ) as Record<string, unknown>;

    expect(failure).toMatchObject({ type: 'CallRejected', rejectCode: 5 });
    expect(failure.rejectMessage).toContain('no_such_method');
    for (const length of ['_azle_resolve_callbacks_len', '_azle_reject_callbacks_len']) {
      expect(decode(Nat32, await canister.query(length))).toBe(0);
    }
  }
);

row('+', 'Azle', 'a call to itself goes through the queue and sees the caller', async () => {
  const before = await canister.number('read');

  expect(decode(Nat32, await canister.update('incrementThroughSelf'))).toBe(before + 1);
});
