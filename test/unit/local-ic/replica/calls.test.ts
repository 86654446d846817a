import { Principal } from '@dfinity/principal';
import {
  ANONYMOUS,
  errorCodeOf,
  type Installed,
  rejectMessageOf,
  replyNumber,
  replyOf,
  replyText,
  TestReplica,
  user
} from '../../../fixtures/local-ic/test-replica';
import { buildCanister, type Literals, type WatCanister } from '../../../fixtures/local-ic/wat-canister';

const UNKNOWN = Principal.fromText('rwlgt-iiaaa-aaaaa-aaaaa-cai').toUint8Array();
const COUNTER = '(global $count (mut i64) (i64.const 0))';
const INCREMENT = '(global.set $count (i64.add (global.get $count) (i64.const 1)))';

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

/** Starts a call to `method` of a canister; callback 0 gets the reply, 1 the reject. */
function callNew(callee: string, method: string): string {
  return `(call $call_new ${callee} ${method} (i32.const 0) (i32.const 7) (i32.const 1) (i32.const 7))`;
}

const PERFORM = '(drop (call $call_perform))';
const SELF = '(i32.const 3000) (i32.const 10)';
const LOAD_SELF = '(call $canister_self_copy (i32.const 3000) (i32.const 0) (i32.const 10))';
const REPLY_REJECT_CODE = '(call $reply_i64 (i64.extend_i32_u (call $msg_reject_code)))';

