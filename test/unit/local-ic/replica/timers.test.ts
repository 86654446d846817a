import {
  errorCodeOf,
  type Installed,
  replyNumber,
  TestReplica
} from '../../../fixtures/local-ic/test-replica';
import { buildCanister } from '../../../fixtures/local-ic/wat-canister';

const SECOND_NS = 1_000_000_000n;
const FIELDS = '(global $fired (mut i64) (i64.const 0))';
const TIMER_EXPORTS = {
  canister_global_timer: '(global.set $fired (i64.add (global.get $fired) (i64.const 1)))',
  // Sets the timer to the time given and answers the one before.
  'canister_update set': `(call $msg_arg_data_copy (i32.const 2048) (i32.const 0) (i32.const 8))
    (call $reply_i64 (call $global_timer_set (i64.load (i32.const 2048))))`,
  'canister_query fired': '(call $reply_i64 (global.get $fired))',
  'canister_query now': '(call $reply_i64 (call $time))'
};

let host: TestReplica;

beforeEach(() => {
  host = new TestReplica();
});

afterEach(() => {
  host.replica.close();
});

function word(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  return bytes;
}

async function installTimer(exports: Record<string, string> = {}): Promise<Installed> {
  return host.install(
    await buildCanister(() => ({ fields: FIELDS, exports: { ...TIMER_EXPORTS, ...exports } }))
  );
}

const inSeconds = (seconds: bigint): bigint => host.clock.now() + seconds * SECOND_NS;

async function setTimer({ id }: Installed, dueNs: bigint): Promise<bigint> {
  return replyNumber(await host.call(id, 'set', { arg: word(dueNs) }));
}

async function fired({ id }: Installed): Promise<bigint> {
  return replyNumber(await host.query(id, 'fired'));
}

describe('the global timer', () => {
  it('fires once, at or after its time', async () => {
    const canister = await installTimer();
    await setTimer(canister, inSeconds(10n));

    await host.advance(9);
    expect(await fired(canister)).toBe(0n);
    await host.advance(2);
    expect(await fired(canister)).toBe(1n);
    await host.advance(100);
    expect(await fired(canister)).toBe(1n);
  });

  it('answers the time it was set to before', async () => {
    const canister = await installTimer();
    const due = inSeconds(10n);

    expect(await setTimer(canister, due)).toBe(0n);
    expect(await setTimer(canister, 0n)).toBe(due);
    await host.advance(11);
    expect(await fired(canister)).toBe(0n);
  });

  it('in the past fires at once', async () => {
    const canister = await installTimer();

    await setTimer(canister, 1n);
    await host.replica.tick();

    expect(await fired(canister)).toBe(1n);
  });

  it('is off while it runs, and may set itself again', async () => {
    const canister = await installTimer({
      canister_global_timer: `(global.set $fired (i64.add (global.get $fired) (i64.add (i64.const 1)
        (call $global_timer_set (i64.add (call $time) (i64.const 5000000000))))))`
    });
    await setTimer(canister, inSeconds(1n));

    await host.advance(1);
    expect(await fired(canister)).toBe(1n);
    await host.advance(5);
    expect(await fired(canister)).toBe(2n);
  });

  it('that traps stays off and leaves no trace', async () => {
    const canister = await installTimer({
      canister_global_timer: '(global.set $fired (i64.const 9)) unreachable'
    });
    await setTimer(canister, inSeconds(1n));

    await host.advance(5);

    expect(await fired(canister)).toBe(0n);
    expect(await setTimer(canister, 0n)).toBe(0n);
  });

  it('set by a message that traps is not set', async () => {
    const canister = await installTimer({
      'canister_update fail':
        '(drop (call $global_timer_set (i64.add (call $time) (i64.const 1)))) unreachable'
    });

    expect(errorCodeOf(await host.call(canister.id, 'fail'))).toBe('IC0502');
    await host.advance(5);
    expect(await fired(canister)).toBe(0n);
  });

  it('is cleared by an upgrade, unless post_upgrade sets it', async () => {
    const mode = { upgrade: [] };
    const canister = await installTimer();
    const plain = await buildCanister(() => ({ fields: FIELDS, exports: TIMER_EXPORTS }));
    const setting = await buildCanister(() => ({
      fields: FIELDS,
      exports: {
        ...TIMER_EXPORTS,
        canister_post_upgrade: '(drop (call $global_timer_set (i64.add (call $time) (i64.const 5))))'
      }
    }));
    await setTimer(canister, inSeconds(10n));

    await host.installCode(canister, plain, { mode });
    await host.advance(20);
    expect(await fired(canister)).toBe(0n);

    await host.installCode(canister, setting, { mode });
    await host.advance(1);
    expect(await fired(canister)).toBe(1n);
  });

  it('waits for a stopped canister to be started', async () => {
    const canister = await installTimer();
    await setTimer(canister, inSeconds(10n));
    await host.manage('stop_canister', { canister_id: canister.principal });

    await host.advance(20);
    await host.manage('start_canister', { canister_id: canister.principal });
    await host.replica.tick();

    expect(await fired(canister)).toBe(1n);
  });
});

describe('the heartbeat', () => {
  it('beats about once a second while the canister runs', async () => {
    const canister = await installTimer({ canister_heartbeat: TIMER_EXPORTS.canister_global_timer });

    for (let second = 0; second < 5; second++) await host.advance(1);
    expect(await fired(canister)).toBe(5n);

    await host.manage('stop_canister', { canister_id: canister.principal });
    for (let second = 0; second < 5; second++) await host.advance(1);
    await host.manage('start_canister', { canister_id: canister.principal });
    expect(await fired(canister)).toBe(5n);
  });
});

describe('time', () => {
  it('stands still within an execution', async () => {
    const canister = await installTimer({
      'canister_update twice': '(call $reply_i64 (i64.sub (call $time) (call $time)))'
    });

    expect(replyNumber(await host.call(canister.id, 'twice'))).toBe(0n);
  });

  it('follows the clock and never goes back', async () => {
    const canister = await installTimer();
    const before = replyNumber(await host.query(canister.id, 'now'));

    host.clock.advance(3);
    const after = replyNumber(await host.query(canister.id, 'now'));
    host.clock.advance(-60);
    const behind = replyNumber(await host.query(canister.id, 'now'));

    expect(after - before).toBe(3n * SECOND_NS);
    expect(behind).toBe(after);
  });
});
