import { CanisterFault } from '../../../../src/local-ic/execution/canister-fault';
import {
  HOST_EXPORT,
  rewriteModule,
  type RewrittenModule
} from '../../../../src/local-ic/execution/wasm-rewriter';
import { parseSections } from '../../../../src/local-ic/execution/wasm-sections';
import { wasm, type WasmGlobal } from '../../../../src/local-ic/execution/webassembly';
import { assemble } from '../../../fixtures/local-ic/wat-canister';

const BUDGET = 1_000_000n;

type Instance = { readonly exports: Record<string, unknown>; readonly gas: WasmGlobal };

async function instantiate(source: string): Promise<Instance> {
  const { bytes } = rewrite(await assemble(source));
  const { exports } = new wasm.Instance(new wasm.Module(bytes), {});
  const gas = exports[HOST_EXPORT.gas] as WasmGlobal;
  gas.value = BUDGET;
  return { exports, gas };
}

function rewrite(module: Uint8Array): RewrittenModule {
  return rewriteModule(module, parseSections(module));
}

async function costOf(body: string, ...args: number[]): Promise<bigint> {
  const { exports, gas } = await instantiate(
    `(module (memory 1) (data $d "abcd") (global $g (mut i32) (i32.const 0))
       (func $callee) (func (export "run") (param i32) (result i32) (local i32) ${body}))`
  );
  (exports['run'] as (...args: number[]) => number)(...args);
  return BUDGET - BigInt(gas.value);
}

describe('metering', () => {
  // Each sum is 1 for the function and the replica's weights of the operators that run.
  it.each<[name: string, body: string, argument: number, cost: bigint]>([
    ['a constant', '(i32.const 1)', 0, 2n],
    ['an addition', '(i32.add (i32.const 1) (i32.const 2))', 0, 4n],
    ['a division', '(i32.div_u (i32.const 6) (i32.const 2))', 0, 13n],
    ['a global', '(global.set $g (i32.const 1)) (global.get $g)', 0, 6n],
    ['a call', '(call $callee) (i32.const 1)', 0, 1n + 5n + 1n + 1n],
    [
      'the branch of an if that is taken',
      '(if (result i32) (local.get 0) (then (i32.const 1)) (else (i32.div_u (i32.const 1) (i32.const 1))))',
      1,
      1n + 1n + 2n + 1n
    ],
    [
      'the branch of an else that is taken',
      '(if (result i32) (local.get 0) (then (i32.const 1)) (else (i32.div_u (i32.const 1) (i32.const 1))))',
      0,
      1n + 1n + 2n + 12n
    ],
    ['code after a block nothing leaves', '(block (drop (i32.const 1))) (i32.const 1)', 0, 1n + 2n + 1n],
    [
      'no code that a branch skips',
      '(block (br_if 0 (local.get 0)) (drop (i32.div_u (i32.const 1) (i32.const 1)))) (i32.const 1)',
      1,
      1n + 1n + 2n + 1n
    ],
    [
      'code that a branch does not skip',
      '(block (br_if 0 (local.get 0)) (drop (i32.div_u (i32.const 1) (i32.const 1)))) (i32.const 1)',
      0,
      1n + 1n + 2n + 13n + 1n
    ],
    [
      'each turn of a loop',
      '(loop $l (local.set 1 (i32.add (local.get 1) (i32.const 1))) (br_if $l (i32.lt_u (local.get 1) (local.get 0)))) (local.get 1)',
      10,
      1n + 10n * (4n + 5n) + 1n
    ],
    [
      'the arm of a table that is chosen',
      '(block $b (block $a (br_table $a $b (local.get 0))) (drop (i32.div_u (i32.const 1) (i32.const 1)))) (i32.const 1)',
      1,
      1n + 3n + 1n
    ],
    [
      'a return',
      '(if (local.get 0) (then (return (i32.const 7)))) (i32.div_u (i32.const 1) (i32.const 1))',
      1,
      1n + 3n + 2n
    ],
    [
      'bytes filled',
      '(memory.fill (i32.const 0) (i32.const 1) (i32.const 500)) (i32.const 1)',
      0,
      1n + 3n + 100n + 500n + 1n
    ],
    [
      'bytes copied',
      '(memory.copy (i32.const 0) (i32.const 8) (local.get 0)) (i32.const 1)',
      32,
      1n + 3n + 100n + 32n + 1n
    ],
    [
      'bytes of passive data',
      '(memory.init $d (i32.const 0) (i32.const 0) (i32.const 4)) (i32.const 1)',
      0,
      1n + 3n + 100n + 4n + 1n
    ],
    ['growing memory', '(memory.grow (i32.const 1))', 0, 1n + 1n + 300n],
    ['a float division', '(i32.trunc_f64_s (f64.div (f64.const 6) (f64.const 2)))', 0, 1n + 2n + 5n + 20n],
    [
      'vector operators',
      '(i8x16.extract_lane_u 0 (i64x2.mul (v128.const i64x2 1 2) (v128.const i64x2 1 2)))',
      0,
      1n + 2n + 4n + 1n
    ]
  ])('counts %s', async (_name, body, argument, cost) => {
    expect(await costOf(body, argument)).toBe(cost);
  });

  it('stops an endless loop', async () => {
    const { exports, gas } = await instantiate('(module (func (export "run") (loop $l (br $l))))');

    expect(exports['run']).toThrow(wasm.RuntimeError);
    expect(BigInt(gas.value)).toBeLessThan(0n);
  });

  it('stops endless recursion without a branch', async () => {
    const { exports, gas } = await instantiate(
      '(module (func $f (export "run") (param i32) (if (local.get 0) (then (call $f (i32.sub (local.get 0) (i32.const 1))) (call $f (i32.sub (local.get 0) (i32.const 1)))))))'
    );

    expect(() => (exports['run'] as (depth: number) => void)(60)).toThrow(wasm.RuntimeError);
    expect(BigInt(gas.value)).toBeLessThan(0n);
  });

  it('stops a loop that only fills memory', async () => {
    const { exports } = await instantiate(
      '(module (memory 1) (func (export "run") (loop $l (memory.fill (i32.const 0) (i32.const 1) (i32.const 65536)) (br $l))))'
    );

    expect(exports['run']).toThrow(wasm.RuntimeError);
  });
});

