import { Principal } from '@dfinity/principal';
import { CanisterFault, ERROR_CODE } from '../execution/canister-fault';
import {
  type Canister,
  type CanisterChange,
  type CanisterSettings,
  type ChangeDetails
} from '../replica/canister';
import { LOG_MEMORY_LIMIT_BYTES, visibilityToWire } from './canister-settings';
import { assertController, type ManagementCall, type ManagementHost } from './management-host';
import { type Arguments, encodeResult, optional, toOptional } from './management-wire';

/** Methods that tell about canisters. */

export function canisterStatus(
  host: ManagementHost,
  call: ManagementCall,
  { canister_id: id }: Arguments['canister_status']
): Uint8Array {
  const canister = host.registry.get(id.toUint8Array());
  if (call.callingCanister !== canister) assertController(canister, call.caller);
  return encodeResult('canister_status', {
    status: { [canister.status]: null },
    ready_for_migration: canister.status === 'stopped' && canister.openContextCount === 0,
    version: canister.version,
    settings: settingsToWire(canister.settings),
    module_hash: toOptional(canister.instance?.module.hash),
    controllers: canister.settings.controllers.map(toPrincipal),
    memory_size: canister.memoryBytes,
    memory_metrics: memoryMetrics(canister),
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
  if (!mayReadLogs(canister, call.caller)) {
    throw new CanisterFault(
      ERROR_CODE.canisterRejected,
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

function mayReadLogs(canister: Canister, caller: Uint8Array): boolean {
  const { logVisibility } = canister.settings;
  if (logVisibility.kind === 'public' || canister.isController(caller)) return true;
  if (logVisibility.kind === 'controllers') return false;
  const callerText = toPrincipal(caller).toText();
  return logVisibility.viewers.some((viewer) => toPrincipal(viewer).toText() === callerText);
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
    log_visibility: visibilityToWire(settings.logVisibility),
    wasm_memory_limit: settings.wasmMemoryLimitBytes,
    wasm_memory_threshold: settings.wasmMemoryThresholdBytes,
    environment_variables: settings.environment.map(([name, value]) => ({ name, value })),
    log_memory_limit: LOG_MEMORY_LIMIT_BYTES
  };
}

function memoryMetrics(canister: Canister): Record<string, bigint> {
  const { instance } = canister;
  let chunkBytes = 0;
  for (const chunk of canister.chunks.values()) chunkBytes += chunk.length;
  let customBytes = 0;
  for (const { content } of instance?.module.metadata.values() ?? []) customBytes += content.length;
  return {
    wasm_memory_size: BigInt(instance?.heapBytes ?? 0),
    stable_memory_size: BigInt(instance?.stable.byteLength ?? 0),
    global_memory_size: BigInt((instance?.module.mutableGlobals.length ?? 0) * 8),
    wasm_binary_size: BigInt(instance?.module.uploadedBytes.length ?? 0),
    custom_sections_size: BigInt(customBytes),
    canister_history_size: BigInt(canister.changes.length),
    wasm_chunk_store_size: BigInt(chunkBytes),
    snapshots_size: 0n,
    log_memory_store_size: BigInt(canister.log.byteLength)
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
    details: [detailsToWire(details)]
  };
}

function detailsToWire(details: ChangeDetails): Record<string, unknown> {
  switch (details.kind) {
    case 'creation':
      return {
        creation: { controllers: details.controllers.map(toPrincipal), environment_variables_hash: [] }
      };
    case 'code_uninstall':
      return { code_uninstall: null };
    case 'code_deployment':
      return { code_deployment: { mode: { [details.mode]: null }, module_hash: details.moduleHash } };
    case 'controllers_change':
      return { controllers_change: { controllers: details.controllers.map(toPrincipal) } };
  }
}
