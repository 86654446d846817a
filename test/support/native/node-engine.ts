/** The native side of the doors in Node: the same code that is linked into canisters, with a memory of its own. */
import { linkStandalone } from '../../../scripts/link/link-native';
import { createNativeEngine } from '../../../src/canisters/runtime/native-operations';
import { type CryptoEngine } from '../../../src/core/crypto/engine';
import {
  type WasmFunction,
  type WasmMemory,
  WASM_PAGE_BYTES,
  wasm
} from '../../../src/local-ic/execution/webassembly';

export type NativeInNode = {
  readonly engine: CryptoEngine;
  /** Hands a buffer to the switchboard, as a canister does. */
  systemCall(buffer: Uint8Array): void;
  /** Buffers that the switchboard passed on as the system call `certified_data_set`. */
  readonly passedOn: Uint8Array[];
};

/** Links the native code, which takes seconds, and starts it. */
export async function startNativeInNode(): Promise<NativeInNode> {
  const passedOn: Uint8Array[] = [];
  const memoryBytes = (at: number, length: number): Uint8Array => new Uint8Array(memory.buffer, at, length);
  const { exports } = new wasm.Instance(new wasm.Module(await linkStandalone()), {
    system: {
      certified_data_set: (at: number, length: number) => {
        passedOn.push(memoryBytes(at, length).slice());
      }
    }
  });
  const memory = exports['memory'] as WasmMemory;
  const certifiedDataSet = exports['certified_data_set'] as WasmFunction;
  // A canister's heap lies behind the regions, so requests do too.
  const heap = memory.buffer.byteLength;
  const systemCall = (buffer: Uint8Array): void => {
    const missing = heap + buffer.length - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / WASM_PAGE_BYTES));
    memoryBytes(heap, buffer.length).set(buffer);
    certifiedDataSet(heap, buffer.length);
    buffer.set(memoryBytes(heap, buffer.length));
  };
  return { engine: createNativeEngine(systemCall), systemCall, passedOn };
}
