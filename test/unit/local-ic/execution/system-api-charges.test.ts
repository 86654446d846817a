import { CanisterInstance, type ExecutionResult } from '../../../../src/local-ic/execution/canister-instance';
import { loadModule } from '../../../../src/local-ic/execution/canister-module';
import { type ContextName } from '../../../../src/local-ic/execution/execution-context';
import { StableMemory } from '../../../../src/local-ic/execution/stable-memory';
import { executionInput } from '../../../fixtures/local-ic/execution-input';
import { buildCanister } from '../../../fixtures/local-ic/wat-canister';

const LIMIT = 10n ** 12n;

async function run(body: string, context: ContextName = 'update', limit = LIMIT): Promise<ExecutionResult> {
  const wasm = await buildCanister(() => ({ exports: { 'canister_update go': body } }));
  const instance = new CanisterInstance(loadModule(wasm), new StableMemory());
  return instance.run(executionInput(context, { arg: new Uint8Array(64), instructionLimit: limit }), {
    kind: 'export',
    name: 'canister_update go'
  });
}

/** Of the function, of a call of a system function with so many constants, and of dropping its result. */
const around = (constants: number, isDropped = false): bigint =>
  BigInt(1 + constants + 5 + (isDropped ? 1 : 0));

describe('a system call', () => {
  it.each<[name: string, body: string, cost: bigint]>([
    ['of most kinds', '(drop (call $msg_caller_size))', around(0, true) + 500n],
    [
      'that copies',
      '(call $msg_arg_data_copy (i32.const 0) (i32.const 0) (i32.const 64))',
      around(3) + 500n + 64n
    ],
    [
      'that appends to the reply',
      '(call $msg_reply_data_append (i32.const 0) (i32.const 10))',
      around(2) + 500n + 50n * 10n
    ],
    ['that rejects', '(call $msg_reject (i32.const 0) (i32.const 3))', around(2) + 500n + 50n * 3n],
    ['that certifies', '(call $certified_data_set (i32.const 0) (i32.const 32))', around(2) + 500n + 32n],
    [
      'that looks for a controller',
      '(drop (call $is_controller (i32.const 0) (i32.const 29)))',
      around(2, true) + 1000n + 29n
    ],
    ['that asks for the counter', '(drop (call $performance_counter (i32.const 0)))', around(1, true) + 200n],
    ['that asks how large stable memory is', '(drop (call $stable64_size))', around(0, true)],
    ['that grows stable memory', '(drop (call $stable64_grow (i64.const 1)))', around(1, true) + 100n],
    [
      'that makes a call',
      `(call $call_new (i32.const 0) (i32.const 10) (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 0)
         (i32.const 0) (i32.const 0))
       (call $call_data_append (i32.const 0) (i32.const 7)) (drop (call $call_perform))`,
      around(8) + 1500n + 14n + (2n + 5n + 500n + 50n * 7n) + (5n + 5000n + 1n)
    ],
    [
      'that prints, as the log keeps 4,096 bytes of a message',
      `(call $debug_print (i32.const 0) (i32.const 4000)) (call $debug_print (i32.const 0) (i32.const 5000))`,
      around(2) + 100n + 52n * 4000n + (2n + 5n + 100n + 2n * 4096n + 50n * 96n)
    ]
  ])('%s costs what the replica charges', async (_name, body, cost) => {
    const result = await run(body);

    expect(result.kind).toBe('completed');
    expect(result.instructions).toBe(cost);
  });

  it('costs as much in a context where it is refused', async () => {
    const result = await run('(call $accept_message)');

    expect(result.kind).toBe('trapped');
    expect(result.instructions).toBe(around(0) + 500n);
  });

  it('traps when there are fewer instructions left, with no more used than there were', async () => {
    const result = await run(
      '(call $msg_reply_data_append (i32.const 0) (i32.const 10000))',
      'update',
      5000n
    );

    expect(result.kind === 'trapped' && result.fault.code).toBe('IC0522');
    expect(result.instructions).toBe(5000n);
  });
});

