import { Principal } from '@dfinity/principal';
import { bytesToHex } from '@noble/hashes/utils';
import { CanisterFault, ERROR_CODE } from '../execution/canister-fault';
import { CanisterInstance } from '../execution/canister-instance';
import { type CanisterModule, loadModule } from '../execution/canister-module';
import { executionCost, MANAGEMENT_INSTRUCTIONS } from '../execution/cycles-schedule';
import { pagedCopy, type PagedBytes, readPaged, readPages } from '../execution/paged-bytes';
import { StableMemory } from '../execution/stable-memory';
import { WASM_PAGE_BYTES } from '../execution/webassembly';
import { type Canister } from '../replica/canister';
import { type CanisterSnapshot, snapshotBytes } from '../replica/canister-snapshot';
import { isHookConditionMet } from '../replica/low-memory-hooks';
import {
  addSnapshot,
  assertRoomForSnapshot,
  findSnapshot,
  findSnapshotToReplace,
  payForSnapshot,
  snapshotReader
} from './canister-snapshots';
import { recordChange } from './creation-methods';
import {
  assertController,
  assertSenderVersion,
  controlledCanister,
  type ManagementCall,
  type ManagementHost
} from './management-host';
import { type Arguments, encodeResult, optional } from './management-wire';

/** Methods that take snapshots of canisters and bring them back. */

export function takeSnapshot(
  host: ManagementHost,
  call: ManagementCall,
  args: Arguments['take_canister_snapshot']
): Uint8Array {
  const canister = controlledCanister(host, args.canister_id.toUint8Array(), call.caller);
  assertSenderVersion(call, optional(args.sender_canister_version));
  const replaced = findSnapshotToReplace(host, canister, optional(args.replace_snapshot));
  if (!replaced) assertRoomForSnapshot(canister);
  const snapshot = copyOf(canister, host.timeNs());
  const uninstalls = optional(args.uninstall_code) ?? false;
  const size = snapshotBytes(snapshot);
  payForSnapshot(host, canister, {
    cycles: executionCost(MANAGEMENT_INSTRUCTIONS.snapshot + BigInt(size)),
    addedBytes: size - (replaced ? snapshotBytes(replaced) : 0) - (uninstalls ? size : 0)
  });
  const added = addSnapshot(canister, snapshot, replaced);
  if (uninstalls) {
    host.installer.uninstall(canister);
    recordChange(host, call, canister, { kind: 'code_uninstall' });
  }
  return encodeResult('take_canister_snapshot', toWire(added));
}

export function loadSnapshot(
  host: ManagementHost,
  call: ManagementCall,
  args: Arguments['load_canister_snapshot']
): Uint8Array {
  const canister = controlledCanister(host, args.canister_id.toUint8Array(), call.caller);
  assertSenderVersion(call, optional(args.sender_canister_version));
  const { snapshot, owner } = findSnapshot(host, canister, args.snapshot_id);
  if (owner !== canister) assertController(owner, call.caller);
  const instance = instantiate(canister, snapshot);
  const size = snapshotBytes(snapshot);
  const present = (canister.instance?.heapBytes ?? 0) + (canister.instance?.stable.byteLength ?? 0);
  payForSnapshot(host, canister, {
    cycles: executionCost(MANAGEMENT_INSTRUCTIONS.snapshot + BigInt(size)),
    addedBytes: snapshot.heap.byteLength + snapshot.stable.byteLength - present
  });
  putBack(canister, snapshot, instance);
  recordChange(host, call, canister, {
    kind: 'load_snapshot',
    fromCanisterId: owner === canister ? undefined : owner.id,
    snapshotId: snapshot.id,
    snapshotVersion: snapshot.canisterVersion,
    takenNs: snapshot.takenNs,
    source: snapshot.source
  });
  host.onCodeLoaded(canister);
  return encodeResult('load_canister_snapshot');
}

export function listSnapshots(
  host: ManagementHost,
  call: ManagementCall,
  { canister_id: id }: Arguments['list_canister_snapshots']
): Uint8Array {
  const canister = snapshotReader(host, id.toUint8Array(), call.caller);
  return encodeResult('list_canister_snapshots', [...canister.snapshots.values()].map(toWire));
}

