import {
  type Installed,
  replyNumber,
  TestReplica,
  UNCHANGED_SETTINGS
} from '../../../fixtures/local-ic/test-replica';
import { buildCanister } from '../../../fixtures/local-ic/wat-canister';

const PAGE = 65_536n;

let host: TestReplica;

beforeEach(() => {
  host = new TestReplica();
});

afterEach(() => {
  host.replica.close();
});

/** `log` gives one digit per thing that ran, in order: 1 for `note`, 2 for the hook. */
async function install(exports: Record<string, string> = {}): Promise<Installed> {
  const note = (digit: number): string =>
    `(i64.store (i32.const 500) (i64.add (i64.mul (i64.load (i32.const 500)) (i64.const 10)) (i64.const ${digit})))`;
  const canister = await host.install(
    await buildCanister(() => ({
      exports: {
        'canister_update grow': '(drop (memory.grow (i32.const 4))) (call $msg_reply)',
        'canister_update note': `${note(1)} (call $msg_reply)`,
        canister_on_low_wasm_memory: note(2),
        'canister_query log': '(call $reply_i64 (i64.load (i32.const 500)))',
        ...exports
      }
    }))
  );
  await setLimits(canister, 10n * PAGE, 5n * PAGE);
  return canister;
}

async function setLimits(canister: Installed, limit: bigint, threshold: bigint): Promise<void> {
  const settings = { ...UNCHANGED_SETTINGS, wasm_memory_limit: [limit], wasm_memory_threshold: [threshold] };
  const outcome = await host.manage('update_settings', {
    canister_id: canister.principal,
    settings,
    sender_canister_version: []
  });
  if (outcome.kind === 'rejected') throw new Error(outcome.rejectMessage);
}

async function logOf({ id }: Installed): Promise<bigint> {
  await host.replica.tick();
  return replyNumber(await host.query(id, 'log'));
}

describe('the low memory hook', () => {
  it('runs once when less than the threshold is left, before messages that came earlier', async () => {
    const canister = await install();
    host.submit(canister.id, 'grow');
    host.submit(canister.id, 'note');
    host.submit(canister.id, 'grow');

    expect(await logOf(canister)).toBe(21n);
  });

  it('does not run while enough is left', async () => {
    const canister = await install();
    await host.call(canister.id, 'note');

    expect(await logOf(canister)).toBe(1n);
  });

  it('runs when the settings make memory scarce, and again after they made it plentiful', async () => {
    const canister = await install();

    await setLimits(canister, 10n * PAGE, 9n * PAGE);
    expect(await logOf(canister)).toBe(2n);
    await setLimits(canister, 10n * PAGE, 0n);
    await setLimits(canister, 10n * PAGE, 9n * PAGE);

    expect(await logOf(canister)).toBe(22n);
  });

  it('waits for a stopped canister to be started', async () => {
    const canister = await install();
    const { principal } = canister;
    await host.manage('stop_canister', { canister_id: principal });
    await setLimits(canister, 10n * PAGE, 9n * PAGE);
    await host.replica.tick();

    await host.manage('start_canister', { canister_id: principal });

    expect(await logOf(canister)).toBe(2n);
  });

  it('may set a timer', async () => {
    const canister = await install({
      canister_on_low_wasm_memory: '(drop (call $global_timer_set (i64.const 1)))',
      canister_global_timer: '(i64.store (i32.const 500) (i64.const 7))'
    });
    await host.call(canister.id, 'grow');

    expect(await logOf(canister)).toBe(7n);
  });

  it('is no matter to a canister that has none', async () => {
    const canister = await host.install(
      await buildCanister(() => ({
        exports: { 'canister_query log': '(call $reply_i64 (i64.const 5))' }
      }))
    );
    await setLimits(canister, 10n * PAGE, 9n * PAGE);

    expect(await logOf(canister)).toBe(5n);
  });
});
