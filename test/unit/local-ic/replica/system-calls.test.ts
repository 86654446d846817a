import {
  errorCodeOf,
  type Installed,
  rejectMessageOf,
  replyNumber,
  replyOf,
  TestReplica,
  user
} from '../../../fixtures/local-ic/test-replica';
import { buildCanister, type Literals, type WatCanister } from '../../../fixtures/local-ic/wat-canister';

let host: TestReplica;

beforeEach(() => {
  host = new TestReplica();
});

afterEach(() => {
  host.replica.close();
});

async function install(define: (literals: Literals) => WatCanister): Promise<Installed> {
  return host.install(await buildCanister(define));
}

const CALL_SELF = (method: string): string =>
  `(call $canister_self_copy (i32.const 3000) (i32.const 0) (i32.const 10))
   (call $call_new (i32.const 3000) (i32.const 10) ${method} (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0))`;
const PERFORM = '(drop (call $call_perform))';

describe('stable memory', () => {
  const WRITE_32 = '(call $stable_write (i32.const 10) (i32.const 500) (i32.const 8))';
  const WRITE_64 = '(call $stable64_write (i64.const 10) (i64.const 500) (i64.const 8))';
  const READ_32 = '(call $stable_read (i32.const 600) (i32.const 10) (i32.const 8))';
  const READ_64 = '(call $stable64_read (i64.const 600) (i64.const 10) (i64.const 8))';

  it.each([
    ['32-bit writes by 64-bit reads', WRITE_32, READ_64],
    ['64-bit writes by 32-bit reads', WRITE_64, READ_32]
  ])('shows %s', async (_name, write, read) => {
    const { id } = await install(() => ({
      exports: {
        'canister_update write': `(drop (call $stable_grow (i32.const 1))) (i64.store (i32.const 500) (i64.const 77)) ${write}
          (call $reply_i64 (i64.add (call $stable64_size) (i64.extend_i32_u (call $stable_size))))`,
        'canister_query read': `${read} (call $reply_i64 (i64.load (i32.const 600)))`
      }
    }));

    expect(replyNumber(await host.call(id, 'write'))).toBe(2n);
    expect(replyNumber(await host.query(id, 'read'))).toBe(77n);
  });

  it.each([
    ['64-bit', '(call $reply_i64 (call $stable64_grow (i64.const 0x1000000000)))'],
    ['64-bit of -1', '(call $reply_i64 (call $stable64_grow (i64.const -1)))'],
    ['32-bit', '(call $reply_i64 (i64.extend_i32_s (call $stable_grow (i32.const 65537))))']
  ])('answers -1 when it cannot grow (%s)', async (_name, body) => {
    const { id } = await install(() => ({ exports: { 'canister_update grow': body } }));

    expect(replyNumber(await host.call(id, 'grow'))).toBe(2n ** 64n - 1n);
  });

  it.each([
    ['reads', '(call $stable64_read (i64.const 600) (i64.const 0) (i64.const 1))'],
    ['writes', '(call $stable64_write (i64.const 0) (i64.const 0) (i64.const 1))'],
    ['writes far out', '(call $stable64_write (i64.const -1) (i64.const 0) (i64.const 1))'],
    ['32-bit reads', '(call $stable_read (i32.const 600) (i32.const 0) (i32.const 1))']
  ])('traps on %s out of bounds', async (_name, body) => {
    const { id } = await install(() => ({ exports: { 'canister_update go': body } }));

    const outcome = await host.call(id, 'go');

    expect(errorCodeOf(outcome)).toBe('IC0502');
    expect(rejectMessageOf(outcome)).toContain('stable memory out of bounds');
  });
});

describe('is_controller', () => {
  it('tells controllers from others', async () => {
    const { id } = await install(() => ({
      exports: {
        'canister_query mine': `(call $msg_caller_copy (i32.const 2048) (i32.const 0) (call $msg_caller_size))
          (call $reply_i64 (i64.extend_i32_u (call $is_controller (i32.const 2048) (call $msg_caller_size))))`
      }
    }));

    expect(replyNumber(await host.query(id, 'mine'))).toBe(1n);
    expect(replyNumber(await host.query(id, 'mine', { sender: user(9) }))).toBe(0n);
  });
});

describe('certified data', () => {
  it('is set by updates, survives upgrades and traps, and is cleared by reinstalling', async () => {
    const wasm = await buildCanister((literals) => ({
      exports: {
        'canister_update set': `(call $certified_data_set ${literals.text('certified')}) (call $msg_reply)`,
        'canister_update fail': `(call $certified_data_set ${literals.text('undone')}) unreachable`
      }
    }));
    const canister = await host.install(wasm);
    const read = (): string => new TextDecoder().decode(host.replica.canister(canister.id)?.certifiedData);

    await host.call(canister.id, 'set');
    await host.call(canister.id, 'fail');
    expect(read()).toBe('certified');
    await host.installCode(canister, wasm, { mode: { upgrade: [] } });
    expect(read()).toBe('certified');
    await host.installCode(canister, wasm, { mode: { reinstall: null } });
    expect(read()).toBe('');
  });
});

