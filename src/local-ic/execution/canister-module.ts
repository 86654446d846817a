import { createHash } from 'node:crypto';
import { types } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { bytesToHex } from '@noble/hashes/utils';
import { type CanisterFault } from './canister-fault';
import { findSnapshotGlobals, type SnapshotGlobal } from './snapshot-globals';
import { invalidWasm } from './wasm-reader';
import { rewriteModule } from './wasm-rewriter';
import { VALUE_TYPE } from './wasm-declarations';
import { functionType, parseSections, type WasmSections } from './wasm-sections';
import { validateModule, type MetadataSection, type MethodKind } from './wasm-validation';
import { enableMemory64, wasm, type WasmModule } from './webassembly';

/** An installed module: compiled, with what the host knows of it. Immutable and shared by canisters. */
export type CanisterModule = {
  /** SHA-256 of the bytes as uploaded, compressed or not. */
  readonly hash: Uint8Array;
  readonly uploadedBytes: Uint8Array;
  readonly compiled: WasmModule;
  readonly methods: ReadonlyMap<string, MethodKind>;
  readonly metadata: ReadonlyMap<string, MetadataSection>;
  readonly mutableGlobals: readonly number[];
  readonly snapshotGlobals: readonly SnapshotGlobal[];
  readonly is64Bit: boolean;
  /** Whether a function, by its index in the module, takes one address and gives nothing, as callbacks do. */
  readonly isCallback: (functionIndex: number) => boolean;
};

const MAX_MODULE_BYTES = 100 * 1024 * 1024;
const CACHED_MODULES = 32;
const cache = new Map<string, CanisterModule>();

/**
 * Compiles an uploaded module, gzip or plain. The same bytes are compiled once.
 *
 * @throws IC0505 when the replica would not install it.
 */
export function loadModule(uploadedBytes: Uint8Array): CanisterModule {
  const hash = hashModule(uploadedBytes);
  const key = bytesToHex(hash);
  const known = cache.get(key);
  if (known) return known;
  const loaded = compileModule(uploadedBytes, hash);
  const oldest = cache.size >= CACHED_MODULES ? cache.keys().next().value : undefined;
  if (oldest !== undefined) cache.delete(oldest);
  cache.set(key, loaded);
  return loaded;
}

/** SHA-256 by the platform: on megabytes it is ten times as fast as one in JavaScript. */
export function hashModule(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest());
}

function compileModule(uploadedBytes: Uint8Array, hash: Uint8Array): CanisterModule {
  const original = decompress(uploadedBytes);
  const sections = parseSections(original);
  const { methods, metadata } = validateModule(sections);
  const { bytes, mutableGlobals } = rewriteModule(original, sections);
  const { is64Bit } = sections;
  if (is64Bit) enableMemory64();
  return {
    hash,
    uploadedBytes,
    compiled: compile(bytes),
    methods,
    metadata,
    mutableGlobals,
    snapshotGlobals: findSnapshotGlobals(sections),
    is64Bit,
    isCallback: callbackTest(sections)
  };
}

function callbackTest(sections: WasmSections): (functionIndex: number) => boolean {
  const address = sections.is64Bit ? VALUE_TYPE.i64 : VALUE_TYPE.i32;
  const { importedFunctions, functionTypeIndices } = sections;
  const count = importedFunctions.length + functionTypeIndices.length;
  const flags = Uint8Array.from({ length: count }, (_, index) => {
    const { params, results } = functionType(sections, index);
    return results.length === 0 && params.length === 1 && params[0] === address ? 1 : 0;
  });
  return (functionIndex) => flags[functionIndex] === 1;
}

function decompress(uploaded: Uint8Array): Uint8Array {
  const isGzip = uploaded[0] === 0x1f && uploaded[1] === 0x8b && uploaded[2] === 0x08;
  const bytes = isGzip ? gunzip(uploaded) : uploaded;
  if (bytes.length > MAX_MODULE_BYTES) throw moduleTooLarge(bytes.length);
  return bytes;
}

function gunzip(compressed: Uint8Array): Uint8Array {
  try {
    return gunzipSync(compressed, { maxOutputLength: MAX_MODULE_BYTES });
  } catch (cause) {
    const isTooLong = types.isNativeError(cause) && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE';
    if (isTooLong) throw moduleTooLarge(`more than ${MAX_MODULE_BYTES}`);
    throw invalidWasm(`failed to decode gzip: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

function moduleTooLarge(size: number | string): CanisterFault {
  return invalidWasm(`Wasm module size of ${size} exceeds the maximum allowed size of ${MAX_MODULE_BYTES}.`);
}

function compile(bytes: Uint8Array): WasmModule {
  try {
    return new wasm.Module(bytes);
  } catch (cause) {
    throw invalidWasm(
      `Wasmtime failed to validate wasm module: ${cause instanceof Error ? cause.message : String(cause)}`
    );
  }
}
