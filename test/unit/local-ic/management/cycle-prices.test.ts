import { type Outcome } from '../../../../src/local-ic/replica/replica-port';
import { callThrough, proxy } from '../../../fixtures/local-ic/proxy-canister';
import {
  decodeResult,
  encodeArgument,
  errorCodeOf,
  type Installed,
  rejectMessageOf,
  replyNumber,
  replyOf,
  TestReplica,
  UNCHANGED_SETTINGS
} from '../../../fixtures/local-ic/test-replica';
import { buildCanister } from '../../../fixtures/local-ic/wat-canister';

const TRILLION = 10n ** 12n;
/** 5 M and 40 B instructions. */
const LONGEST_CALLBACK = 40_005_000_000n;
const DAY = 86_400;
const GIB = 1024n ** 3n;
/** developer-docs, cycle-costs: 13-node subnet. */
const GIB_SECOND = 127_000n;
const PERCENT_SECOND = 10_000_000n;

let host: TestReplica;

beforeEach(() => {
  host = new TestReplica();
});

afterEach(() => {
  host.replica.close();
});

const settings = (changes: object): object => ({ ...UNCHANGED_SETTINGS, ...changes });

function update(canister: Installed, changes: object): Promise<Outcome> {
  return host.manage('update_settings', {
    canister_id: canister.principal,
    settings: settings(changes),
    sender_canister_version: []
  });
}

const cyclesOf = ({ id }: Installed): bigint => host.replica.cyclesOf(id) ?? -1n;

const counting = (): Promise<Uint8Array> =>
  buildCanister(() => ({ exports: { 'canister_update go': '(call $msg_reply)' }, memoryPages: 100 }));

describe('as time passes', () => {
  it('a canister pays for the memory it has', async () => {
    const canister = await host.install(await counting());
    const { memory_size: size } = await host.status(canister);
    const before = cyclesOf(canister);

    await host.advance(30 * DAY);

    const expected = (GIB_SECOND * (size as bigint) * BigInt(30 * DAY)) / GIB;
    const paid = before - cyclesOf(canister);
    expect(Number(paid)).toBeCloseTo(Number(expected), -2);
    expect(await host.consumed(canister)).toMatchObject({ memory: paid, compute_allocation: 0n });
  });

  it('a canister pays for what is allocated to it, used or not', async () => {
    const canister = await host.create({
      settings: [settings({ memory_allocation: [GIB], compute_allocation: [2n] })]
    });

    await host.advance(DAY);

    expect(await host.consumed(canister)).toMatchObject({
      memory: GIB_SECOND * BigInt(DAY),
      compute_allocation: 2n * PERCENT_SECOND * BigInt(DAY)
    });
    expect(await host.status(canister)).toMatchObject({
      idle_cycles_burned_per_day: (GIB_SECOND + 2n * PERCENT_SECOND) * BigInt(DAY)
    });
  });

  it('nothing is charged twice, and none of it is lost count of', async () => {
    const canister = await host.install(await counting());
    for (let step = 0; step < 10; step++) await host.advance(DAY / 10);
    const { memory: inSteps } = await host.consumed(canister);
    await host.advance(DAY);
    const { memory: total } = await host.consumed(canister);

    expect(Number((total ?? 0n) - (inSteps ?? 0n))).toBeCloseTo(Number(inSteps), -2);
    expect(cyclesOf(canister) + host.replica.ledger.burnedCycles).toBe(host.replica.ledger.mintedCycles);
  });

  it('a canister that cannot pay loses code, history, snapshots and allocations, and keeps its controllers', async () => {
    const canister = await host.install(await counting(), { creation: { amount: [2n * TRILLION] } });
    await host.manage('take_canister_snapshot', {
      canister_id: canister.principal,
      replace_snapshot: [],
      uninstall_code: [],
      sender_canister_version: []
    });
    await update(canister, { freezing_threshold: [0n], compute_allocation: [1n] });
    const { version } = await host.status(canister);

    await host.advance(10 * DAY);

    expect(await host.status(canister)).toMatchObject({
      module_hash: [],
      cycles: 0n,
      version: (version as bigint) + 1n,
      memory_size: 0n,
      settings: { compute_allocation: 0n, controllers: [expect.anything()] }
    });
    expect((await host.consumed(canister)).uninstall).toBeGreaterThan(TRILLION);
    expect(errorCodeOf(await host.call(canister.id, 'go'))).toBe('IC0207');
    await host.advance(DAY);
    expect(await host.status(canister)).toMatchObject({ version: (version as bigint) + 1n });
  });
});

