import { setFlagsFromString } from 'node:v8';

/** The part of the WebAssembly JavaScript interface used here: Node has it, the `ES2023` library types lack it. */

export type WasmModule = { readonly __brand: 'WasmModule' };

export type WasmMemory = { readonly buffer: ArrayBuffer; grow(deltaPages: number | bigint): number };

export type WasmTable = {
  readonly length: number;
  get(index: number): unknown;
  set(index: number, value: unknown): void;
};

export type WasmGlobal = { value: number | bigint };

export type WasmFunction = (...args: readonly (number | bigint)[]) => unknown;

export type WasmExport = WasmFunction | WasmMemory | WasmTable | WasmGlobal;

export type WasmImports = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

type Namespace = {
  readonly Module: new (bytes: Uint8Array) => WasmModule;
  readonly Instance: new (
    module: WasmModule,
    imports: WasmImports
  ) => { readonly exports: Readonly<Record<string, WasmExport>> };
  readonly RuntimeError: new (message?: string) => Error;
  readonly CompileError: new (message?: string) => Error;
};

declare const WebAssembly: Namespace;

export const wasm: Namespace = WebAssembly;

export const WASM_PAGE_BYTES = 65_536;

let isMemory64Enabled = false;

/** Lets modules with 64-bit memory be compiled: in Node 20 and 22 the engine has them, behind a flag. */
export function enableMemory64(): void {
  if (!isMemory64Enabled) setFlagsFromString('--experimental-wasm-memory64');
  isMemory64Enabled = true;
}

/** Grows a memory. Engines differ in whether pages of a 64-bit memory are counted in bigints. */
export function growMemory(memory: WasmMemory, deltaPages: number): void {
  try {
    memory.grow(deltaPages);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    memory.grow(BigInt(deltaPages));
  }
}
