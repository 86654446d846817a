import { gzipSync } from 'node:zlib';
import { CanisterFault } from '../../../../src/local-ic/execution/canister-fault';
import { loadModule } from '../../../../src/local-ic/execution/canister-module';
import { assemble, assembleWithProposals } from '../../../fixtures/local-ic/wat-canister';

const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

/** How loading a module ends: `loaded`, or the text of its refusal. */
function load(module: Uint8Array): string {
  try {
    loadModule(module);
    return 'loaded';
  } catch (error) {
    if (error instanceof CanisterFault && error.code === 'IC0505') {
      return error.message.replace("Canister's Wasm module is not valid: ", '');
    }
    throw error;
  }
}

const times = (count: number, text: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => text(index)).join(' ');

const methods = (count: number): string =>
  `(module (func $f) ${times(count, (index) => `(export "canister_query ${index}" (func $f))`)})`;

const named = (bytes: number): string =>
  `(module (func $f) (export "canister_update ${'a'.repeat(10_000)}" (func $f))
     (export "canister_query ${'b'.repeat(bytes - 10_000)}" (func $f)))`;

function leb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)];
}

function section(id: number, payload: readonly number[]): number[] {
  return [id, ...leb(payload.length), ...payload];
}

const customSection = (name: string, contentBytes = 0): number[] =>
  section(0, [
    ...leb(name.length),
    ...new TextEncoder().encode(name),
    ...Array.from({ length: contentBytes }, () => 0)
  ]);

const withSections = (...sections: readonly number[][]): Uint8Array =>
  Uint8Array.from([...HEADER, ...sections.flat()]);

describe('the tables of a module', () => {
  it('are one at most, as the store is where the replica makes the instance', async () => {
    expect(load(await assemble('(module (table 1 funcref))'))).toBe('loaded');
    const two = await assembleWithProposals('(module (table 1 funcref) (table 1 funcref))');
    expect(() => load(two)).toThrow(
      expect.objectContaining({
        code: 'IC0521',
        message: expect.stringContaining('table count too high at 2') as string
      }) as Error
    );
  });
});

describe('the limits of modules', () => {
  it.each<[name: string, most: string, tooMuch: string, text: string]>([
    [
      'functions',
      `(module ${times(50_000, () => '(func)')})`,
      `(module ${times(50_001, () => '(func)')})`,
      'Wasm module defined 50001 functions which exceeds the maximum number allowed 50000.'
    ],
    [
      'globals',
      `(module ${times(1000, () => '(global i32 (i32.const 0))')})`,
      `(module ${times(1001, () => '(global i32 (i32.const 0))')})`,
      'Wasm module defined 1001 globals which exceeds the maximum number allowed 1000.'
    ],
    [
      'methods',
      methods(1000),
      methods(1001),
      'The number of exported functions called `canister_update <name>`, `canister_query <name>`, or `canister_composite_query <name>` is 1001 which exceeds 1000.'
    ],
    [
      'the names of methods',
      named(20_000),
      named(20_001),
      'The sum of `<name>` lengths in exported functions called `canister_update <name>`, `canister_query <name>`, or `canister_composite_query <name>` is 20001 which exceeds the allowed limit of 20000.'
    ],
    [
      'the operators of a function',
      `(module (func ${times(999_999, () => 'nop')}))`,
      `(module (func ${times(1_000_000, () => 'nop')}))`,
      'Wasm module contains a function at index 0 with complexity 1000001 which exceeds the maximum complexity allowed 1000000.'
    ],
    [
      'the complexity of a function',
      `(module (func) (func ${times(19_999, () => '(call 0)')}))`,
      `(module (func) (func ${times(20_000, () => '(call 0)')}))`,
      'Wasm module contains a function at index 1 with complexity 1000001 which exceeds the maximum complexity allowed 1000000.'
    ]
  ])('are those of the network: %s', async (_name, most, tooMuch, text) => {
    expect(load(await assemble(most))).toBe('loaded');
    expect(load(await assemble(tooMuch))).toBe(text);
  });

  it('hold for metadata: 16 sections, 1 MiB of names and contents', () => {
    const MIB = 1024 * 1024;
    const sections = (count: number): number[][] =>
      Array.from({ length: count }, (_, index) => customSection(`icp:public s${index}`));

    expect(load(withSections(...sections(16)))).toBe('loaded');
    expect(load(withSections(...sections(17)))).toBe(
      'Wasm module defined 17 custom sections which exceeds the maximum number allowed 16.'
    );
    expect(load(withSections(customSection('icp:private ab', MIB - 2)))).toBe('loaded');
    expect(load(withSections(customSection('icp:private ab', MIB - 1)))).toBe(
      `Wasm module has an invalid custom section. Invalid custom sections: total size of the custom sections exceeds the maximum allowed: size ${MIB + 1} bytes, allowed ${MIB} bytes`
    );
  });

  it('hold for the code section: 10 MiB', () => {
    const TEN_MIB = 10 * 1024 * 1024;
    const code = new Uint8Array(TEN_MIB + 1);

    const start = Uint8Array.from([...HEADER, 10, ...leb(code.length)]);

    expect(load(Buffer.concat([start, code]))).toBe(
      `Wasm module code section size of ${TEN_MIB + 1} exceeds the maximum allowed size of ${TEN_MIB}.`
    );
  });

  it('hold for a whole module: 100 MiB, also of one that is compressed', () => {
    const tooLarge = Buffer.concat([Uint8Array.from(HEADER), Buffer.alloc(100 * 1024 * 1024)]);

    expect(load(tooLarge)).toBe(
      'Wasm module size of 104857608 exceeds the maximum allowed size of 104857600.'
    );
    expect(load(gzipSync(tooLarge, { level: 1 }))).toContain(
      'exceeds the maximum allowed size of 104857600.'
    );
  });
});

