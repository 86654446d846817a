import { bytesToHex, hexToBytes } from '@noble/hashes/utils';
import { CanisterFault, ERROR_CODE } from '../execution/canister-fault';
import { hashModule } from '../execution/canister-module';
import { executionCost, instructionCost, MANAGEMENT_INSTRUCTIONS } from '../execution/cycles-schedule';
import { type PagedBytes, readPaged, writePaged, zeroBytes } from '../execution/paged-bytes';
import { type GlobalValue } from '../execution/snapshot-globals';
import { WASM_PAGE_BYTES } from '../execution/webassembly';
import { type CanisterSnapshot, type LowMemoryHookStatus, snapshotBytes } from '../replica/canister-snapshot';
import {
  addSnapshot,
  assertRoomForSnapshot,
  findOwnSnapshot,
  findSnapshotToReplace,
  payForSnapshot,
  snapshotReader
} from './canister-snapshots';
import { assertChunk, chunkStoreFault, MAX_CHUNK_BYTES } from './code-methods';
import { controlledCanister, type ManagementCall, type ManagementHost } from './management-host';
import {
  type Arguments,
  encodeResult,
  type GlobalWire,
  optional,
  type SnapshotDataWire,
  type SnapshotMetadataWire,
  type SnapshotPlaceWire,
  toOptional
} from './management-wire';

/** Methods that download and upload snapshots. */

const MAX_SLICE_BYTES = 2_000_000n;
const MAX_MODULE_BYTES = 100n * 1024n * 1024n;
const MAX_HEAP_BYTES = 4n * 1024n ** 3n;
const MAX_STABLE_BYTES = 500n * 1024n ** 3n;
const MAX_CERTIFIED_BYTES = 32;
const MAX_GLOBALS = 1000;

export function readSnapshotMetadata(
  host: ManagementHost,
  call: ManagementCall,
  args: Arguments['read_canister_snapshot_metadata']
): Uint8Array {
  const canister = snapshotReader(host, args.canister_id.toUint8Array(), call.caller);
  const snapshot = findOwnSnapshot(host, canister, args.snapshot_id);
  const { globalTimerNs, lowMemoryHook } = snapshot;
  return encodeResult('read_canister_snapshot_metadata', {
    source: { [snapshot.source]: null },
    taken_at_timestamp: snapshot.takenNs,
    wasm_module_size: BigInt(snapshot.wasmModule.byteLength),
    globals: snapshot.globals.map(({ type, value }) => ({ [type]: value })),
    wasm_memory_size: BigInt(snapshot.heap.byteLength),
    stable_memory_size: BigInt(snapshot.stable.byteLength),
    wasm_chunk_store: [...snapshot.chunks.keys()].map((hash) => ({ hash: hexToBytes(hash) })),
    canister_version: snapshot.canisterVersion,
    certified_data: snapshot.certifiedData,
    global_timer: toOptional(globalTimerNs).map((ns) => (ns === 0n ? { inactive: null } : { active: ns })),
    on_low_wasm_memory_hook_status: toOptional(lowMemoryHook).map((status) => ({ [status]: null }))
  });
}

export function readSnapshotData(
  host: ManagementHost,
  call: ManagementCall,
  args: Arguments['read_canister_snapshot_data']
): Uint8Array {
  const canister = snapshotReader(host, args.canister_id.toUint8Array(), call.caller);
  const snapshot = findOwnSnapshot(host, canister, args.snapshot_id);
  const chunk = readPart(snapshot, args.kind);
  payForSnapshot(host, canister, {
    cycles: instructionCost(MANAGEMENT_INSTRUCTIONS.snapshotData + BigInt(chunk.length)),
    addedBytes: 0
  });
  return encodeResult('read_canister_snapshot_data', { chunk });
}

export function uploadSnapshotMetadata(
  host: ManagementHost,
  call: ManagementCall,
  args: Arguments['upload_canister_snapshot_metadata']
): Uint8Array {
  const canister = controlledCanister(host, args.canister_id.toUint8Array(), call.caller);
  const content = emptySnapshot(args, { takenNs: host.timeNs(), canisterVersion: canister.version });
  const replaced = findSnapshotToReplace(host, canister, optional(args.replace_snapshot));
  if (!replaced) assertRoomForSnapshot(canister);
  const size = snapshotBytes(content);
  payForSnapshot(host, canister, {
    cycles: executionCost(MANAGEMENT_INSTRUCTIONS.snapshot + BigInt(size)),
    addedBytes: size - (replaced ? snapshotBytes(replaced) : 0)
  });
  const { id } = addSnapshot(canister, content, replaced);
  return encodeResult('upload_canister_snapshot_metadata', { snapshot_id: id });
}

export function uploadSnapshotData(
  host: ManagementHost,
  call: ManagementCall,
  args: Arguments['upload_canister_snapshot_data']
): Uint8Array {
  const canister = controlledCanister(host, args.canister_id.toUint8Array(), call.caller);
  const snapshot = findOwnSnapshot(host, canister, args.snapshot_id);
  if (snapshot.source !== 'metadata_upload') {
    throw new CanisterFault(
      ERROR_CODE.snapshotImmutable,
      'Only canister snapshots created by metadata upload can be mutated.'
    );
  }
  const changed = writePart(snapshot, args.kind, args.chunk);
  payForSnapshot(host, canister, {
    cycles: instructionCost(BigInt('wasm_chunk' in args.kind ? MAX_CHUNK_BYTES : args.chunk.length)),
    addedBytes: snapshotBytes(changed) - snapshotBytes(snapshot)
  });
  canister.snapshots.set(bytesToHex(snapshot.id), changed);
  return encodeResult('upload_canister_snapshot_data');
}

