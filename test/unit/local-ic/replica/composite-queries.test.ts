import {
  encodeArgument,
  errorCodeOf,
  type Installed,
  rejectMessageOf,
  replyNumber,
  TestReplica,
  UNCHANGED_SETTINGS
} from '../../../fixtures/local-ic/test-replica';
import { buildCanister, type Literals, type WatCanister } from '../../../fixtures/local-ic/wat-canister';
import { QueryLimits } from '../../../../src/local-ic/replica/query-limits';

let host: TestReplica;

beforeEach(() => {
  host = new TestReplica();
});

afterEach(() => {
  host.replica.close();
});

const install = async (
  define: (literals: Literals) => WatCanister,
  canister?: Installed
): Promise<Installed> => host.install(await buildCanister(define), canister ? { canister } : {});

const COUNT = '(global $count (mut i64) (i64.const 0))';
const add = (amount: number): string =>
  `(global.set $count (i64.add (global.get $count) (i64.const ${amount})))`;
const SELF = '(call $canister_self_copy (i32.const 3000) (i32.const 0) (i32.const 10))';
const call = (callee: string, method: string, callbacks = [0, 1], env = 0): string =>
  `(call $call_new ${callee} ${method} (i32.const ${callbacks[0]}) (i32.const ${env}) (i32.const ${callbacks[1]}) (i32.const ${env}))`;
const PERFORM = '(drop (call $call_perform))';
const REPLY_COUNT = '(call $reply_i64 (global.get $count))';
const REPLY_CODE = '(call $reply_i64 (i64.extend_i32_u (call $msg_reject_code)))';

describe('a composite query', () => {
  it('that calls its own canister finds it as it is outside of the query', async () => {
    const { id } = await install((literals) => ({
      fields: COUNT,
      exports: {
        'canister_composite_query go': `${SELF} ${add(5)} ${call('(i32.const 3000) (i32.const 10)', literals.text('read'))} ${PERFORM}`,
        'canister_query read': `${add(70)} ${REPLY_COUNT}`,
        'canister_update bump': `${add(1000)} (call $msg_reply)`
      },
      callbacks: [
        // What the call found, and what this call context has, as one number.
        `(call $msg_arg_data_copy (i32.const 2048) (i32.const 0) (i32.const 8))
         (call $reply_i64 (i64.add (i64.mul (i64.load (i32.const 2048)) (i64.const 10000)) (global.get $count)))`,
        REPLY_CODE
      ]
    }));

    await host.call(id, 'bump');

    expect(replyNumber(await host.query(id, 'go'))).toBe(1070n * 10_000n + 1005n);
    expect(replyNumber(await host.query(id, 'read'))).toBe(1070n);
  });

  it('that calls itself without end is ended as a whole', async () => {
    const { id } = await install((literals) => ({
      exports: {
        'canister_composite_query go': `${SELF} ${call('(i32.const 3000) (i32.const 10)', literals.text('go'))} ${PERFORM}`
      },
      callbacks: ['unreachable', REPLY_CODE]
    }));

    const outcome = await host.query(id, 'go');

    expect(errorCodeOf(outcome)).toBe('IC0525');
    expect(rejectMessageOf(outcome)).toBe('Composite query calls exceeded the maximum call depth.');
  });

  it('may be the sixth of a chain, and call one more query', async () => {
    const leaf = await install(() => ({
      exports: { 'canister_query go': '(call $reply_i64 (i64.const 42))' }
    }));
    const link = async (callee: Installed): Promise<Installed> =>
      install((literals) => ({
        exports: {
          'canister_composite_query go': `${call(literals.blob(callee.id), literals.text('go'))} ${PERFORM}`
        },
        callbacks: [
          '(call $msg_arg_data_copy (i32.const 2048) (i32.const 0) (i32.const 8)) (call $reply (i32.const 2048) (i32.const 8))',
          REPLY_CODE
        ]
      }));
    let chain = leaf;
    for (let length = 0; length < 6; length++) chain = await link(chain);

    expect(replyNumber(await host.query(chain.id, 'go'))).toBe(42n);
    expect(errorCodeOf(await host.query((await link(chain)).id, 'go'))).toBe('IC0525');
  });

  it.each([
    [98, 'replied'],
    [102, 'IC0526']
  ])(
    'and all it calls may use 5 G instructions, of which every call costs 50 M: %i calls',
    async (count, code) => {
      const callNop = (literals: Literals): string =>
        `${call('(i32.const 3000) (i32.const 10)', literals.text('nop'))} ${PERFORM}`;
      const { id } = await install((literals) => ({
        fields: COUNT,
        exports: {
          'canister_composite_query go': `${SELF} ${callNop(literals)}`,
          'canister_query nop': '(call $msg_reply)'
        },
        callbacks: [
          `${add(1)} (if (i64.eq (global.get $count) (i64.const ${count})) (then ${REPLY_COUNT} return)) ${callNop(literals)}`,
          REPLY_CODE
        ]
      }));

      expect(errorCodeOf(await host.query(id, 'go'))).toBe(code);
    }
  );
});

