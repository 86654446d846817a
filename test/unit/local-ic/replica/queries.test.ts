import {
  errorCodeOf,
  replyNumber,
  replyOf,
  replyText,
  TestReplica,
  user
} from '../../../fixtures/local-ic/test-replica';
import { buildCanister, type Literals, type WatCanister } from '../../../fixtures/local-ic/wat-canister';
import { type Installed } from '../../../fixtures/local-ic/test-replica';

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

const callNew = (callee: string, method: string): string =>
  `(call $call_new ${callee} ${method} (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0))`;
const PERFORM = '(drop (call $call_perform))';
const REPLY_REJECT_CODE =
  '(call $reply_i64 (i64.add (i64.const 100) (i64.extend_i32_u (call $msg_reject_code))))';

describe('a query', () => {
  it.each([
    ['that replies', '(call $reply_i64 (global.get $count))', 'replied'],
    ['that traps', 'unreachable', 'IC0502'],
    ['that grows memory', '(drop (memory.grow (i32.const 2))) (call $msg_reply)', 'replied']
  ])('%s leaves no trace', async (_name, body, code) => {
    const { id } = await install(() => ({
      fields: COUNTER,
      exports: {
        'canister_query q': `${INCREMENT} (i32.store (i32.const 9) (i32.const 1)) (drop (call $stable64_grow (i64.const 1))) ${body}`,
        'canister_query state':
          '(call $reply_i64 (i64.add (i64.add (global.get $count) (i64.extend_i32_u (memory.size))) (i64.add (i64.load (i32.const 9)) (call $stable64_size))))'
      }
    }));

    expect(errorCodeOf(await host.query(id, 'q'))).toBe(code);
    expect(replyNumber(await host.query(id, 'state'))).toBe(2n);
  });

  it('called as an update leaves no trace either', async () => {
    const { id } = await install(() => ({
      fields: COUNTER,
      exports: {
        'canister_query q': `${INCREMENT} (call $reply_i64 (i64.add (global.get $count) (i64.extend_i32_u (call $in_replicated_execution))))`
      }
    }));

    expect(replyNumber(await host.call(id, 'q'))).toBe(2n);
    expect(replyNumber(await host.call(id, 'q'))).toBe(2n);
    expect(replyNumber(await host.query(id, 'q'))).toBe(1n);
  });

  it('cannot call', async () => {
    const { id } = await install((literals) => ({
      exports: { 'canister_query q': callNew(literals.text('x'), literals.text('y')) }
    }));

    expect(errorCodeOf(await host.query(id, 'q'))).toBe('IC0504');
  });

  it('sees the certificate of its own canister, an update sees none', async () => {
    host = new TestReplica({ dataCertificate: (id) => Uint8Array.from([...id, 77]) });
    const { id } = await install(() => ({
      exports: {
        'canister_query q': `(call $data_certificate_copy (i32.const 2048) (i32.const 0) (call $data_certificate_size))
          (call $reply (i32.const 2048) (call $data_certificate_size))`,
        'canister_update u': '(call $reply_i64 (i64.extend_i32_u (call $data_certificate_present)))'
      }
    }));

    expect(replyOf(await host.query(id, 'q'))).toEqual(Uint8Array.from([...id, 77]));
    expect(replyNumber(await host.call(id, 'u'))).toBe(0n);
  });

  it('of an update method is rejected', async () => {
    const { id } = await install(() => ({ exports: { 'canister_update u': '(call $msg_reply)' } }));

    expect(errorCodeOf(await host.query(id, 'u'))).toBe('IC0536');
  });

  it('may answer with more than an update may', async () => {
    const answer = `(call $msg_reply_data_append (i32.const 0) (i32.const ${2_500_000})) (call $msg_reply)`;
    const { id } = await install(() => ({
      memoryPages: 50,
      exports: { 'canister_query q': answer, 'canister_update u': answer }
    }));

    expect(replyOf(await host.query(id, 'q'))).toHaveLength(2_500_000);
    expect(errorCodeOf(await host.call(id, 'u'))).toBe('IC0504');
  });
});

describe('a composite query', () => {
  it('calls a query of another canister and keeps its own state between callbacks, not beyond', async () => {
    const callee = await install(() => ({ exports: { 'canister_query who': '(call $reply_caller)' } }));
    const { id } = await install((literals) => ({
      fields: COUNTER,
      exports: {
        'canister_composite_query go': `${INCREMENT} ${callNew(literals.blob(callee.id), literals.text('who'))} ${PERFORM}`,
        'canister_query read': '(call $reply_i64 (global.get $count))'
      },
      callbacks: [
        `${INCREMENT} (call $msg_arg_data_copy (i32.const 2048) (i32.const 0) (i32.const 10))
         (i64.store8 (i32.const 2058) (global.get $count)) (call $reply (i32.const 2048) (i32.const 11))`,
        REPLY_REJECT_CODE
      ]
    }));

    expect(replyOf(await host.query(id, 'go'))).toEqual(Uint8Array.from([...id, 2]));
    expect(replyNumber(await host.query(id, 'read'))).toBe(0n);
  });

  it('is refused when called as an update', async () => {
    const { id } = await install(() => ({ exports: { 'canister_composite_query go': '(call $msg_reply)' } }));

    expect(errorCodeOf(await host.call(id, 'go'))).toBe('IC0527');
  });

  it('that never answers is rejected', async () => {
    const { id } = await install(() => ({ exports: { 'canister_composite_query go': 'nop' } }));

    expect(errorCodeOf(await host.query(id, 'go'))).toBe('IC0506');
  });
});

describe('inspect_message', () => {
  const inspected = (): Promise<Installed> =>
    install((literals) => ({
      fields: COUNTER,
      exports: {
        canister_inspect_message: `${INCREMENT}
          (call $msg_method_name_copy (i32.const 2048) (i32.const 0) (i32.const 1))
          (if (i32.eq (i32.load8_u (i32.const 2048)) (i32.const 116)) (then (call $trap ${literals.text('inspected')})))
          (if (i32.eq (i32.load8_u (i32.const 2048)) (i32.const 97)) (then (call $accept_message)))`,
        'canister_update accepted': '(call $reply_i64 (global.get $count))',
        'canister_update refused': '(call $msg_reply)',
        'canister_update trapping': '(call $msg_reply)',
        'canister_query query': '(call $msg_reply)'
      }
    }));

  it.each([
    ['refused', 'IC0406'],
    ['trapping', 'IC0503'],
    ['accepted', 'replied']
  ])('decides on the call %s', async (method, code) => {
    const { id } = await inspected();

    expect(errorCodeOf(await host.call(id, method))).toBe(code);
  });

  it('changes nothing, and is not asked about queries', async () => {
    const { id } = await inspected();

    expect(replyNumber(await host.call(id, 'accepted'))).toBe(0n);
    expect(errorCodeOf(await host.query(id, 'query'))).toBe('replied');
  });

  it('sees who calls', async () => {
    const { id } = await install(() => ({
      exports: {
        canister_inspect_message: `(call $msg_caller_copy (i32.const 2048) (i32.const 0) (i32.const 29))
          (if (i32.eq (i32.load8_u (i32.const 2048)) (i32.const 3)) (then (call $accept_message)))`,
        'canister_update echo': '(call $reply_arg)'
      }
    }));
    const arg = new TextEncoder().encode('hi');

    expect(replyText(await host.call(id, 'echo', { sender: user(3), arg }))).toBe('hi');
    expect(errorCodeOf(await host.call(id, 'echo', { sender: user(4), arg }))).toBe('IC0406');
  });
});