describe('allocations', () => {
  it.each<[what: string, changes: object, code: string]>([
    ['compute beyond what the balance lasts for', { compute_allocation: [100n] }, 'IC0530'],
    ['memory beyond what the balance lasts for', { memory_allocation: [100n * GIB] }, 'IC0531'],
    ['more memory than the subnet has', { memory_allocation: [2n ** 64n - 1n] }, 'IC0101']
  ])('are refused, with all other settings: %s', async (_what, changes, code) => {
    const canister = await host.create({ amount: [TRILLION] });

    const outcome = await update(canister, { ...changes, log_visibility: [{ public: null }] });

    expect(errorCodeOf(outcome)).toBe(code);
    expect(await host.status(canister)).toMatchObject({
      settings: { compute_allocation: 0n, memory_allocation: 0n, log_visibility: { controllers: null } }
    });
  });

  it('of compute are 299 percent on the whole subnet', async () => {
    const rich = { amount: [10n ** 18n] };
    for (const percent of [100n, 100n]) {
      await host.create({ ...rich, settings: [settings({ compute_allocation: [percent] })] });
    }
    const last = await host.create(rich);

    expect(errorCodeOf(await update(last, { compute_allocation: [100n] }))).toBe('IC0101');
    expect(errorCodeOf(await update(last, { compute_allocation: [99n] }))).toBe('replied');
  });
});

/** Burns all that an update may: what the longest would cost is left, less the price of this one. */
const burning = (exports: Record<string, string> = {}): Promise<Uint8Array> =>
  buildCanister(() => ({
    exports: {
      'canister_update burn': `(call $cycles_burn128 (i64.const 1) (i64.const 0) (i32.const 1024)) (call $msg_reply)`,
      'canister_update go': '(call $msg_reply)',
      ...exports
    }
  }));

describe('an installation', () => {
  it('needs what the longest one costs, 300 B instructions', async () => {
    const poor = await host.create({ amount: [300_000_000_000n] });

    const outcome = await host.installCode(poor, await counting());

    expect(outcome).toMatchObject({ rejectCode: 2, errorCode: 'IC0207' });
    expect(rejectMessageOf(outcome)).toContain('Canister installation failed with `Canister ');
    expect(await host.status(poor)).toMatchObject({ module_hash: [] });
    await host.manage('provisional_top_up_canister', { canister_id: poor.principal, amount: TRILLION });
    expect(errorCodeOf(await host.installCode(poor, await counting()))).toBe('replied');
  });
});

describe('an update', () => {
  /** 5 M, and one cycle for each of at most 40 B instructions. */
  const LONGEST = 40_005_000_000n;

  it('runs on a canister that could pay for the longest, and pays for what it used', async () => {
    const canister = await host.install(
      await buildCanister(() => ({
        exports: { 'canister_update go': '(call $reply_i64 (call $canister_cycle_balance))' }
      }))
    );
    await update(canister, { freezing_threshold: [0n] });
    const before = cyclesOf(canister);
    const { instructions: paidBefore = 0n } = await host.consumed(canister);

    const seen = replyNumber(await host.call(canister.id, 'go'));

    const { instructions: paid = 0n, ingress_induction: received } = await host.consumed(canister);
    expect(before - seen).toBeGreaterThanOrEqual(LONGEST);
    expect(paid - paidBefore).toBeGreaterThan(5_000_000n);
    expect(paid - paidBefore).toBeLessThan(5_010_000n);
    // 1.2 M and 2000 for each byte of name and argument.
    expect(before - cyclesOf(canister)).toBe(paid - paidBefore + 1_204_000n);
    expect(received).toBeGreaterThan(1_204_000n);
  });

  it('is refused where it could not be paid for, which topping up changes', async () => {
    const canister = await host.install(await burning());
    await update(canister, { freezing_threshold: [0n] });
    await host.call(canister.id, 'burn');

    expect(await host.call(canister.id, 'go')).toMatchObject({ rejectCode: 2, errorCode: 'IC0207' });
    await host.manage('provisional_top_up_canister', {
      canister_id: canister.principal,
      amount: LONGEST
    });
    expect(errorCodeOf(await host.call(canister.id, 'go'))).toBe('replied');
  });
});