describe('a callback of a composite query that traps', () => {
  const twoCalls = (literals: Literals): string =>
    `${SELF} ${add(1)}
     ${call('(i32.const 3000) (i32.const 10)', literals.text('nop'))} (call $call_on_cleanup (i32.const 2) (i32.const 7)) ${PERFORM}
     ${call('(i32.const 3000) (i32.const 10)', literals.text('nop'), [3, 1])} ${PERFORM}`;
  const oneCall = (literals: Literals): string =>
    `${SELF} ${call('(i32.const 3000) (i32.const 10)', literals.text('nop'))} (call $call_on_cleanup (i32.const 2) (i32.const 7)) ${PERFORM}`;

  const define =
    (body: (literals: Literals) => string, cleanup: string) =>
    (literals: Literals): WatCanister => ({
      fields: COUNT,
      exports: {
        'canister_composite_query go': body(literals),
        'canister_query nop': '(call $msg_reply)'
      },
      callbacks: [`${add(50)} unreachable`, REPLY_CODE, cleanup, REPLY_COUNT]
    });

  it('is undone, is cleaned up after, and leaves the other calls', async () => {
    const { id } = await install(
      define(
        twoCalls,
        `${add(100)} (global.set $count (i64.add (global.get $count) (i64.extend_i32_u (local.get $env))))`
      )
    );

    expect(replyNumber(await host.query(id, 'go'))).toBe(1n + 100n + 7n);
  });

  it('ends the query when no call is left', async () => {
    const { id } = await install(define(oneCall, 'nop'));

    const outcome = await host.query(id, 'go');

    expect(errorCodeOf(outcome)).toBe('IC0502');
    expect(rejectMessageOf(outcome)).not.toContain('call_on_cleanup');
  });

  it('is reported together with its cleanup when that traps too', async () => {
    const { id } = await install(define(oneCall, '(drop (i32.div_u (i32.const 1) (i32.const 0)))'));

    expect(rejectMessageOf(await host.query(id, 'go'))).toContain(
      'Canister trapped: unreachable\n\ncall_on_cleanup also failed:\n\nCanister trapped: integer division by 0'
    );
  });
});

describe('a call of a composite query to the management canister', () => {
  const asking =
    (method: string, about: Uint8Array): ((literals: Literals) => WatCanister) =>
    (literals) => ({
      exports: {
        'canister_composite_query go': `${call('(i32.const 0) (i32.const 0)', literals.text(method))}
          (call $call_data_append ${literals.blob(about)}) ${PERFORM}`
      },
      callbacks: ['(call $reply_i64 (i64.extend_i32_u (call $msg_arg_data_size)))', REPLY_CODE]
    });

  it('asks for what its canister may know', async () => {
    const canister = await host.create();
    const argument = encodeArgument('canister_status', { canister_id: canister.principal });
    await install(asking('canister_status', argument), canister);

    expect(replyNumber(await host.query(canister.id, 'go'))).toBeGreaterThan(100n);
  });

  it('is rejected for what it may not', async () => {
    const other = await host.create();
    const argument = encodeArgument('canister_status', { canister_id: other.principal });
    const { id } = await install(asking('canister_status', argument));
    const rand = await install(asking('raw_rand', encodeArgument('raw_rand', {})));

    expect(replyNumber(await host.query(id, 'go'))).toBeLessThan(10n);
    expect(replyNumber(await host.query(rand.id, 'go'))).toBeLessThan(10n);
  });
});

describe('a frozen canister', () => {
  it('answers no queries', async () => {
    const canister = await install(() => ({ exports: { 'canister_query q': '(call $msg_reply)' } }));
    await host.manage('update_settings', {
      canister_id: canister.principal,
      settings: { ...UNCHANGED_SETTINGS, freezing_threshold: [10n ** 18n] },
      sender_canister_version: []
    });

    expect(errorCodeOf(await host.query(canister.id, 'q'))).toBe('IC0207');
  });
});

describe('the limits of a query', () => {
  it('end it after 10 seconds', () => {
    let nowMs = 5;
    const limits = new QueryLimits(100n, () => nowMs);

    nowMs = 10_004;
    expect(() => limits.assertMayGoOn(0)).not.toThrow();
    nowMs = 10_005;
    expect(() => limits.assertMayGoOn(0)).toThrow('Composite query call exceeded the time limit.');
  });

  it('end it when its instructions are used up, and leave an execution what there is', () => {
    const limits = new QueryLimits(100n, () => 0);

    limits.useInstructions(60n);
    expect(limits.nextExecution).toBe(40n);
    limits.assertMayGoOn(5);
    limits.useInstructions(40n);
    expect(limits.nextExecution).toBe(0n);
    expect(() => limits.assertMayGoOn(5)).toThrow('Composite query calls exceeded the instruction limit.');
  });
});