describe('stable memory', () => {
  const GROW = '(drop (call $stable64_grow (i64.const 2)))';
  const GROW_COST = 1n + 5n + 100n + 1n;

  it('costs 1,000 instructions a page of 4 KiB, the first time it is written to', async () => {
    const write = '(call $stable64_write (i64.const 4090) (i64.const 0) (i64.const 10))';

    const result = await run(`${GROW} ${write} ${write}`);

    expect(result.instructions).toBe(1n + GROW_COST + 2n * (3n + 5n + 20n + 10n) + 2000n);
  });

  it('costs the bytes that are read', async () => {
    const result = await run(`${GROW} (call $stable64_read (i64.const 0) (i64.const 0) (i64.const 77))`);

    expect(result.instructions).toBe(1n + GROW_COST + 3n + 5n + 20n + 77n);
  });

  it.each([
    [
      'stable memory',
      '(i64.const 131072) (i64.const 0) (i64.const 1)',
      'Canister trapped: stable memory out of bounds'
    ],
    ['the heap', '(i64.const 0) (i64.const 131072) (i64.const 1)', 'Canister trapped: heap out of bounds'],
    ['both', '(i64.const -1) (i64.const -1) (i64.const -1)', 'exceeded the limit of']
  ])('traps out of the bounds of %s', async (_name, args, text) => {
    const result = await run(`${GROW} (call $stable64_write ${args})`);

    expect(result.kind === 'trapped' && result.fault.message).toContain(text);
  });

  it('asks for no bounds when nothing is copied', async () => {
    const nowhere = '(i64.const -1) (i64.const -1) (i64.const 0)';

    const result = await run(`(call $stable64_read ${nowhere}) (call $stable64_write ${nowhere})`);

    expect(result.kind).toBe('completed');
  });

  // One page of 4 KiB more than 1 GiB.
  const READ_ALL = `(local $at i64) (drop (call $stable64_grow (i64.const 40000)))
    (loop $l (call $stable64_read (i64.const 0) (local.get $at) (i64.const 1))
      (br_if $l (i64.lt_u (local.tee $at (i64.add (local.get $at) (i64.const 4096))) (i64.const 1073745920))))`;

  it.each<[context: ContextName, code: string]>([
    ['query', 'IC0524'],
    ['replicatedQuery', 'IC0524'],
    ['update', 'completed']
  ])('may be read up to 1 GiB in a query: %s', async (context, code) => {
    const result = await run(READ_ALL, context);

    expect(result.kind === 'trapped' ? result.fault.code : result.kind).toBe(code);
  });
});

describe('a call', () => {
  // 260,000 and 1,000 a byte for the request; 2 MiB of response; 5 M and 40 G instructions of callback.
  const BOUND = 260_000n + 1000n * 4n + 1000n * 2_097_152n + 5_000_000n + 40_000_000_000n;
  const PERFORM = `(call $call_new (i32.const 0) (i32.const 10) (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 0)
      (i32.const 0) (i32.const 0)) (call $call_perform)`;

  it.each([
    [2n * BOUND, 0, 0],
    [2n * BOUND - 1n, 0, 2],
    [BOUND - 1n, 2, 2]
  ])(
    'needs the cycles that `cost_call` names, also for its answer: with %s',
    async (balance, first, second) => {
      const wasm = await buildCanister(() => ({
        exports: {
          'canister_update go': `(local $first i32) (local $second i32)
          (local.set $first ${PERFORM}) (local.set $second ${PERFORM})
          (i32.store8 (i32.const 0) (local.get $first)) (i32.store8 (i32.const 1) (local.get $second))
          (call $cost_call (i64.const 4) (i64.const 0) (i32.const 8)) (call $reply (i32.const 0) (i32.const 24))`
        }
      }));
      const instance = new CanisterInstance(loadModule(wasm), new StableMemory());
      const input = executionInput('update');
      const result = instance.run(
        { ...input, canister: { ...input.canister, balance } },
        { kind: 'export', name: 'canister_update go' }
      );

      const response = result.kind === 'completed' ? result.effects.response : undefined;
      const reply = response?.kind === 'reply' ? response.data : new Uint8Array(24);
      expect([reply[0], reply[1]]).toEqual([first, second]);
      expect(new DataView(reply.buffer, reply.byteOffset).getBigUint64(8, true)).toBe(BOUND);
    }
  );
});