describe('metadata', () => {
  it.each([
    [
      'the same name twice, once public and once private',
      [customSection('icp:public a'), customSection('icp:private a')],
      'Wasm module has an invalid custom section. Invalid custom section: name a already exists'
    ],
    [
      'no scope',
      [customSection('icp:protected a')],
      "Wasm module has an invalid custom section. Invalid custom section: Custom section 'icp:protected a' has no public/private scope defined."
    ],
    [
      'a scope and no name',
      [customSection('icp:public')],
      "Wasm module has an invalid custom section. 'icp:' section names must have a space after the public/private scope"
    ]
  ])('is refused with %s', (_name, sections, text) => {
    expect(load(withSections(...sections))).toBe(text);
  });

  it('may have an empty name, or one with spaces', () => {
    const module = withSections(customSection('icp:public '), customSection('icp:private  a b'));

    expect([...loadModule(module).metadata]).toEqual([
      ['', { isPublic: true, content: new Uint8Array(0) }],
      [' a b', { isPublic: false, content: new Uint8Array(0) }]
    ]);
  });
});

describe('imports and exports', () => {
  it.each([
    [
      'an unknown function',
      '(import "ic0" "nothing" (func))',
      "Wasm module has an invalid import section. Module imports function 'nothing' from 'ic0' that is not exported by the runtime."
    ],
    [
      'a known function of another module',
      '(import "env" "time" (func (result i64)))',
      'Wasm module has an invalid import section. Module imports function "time" from "env", expected to be imported from one of ["ic0"] instead.'
    ],
    [
      'a function of another type',
      '(import "ic0" "time" (func (result i32)))',
      "Wasm module has an invalid function signature. Function 'time' is imported with an unexpected signature."
    ],
    [
      'an imported global',
      '(import "ic0" "g" (global i32))',
      'Wasm module has an invalid import section. Importing globals is not allowed.'
    ],
    [
      'a reserved export',
      '(func (export "canister_foo"))',
      `Wasm module has an invalid export section. Exporting reserved function 'canister_foo' with "canister_" prefix`
    ],
    [
      'an export of the name of the instruction counter',
      '(func (export "canister counter_instructions"))',
      'Wasm module has an invalid export section. Exporting reserved symbol canister counter_instructions not allowed.'
    ],
    [
      'a method that is exported twice',
      '(func $f) (export "canister_query a" (func $f)) (export "canister_composite_query a" (func $f))',
      "Duplicate function 'a' exported multiple times with different call types: update, query, or composite_query."
    ],
    [
      'a start function with a parameter',
      '(func $f (param i32)) (start $f)',
      'Wasmtime failed to validate wasm module: invalid start function type'
    ]
  ])('are refused: %s', async (_name, fields, text) => {
    expect(load(await assemble(`(module ${fields})`))).toBe(text);
  });

  it('may give a method the name of a hook', async () => {
    const module = await assemble(
      '(module (func $f) (export "canister_init" (func $f)) (export "canister_update canister_init" (func $f)))'
    );

    expect([...loadModule(module).methods]).toEqual([['canister_init', 'update']]);
  });
});

describe('features of Wasm', () => {
  it.each([
    ['shared memory', '(memory 1 1 shared)', 'threads must be enabled for shared memories'],
    ['atomics', '(memory 1) (func (drop (i32.atomic.load (i32.const 0))))', 'disabled opcode 0xfe'],
    ['exceptions', '(tag) (func (throw 0))', 'malformed section id: 13'],
    [
      'extended constant expressions',
      '(global i32 (i32.add (i32.const 1) (i32.const 2)))',
      'constant expression required'
    ],
    ['several memories', '(memory 1) (memory 1)', 'failed with multiple memories'],
    ['globals of references', '(global funcref (ref.null func))', 'Unsupported global type'],
    [
      'data at an offset that is no constant',
      '(memory 1) (global $g i32 (i32.const 0)) (data (offset (global.get $g)) "a")',
      'constant expression required'
    ]
  ])('that the network lacks are refused: %s', async (_name, fields, text) => {
    expect(load(await assembleWithProposals(`(module ${fields})`))).toContain(text);
  });

  it.each([
    ['tail calls', '(func $f return_call $f)'],
    ['vectors', '(func (drop (i64x2.add (v128.const i64x2 1 2) (v128.const i64x2 1 2))))'],
    ['floats', '(func (drop (f64.sqrt (f64.const 2))))'],
    ['several results', '(func (result i32 i32) (i32.const 1) (i32.const 2))'],
    ['sign extension', '(func (drop (i32.extend8_s (i32.const 1))))'],
    ['saturating conversion', '(func (drop (i32.trunc_sat_f64_s (f64.const 1))))']
  ])('that the network has are taken: %s', async (_name, fields) => {
    expect(load(await assembleWithProposals(`(module ${fields})`))).toBe('loaded');
  });
});

describe('sections', () => {
  it('must be in order', () => {
    const memory = section(5, [1, 0, 1]);
    const types = section(1, [0]);

    expect(load(withSections(types, memory))).toBe('loaded');
    expect(load(withSections(memory, types))).toContain('section out of order');
    expect(load(withSections(types, types))).toContain('section out of order');
  });
});
