/** A relocated module does in its region what the original does in a memory of its own, and nothing outside of it. */
import fc from 'fast-check';
import { PAGE_BYTES, relocate } from '../../../scripts/link/relocate';
import { assemble } from '../../../scripts/link/native-modules';
import { type WasmFunction, type WasmMemory, wasm } from '../../../src/local-ic/execution/webassembly';

const LOADS = ['8_s', '8_u', '16_s', '16_u', ''].flatMap((size) => [`i32.load${size}`, `i64.load${size}`]);
const LONG_LOADS = ['i64.load32_s', 'i64.load32_u', 'f32.load', 'f64.load'];
const STORES = [
  'i32.store',
  'i32.store8',
  'i32.store16',
  'i64.store',
  'i64.store8',
  'i64.store16',
  'i64.store32'
];
const FLOAT_STORES = ['f32.store', 'f64.store'];

const typeOf = (instruction: string): string => instruction.slice(0, 3);
/** With and without an immediate offset of its own. */
const OFFSETS = [0, 7, 300];

/** A module with every access as an export of its own. */
const EVERY_ACCESS = `(module
  (memory (export "memory") 1)
  ${[...LOADS, ...LONG_LOADS]
    .flatMap((load) => OFFSETS.map((offset) => accessor(load, offset, `(result ${typeOf(load)})`)))
    .join('\n')}
  ${[...STORES, ...FLOAT_STORES]
    .flatMap((store) => OFFSETS.map((offset) => accessor(store, offset, `(param ${typeOf(store)})`)))
    .join('\n')}
  (func (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
  (func (export "fill") (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
  (func (export "size") (result i32) (memory.size))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (data (i32.const 40) "a string with \\"i32.load offset=1\\" and (memory 0) in it")
  (data (i32.const 2000) "\\00\\01\\ff"))`;

function accessor(instruction: string, offset: number, type: string): string {
  const value = type.startsWith('(param') ? '(local.get 1)' : '';
  return `(func (export "${instruction} ${offset}") (param i32) ${type}
    (${instruction} offset=${offset} (local.get 0) ${value}))`;
}

const BASE_PAGE = 3;
const TOTAL_PAGES = 6;
const BASE = BASE_PAGE * PAGE_BYTES;

type Started = { readonly memory: WasmMemory; run(name: string, ...args: (number | bigint)[]): unknown };

function start(module: Uint8Array, shared?: WasmMemory): Started {
  const instance = new wasm.Instance(new wasm.Module(module), shared ? { canister: { memory: shared } } : {});
  const memory = shared ?? (instance.exports['memory'] as WasmMemory);
  return { memory, run: (name, ...args) => (instance.exports[name] as WasmFunction)(...args) };
}

async function startBoth(): Promise<{ original: Started; moved: Started }> {
  const module = await assemble(EVERY_ACCESS);
  const holder = await assemble(`(module (memory (export "memory") ${TOTAL_PAGES}))`);
  const { wasm: moved, entryCount } = await relocate(module, { base: BASE, pages: 1, firstEntry: 0 });
  expect(entryCount).toBe(0);
  return { original: start(module), moved: start(moved, start(holder).memory) };
}

const region = ({ memory }: Started): Uint8Array => new Uint8Array(memory.buffer, BASE, PAGE_BYTES);
const whole = ({ memory }: Started): Uint8Array => new Uint8Array(memory.buffer);

const address = fc.nat(PAGE_BYTES - 400);
const call = fc.oneof(
  fc
    .tuple(fc.constantFrom(...LOADS, ...LONG_LOADS), fc.constantFrom(...OFFSETS), address)
    .map(([name, offset, at]) => ({
      name: `${name} ${offset}`,
      args: [at]
    })),
  fc
    .tuple(fc.constantFrom(...STORES), fc.constantFrom(...OFFSETS), address, fc.nat())
    .map(([name, offset, at, value]) => ({
      name: `${name} ${offset}`,
      args: [at, typeOf(name) === 'i64' ? BigInt(value) * 0x1_0001_0001n : value]
    })),
  fc
    .tuple(fc.constantFrom(...FLOAT_STORES), fc.constantFrom(...OFFSETS), address, fc.double())
    .map(([name, offset, at, value]) => ({ name: `${name} ${offset}`, args: [at, value] })),
  fc.tuple(address, address, fc.nat(400)).map((args) => ({ name: 'copy', args })),
  fc.tuple(address, fc.nat(255), fc.nat(400)).map((args) => ({ name: 'fill', args }))
);

