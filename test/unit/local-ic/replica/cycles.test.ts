import {
  decodeResult,
  errorCodeOf,
  type Installed,
  replyNumber,
  replyOf,
  TestReplica,
  UNCHANGED_SETTINGS
} from '../../../fixtures/local-ic/test-replica';
import { buildCanister, type Literals, type WatCanister } from '../../../fixtures/local-ic/wat-canister';

const TRILLION = 10n ** 12n;

let host: TestReplica;

beforeEach(() => {
  host = new TestReplica();
});

afterEach(() => {
  host.replica.close();
});

async function install(
  define: (literals: Literals) => WatCanister,
  amount = 10n * TRILLION
): Promise<Installed> {
  return host.install(await buildCanister(define), { creation: { amount: [amount] } });
}

function cyclesOf({ id }: Installed): bigint {
  const cycles = host.replica.cyclesOf(id);
  if (cycles === undefined) throw new Error('no such canister');
  return cycles;
}

/** Sends `cycles` with a call to `method`; callbacks answer the refund. */
const sending =
  (callee: Uint8Array, method: string, cycles: bigint) =>
  (literals: Literals): WatCanister => ({
    exports: {
      'canister_update go': `(call $call_new ${literals.blob(callee)} ${literals.text(method)} (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0))
        (call $call_cycles_add128 (i64.const 0) (i64.const ${cycles}))
        (drop (call $call_perform))`
    },
    callbacks: [
      '(call $reply_i64 (call $msg_cycles_refunded))',
      '(call $reply_i64 (call $msg_cycles_refunded))'
    ]
  });

const accepting = (): WatCanister => ({
  exports: {
    'canister_update accept_half': `(drop (call $msg_cycles_accept (i64.div_u (call $msg_cycles_available) (i64.const 2)))) (call $msg_reply)`,
    'canister_update accept_too_much': `(call $msg_cycles_accept128 (i64.const 1) (i64.const 0) (i32.const 512)) (call $msg_reply)`,
    'canister_update accept_and_trap': '(drop (call $msg_cycles_accept (i64.const 1000000))) unreachable',
    'canister_update accept_after_reply': `(call $msg_reply) (drop (call $msg_cycles_accept (i64.const 1000000)))`
  }
});

/** What was minted is held by canisters or burned. */
function expectConservation(...canisters: readonly Installed[]): void {
  const held = canisters.reduce((sum, canister) => sum + cyclesOf(canister), 0n);
  expect(held + host.replica.ledger.burnedCycles).toBe(host.replica.ledger.mintedCycles);
}

describe('cycles sent with a call', () => {
  it.each<[method: string, accepted: bigint]>([
    ['accept_half', TRILLION / 2n],
    ['accept_too_much', TRILLION],
    ['accept_and_trap', 0n],
    ['accept_after_reply', 0n],
    ['no_such_method', 0n]
  ])('to %s are accepted or refunded, and none are lost', async (method, accepted) => {
    const callee = await install(accepting);
    const caller = await install(sending(callee.id, method, TRILLION));
    const before = cyclesOf(callee);

    const refunded = replyNumber(await host.call(caller.id, 'go'));

    expect(refunded).toBe(TRILLION - accepted);
    const gained = cyclesOf(callee) - before;
    expect(gained).toBeLessThanOrEqual(accepted);
    expect(gained).toBeGreaterThan(accepted - TRILLION / 100n);
    expectConservation(callee, caller);
  });

  it('beyond the balance trap', async () => {
    const callee = await install(accepting);
    const caller = await install(sending(callee.id, 'accept_half', 11n * TRILLION));

    expect(errorCodeOf(await host.call(caller.id, 'go'))).toBe('IC0520');
    expectConservation(callee, caller);
  });

  it('come back when the call is never made', async () => {
    const callee = await install(accepting);
    const caller = await install((literals) => ({
      exports: {
        'canister_update go': `(call $call_new ${literals.blob(callee.id)} ${literals.text('x')} (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
          (call $call_cycles_add (i64.const 5000000000000))
          (call $reply_i64 (call $canister_cycle_balance))`,
        'canister_update balance': '(call $reply_i64 (call $canister_cycle_balance))'
      }
    }));

    const during = replyNumber(await host.call(caller.id, 'go'));
    const after = replyNumber(await host.call(caller.id, 'balance'));

    expect(during).toBeLessThan(5n * TRILLION);
    expect(after).toBeGreaterThan(9n * TRILLION);
    expectConservation(callee, caller);
  });
});