describe('performance_counter', () => {
  it('counts this execution, and the whole call', async () => {
    const { id } = await install((literals) => ({
      fields: `(func $work (param $turns i32) (loop $l (local.set $turns (i32.sub (local.get $turns) (i32.const 1))) (br_if $l (local.get $turns))))`,
      exports: {
        'canister_update go': `(call $work (i32.const 10000)) ${CALL_SELF(literals.text('pong'))} ${PERFORM}`,
        'canister_update pong': '(call $work (i32.const 50000)) (call $msg_reply)'
      },
      callbacks: [
        `(i64.store (i32.const 500) (call $performance_counter (i32.const 0)))
         (i64.store (i32.const 508) (call $performance_counter (i32.const 1)))
         (call $reply (i32.const 500) (i32.const 16))`,
        'unreachable'
      ]
    }));

    const requestId = host.submit(id, 'go');
    const reply = replyOf(await host.outcomeOf(requestId));
    const view = new DataView(reply.buffer, reply.byteOffset);
    const [own, total] = [view.getBigUint64(0, true), view.getBigUint64(8, true)];

    expect(own).toBeLessThan(300n);
    // 10,000 turns of seven instructions and some system calls first; the callee's own are not the caller's.
    expect(total - own).toBeGreaterThan(70_000n);
    expect(total - own).toBeLessThan(80_000n);
    expect(host.replica.instructionsOf(requestId)).toBeGreaterThanOrEqual(total);
  });
});

describe('answering', () => {
  it('in a callback after the method answered traps in the callback only', async () => {
    const { id } = await install((literals) => ({
      fields: '(global $n (mut i64) (i64.const 0))',
      exports: {
        'canister_update go': `${CALL_SELF(literals.text('pong'))} ${PERFORM} (call $reply_i64 (i64.const 5))`,
        'canister_update pong': '(call $msg_reply)',
        'canister_query read': '(call $reply_i64 (global.get $n))'
      },
      callbacks: ['(global.set $n (i64.const 1)) (call $msg_reply)', 'nop']
    }));

    expect(replyNumber(await host.call(id, 'go'))).toBe(5n);
    await host.replica.tick();
    expect(replyNumber(await host.query(id, 'read'))).toBe(0n);
  });

  it('waits for the last of several calls before it is missed', async () => {
    const { id } = await install((literals) => ({
      fields: '(global $n (mut i64) (i64.const 0))',
      exports: {
        'canister_update go': `${CALL_SELF(literals.text('pong'))} ${PERFORM} ${CALL_SELF(literals.text('pong'))} ${PERFORM}`,
        'canister_update pong': '(call $msg_reply)'
      },
      callbacks: [
        '(global.set $n (i64.add (global.get $n) (i64.const 1))) (if (i64.eq (global.get $n) (i64.const 2)) (then (call $reply_i64 (global.get $n))))',
        'nop'
      ]
    }));

    expect(replyNumber(await host.call(id, 'go'))).toBe(2n);
  });

  it('lets other messages in between a call and its answer, which see what was set before', async () => {
    const { id } = await install((literals) => ({
      fields: '(global $n (mut i64) (i64.const 0))',
      exports: {
        'canister_update go': `(global.set $n (i64.const 1)) ${CALL_SELF(literals.text('pong'))} ${PERFORM}`,
        'canister_update pong': '(call $msg_reply)',
        'canister_update double':
          '(global.set $n (i64.mul (global.get $n) (i64.const 2))) (call $reply_i64 (global.get $n))'
      },
      callbacks: ['(call $reply_i64 (global.get $n))', 'nop']
    }));
    let release = (): void => undefined;
    const until = new Promise<void>((resolve) => (release = resolve));
    host.replica.interceptCall(() => ({ kind: 'hold', until }));
    const requestId = host.submit(id, 'go');
    await host.replica.tick();

    expect(replyNumber(await host.call(id, 'double'))).toBe(2n);
    release();
    expect(replyNumber(await host.outcomeOf(requestId))).toBe(2n);
  });
});

describe('a call under construction', () => {
  it.each([
    [
      'two cleanups',
      '(call $call_on_cleanup (i32.const 0) (i32.const 0)) (call $call_on_cleanup (i32.const 0) (i32.const 0))'
    ],
    [
      'two deadlines',
      '(call $call_with_best_effort_response (i32.const 1)) (call $call_with_best_effort_response (i32.const 1))'
    ],
    [
      'more than 10 MiB',
      '(call $call_data_append (i32.const 0) (i32.const 6000000)) (call $call_data_append (i32.const 0) (i32.const 6000000))'
    ]
  ])('may not have %s', async (_name, body) => {
    const { id } = await install((literals) => ({
      memoryPages: 100,
      exports: { 'canister_update go': `${CALL_SELF(literals.text('x'))} ${body}` },
      callbacks: ['nop', 'nop']
    }));

    expect(errorCodeOf(await host.call(id, 'go'))).toBe('IC0504');
  });

  it('is gone after it was performed', async () => {
    const { id } = await install((literals) => ({
      exports: { 'canister_update go': `${CALL_SELF(literals.text('x'))} ${PERFORM} ${PERFORM}` },
      callbacks: ['nop', 'nop']
    }));

    expect(errorCodeOf(await host.call(id, 'go'))).toBe('IC0504');
  });
});
