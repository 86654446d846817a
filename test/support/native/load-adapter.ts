/** Adapters of `src/canisters/native` in Node, beside the library they drive and over its memory, as in a linked canister. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import loadWabt from 'wabt';
import {
  type WasmExport,
  type WasmImports,
  type WasmMemory,
  wasm
} from '../../../src/local-ic/execution/webassembly';

const NATIVE_FOLDER = join(__dirname, '../../../src/canisters/native');

export type AdapterSource = {
  /** `src/canisters/native/<adapter>.wat`. */
  readonly adapter: string;
  /** Module name under which the adapter imports the library. */
  readonly name: string;
  /** The library's Wasm. */
  readonly library: Uint8Array;
  /** What the library imports. */
  readonly imports?: WasmImports;
  /** The library's memory, for a library that imports one rather than exporting its own. */
  readonly memory?: WasmMemory;
  /** Name of the memory among the library's exports, where it is not `memory`. */
  readonly memoryExport?: string;
};

export type LoadedAdapter = {
  readonly memory: WasmMemory;
  /** Value of an exported global. */
  constant(name: string): number;
  /** Status of an operation over `payload`, which is laid at `input`. */
  call(operation: string, payload?: Uint8Array, argument?: number): number;
  /** The first `size` bytes at `output`, copied. */
  output(size: number): Uint8Array;
  /** `size` bytes at `output` when the operation answers 1, `undefined` when it answers 0. @throws on other statuses. */
  compute(operation: string, payload: Uint8Array, value: ComputedValue): Uint8Array | undefined;
};

export type ComputedValue = { readonly size: number; readonly argument?: number };

/** The Wasm of `src/canisters/native/<name>.wat`. */
export async function assembleNative(name: string): Promise<Uint8Array> {
  const file = `${name}.wat`;
  const wabt = await loadWabt();
  const module = wabt.parseWat(file, readFileSync(join(NATIVE_FOLDER, file), 'utf8'));
  try {
    return new Uint8Array(module.toBinary({}).buffer);
  } finally {
    module.destroy();
  }
}

export type WasmExports = Readonly<Record<string, WasmExport>>;

/** The exports of a module of `src/canisters/native` that imports nothing. */
export const instantiateNative = async (name: string): Promise<WasmExports> =>
  instantiate(await assembleNative(name), {});

/** The library, and the adapter over it. */
export async function loadAdapter(source: AdapterSource): Promise<LoadedAdapter> {
  const library = instantiate(source.library, source.imports ?? {});
  const memory = source.memory ?? memoryOf(library, source.memoryExport ?? 'memory');
  const adapter = instantiate(await assembleNative(source.adapter), {
    [source.name]: { ...library, memory }
  });
  return drive(adapter, memory);
}

function drive(adapter: WasmExports, memory: WasmMemory): LoadedAdapter {
  const constant = (name: string): number => globalOf(adapter, name);
  const [input, inputSize, output] = [constant('input'), constant('input_size'), constant('output')];
  const call = (operation: string, payload: Uint8Array = new Uint8Array(0), argument = 0): number => {
    if (payload.length > inputSize) throw new Error(`${operation}: ${payload.length} bytes of ${inputSize}`);
    new Uint8Array(memory.buffer).set(payload, input);
    return Number(functionOf(adapter, operation)(payload.length, argument));
  };
  const readOutput = (size: number): Uint8Array => new Uint8Array(memory.buffer).slice(output, output + size);
  const compute = (operation: string, payload: Uint8Array, value: ComputedValue): Uint8Array | undefined => {
    const status = call(operation, payload, value.argument);
    if (status !== 0 && status !== 1) throw new Error(`${operation}: status ${status}`);
    return status === 1 ? readOutput(value.size) : undefined;
  };
  return { memory, constant, call, output: readOutput, compute };
}

const instantiate = (bytes: Uint8Array, imports: WasmImports): WasmExports =>
  new wasm.Instance(new wasm.Module(bytes), imports).exports;

function memoryOf(exports: WasmExports, name: string): WasmMemory {
  const found = exports[name];
  if (typeof found !== 'object' || !('buffer' in found)) throw new Error(`no memory is exported as ${name}`);
  return found;
}

function globalOf(exports: WasmExports, name: string): number {
  const found = exports[name];
  if (typeof found !== 'object' || !('value' in found)) throw new Error(`no global is exported as ${name}`);
  return Number(found.value);
}

function functionOf(exports: WasmExports, name: string): (...args: readonly number[]) => unknown {
  const found = exports[name];
  if (typeof found !== 'function') throw new Error(`no function is exported as ${name}`);
  return found;
}
