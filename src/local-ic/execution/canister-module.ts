import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { bytesToHex } from '@noble/hashes/utils';
import { invalidWasm } from './wasm-reader';
import { rewriteModule } from './wasm-rewriter';
import { validateModule, type MetadataSection, type MethodKind } from './wasm-validation';
import { wasm, type WasmModule } from './webassembly';

/** An installed module: compiled, with what the host knows of it. Immutable and shared by canisters. */
export type CanisterModule = {
  /** SHA-256 of the bytes as uploaded, compressed or not. */
  readonly hash: Uint8Array;
  readonly uploadedBytes: Uint8Array;
  readonly compiled: WasmModule;
  readonly methods: ReadonlyMap<string, MethodKind>;
  readonly metadata: ReadonlyMap<string, MetadataSection>;
  readonly mutableGlobals: readonly number[];
  readonly changesTables: boolean;
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
  const { bytes, sections, mutableGlobals, changesTables } = rewriteModule(decompress(uploadedBytes));
  const { methods, metadata } = validateModule(sections);
  return {
    hash,
    uploadedBytes,
    compiled: compile(bytes),
    methods,
    metadata,
    mutableGlobals,
    changesTables
  };
}

function decompress(uploaded: Uint8Array): Uint8Array {
  const isGzip = uploaded[0] === 0x1f && uploaded[1] === 0x8b && uploaded[2] === 0x08;
  if (!isGzip) return uploaded;
  try {
    return gunzipSync(uploaded, { maxOutputLength: MAX_MODULE_BYTES });
  } catch (cause) {
    throw invalidWasm(`failed to decode gzip: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

function compile(bytes: Uint8Array): WasmModule {
  try {
    return new wasm.Module(bytes);
  } catch (cause) {
    throw invalidWasm(cause instanceof Error ? cause.message : String(cause));
  }
}
