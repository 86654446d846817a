import { type Installed, replyNumber, TestReplica } from '../../../fixtures/local-ic/test-replica';
import { buildCanister } from '../../../fixtures/local-ic/wat-canister';

let host: TestReplica;

beforeEach(() => {
  host = new TestReplica();
});

afterEach(() => {
  host.replica.close();
});

const RUN_ONCE_MORE = '(global.set $runs (i64.add (global.get $runs) (i64.const 1)))';
/** Calls its own method, whose answer nobody waits for. */
const install = async (exports: Record<string, string>): Promise<Installed> => {
  const wasm = await buildCanister(() => ({
    fields: `(global $runs (mut i64) (i64.const 0))
      (func $call_itself
        (call $canister_self_copy (i32.const 3000) (i32.const 0) (i32.const 10))
        (call $call_new (i32.const 3000) (i32.const 10) (i32.const 4096) (i32.const 5)
          (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
        (drop (call $call_perform)))
      (data (i32.const 4096) "again")`,
    callbacks: [RUN_ONCE_MORE],
    exports: { 'canister_query runs': '(call $reply_i64 (global.get $runs))', ...exports }
  }));
  return host.install(wasm);
};

const runs = async ({ id }: Installed): Promise<bigint> => replyNumber(await host.query(id, 'runs'));

describe('a tick', () => {
  it('ends although a canister sets its timer to a time in the past each time', async () => {
    const canister = await install({
      'canister_update arm': '(drop (call $global_timer_set (i64.const 1))) (call $msg_reply)',
      canister_global_timer: `${RUN_ONCE_MORE} (drop (call $global_timer_set (i64.const 1)))`
    });
    await host.call(canister.id, 'arm');
    await host.replica.tick(10);
    const before = await runs(canister);
    await host.replica.tick(10);
    expect(await runs(canister)).toBeGreaterThanOrEqual(before + 10n);
    await host.replica.tick();
    expect(await runs(canister)).toBeGreaterThan(1000n);
  });

  it('waits for everything that follows where that has an end', async () => {
    const canister = await install({
      'canister_update many': `${RUN_ONCE_MORE}
        (if (i64.lt_u (global.get $runs) (i64.const 500)) (then (call $call_itself))) (call $msg_reply)`,
      'canister_update again': `${RUN_ONCE_MORE}
        (if (i64.lt_u (global.get $runs) (i64.const 500)) (then (call $call_itself))) (call $msg_reply)`
    });
    host.submit(canister.id, 'many');
    await host.replica.tick();
    expect(await runs(canister)).toBeGreaterThanOrEqual(500n);
  });
});