describe('an update call', () => {
  it('is answered with the bytes replied', async () => {
    const { id } = await install(() => ({ exports: { 'canister_update echo': '(call $reply_arg)' } }));

    expect(replyText(await host.call(id, 'echo', { arg: new TextEncoder().encode('hello') }))).toBe('hello');
  });

  it('shows its caller', async () => {
    const { id } = await install(() => ({ exports: { 'canister_update who': '(call $reply_caller)' } }));

    expect(replyOf(await host.call(id, 'who', { sender: user(5) }))).toEqual(user(5));
    expect(replyOf(await host.call(id, 'who', { sender: ANONYMOUS }))).toEqual(ANONYMOUS);
  });

  it('runs once however often its request id is submitted', async () => {
    const { id } = await install(() => ({
      fields: COUNTER,
      exports: { 'canister_update inc': `${INCREMENT} (call $reply_i64 (global.get $count))` }
    }));
    const message = {
      requestId: new Uint8Array(32).fill(255),
      sender: user(1),
      canisterId: id,
      effectiveCanisterId: id,
      methodName: 'inc',
      arg: new Uint8Array(0),
      ingressExpiryNs: host.clock.now()
    };

    expect(host.replica.submit(message)).toEqual({ accepted: true });
    expect(host.replica.submit(message)).toEqual({ accepted: true });

    expect(replyNumber(await host.outcomeOf(message.requestId))).toBe(1n);
    expect(replyNumber(await host.call(id, 'inc'))).toBe(2n);
  });

  it.each<[name: string, body: string, code: string, text: string]>([
    ['no answer', 'nop', 'IC0506', 'did not reply'],
    ['two replies', '(call $msg_reply) (call $msg_reply)', 'IC0504', 'already replied'],
    [
      'a reply after a reject',
      '(call $msg_reject (i32.const 0) (i32.const 0)) (call $msg_reply)',
      'IC0504',
      'already replied'
    ],
    [
      'data after a reply',
      '(call $msg_reply) (call $msg_reply_data_append (i32.const 0) (i32.const 1))',
      'IC0504',
      'already replied'
    ],
    ['unreachable', 'unreachable', 'IC0502', 'unreachable'],
    ['a heap access out of bounds', '(drop (i32.load (i32.const 1000000)))', 'IC0502', 'heap out of bounds'],
    [
      'a division by zero',
      '(drop (i32.div_u (i32.const 1) (i32.const 0)))',
      'IC0502',
      'integer division by 0'
    ],
    [
      'a table access out of bounds',
      '(call_indirect (param i32) (i32.const 0) (i32.const 99))',
      'IC0502',
      'table out of bounds'
    ],
    ['stack overflow', '(call $endless)', 'IC0502', 'stack overflow'],
    [
      'a copy out of bounds',
      '(call $msg_caller_copy (i32.const 0) (i32.const 0) (i32.const 50))',
      'IC0504',
      'msg_caller_copy'
    ],
    [
      'a copy to outside of the memory',
      '(call $msg_caller_copy (i32.const -1) (i32.const 0) (i32.const 1))',
      'IC0504',
      'msg_caller_copy'
    ],
    [
      'call data without a call',
      '(call $call_data_append (i32.const 0) (i32.const 0))',
      'IC0504',
      'no call is under construction'
    ],
    [
      'a cleanup without a call',
      '(call $call_on_cleanup (i32.const 0) (i32.const 0))',
      'IC0504',
      'no call is under construction'
    ],
    ['performing without a call', '(drop (call $call_perform))', 'IC0504', 'no call is under construction'],
    [
      'certified data of 33 bytes',
      '(call $certified_data_set (i32.const 0) (i32.const 33))',
      'IC0504',
      'certified_data_set'
    ],
    [
      'an invalid principal',
      '(drop (call $is_controller (i32.const 0) (i32.const 30)))',
      'IC0504',
      'is_controller'
    ],
    [
      'an unknown counter',
      '(drop (call $performance_counter (i32.const 2)))',
      'IC0504',
      'performance_counter'
    ],
    ['an endless loop', '(loop $l (br $l))', 'IC0522', 'exceeded the limit of 1000000 instructions']
  ])('that ends with %s is rejected and undone', async (_name, body, code, text) => {
    host = new TestReplica({ instructionLimits: { update: 1_000_000n } });
    const { id } = await install(() => ({
      fields: `${COUNTER} (func $endless (call $endless))`,
      exports: {
        'canister_update fail': `${INCREMENT} (i64.store (i32.const 500) (i64.const 9)) (drop (call $stable64_grow (i64.const 1))) ${body}`,
        'canister_update state':
          '(call $reply_i64 (i64.add (global.get $count) (i64.add (i64.load (i32.const 500)) (call $stable64_size))))'
      }
    }));

    const outcome = await host.call(id, 'fail');

    expect(errorCodeOf(outcome)).toBe(code);
    expect(outcome).toMatchObject({ rejectCode: 5 });
    expect(rejectMessageOf(outcome)).toContain(text);
    expect(rejectMessageOf(outcome)).toContain(
      `Error from Canister ${Principal.fromUint8Array(id).toText()}`
    );
    if (code !== 'IC0506') expect(replyNumber(await host.call(id, 'state'))).toBe(0n);
  });

  it('that traps is rejected with the message of the trap', async () => {
    const { id } = await install((literals) => ({
      exports: { 'canister_update fail': `(call $trap ${literals.text('my reason')})` }
    }));

    const outcome = await host.call(id, 'fail');

    expect(outcome).toMatchObject({ rejectCode: 5, errorCode: 'IC0503' });
    expect(rejectMessageOf(outcome)).toContain("Canister called `ic0.trap` with message: 'my reason'");
  });

  it('that is rejected carries the message verbatim', async () => {
    const { id } = await install((literals) => ({
      exports: { 'canister_update no': `(call $msg_reject ${literals.text('not today')})` }
    }));

    expect(await host.call(id, 'no')).toEqual({
      kind: 'rejected',
      rejectCode: 4,
      rejectMessage: 'not today',
      errorCode: 'IC0406'
    });
  });

  it('undoes memory that grew before a trap', async () => {
    const { id } = await install(() => ({
      memoryPages: 2,
      fields: COUNTER,
      exports: {
        'canister_update grow_and_trap': `${INCREMENT} (drop (memory.grow (i32.const 3))) (i32.store (i32.const 200000) (i32.const 1)) unreachable`,
        'canister_update size': `(call $reply_i64 (i64.add (global.get $count) (i64.extend_i32_u (memory.size))))`
      }
    }));

    expect(errorCodeOf(await host.call(id, 'grow_and_trap'))).toBe('IC0502');
    expect(replyNumber(await host.call(id, 'size'))).toBe(2n);
  });

  it('of an unknown canister is refused', async () => {
    const outcome = await host.call(UNKNOWN, 'x');

    expect(outcome).toMatchObject({ rejectCode: 3, errorCode: 'IC0301' });
    expect(rejectMessageOf(outcome)).toContain('not found');
  });

  it('of a method that is not there is rejected', async () => {
    const { id } = await install(() => ({ exports: {} }));

    const outcome = await host.call(id, 'nothing');

    expect(outcome).toMatchObject({ rejectCode: 5, errorCode: 'IC0536' });
    expect(rejectMessageOf(outcome)).toContain("Canister has no update method 'nothing'.");
  });

  it('of a canister without code is rejected', async () => {
    const { id } = await host.create();

    expect(await host.call(id, 'x')).toMatchObject({ rejectCode: 5, errorCode: 'IC0537' });
  });
});

