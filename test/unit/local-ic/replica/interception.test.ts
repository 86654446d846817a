import { type Interception } from '../../../../src/local-ic/replica/call-interception';
import { type Installed, replyNumber, replyText, TestReplica } from '../../../fixtures/local-ic/test-replica';
import { buildCanister } from '../../../fixtures/local-ic/wat-canister';

let host: TestReplica;
let errors: unknown[];
let canister: Installed;

/** `ping` calls `pong` of the same canister; the answer tells its reject code and message, or `pong`. */
const build = (answer: string): Promise<Uint8Array> =>
  buildCanister((text) => {
    const count = '(i64.store (i32.const 500) (i64.add (i64.load (i32.const 500)) (i64.const 1)))';
    const callSelf = `(call $canister_self_copy (i32.const 3000) (i32.const 0) (i32.const 10))
      (call $call_new (i32.const 3000) (i32.const 10) ${text.text('pong')} (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0))
      (call $call_cycles_add (i64.const 1000))`;
    return {
      callbacks: [
        `(call $reply ${text.text(answer)})`,
        `(call $msg_reject_msg_copy (i32.const 2048) (i32.const 0) (call $msg_reject_msg_size))
         (i32.store8 (i32.const 2047) (i32.add (i32.const 48) (call $msg_reject_code)))
         (call $reply (i32.const 2047) (i32.add (i32.const 1) (call $msg_reject_msg_size)))`
      ],
      exports: {
        'canister_update pong': `${count} (call $msg_reply)`,
        'canister_update ping': `${callSelf} (drop (call $call_perform))`,
        'canister_update ping_10s': `${callSelf} (call $call_with_best_effort_response (i32.const 10)) (drop (call $call_perform))`,
        'canister_query pongs': '(call $reply_i64 (i64.load (i32.const 500)))'
      }
    };
  });

beforeEach(async () => {
  errors = [];
  host = new TestReplica({ onInternalError: (error) => errors.push(error) });
  canister = await host.install(await build('pong'));
});

afterEach(() => {
  host.replica.close();
});

const intercept = (interception: Interception): (() => void) =>
  host.replica.interceptCall(() => interception);

async function answerOf(method: 'ping' | 'ping_10s'): Promise<string> {
  const requestId = host.submit(canister.id, method);
  await host.replica.tick();
  await host.advance(11);
  return replyText(await host.outcomeOf(requestId));
}

async function pongs(): Promise<bigint> {
  return replyNumber(await host.query(canister.id, 'pongs'));
}

describe('a call that a test interferes with', () => {
  it.each([1, 2, 3, 4, 5, 6])('is rejected with code %i, and the callee never sees it', async (code) => {
    intercept({ kind: 'reject', code, message: 'not now' });

    expect(await answerOf('ping')).toBe(`${code}not now`);
    expect(await pongs()).toBe(0n);
  });

  it.each([0, 7, 1.5])('cannot be rejected with code %p', async (code) => {
    intercept({ kind: 'reject', code, message: 'not now' });

    expect(await answerOf('ping')).toBe('pong');
    expect(errors).toEqual([new RangeError(`there is no reject code ${code}`)]);
  });

  it('traps with code 5, and the callee has done nothing', async () => {
    intercept({ kind: 'trap', message: 'oops' });

    const text = await answerOf('ping');

    expect(text).toMatch(/^5Error from Canister [a-z0-9-]+: Canister called `ic0.trap` with message: 'oops'/);
    expect(await pongs()).toBe(0n);
  });

  it.each([
    ['request', 0n],
    ['answer', 1n]
  ] as const)('loses its %s, and learns of the deadline', async (part, seen) => {
    intercept({ kind: 'drop', part });

    expect(await answerOf('ping_10s')).toBe('6Call has timed out.');
    expect(await pongs()).toBe(seen);
    const { mintedCycles, burnedCycles } = host.replica.ledger;
    expect(host.replica.cyclesOf(canister.id)).toBe(mintedCycles - burnedCycles);
  });

  it('cannot lose an answer that is guaranteed', async () => {
    intercept({ kind: 'drop' });

    expect(await answerOf('ping')).toBe('pong');
    expect(errors).toEqual([
      new RangeError('the call of pong is guaranteed an answer and cannot be dropped')
    ]);
  });

  it.each(['request', 'answer'] as const)('has its %s delayed by seconds of the network', async (part) => {
    intercept({ kind: 'delay', seconds: 20, part });
    const requestId = host.submit(canister.id, 'ping');
    await host.replica.tick();

    await host.advance(19);
    expect(host.replica.request(requestId)?.state.status).toBe('processing');
    expect(await pongs()).toBe(part === 'request' ? 0n : 1n);
    await host.advance(1);

    expect(replyText(await host.outcomeOf(requestId))).toBe('pong');
  });

  it.each(['request', 'answer'] as const)('lets an upgrade happen before its %s', async (part) => {
    const later = await build('pong of the new code');
    const end = host.replica.interceptCall(({ methodName }) => {
      if (methodName !== 'pong') return { kind: 'pass' };
      const until = host.installCode(canister, later, { mode: { upgrade: [] } });
      return { kind: 'hold', until, part };
    });

    const requestId = host.submit(canister.id, 'ping');

    expect(replyText(await host.outcomeOf(requestId))).toBe('pong of the new code');
    expect(await pongs()).toBe(part === 'request' ? 1n : 0n);
    end();
  });

  it('tells who calls whom with what', async () => {
    const seen: object[] = [];
    host.replica.interceptCall((call) => {
      seen.push(call);
      return { kind: 'pass' };
    });

    await answerOf('ping_10s');

    const arg = new Uint8Array(0);
    const { id } = canister;
    expect(seen).toEqual([
      { caller: id, callee: id, methodName: 'pong', arg, cycles: 1000n, isBestEffort: true }
    ]);
  });
});