describe('a call between canisters', () => {
  const CALLS = { memoryPages: 3 };

  /** Calls `answer` of a callee, whose reply has 100 bytes, with an argument of 10. */
  const caller = (callee: Uint8Array): Promise<Uint8Array> =>
    buildCanister((literals) => ({
      ...CALLS,
      exports: {
        'canister_update ask': `(call $call_new ${literals.blob(callee)} ${literals.text('answer')} (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
          (call $call_data_append (i32.const 0) (i32.const 10))
          (call $reply_i64 (i64.extend_i32_u (call $call_perform)))`,
        'canister_query cost': `(call $cost_call (i64.const 6) (i64.const 10) (i32.const 1024))
          (call $reply (i32.const 1024) (i32.const 16))`
      },
      callbacks: ['(drop (i32.const 0))']
    }));

  it('costs what cost_call says at first, and in the end what it used', async () => {
    const callee = await host.install(
      await buildCanister(() => ({
        exports: { 'canister_update answer': '(call $reply (i32.const 0) (i32.const 100))' }
      }))
    );
    const asking = await host.install(await caller(callee.id));
    const before = cyclesOf(asking);
    const { instructions: paidBefore = 0n } = await host.consumed(asking);

    expect(replyNumber(await host.call(asking.id, 'ask'))).toBe(0n);
    await host.replica.tick();

    const { instructions: paid = 0n, request_and_response_transmission: sent = 0n } =
      await host.consumed(asking);
    expect(sent).toBe(260_000n + 1_000n * 16n + 1_000n * 100n);
    expect(before - cyclesOf(asking)).toBe(sent + (paid - paidBefore) + 1_206_000n);
    const cost = replyOf(await host.query(asking.id, 'cost'));
    // 2 MiB of response and 40 B instructions besides the request.
    expect(new DataView(cost.buffer, cost.byteOffset).getBigUint64(0, true)).toBe(
      260_000n + 16_000n + 1_000n * 2n ** 21n + LONGEST_CALLBACK
    );
  });

  it('is not made by a canister that cannot pay what cost_call says', async () => {
    const ask = `(call $call_new (i32.const 0) (i32.const 10) (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
      (call $reply_i64 (i64.extend_i32_u (call $call_perform)))`;
    const asking = await host.install(await burning({ 'canister_update ask': ask }));
    await update(asking, { freezing_threshold: [0n] });
    await host.call(asking.id, 'burn');
    // Enough for the update, and then for the callback alone.
    await host.manage('provisional_top_up_canister', {
      canister_id: asking.principal,
      amount: LONGEST_CALLBACK + 1_000_000_000n
    });

    expect(replyNumber(await host.call(asking.id, 'ask'))).toBe(2n);
  });

  it('is refused with fewer cycles than the callee wants, refunded, and not from the callee itself', async () => {
    const callee = await host.install(await counting());
    await update(callee, { minimum_incoming_canister_call_cycles: [1000n] });
    const calling = async (target: Uint8Array, cycles: bigint): Promise<Outcome> => {
      const caller = await host.install(
        await buildCanister((literals) => ({
          ...CALLS,
          exports: {
            'canister_update ask': `(call $call_new ${literals.blob(target)} ${literals.text('go')} (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0))
              (call $call_cycles_add (i64.const ${cycles})) (drop (call $call_perform))`
          },
          callbacks: [
            '(call $reply_i64 (call $msg_cycles_refunded))',
            `(call $msg_reject_msg_copy (i32.const 1024) (i32.const 0) (call $msg_reject_msg_size))
             (call $msg_reject (i32.const 1024) (call $msg_reject_msg_size))`
          ]
        }))
      );
      return host.call(caller.id, 'ask');
    };

    expect(rejectMessageOf(await calling(callee.id, 999n))).toContain('requires at least 1000 cycles');
    expect(errorCodeOf(await calling(callee.id, 1000n))).toBe('replied');
    expect(errorCodeOf(await host.call(callee.id, 'go'))).toBe('replied');
  });
});

describe('creating a canister', () => {
  const argument = { settings: [], sender_canister_version: [] };

  it('costs 500 B, which the new canister has consumed', async () => {
    const creator = await host.install(await buildCanister(proxy('create_canister', 600_000_000_000n)));

    const outcome = await callThrough(host, creator, { method: 'create_canister', value: argument });

    const [{ canister_id: principal }] = decodeResult('create_canister', outcome) as [
      { canister_id: Installed['principal'] }
    ];
    const created = { id: principal.toUint8Array(), principal };
    expect(cyclesOf(created)).toBe(100_000_000_000n);
    const arg = encodeArgument('canister_metrics', { canister_id: principal });
    const refused = await host.query(new Uint8Array(0), 'canister_metrics', { arg });
    expect(errorCodeOf(refused)).toBe('IC0512');
  });

  it('is refused with less, and all of it comes back', async () => {
    const creator = await host.install(await buildCanister(proxy('create_canister', 499_999_999_999n)));
    const before = cyclesOf(creator);

    const outcome = await callThrough(host, creator, { method: 'create_canister', value: argument });

    expect(rejectMessageOf(outcome)).toContain('requires a fee of 500000000000');
    expect(before - cyclesOf(creator)).toBeLessThan(100_000_000n);
  });
});