describe('rewriteModule', () => {
  it('exports memory, table, mutable globals and the start function without running it', async () => {
    const { exports } = await instantiate(`(module (memory 1) (table 1 funcref)
      (global (mut i32) (i32.const 5)) (global i32 (i32.const 6)) (global (mut f64) (f64.const 7))
      (func $start (i32.store (i32.const 0) (i32.const 1))) (start $start))`);

    const memory = exports[HOST_EXPORT.memory] as { buffer: ArrayBuffer };
    expect((exports[HOST_EXPORT.global(0)] as WasmGlobal).value).toBe(5);
    expect(exports[HOST_EXPORT.global(1)]).toBeUndefined();
    expect((exports[HOST_EXPORT.global(2)] as WasmGlobal).value).toBe(7);
    expect(exports[HOST_EXPORT.table]).toHaveLength(1);
    expect(new Uint8Array(memory.buffer)[0]).toBe(0);
    (exports[HOST_EXPORT.start] as () => void)();
    expect(new Uint8Array(memory.buffer)[0]).toBe(1);
  });

  it.each([
    ['table.set', '(table.set 0 (i32.const 0) (ref.null func))'],
    ['table.grow', '(drop (table.grow 0 (ref.null func) (i32.const 1)))'],
    ['table.fill', '(table.fill 0 (i32.const 0) (ref.null func) (i32.const 1))'],
    ['data.drop', '(data.drop $d)']
  ])('tells that what %s did must not outlast the execution, when it ran', async (_name, body) => {
    const { exports } = await instantiate(`(module (memory 1) (table 1 funcref) (data $d "a")
      (func (export "run") (param i32) (if (local.get 0) (then ${body}))))`);
    const transient = exports[HOST_EXPORT.transient] as WasmGlobal;
    const run = exports['run'] as (isTaken: number) => void;

    run(0);
    expect(transient.value).toBe(0n);
    run(1);
    expect(transient.value).toBe(1n);
  });

  it('refuses every truncation of a module with a fault of its own', async () => {
    const whole = await assemble(
      '(module (memory 1) (func (export "f") (param i32) (result i32) (if (result i32) (local.get 0) (then (i32.const 1)) (else (i32.const 2)))))'
    );

    const outcomes = Array.from({ length: whole.length - 1 }, (_, index) =>
      compileCode(whole.slice(0, index + 1))
    );

    // Cut between two sections a module may be whole again; never may parsing fail in another way.
    expect(new Set(outcomes)).toEqual(new Set(['IC0505', 'compiled', 'engine']));
  });

  it('refuses operators the network does not have', async () => {
    const whole = await assemble('(module (func (export "f") nop))');
    const withThrow = whole.map((byte, index) => (byte === 0x01 && whole[index + 1] === 0x0b ? 0x08 : byte));

    expect(compileCode(withThrow)).toBe('IC0505');
  });
});

/** How rewriting and compiling a module ends. */
function compileCode(module: Uint8Array): string {
  try {
    new wasm.Module(rewrite(module).bytes);
    return 'compiled';
  } catch (error) {
    if (error instanceof CanisterFault) return error.code;
    if (error instanceof wasm.CompileError) return 'engine';
    throw error;
  }
}
