import { IDL } from '@dfinity/candid';
import { type Principal } from '@dfinity/principal';
import { type Outcome } from '../../../src/local-ic/replica/replica-port';
import { buildAzleCanister } from '../../fixtures/local-ic/build-azle-canister';
import {
  type CallOptions,
  type Installed,
  rejectMessageOf,
  replyOf,
  TestReplica,
  user
} from '../../fixtures/local-ic/test-replica';

let wasmModule: Uint8Array;
let replicas: TestReplica[] = [];

beforeAll(async () => {
  wasmModule = await buildAzleCanister('azle-probe.ts');
}, 60_000);

afterEach(() => {
  for (const { replica } of replicas) replica.close();
  replicas = [];
});

class Probe {
  constructor(
    readonly host: TestReplica,
    readonly canister: Installed
  ) {}

  update(
    method: string,
    types: IDL.Type[] = [],
    values: unknown[] = [],
    options: CallOptions = {}
  ): Promise<Outcome> {
    const arg = new Uint8Array(IDL.encode(types, values));
    return this.host.call(this.canister.id, method, { arg, ...options });
  }

  query(method: string, types: IDL.Type[] = [], values: unknown[] = []): Promise<Outcome> {
    return this.host.query(this.canister.id, method, { arg: new Uint8Array(IDL.encode(types, values)) });
  }

  async read(): Promise<number> {
    return Number(decode(IDL.Nat32, await this.query('read')));
  }

  async readTicks(): Promise<number> {
    return Number(decode(IDL.Nat32, await this.query('readTicks')));
  }
}

function decode(type: IDL.Type, outcome: Outcome): unknown {
  return IDL.decode([type], replyOf(outcome))[0];
}

async function installProbe(host = new TestReplica()): Promise<Probe> {
  replicas.push(host);
  const canister = await host.install(wasmModule, { arg: new Uint8Array(IDL.encode([], [])) });
  await host.replica.tick();
  return new Probe(host, canister);
}

