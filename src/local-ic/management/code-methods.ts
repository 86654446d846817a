import { bytesToHex, concatBytes, hexToBytes } from '@noble/hashes/utils';
import { CanisterFault, ERROR_CODE } from '../execution/canister-fault';
import { hashModule } from '../execution/canister-module';
import { freezingLimit, instructionCost, MANAGEMENT_INSTRUCTIONS } from '../execution/cycles-schedule';
import { type Canister } from '../replica/canister';
import { type InstallMode } from '../replica/code-installer';
import { cannotPayForMemory } from '../replica/memory-limits';
import { recordChange } from './creation-methods';
import {
  assertSenderVersion,
  controlledCanister,
  type ManagementCall,
  type ManagementHost
} from './management-host';
import { type Arguments, encodeResult, type InstallModeWire, optional } from './management-wire';

/** Methods that put code into canisters and take it out. */

/** Largest chunk, and what the canister pays storage for whatever the chunk's size. */
export const MAX_CHUNK_BYTES = 1024 * 1024;
/** Of a chunk store, and of a module. */
const MAX_CHUNKS = 100;

export function installCode(
  host: ManagementHost,
  call: ManagementCall,
  args: Arguments['install_code']
): Uint8Array {
  const canister = controlledCanister(host, args.canister_id.toUint8Array(), call.caller);
  assertSenderVersion(call, optional(args.sender_canister_version));
  install(host, call, {
    canister,
    mode: args.mode,
    wasmModule: args.wasm_module,
    arg: args.arg
  });
  return encodeResult('install_code');
}

export function installChunkedCode(
  host: ManagementHost,
  call: ManagementCall,
  args: Arguments['install_chunked_code']
): Uint8Array {
  const canister = controlledCanister(host, args.target_canister.toUint8Array(), call.caller);
  assertSenderVersion(call, optional(args.sender_canister_version));
  const storeId = optional(args.store_canister);
  const store = storeId ? controlledStore(host, call, storeId.toUint8Array()) : canister;
  if (args.chunk_hashes_list.length > MAX_CHUNKS) {
    throw chunkStoreFault(`A Wasm module of ${args.chunk_hashes_list.length} chunks is too large`);
  }
  const parts = args.chunk_hashes_list.map(({ hash }) => storedChunk(store, hash));
  const wasmModule = concatBytes(...parts);
  const expectedHash = bytesToHex(args.wasm_module_hash);
  const actualHash = bytesToHex(hashModule(wasmModule));
  if (actualHash !== expectedHash) {
    throw chunkStoreFault(`Wasm module hash ${actualHash} does not match given hash ${expectedHash}`);
  }
  install(host, call, { canister, mode: args.mode, wasmModule, arg: args.arg });
  return encodeResult('install_chunked_code');
}

export function uninstallCode(
  host: ManagementHost,
  call: ManagementCall,
  { canister_id: id, sender_canister_version: version }: Arguments['uninstall_code']
): Uint8Array {
  const canister = controlledCanister(host, id.toUint8Array(), call.caller);
  assertSenderVersion(call, optional(version));
  host.installer.uninstall(canister);
  recordChange(host, call, canister, { kind: 'code_uninstall' });
  return encodeResult('uninstall_code');
}

export function uploadChunk(
  host: ManagementHost,
  call: ManagementCall,
  { canister_id: id, chunk }: Arguments['upload_chunk']
): Uint8Array {
  const canister = controlledStore(host, call, id.toUint8Array());
  const content = chunk.slice();
  const hash = hashModule(content);
  const key = bytesToHex(hash);
  assertChunk(canister.chunks, key, content);
  if (!canister.chunks.has(key)) payForChunk(host, canister);
  canister.chunks.set(key, content);
  return encodeResult('upload_chunk', { hash });
}

/** @throws CanisterFault IC0504 when the chunk is too large or the store is full; a chunk is stored once. */
export function assertChunk(chunks: ReadonlyMap<string, Uint8Array>, hash: string, chunk: Uint8Array): void {
  if (chunk.length > MAX_CHUNK_BYTES) {
    throw chunkStoreFault(
      `Wasm chunk size ${chunk.length} exceeds the maximum chunk size of ${MAX_CHUNK_BYTES}`
    );
  }
  if (!chunks.has(hash) && chunks.size >= MAX_CHUNKS) {
    throw chunkStoreFault(
      `Wasm chunk store has already reached maximum capacity of ${MAX_CHUNKS * MAX_CHUNK_BYTES} bytes`
    );
  }
}

/** @throws CanisterFault IC0504 when the canister would be frozen. */
function payForChunk(host: ManagementHost, canister: Canister): void {
  const cycles = instructionCost(MANAGEMENT_INSTRUCTIONS.uploadChunk);
  const limit = freezingLimit(canister.settings, canister.memoryBytes + BigInt(MAX_CHUNK_BYTES));
  const missing = limit + cycles - canister.cycles;
  if (missing > 0n) {
    throw cannotPayForMemory(MAX_CHUNK_BYTES, missing);
  }
  host.ledger.charge(canister, cycles, 'instructions');
}

export function clearChunkStore(
  host: ManagementHost,
  call: ManagementCall,
  { canister_id: id }: Arguments['clear_chunk_store']
): Uint8Array {
  controlledStore(host, call, id.toUint8Array()).chunks.clear();
  return encodeResult('clear_chunk_store');
}

export function storedChunks(
  host: ManagementHost,
  call: ManagementCall,
  { canister_id: id }: Arguments['stored_chunks']
): Uint8Array {
  const { chunks } = controlledStore(host, call, id.toUint8Array());
  return encodeResult(
    'stored_chunks',
    [...chunks.keys()].map((key) => ({ hash: hexToBytes(key) }))
  );
}

function install(
  host: ManagementHost,
  call: ManagementCall,
  request: { canister: Canister; mode: InstallModeWire; wasmModule: Uint8Array; arg: Uint8Array }
): void {
  const { canister, wasmModule, arg } = request;
  const mode = readMode(request.mode);
  host.installer.install(canister, { mode, wasmModule, arg, sender: call.caller });
  recordChange(host, call, canister, {
    kind: 'code_deployment',
    mode: mode.kind,
    moduleHash: hashModule(wasmModule)
  });
}

function readMode(wire: InstallModeWire): InstallMode {
  if ('install' in wire) return { kind: 'install' };
  if ('reinstall' in wire) return { kind: 'reinstall' };
  const options = optional(wire.upgrade);
  const persistence = options && optional(options.wasm_memory_persistence);
  return {
    kind: 'upgrade',
    skipPreUpgrade: (options && optional(options.skip_pre_upgrade)) ?? false,
    heap: persistence && ('keep' in persistence ? 'keep' : 'replace')
  };
}

/** A canister may use its own chunk store, its controllers too. */
function controlledStore(host: ManagementHost, call: ManagementCall, id: Uint8Array): Canister {
  const canister = host.registry.get(id);
  return call.callingCanister === canister ? canister : controlledCanister(host, id, call.caller);
}

function storedChunk(store: Canister, hash: Uint8Array): Uint8Array {
  const chunk = store.chunks.get(bytesToHex(hash));
  if (!chunk) throw chunkStoreFault(`Chunk hash ${bytesToHex(hash)} was not found`);
  return chunk;
}

export function chunkStoreFault(reason: string): CanisterFault {
  return new CanisterFault(ERROR_CODE.contractViolation, `Error from Wasm chunk store: ${reason}.`);
}
