/** Changes to sections, against what the engine says of the module. */
import {
  filterExports,
  initialPages,
  renameImport,
  setInitialPages
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