describe('a canister', () => {
  it('pays for messages, instructions included', async () => {
    const canister = await install(() => ({
      exports: {
        'canister_update idle': '(call $msg_reply)',
        'canister_update busy': `(local $i i32) (loop $l (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $l (i32.lt_u (local.get $i) (i32.const 1000000)))) (call $msg_reply)`
      }
    }));
    const spentBy = async (method: string): Promise<bigint> => {
      const before = cyclesOf(canister);
      await host.call(canister.id, method);
      return before - cyclesOf(canister);
    };

    const [idle, busy] = [await spentBy('idle'), await spentBy('busy')];

    expect(idle).toBeGreaterThan(5_000_000n);
    // A million turns of a loop of nine instructions.
    expect(busy - idle).toBe(9_000_000n);
    expectConservation(canister);
  });

  it('may burn cycles', async () => {
    const canister = await install(() => ({
      exports: {
        'canister_update burn': `(call $cycles_burn128 (i64.const 0) (i64.const 1000000000000) (i32.const 512)) (call $reply_i64 (i64.load (i32.const 512)))`
      }
    }));

    expect(replyNumber(await host.call(canister.id, 'burn'))).toBe(TRILLION);
    expect(cyclesOf(canister)).toBeLessThan(9n * TRILLION);
    expectConservation(canister);
  });

  it('below its freezing threshold takes no calls until it is topped up', async () => {
    const wasm = await buildCanister(() => ({
      exports: { 'canister_update u': '(call $msg_reply)' }
    }));
    const canister = await host.install(wasm, { creation: { amount: [TRILLION] } });
    await host.manage('update_settings', {
      canister_id: canister.principal,
      settings: { ...UNCHANGED_SETTINGS, freezing_threshold: [10n ** 15n] },
      sender_canister_version: []
    });

    expect(await host.call(canister.id, 'u')).toMatchObject({ rejectCode: 2, errorCode: 'IC0207' });

    await host.manage('provisional_top_up_canister', { canister_id: canister.principal, amount: 10n ** 18n });
    expect(errorCodeOf(await host.call(canister.id, 'u'))).toBe('replied');
  });

  it('creates canisters for a fee, and deposits', async () => {
    const creator = await install((literals) => ({
      exports: {
        'canister_update create': `(call $call_new (i32.const 0) (i32.const 0) ${literals.text('create_canister')} (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0))
          (call $call_cycles_add (i64.const 2000000000000))
          (call $call_data_append ${literals.blob(CREATE_ARGUMENT)})
          (drop (call $call_perform))`
      },
      callbacks: ['(call $reply_arg)', '(call $reply_i64 (i64.extend_i32_u (call $msg_reject_code)))']
    }));

    const [created] = decodeResult('create_canister', await host.call(creator.id, 'create'));
    const { canister_id: principal } = created as { canister_id: Installed['principal'] };
    const canister = { id: principal.toUint8Array(), principal };

    expect(cyclesOf(canister)).toBe(2n * TRILLION - 500_000_000_000n);
    expect(host.replica.canister(canister.id)?.controllers).toEqual([creator.id]);
    expectConservation(creator, canister);
  });

  it('knows what a call costs at most', async () => {
    const canister = await install(() => ({
      exports: {
        'canister_update cost': `(call $cost_call (i64.const 10) (i64.const 90) (i32.const 512))
          (call $reply (i32.const 512) (i32.const 16))`
      }
    }));

    const reply = replyOf(await host.call(canister.id, 'cost'));
    const cost = new DataView(reply.buffer, reply.byteOffset).getBigUint64(0, true);

    expect(cost).toBeGreaterThan(40_000_000_000n);
    expect(cost).toBeLessThan(60_000_000_000n);
  });
});

/** Candid of `record {}`: every field of the argument is optional. */
const CREATE_ARGUMENT = Uint8Array.from([...new TextEncoder().encode('DIDL'), 1, 0x6c, 0, 1, 0]);