describe('an azle canister', () => {
  it('keeps what updates change and drops what queries change', async () => {
    const probe = await installProbe();

    expect(decode(IDL.Nat32, await probe.update('increment'))).toBe(1);
    expect(decode(IDL.Nat32, await probe.query('incrementInQuery'))).toBe(2);
    expect(await probe.read()).toBe(1);
  });

  it('answers an exception as a trap, undoes the message and goes on', async () => {
    const probe = await installProbe();
    await probe.update('increment');

    const outcome = await probe.update('incrementAndThrow');

    expect(outcome).toMatchObject({ kind: 'rejected', rejectCode: 5, errorCode: 'IC0503' });
    expect(rejectMessageOf(outcome)).toContain('thrown on purpose');
    expect(await probe.read()).toBe(1);
    expect(decode(IDL.Nat32, await probe.update('increment'))).toBe(2);
  });

  it('goes on after an exception in a query', async () => {
    const probe = await installProbe();

    expect(await probe.query('throwInQuery')).toMatchObject({ rejectCode: 5, errorCode: 'IC0503' });
    expect(await probe.read()).toBe(0);
  });

  it('keeps what it changed before an await when it throws after it', async () => {
    const probe = await installProbe();

    const outcome = await probe.update('incrementThenThrowAfterAwait');

    expect(rejectMessageOf(outcome)).toContain('thrown after an await');
    expect(outcome).toMatchObject({ errorCode: 'IC0503' });
    expect(await probe.read()).toBe(1);
    expect(await probe.query('_azle_resolve_callbacks_len').then((reply) => decode(IDL.Nat32, reply))).toBe(
      0
    );
  });

  it('gets 32 random bytes, others each time', async () => {
    const probe = await installProbe();
    const draw = async (): Promise<Uint8Array> => {
      const candid = decode(IDL.Vec(IDL.Nat8), await probe.update('random')) as Uint8Array;
      return IDL.decode([IDL.Vec(IDL.Nat8)], candid)[0] as unknown as Uint8Array;
    };

    const [first, second] = [await draw(), await draw()];

    expect(first).toHaveLength(32);
    expect(first).not.toEqual(second);
  });

  it('is seeded by raw_rand after its installation', async () => {
    const [left, right] = [await installProbe(), await installProbe()];
    const draw = async (probe: Probe): Promise<unknown> =>
      decode(IDL.Vec(IDL.Nat8), await probe.query('drawRandom'));

    const [fromLeft, fromRight] = [await draw(left), await draw(right)];

    expect(fromLeft).toHaveLength(16);
    expect(fromLeft).not.toEqual(fromRight);
  });

  it('sees the original caller after an await', async () => {
    const probe = await installProbe();

    const outcome = await probe.update('callerAfterAwait', [], [], { sender: user(3) });

    expect((decode(IDL.Principal, outcome) as Principal).toUint8Array()).toEqual(user(3));
  });

  it('calls itself through the queue', async () => {
    const probe = await installProbe();

    expect(decode(IDL.Nat32, await probe.update('incrementThroughSelf'))).toBe(1);
    expect(await probe.read()).toBe(1);
  });

  it.each([
    ['incrementAndThrow', { type: 'CallRejected', rejectCode: 5 }, 'thrown on purpose'],
    ['noSuchMethod', { type: 'CallRejected', rejectCode: 5 }, 'no update method']
  ])('learns why its call to %s failed', async (method, expected, text) => {
    const probe = await installProbe();

    const failure = JSON.parse(
      String(decode(IDL.Text, await probe.update('describeFailure', [IDL.Text], [method])))
    ) as {
      rejectMessage: string;
    };

    expect(failure).toMatchObject(expected);
    expect(failure.rejectMessage).toContain(text);
  });

  it('keeps stable maps over an upgrade and loses fields', async () => {
    const probe = await installProbe();
    await probe.update('increment');
    await probe.update('put', [IDL.Text, IDL.Text], ['key', 'value']);

    const upgraded = await probe.host.installCode(probe.canister, wasmModule, {
      mode: { upgrade: [] },
      arg: new Uint8Array(IDL.encode([], []))
    });

    expect(upgraded.kind).toBe('replied');
    expect(decode(IDL.Opt(IDL.Text), await probe.query('get', [IDL.Text], ['key']))).toEqual(['value']);
    expect(await probe.read()).toBe(0);
  });

  it('runs a timer once, when it is due', async () => {
    const probe = await installProbe();
    await probe.update('startTimer', [IDL.Nat32], [10]);

    await probe.host.advance(9);
    expect(await probe.readTicks()).toBe(0);
    await probe.host.advance(1);
    expect(await probe.readTicks()).toBe(1);
    await probe.host.advance(60);
    expect(await probe.readTicks()).toBe(1);
  });

  it('runs an interval until it is cleared', async () => {
    const probe = await installProbe();
    await probe.update('startInterval', [IDL.Nat32], [5]);
    for (let turn = 0; turn < 3; turn++) await probe.host.advance(5);
    expect(await probe.readTicks()).toBe(3);

    await probe.update('stopInterval');
    await probe.host.advance(60);

    expect(await probe.readTicks()).toBe(3);
  });

  it('refuses its timer executor to others', async () => {
    const probe = await installProbe();

    const outcome = await probe.update('<ic-cdk internal> timer_executor', [], [], { sender: user(3) });

    expect(outcome).toMatchObject({ kind: 'rejected', rejectCode: 5 });
  });

  it('survives an upgrade between a call and its answer', async () => {
    const probe = await installProbe();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const end = probe.host.replica.interceptCall(({ methodName }) =>
      methodName === 'raw_rand' ? { kind: 'hold', until: held } : { kind: 'pass' }
    );
    const requestId = probe.host.submit(probe.canister.id, 'signThenIncrement', {
      arg: new Uint8Array(IDL.encode([], []))
    });
    await probe.host.replica.tick();
    await probe.host.installCode(probe.canister, wasmModule, {
      mode: { upgrade: [] },
      arg: new Uint8Array(IDL.encode([], []))
    });
    end();

    release();
    const outcome = await probe.host.outcomeOf(requestId);

    expect(outcome).toMatchObject({ kind: 'rejected', rejectCode: 5 });
    await probe.host.replica.tick();
    expect(decode(IDL.Nat32, await probe.update('increment'))).toBe(1);
  });

  it('ends a runaway loop with the instruction limit, and goes on', async () => {
    const probe = await installProbe(new TestReplica({ instructionLimits: { query: 200_000_000n } }));

    const outcome = await probe.query('sum', [IDL.Nat32], [1_000_000]);

    expect(outcome).toMatchObject({ rejectCode: 5, errorCode: 'IC0522' });
    expect(decode(IDL.Float64, await probe.query('sum', [IDL.Nat32], [10]))).toBe(45);
  });

  it('shows the instructions of a request', async () => {
    const probe = await installProbe();
    const arg = new Uint8Array(IDL.encode([], []));
    const plain = probe.host.submit(probe.canister.id, 'increment', { arg });
    const awaiting = probe.host.submit(probe.canister.id, 'random', { arg });
    await probe.host.replica.tick();

    const plainCount = probe.host.replica.instructionsOf(plain) ?? 0n;
    const awaitingCount = probe.host.replica.instructionsOf(awaiting) ?? 0n;

    expect(plainCount).toBeGreaterThan(100_000n);
    expect(awaitingCount).toBeGreaterThan(plainCount);
  });
});