describe('a relocated module', () => {
  it('computes and stores as the original, inside of its region', async () => {
    const { original, moved } = await startBoth();
    fc.assert(
      fc.property(fc.array(call, { maxLength: 40 }), (calls) => {
        for (const { name, args } of calls)
          expect(moved.run(name, ...args)).toEqual(original.run(name, ...args));
        expect(Buffer.from(region(moved)).equals(Buffer.from(whole(original)))).toBe(true);
      }),
      { numRuns: 300 }
    );
    const outside = Buffer.concat([whole(moved).subarray(0, BASE), whole(moved).subarray(BASE + PAGE_BYTES)]);
    expect(outside.some((byte) => byte !== 0)).toBe(false);
  });

  it('begins with its data', async () => {
    const { original, moved } = await startBoth();
    expect(Buffer.from(region(moved)).equals(Buffer.from(whole(original)))).toBe(true);
    expect(whole(moved).subarray(BASE + 40, BASE + 48)).toEqual(Uint8Array.from(Buffer.from('a string')));
  });

  it('sees a memory of its own size that does not grow', async () => {
    const { moved } = await startBoth();
    expect(moved.run('size')).toBe(1);
    expect(moved.run('grow', 1)).toBe(-1);
    expect(moved.memory.buffer.byteLength).toBe(TOTAL_PAGES * PAGE_BYTES);
  });
});

describe('a relocated module with a table of functions', () => {
  /** `through` calls the entry that its argument names. */
  const CALLER = `(module
    (type $answer (func (result i32)))
    (memory 1)
    (table (export "table") 4 funcref)
    (elem (i32.const 1) $one $two $takes)
    (func $one (type $answer) (i32.const 1))
    (func $two (type $answer) (i32.load (i32.const 8)))
    (func $takes (param i32))
    (data (i32.const 8) "\\02\\00\\00\\00")
    (func (export "through") (param i32) (result i32) (call_indirect (type $answer) (local.get 0))))`;
  /** What stands around the module's entries answers otherwise. */
  const HOLDER = `(module
    (memory (export "memory") ${TOTAL_PAGES})
    (table (export "table") 20 20 funcref)
    (elem (i32.const 0) $other $other $other $other $other $other $other)
    (elem (i32.const 11) $other $other)
    (func $other (result i32) (i32.const 99)))`;

  const startAmongOthers = async (): Promise<Started> => {
    const { wasm: moved, entryCount } = await relocate(await assemble(CALLER), {
      base: BASE,
      pages: 1,
      firstEntry: 7
    });
    expect(entryCount).toBe(4);
    const holder = new wasm.Instance(new wasm.Module(await assemble(HOLDER)), {}).exports;
    const instance = new wasm.Instance(new wasm.Module(moved), { canister: holder });
    expect(Object.keys(instance.exports)).toEqual(['through']);
    return {
      memory: holder['memory'] as WasmMemory,
      run: (name, ...args) => (instance.exports[name] as WasmFunction)(...args)
    };
  };

  it('calls its own functions by the numbers it knows them by', async () => {
    const moved = await startAmongOthers();
    const original = start(await assemble(CALLER.replace('(memory 1)', '(memory (export "memory") 1)')));
    for (const entry of [1, 2]) {
      expect(moved.run('through', entry)).toBe(entry);
      expect(original.run('through', entry)).toBe(entry);
    }
  });

  it('traps at an entry that is empty or of another type', async () => {
    const moved = await startAmongOthers();
    for (const entry of [0, 3]) expect(() => moved.run('through', entry)).toThrow();
  });
});

describe('what cannot be relocated', () => {
  const refused = async (module: string): Promise<void> => {
    await expect(relocate(await assemble(module), { base: BASE, pages: 1, firstEntry: 5 })).rejects.toThrow();
  };

  it('is refused', async () => {
    await refused(
      '(module (memory 1) (data "passive") (func (memory.init 0 (i32.const 0) (i32.const 0) (i32.const 1))))'
    );
    await refused('(module (memory 1) (data $d "passive") (func (data.drop $d)))');
    await refused('(module (memory 1) (func (result v128) (v128.load (i32.const 0))))');
    await refused('(module (import "a" "b" (global i32)) (memory 1) (data (global.get 0) "where?"))');
    await refused('(module (memory 1) (table 1 funcref) (table 1 funcref))');
    await refused('(module (import "a" "b" (table 1 funcref)) (memory 1))');
    await refused('(module (memory 1) (table 1 funcref) (func $f) (elem func $f))');
    await refused('(module (memory 1) (table 1 funcref) (func (result i32) (table.size)))');
    await refused('(module (memory 1) (func $f) (elem declare func $f) (func (drop (ref.func $f))))');
  });
});