export function deleteSnapshot(
  host: ManagementHost,
  call: ManagementCall,
  { canister_id: id, snapshot_id: snapshotId }: Arguments['delete_canister_snapshot']
): Uint8Array {
  const canister = controlledCanister(host, id.toUint8Array(), call.caller);
  const snapshot = findSnapshotToReplace(host, canister, snapshotId);
  if (snapshot) canister.snapshots.delete(bytesToHex(snapshot.id));
  return encodeResult('delete_canister_snapshot');
}

function toWire(snapshot: CanisterSnapshot): Record<string, unknown> {
  return {
    id: snapshot.id,
    taken_at_timestamp: snapshot.takenNs,
    total_size: BigInt(snapshotBytes(snapshot))
  };
}

function copyOf(canister: Canister, takenNs: bigint): Omit<CanisterSnapshot, 'id'> {
  const { instance } = canister;
  if (!instance) {
    const id = Principal.fromUint8Array(canister.id).toText();
    throw new CanisterFault(
      ERROR_CODE.canisterRejected,
      `Failed to create snapshot for empty canister ${id}:`
    );
  }
  const { stable } = instance;
  return {
    source: 'taken_from_canister',
    takenNs,
    canisterVersion: canister.version,
    wasmModule: pagedCopy(instance.module.uploadedBytes),
    globals: instance.copyGlobals(),
    heap: instance.copyHeap(),
    stable: readPages(stable.byteLength, (offset, target) => {
      stable.read(offset, target);
    }),
    chunks: new Map(canister.chunks),
    certifiedData: canister.certifiedData,
    globalTimerNs: canister.globalTimerNs,
    lowMemoryHook: canister.lowMemoryHook
  };
}

/** The snapshot as running code. @throws CanisterFault when its module or its memory is not valid. */
function instantiate(canister: Canister, snapshot: CanisterSnapshot): CanisterInstance {
  const module = loadModule(readPaged(snapshot.wasmModule, 0, snapshot.wasmModule.byteLength));
  if (snapshot.source === 'metadata_upload') assertConsistent(canister, snapshot, module);
  const { stable, heap, globals } = snapshot;
  const instance = new CanisterInstance(module, stableMemoryOf(stable));
  instance.loadSnapshot(heap, globals);
  return instance;
}

function stableMemoryOf({ byteLength, pages }: PagedBytes): StableMemory {
  const stable = new StableMemory();
  stable.grow(byteLength / WASM_PAGE_BYTES);
  for (const [index, page] of pages) stable.write(index * WASM_PAGE_BYTES, page);
  return stable;
}

function assertConsistent(
  { settings }: Canister,
  { globals, heap, lowMemoryHook }: CanisterSnapshot,
  { snapshotGlobals }: CanisterModule
): void {
  const code = ERROR_CODE.invalidManagementPayload;
  const matches =
    globals.length === snapshotGlobals.length &&
    globals.every(({ type }, index) => type === snapshotGlobals[index]?.type);
  if (!matches) {
    throw new CanisterFault(
      code,
      'Wasm exported globals of canister module and snapshot metadata do not match.'
    );
  }
  const isMet = isHookConditionMet(settings, heap.byteLength);
  if (lowMemoryHook !== undefined && isMet !== (lowMemoryHook !== 'condition_not_satisfied')) {
    throw new CanisterFault(
      code,
      `Hook status (${lowMemoryHook}) of uploaded snapshot is inconsistent with the canister's state (hook condition satisfied: ${isMet}).`
    );
  }
}

function putBack(canister: Canister, snapshot: CanisterSnapshot, instance: CanisterInstance): void {
  canister.instance = instance;
  canister.chunks.clear();
  for (const [hash, chunk] of snapshot.chunks) canister.chunks.set(hash, chunk);
  canister.certifiedData = snapshot.certifiedData;
  // A snapshot that was taken leaves timer and hook as they are, as on the Internet Computer.
  if (snapshot.source === 'metadata_upload') {
    canister.globalTimerNs = snapshot.globalTimerNs ?? canister.globalTimerNs;
    canister.lowMemoryHook = snapshot.lowMemoryHook ?? canister.lowMemoryHook;
  }
  canister.version += 1n;
}