describe('a call between canisters', () => {
  it('brings back the reply, with the original caller', async () => {
    const callee = await install(() => ({ exports: { 'canister_update who': '(call $reply_caller)' } }));
    const caller = await install((literals) => ({
      exports: {
        'canister_update go': `${callNew(literals.blob(callee.id), literals.text('who'))} ${PERFORM}`
      },
      callbacks: [
        `(call $msg_reply_data_append (i32.const 2048) (i32.const 0))
         (call $msg_arg_data_copy (i32.const 2048) (i32.const 0) (call $msg_arg_data_size))
         (call $msg_caller_copy (i32.const 2058) (i32.const 0) (call $msg_caller_size))
         (call $reply (i32.const 2048) (i32.add (i32.const 10) (call $msg_caller_size)))`,
        REPLY_REJECT_CODE
      ]
    }));

    const reply = replyOf(await host.call(caller.id, 'go', { sender: user(8) }));

    expect(reply.subarray(0, 10)).toEqual(caller.id);
    expect(reply.subarray(10)).toEqual(user(8));
  });

  it('passes the environment word to its callback', async () => {
    const caller = await install((literals) => ({
      exports: {
        'canister_update go': `${LOAD_SELF} ${callNew(SELF, literals.text('echo'))} ${PERFORM}`,
        'canister_update echo': '(call $reply_arg)'
      },
      callbacks: ['(call $reply_i64 (i64.extend_i32_u (local.get $env)))', REPLY_REJECT_CODE]
    }));

    expect(replyNumber(await host.call(caller.id, 'go'))).toBe(7n);
  });

  it.each<[name: string, method: string, rejectCode: bigint]>([
    ['traps', 'fail', 5n],
    ['rejects', 'no', 4n],
    ['has no such method', 'nothing', 5n]
  ])('runs the reject callback when the callee %s', async (_name, method, rejectCode) => {
    const caller = await install((literals) => ({
      exports: {
        'canister_update go': `${LOAD_SELF} ${callNew(SELF, literals.text(method))} ${PERFORM}`,
        'canister_update fail': 'unreachable',
        'canister_update no': '(call $msg_reject (i32.const 0) (i32.const 0))'
      },
      callbacks: ['unreachable', REPLY_REJECT_CODE]
    }));

    expect(replyNumber(await host.call(caller.id, 'go'))).toBe(rejectCode);
  });

  it('to an unknown canister is rejected with code 3', async () => {
    const caller = await install((literals) => ({
      exports: { 'canister_update go': `${callNew(literals.blob(UNKNOWN), literals.text('x'))} ${PERFORM}` },
      callbacks: ['unreachable', REPLY_REJECT_CODE]
    }));

    expect(replyNumber(await host.call(caller.id, 'go'))).toBe(3n);
  });

  it('arrives in the order sent', async () => {
    const callee = await install(() => ({
      fields: COUNTER,
      exports: {
        // count = count * 3 + argument: another order gives another number
        'canister_update note': `(call $msg_arg_data_copy (i32.const 2048) (i32.const 0) (i32.const 8))
          (global.set $count (i64.add (i64.mul (global.get $count) (i64.const 3)) (i64.load (i32.const 2048))))
          (call $msg_reply)`,
        'canister_query read': '(call $reply_i64 (global.get $count))'
      }
    }));
    const caller = await install((literals) => ({
      exports: {
        'canister_update go': `(local $i i64)
          (loop $l
            (local.set $i (i64.add (local.get $i) (i64.const 1)))
            ${callNew(literals.blob(callee.id), literals.text('note'))}
            (i64.store (i32.const 100) (local.get $i))
            (call $call_data_append (i32.const 100) (i32.const 8)) ${PERFORM}
            (br_if $l (i64.lt_u (local.get $i) (i64.const 20))))
          (call $msg_reply)`
      },
      callbacks: ['nop', 'nop']
    }));
    await host.call(caller.id, 'go');
    await host.replica.tick();

    const expected = Array.from({ length: 20 }, (_, index) => BigInt(index + 1)).reduce(
      (sum, i) => sum * 3n + i,
      0n
    );
    expect(replyNumber(await host.query(callee.id, 'read'))).toBe(expected);
  });

  it('leaves what was set before it when its callback traps, and undoes the callback', async () => {
    const { id } = await install((literals) => ({
      fields: COUNTER,
      exports: {
        'canister_update go': `${INCREMENT} ${LOAD_SELF} ${callNew(SELF, literals.text('pong'))} ${PERFORM}`,
        'canister_update pong': '(call $msg_reply)',
        'canister_query read': '(call $reply_i64 (global.get $count))'
      },
      callbacks: [`(global.set $count (i64.const 100)) (call $trap ${literals.text('late')})`, 'nop']
    }));

    const outcome = await host.call(id, 'go');

    expect(outcome).toMatchObject({ rejectCode: 5, errorCode: 'IC0503' });
    expect(rejectMessageOf(outcome)).toContain('late');
    expect(replyNumber(await host.query(id, 'read'))).toBe(1n);
  });

  const cleanupCanister =
    (replyCallback: string, cleanup: string) =>
    (literals: Literals): WatCanister => ({
      fields: COUNTER,
      exports: {
        'canister_update go': `${INCREMENT} ${LOAD_SELF} ${callNew(SELF, literals.text('pong'))}
          (call $call_on_cleanup (i32.const 2) (i32.const 40)) ${PERFORM}`,
        'canister_update pong': '(call $msg_reply)',
        'canister_query read': '(call $reply_i64 (global.get $count))'
      },
      callbacks: [replyCallback, 'nop', cleanup]
    });
  const CLEANUP = '(global.set $count (i64.add (global.get $count) (i64.extend_i32_u (local.get $env))))';

  it('runs its cleanup from the state before the callback that trapped', async () => {
    const { id } = await install(
      cleanupCanister('(global.set $count (i64.const 1000)) unreachable', CLEANUP)
    );

    expect(errorCodeOf(await host.call(id, 'go'))).toBe('IC0502');
    expect(replyNumber(await host.query(id, 'read'))).toBe(41n);
  });

  it('undoes a cleanup that traps, and tells both failures', async () => {
    const { id } = await install(
      cleanupCanister('unreachable', `${CLEANUP} (drop (i32.div_u (i32.const 1) (i32.const 0)))`)
    );

    const outcome = await host.call(id, 'go');

    expect(rejectMessageOf(outcome)).toMatch(
      /unreachable[^]*call_on_cleanup also failed:[^]*integer division by 0/
    );
    expect(replyNumber(await host.query(id, 'read'))).toBe(1n);
  });

  it('does not run its cleanup after success', async () => {
    const { id } = await install(cleanupCanister('(call $msg_reply)', CLEANUP));

    await host.call(id, 'go');

    expect(replyNumber(await host.query(id, 'read'))).toBe(1n);
  });

  it('is not sent when the sender traps afterwards', async () => {
    const callee = await install(() => ({
      fields: COUNTER,
      exports: {
        'canister_update note': `${INCREMENT} (call $msg_reply)`,
        'canister_query read': '(call $reply_i64 (global.get $count))'
      }
    }));
    const caller = await install((literals) => ({
      exports: {
        'canister_update go': `${callNew(literals.blob(callee.id), literals.text('note'))} ${PERFORM} unreachable`
      },
      callbacks: ['nop', 'nop']
    }));

    expect(errorCodeOf(await host.call(caller.id, 'go'))).toBe('IC0502');
    await host.replica.tick();
    expect(replyNumber(await host.query(callee.id, 'read'))).toBe(0n);
  });

  it('is replaced by another under construction', async () => {
    const { id } = await install((literals) => ({
      exports: {
        'canister_update go': `${LOAD_SELF} ${callNew(SELF, literals.text('first'))} ${callNew(SELF, literals.text('second'))} ${PERFORM}`,
        'canister_update first': '(call $reply_i64 (i64.const 1))',
        'canister_update second': '(call $reply_i64 (i64.const 2))'
      },
      callbacks: ['(call $reply_arg)', 'unreachable']
    }));

    expect(replyNumber(await host.call(id, 'go'))).toBe(2n);
  });

  it('finds no room beyond 500 waiting for an answer', async () => {
    const { id } = await install((literals) => ({
      fields: '(global $full (mut i64) (i64.const 0))',
      exports: {
        'canister_update go': `(local $i i32) ${LOAD_SELF}
          (loop $l
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            ${callNew(SELF, literals.text('pong'))}
            (if (call $call_perform) (then (global.set $full (i64.add (global.get $full) (i64.const 1)))))
            (br_if $l (i32.lt_u (local.get $i) (i32.const 505))))
          (call $reply_i64 (global.get $full))`,
        'canister_update pong': '(call $msg_reply)'
      },
      callbacks: ['nop', 'nop']
    }));

    expect(replyNumber(await host.call(id, 'go'))).toBe(5n);
  });

  it('with a bounded wait is rejected with code 6 at its deadline, and not answered later', async () => {
    const { id } = await install((literals) => ({
      fields: COUNTER,
      exports: {
        'canister_update go': `${LOAD_SELF} ${callNew(SELF, literals.text('pong'))} (call $call_with_best_effort_response (i32.const 10)) ${PERFORM}`,
        'canister_update pong': '(call $msg_reply)',
        'canister_query read': '(call $reply_i64 (global.get $count))'
      },
      callbacks: [`${INCREMENT} (call $msg_reply)`, `${INCREMENT} ${REPLY_REJECT_CODE}`]
    }));
    let release = (): void => undefined;
    const until = new Promise<void>((resolve) => (release = resolve));
    host.replica.interceptCall(() => ({ kind: 'hold', until }));

    const requestId = host.submit(id, 'go');
    await host.replica.tick();
    await host.advance(11);

    expect(replyNumber(await host.outcomeOf(requestId))).toBe(6n);
    release();
    await until;
    await host.replica.tick();
    expect(replyNumber(await host.query(id, 'read'))).toBe(1n);
  });

  it('can be rejected by a test', async () => {
    const { id } = await install((literals) => ({
      exports: {
        'canister_update go': `${LOAD_SELF} ${callNew(SELF, literals.text('pong'))} ${PERFORM}`,
        'canister_update pong': '(call $msg_reply)'
      },
      callbacks: ['(call $reply_i64 (i64.const 0))', REPLY_REJECT_CODE]
    }));
    const end = host.replica.interceptCall(({ methodName }) =>
      methodName === 'pong' ? { kind: 'reject', code: 2, message: 'busy' } : { kind: 'pass' }
    );

    expect(replyNumber(await host.call(id, 'go'))).toBe(2n);
    end();
    expect(replyNumber(await host.call(id, 'go'))).toBe(0n);
  });
});
