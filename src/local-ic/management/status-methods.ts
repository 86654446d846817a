import { Principal } from '@dfinity/principal';
import { CanisterFault, ERROR_CODE } from '../execution/canister-fault';
import { equalBytes } from '../protocol/byte-order';
import { type CanisterChange, type CanisterSettings, type ChangeDetails } from '../replica/canister';
import { memoryMetrics, type MemoryMetrics } from '../replica/canister-memory';
import { visibilityToWire } from './canister-settings';
import {
  assertController,
  controlledCanister,
  type ManagementCall,
  type ManagementHost,
  mayView
} from './management-host';
import { type Arguments, encodeResult, optional, toOptional } from './management-wire';

/** Methods that tell about canisters. */

export function canisterStatus(
  host: ManagementHost,
  call: ManagementCall,
  { canister_id: id }: Arguments['canister_status']
): Uint8Array {
  const canister = host.registry.get(id.toUint8Array());
  const isItself = equalBytes(call.caller, canister.id);
  if (!isItself && !mayView(canister, canister.settings.statusVisibility, call.caller)) {
    assertController(canister, call.caller);
  }
  return encodeResult('canister_status', {
    status: { [canister.status]: null },
    ready_for_migration: canister.status === 'stopped' && canister.openContextCount === 0,
    version: canister.version,
    settings: settingsToWire(canister.settings),
    module_hash: toOptional(canister.instance?.module.hash),
    controllers: canister.settings.controllers.map(toPrincipal),
    memory_size: canister.memoryBytes,
    memory_metrics: metricsToWire(memoryMetrics(canister)),
    cycles: canister.cycles,
    reserved_cycles: 0n,
    idle_cycles_burned_per_day: canister.idleCyclesBurnedPerDay,
    query_stats: {
      num_calls_total: 0n,
      num_instructions_total: 0n,
      request_payload_bytes_total: 0n,
      response_payload_bytes_total: 0n
    }
  });
}

export function canisterMetrics(
  host: ManagementHost,
  call: ManagementCall,
  { canister_id: id }: Arguments['canister_metrics']
): Uint8Array {
  const { consumedCycles } = controlledCanister(host, id.toUint8Array(), call.caller);
  return encodeResult('canister_metrics', { cycles_consumed: consumedCycles });
}

export function canisterMetadata(
  host: ManagementHost,
  call: ManagementCall,
  { canister_id: id, name }: Arguments['canister_metadata']
): Uint8Array {
  const canister = host.registry.get(id.toUint8Array());
  if (!canister.instance) {
    throw rejectedFault(`The canister ${id.toText()} has no Wasm module and hence no metadata is available.`);
  }
  const section = canister.instance.module.metadata.get(name);
  if (!section) {
    throw rejectedFault(`The canister ${id.toText()} has no metadata section with the name ${name}.`);
  }
  if (!section.isPublic) assertController(canister, call.caller);
  return encodeResult('canister_metadata', { value: section.content });
}

export function canisterInfo(
  host: ManagementHost,
  _call: ManagementCall,
  { canister_id: id, num_requested_changes: requested }: Arguments['canister_info']
): Uint8Array {
  const canister = host.registry.get(id.toUint8Array());
  const wanted = Number(optional(requested) ?? 0n);
  return encodeResult('canister_info', {
    total_num_changes: canister.changeCount,
    recent_changes: wanted === 0 ? [] : canister.changes.slice(-wanted).map(changeToWire),
    module_hash: toOptional(canister.instance?.module.hash),
    controllers: canister.settings.controllers.map(toPrincipal)
  });
}

export function fetchCanisterLogs(
  host: ManagementHost,
  call: ManagementCall,
  { canister_id: id }: Arguments['fetch_canister_logs']
): Uint8Array {
  const canister = host.registry.get(id.toUint8Array());
  if (!mayView(canister, canister.settings.logVisibility, call.caller)) {
    throw rejectedFault(
      `Caller ${Principal.fromUint8Array(call.caller).toText()} is not allowed to access canister logs`
    );
  }
  return encodeResult('fetch_canister_logs', {
    canister_log_records: canister.log.records().map(({ index, timestampNs, content }) => ({
      idx: index,
      timestamp_nanos: timestampNs,
      content
    }))
  });
}

function rejectedFault(message: string): CanisterFault {
  return new CanisterFault(ERROR_CODE.canisterRejected, message);
}

function toPrincipal(bytes: Uint8Array): Principal {
  return Principal.fromUint8Array(bytes);
}

function settingsToWire(settings: CanisterSettings): Record<string, unknown> {
  return {
    controllers: settings.controllers.map(toPrincipal),
    compute_allocation: settings.computeAllocationPercent,
    memory_allocation: settings.memoryAllocationBytes,
    freezing_threshold: settings.freezingThresholdSeconds,
    reserved_cycles_limit: settings.reservedCyclesLimit,
    minimum_incoming_canister_call_cycles: settings.minimumCallCycles,
    log_visibility: visibilityToWire(settings.logVisibility),
    snapshot_visibility: visibilityToWire(settings.snapshotVisibility),
    status_visibility: visibilityToWire(settings.statusVisibility),
    wasm_memory_limit: settings.wasmMemoryLimitBytes,
    wasm_memory_threshold: settings.wasmMemoryThresholdBytes,
    environment_variables: settings.environment.map(([name, value]) => ({ name, value })),
    log_memory_limit: settings.logMemoryLimitBytes
  };
}

function metricsToWire(metrics: MemoryMetrics): Record<string, bigint> {
  return {
    wasm_memory_size: BigInt(metrics.wasmMemory),
    stable_memory_size: BigInt(metrics.stableMemory),
    global_memory_size: BigInt(metrics.globals),
    wasm_binary_size: BigInt(metrics.wasmBinary),
    custom_sections_size: BigInt(metrics.customSections),
    canister_history_size: BigInt(metrics.history),
    wasm_chunk_store_size: BigInt(metrics.chunkStore),
    snapshots_size: BigInt(metrics.snapshots),
    log_memory_store_size: BigInt(metrics.log)
  };
}

function changeToWire({ timestampNs, version, origin, details }: CanisterChange): Record<string, unknown> {
  const principal = toPrincipal(origin.principal);
  return {
    timestamp_nanos: timestampNs,
    canister_version: version,
    origin: origin.isCanister
      ? { from_canister: { canister_id: principal, canister_version: toOptional(origin.canisterVersion) } }
      : { from_user: { user_id: principal } },
    details: detailsToWire(details)
  };
}

function detailsToWire(details: ChangeDetails): Record<string, unknown> {
  switch (details.kind) {
    case 'creation':
      return {
        creation: {
          controllers: details.controllers.map(toPrincipal),
          environment_variables_hash: toOptional(details.environmentHash)
        }
      };
    case 'code_uninstall':
      return { code_uninstall: null };
    case 'code_deployment':
      return { code_deployment: { mode: { [details.mode]: null }, module_hash: details.moduleHash } };
    case 'controllers_change':
      return { controllers_change: { controllers: details.controllers.map(toPrincipal) } };
    case 'load_snapshot':
      return {
        load_snapshot: {
          from_canister_id: toOptional(details.fromCanisterId && toPrincipal(details.fromCanisterId)),
          snapshot_id: details.snapshotId,
          canister_version: details.snapshotVersion,
          taken_at_timestamp: details.takenNs,
          source: { [details.source]: null }
        }
      };
  }
}
