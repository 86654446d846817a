import { type CanisterInstance } from '../execution/canister-instance';
import { type CanisterLog } from './canister-log';
import { type CanisterSnapshot, snapshotBytes } from './canister-snapshot';

/** The parts of a canister that occupy memory. */
type Occupant = {
  readonly instance: CanisterInstance | undefined;
  readonly changes: readonly { readonly details: object }[];
  readonly chunks: ReadonlyMap<string, Uint8Array>;
  readonly snapshots: ReadonlyMap<string, CanisterSnapshot>;
  readonly log: CanisterLog;
};

/** What a canister occupies, in bytes; chunks count as full ones. */
export type MemoryMetrics = {
  readonly wasmMemory: number;
  readonly stableMemory: number;
  readonly globals: number;
  readonly wasmBinary: number;
  readonly customSections: number;
  readonly history: number;
  readonly chunkStore: number;
  readonly snapshots: number;
  readonly log: number;
};

const CHUNK_BYTES = 1024 * 1024;
const GLOBAL_BYTES = 8;
/** A change in the replica's memory, and each principal that it names. */
const CHANGE_BYTES = 144;
const PRINCIPAL_BYTES = 30;

export function memoryMetrics(canister: Occupant): MemoryMetrics {
  const { history, chunkStore, snapshots, log } = otherMetrics(canister);
  return { ...codeMetrics(canister.instance), history, chunkStore, snapshots, log };
}

/** What code and its memory occupy. */
export function codeBytes(instance: CanisterInstance | undefined): bigint {
  return total(codeMetrics(instance));
}

/** What a canister occupies besides its code; does not look at the code. */
export function otherBytes(canister: Omit<Occupant, 'instance'>): bigint {
  return total(otherMetrics(canister));
}

function total(metrics: Readonly<Record<string, number>>): bigint {
  return BigInt(Object.values(metrics).reduce((sum, bytes) => sum + bytes, 0));
}

type CodeMetrics = Pick<
  MemoryMetrics,
  'wasmMemory' | 'stableMemory' | 'globals' | 'wasmBinary' | 'customSections'
>;

function codeMetrics(instance: CanisterInstance | undefined): CodeMetrics {
  let customSections = 0;
  for (const [name, { content }] of instance?.module.metadata ?? []) {
    customSections += name.length + content.length;
  }
  return {
    wasmMemory: instance?.heapBytes ?? 0,
    stableMemory: instance?.stable.byteLength ?? 0,
    globals: (instance?.module.snapshotGlobals.length ?? 0) * GLOBAL_BYTES,
    wasmBinary: instance?.module.uploadedBytes.length ?? 0,
    customSections
  };
}

function otherMetrics(canister: Omit<Occupant, 'instance'>): Omit<MemoryMetrics, keyof CodeMetrics> {
  let snapshots = 0;
  for (const snapshot of canister.snapshots.values()) snapshots += snapshotBytes(snapshot);
  return {
    history: canister.changes.reduce((sum, change) => sum + changeBytes(change), 0),
    chunkStore: canister.chunks.size * CHUNK_BYTES,
    snapshots,
    log: canister.log.byteLength
  };
}

function changeBytes({ details }: { readonly details: object }): number {
  const named =
    'controllers' in details && Array.isArray(details.controllers) ? details.controllers.length : 0;
  return CHANGE_BYTES + named * PRINCIPAL_BYTES;
}
