import { type PagedBytes } from '../execution/paged-bytes';
import { type GlobalValue } from '../execution/snapshot-globals';

/** State of the `canister_on_low_wasm_memory` hook. */
export type LowMemoryHookStatus = 'condition_not_satisfied' | 'ready' | 'executed';

/** A canister's code and state at one time: plain values. One being uploaded is replaced chunk by chunk. */
export type CanisterSnapshot = {
  /** 8 bytes big endian, a number of the canister's own, then the canister's id. */
  readonly id: Uint8Array;
  readonly source: 'taken_from_canister' | 'metadata_upload';
  readonly takenNs: bigint;
  /** Version of the canister when it was taken. */
  readonly canisterVersion: bigint;
  readonly wasmModule: PagedBytes;
  /** Mutable or exported globals of the module, in the module's order. */
  readonly globals: readonly GlobalValue[];
  readonly heap: PagedBytes;
  readonly stable: PagedBytes;
  /** Chunk store, by hash in hex. */
  readonly chunks: ReadonlyMap<string, Uint8Array>;
  readonly certifiedData: Uint8Array;
  /** Zero when the timer is off; undefined when an upload does not say. */
  readonly globalTimerNs: bigint | undefined;
  /** Undefined when an upload does not say. */
  readonly lowMemoryHook: LowMemoryHookStatus | undefined;
};

const CHUNK_BYTES = 1024 * 1024;
const GLOBAL_BYTES = 8;
const LOCAL_ID_BYTES = 8;

/** Id of a canister's snapshot by its number among all the canister ever had. */
export function snapshotIdOf(canisterId: Uint8Array, number: bigint): Uint8Array {
  const id = new Uint8Array(LOCAL_ID_BYTES + canisterId.length);
  new DataView(id.buffer).setBigUint64(0, number);
  id.set(canisterId, LOCAL_ID_BYTES);
  return id;
}

/** The canister whose snapshot has this id, which may be none. */
export function snapshotOwner(id: Uint8Array): Uint8Array {
  return id.subarray(LOCAL_ID_BYTES);
}

/** Bytes the canister pays storage for: chunks count as full ones, as in the chunk store. */
export function snapshotBytes(snapshot: Omit<CanisterSnapshot, 'id'>): number {
  const { wasmModule, globals, heap, stable, chunks, certifiedData } = snapshot;
  return (
    wasmModule.byteLength +
    globals.length * GLOBAL_BYTES +
    heap.byteLength +
    stable.byteLength +
    chunks.size * CHUNK_BYTES +
    certifiedData.length
  );
}