function readPart(snapshot: CanisterSnapshot, kind: SnapshotDataWire): Uint8Array {
  if ('wasm_module' in kind) return readSlice(snapshot.wasmModule, kind.wasm_module);
  if ('wasm_memory' in kind) return readSlice(snapshot.heap, kind.wasm_memory);
  if ('stable_memory' in kind) return readSlice(snapshot.stable, kind.stable_memory);
  const hash = bytesToHex(kind.wasm_chunk.hash);
  const chunk = snapshot.chunks.get(hash);
  if (!chunk) throw chunkStoreFault(`WasmChunkHash ${hash} not found.`);
  return chunk;
}

function readSlice(bytes: PagedBytes, { offset, size }: { offset: bigint; size: bigint }): Uint8Array {
  if (size > MAX_SLICE_BYTES) {
    throw invalidPayload(`Requested slice too large: ${size} > ${MAX_SLICE_BYTES}`);
  }
  assertWithin(bytes, offset, size);
  return readPaged(bytes, Number(offset), Number(size));
}

function writePart(snapshot: CanisterSnapshot, kind: SnapshotPlaceWire, chunk: Uint8Array): CanisterSnapshot {
  const written = (bytes: PagedBytes, { offset }: { readonly offset: bigint }): PagedBytes => {
    assertWithin(bytes, offset, BigInt(chunk.length));
    return writePaged(bytes, Number(offset), chunk);
  };
  if ('wasm_module' in kind)
    return { ...snapshot, wasmModule: written(snapshot.wasmModule, kind.wasm_module) };
  if ('wasm_memory' in kind) return { ...snapshot, heap: written(snapshot.heap, kind.wasm_memory) };
  if ('stable_memory' in kind) return { ...snapshot, stable: written(snapshot.stable, kind.stable_memory) };
  const hash = bytesToHex(hashModule(chunk));
  assertChunk(snapshot.chunks, hash, chunk);
  return { ...snapshot, chunks: new Map([...snapshot.chunks, [hash, chunk.slice()]]) };
}

function assertWithin({ byteLength }: PagedBytes, offset: bigint, size: bigint): void {
  if (offset + size <= BigInt(byteLength)) return;
  throw invalidPayload(
    `Invalid subslice into wasm module / main memory / stable memory: offset: ${offset}, size: ${size}`
  );
}

function emptySnapshot(
  args: SnapshotMetadataWire,
  at: Pick<CanisterSnapshot, 'takenNs' | 'canisterVersion'>
): Omit<CanisterSnapshot, 'id'> {
  assertSize('wasm module', args.wasm_module_size, { max: MAX_MODULE_BYTES, unit: 1n });
  assertSize('wasm memory', args.wasm_memory_size, { max: MAX_HEAP_BYTES, unit: BigInt(WASM_PAGE_BYTES) });
  assertSize('stable memory', args.stable_memory_size, {
    max: MAX_STABLE_BYTES,
    unit: BigInt(WASM_PAGE_BYTES)
  });
  if (args.certified_data.length > MAX_CERTIFIED_BYTES) throw invalidMetadata('certified data is too long');
  if (args.globals.length > MAX_GLOBALS) throw invalidMetadata('too many globals');
  const timer = optional(args.global_timer);
  const hook = optional(args.on_low_wasm_memory_hook_status);
  return {
    ...at,
    source: 'metadata_upload',
    wasmModule: zeroBytes(Number(args.wasm_module_size)),
    globals: args.globals.map(readGlobal),
    heap: zeroBytes(Number(args.wasm_memory_size)),
    stable: zeroBytes(Number(args.stable_memory_size)),
    chunks: new Map(),
    certifiedData: Uint8Array.from(args.certified_data),
    globalTimerNs: timer && ('active' in timer ? timer.active : 0n),
    lowMemoryHook: hook && readHook(hook)
  };
}

function assertSize(what: string, size: bigint, { max, unit }: { max: bigint; unit: bigint }): void {
  if (size > max) throw invalidMetadata(`${what} size ${size} exceeds ${max}`);
  if (size % unit !== 0n) throw invalidMetadata(`${what} size ${size} is not a multiple of ${unit}`);
}

function readGlobal(global: GlobalWire): GlobalValue {
  if ('i32' in global) return { type: 'i32', value: global.i32 };
  if ('i64' in global) return { type: 'i64', value: global.i64 };
  if ('f32' in global) return { type: 'f32', value: global.f32 };
  if ('f64' in global) return { type: 'f64', value: global.f64 };
  throw invalidMetadata('globals of vector type are not supported');
}

function readHook(hook: Readonly<Partial<Record<LowMemoryHookStatus, null>>>): LowMemoryHookStatus {
  if ('ready' in hook) return 'ready';
  return 'executed' in hook ? 'executed' : 'condition_not_satisfied';
}

function invalidPayload(message: string): CanisterFault {
  return new CanisterFault(ERROR_CODE.invalidManagementPayload, message);
}

function invalidMetadata(reason: string): CanisterFault {
  return invalidPayload(`Snapshot Metadata contains invalid data: ${reason}`);
}
