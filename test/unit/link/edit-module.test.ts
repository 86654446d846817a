/** Changes to sections, against what the engine says of the module. */
import {
  exportLargerTable,
  filterExports,
  initialPages,
  renameImport,
  setInitialPages,
  tableEntries
} from '../../../scripts/link/edit-module';
import { assemble } from '../../../scripts/link/native-modules';
import { type WasmFunction, wasm } from '../../../src/local-ic/execution/webassembly';

const MODULE = `(module
  (import "ic0" "first" (func (param i32)))
  (import "ic0" "second" (func $second (result i32)))
  (memory (export "memory") 2)
  (func (export "answer") (result i32) (i32.add (call $second) (i32.const 1)))
  (func (export "other")))`;
const SECOND = { module: 'ic0', name: 'second' };

describe('renameImport', () => {
  it('changes the name of one import, to a longer one too', async () => {
    const renamed = renameImport(await assemble(MODULE), SECOND, {
      module: 'switchboard',
      name: 'x'.repeat(200)
    });
    const { exports } = new wasm.Instance(new wasm.Module(renamed), {
      ic0: { first: () => undefined },
      switchboard: { ['x'.repeat(200)]: () => 41 }
    });
    expect((exports['answer'] as WasmFunction)()).toBe(42);
  });

  it('wants the import to be there, and to be a function', async () => {
    const module = await assemble(MODULE);
    expect(() => renameImport(module, { module: 'ic0', name: 'third' }, SECOND)).toThrow('ic0.third');
    expect(() => renameImport(module, { module: 'ic1', name: 'second' }, SECOND)).toThrow('ic1.second');
    const withMemory = await assemble('(module (import "ic0" "second" (memory 1)))');
    expect(() => renameImport(withMemory, SECOND, SECOND)).toThrow();
  });
});

describe('pages', () => {
  it('are read and set', async () => {
    const module = await assemble(MODULE);
    expect(initialPages(module)).toBe(2);
    const grown = setInitialPages(module, 300);
    expect(initialPages(grown)).toBe(300);
    const { exports } = new wasm.Instance(new wasm.Module(grown), {
      ic0: { first: () => undefined, second: () => 0 }
    });
    expect(exports['memory']).toMatchObject({ buffer: { byteLength: 300 * 65_536 } });
  });

  it.each([
    ['no memory', '(module)'],
    ['a maximum', '(module (memory 1 2))'],
    ['an imported memory', '(module (import "a" "b" (memory 1)))']
  ])('are not read of a module with %s', async (_, text) => {
    const module = await assemble(text);
    expect(() => initialPages(module)).toThrow();
  });
});

describe('the table', () => {
  it('is made larger and exported, and keeps its functions', async () => {
    const module = await assemble(`(module
      (table 2 2 funcref)
      (elem (i32.const 1) $answer)
      (func $answer (result i32) (i32.const 41))
      (func (export "through") (result i32) (call_indirect (result i32) (i32.const 1))))`);
    expect(tableEntries(module)).toBe(2);
    const larger = exportLargerTable(module, 300);
    expect(tableEntries(larger)).toBe(300);
    const { exports } = new wasm.Instance(new wasm.Module(larger), {});
    expect(exports['table']).toMatchObject({ length: 300 });
    expect((exports['through'] as WasmFunction)()).toBe(41);
  });

  it.each([
    ['no table', '(module)'],
    ['a table that may grow', '(module (table 2 3 funcref))'],
    ['a table without a maximum', '(module (table 2 funcref))'],
    ['a table of other references', '(module (table 2 2 externref))'],
    ['two tables', '(module (table 2 2 funcref) (table 2 2 funcref))']
  ])('is not read of a module with %s', async (_, text) => {
    const module = await assemble(text);
    expect(() => tableEntries(module)).toThrow();
  });
});

describe('filterExports', () => {
  it('keeps the wanted ones, which stay what they were', async () => {
    const filtered = filterExports(await assemble(MODULE), (name) => name === 'answer');
    const { exports } = new wasm.Instance(new wasm.Module(filtered), {
      ic0: { first: () => undefined, second: () => 1 }
    });
    expect(Object.keys(exports)).toEqual(['answer']);
    expect((exports['answer'] as WasmFunction)()).toBe(2);
  });
});
