import { Principal } from '@dfinity/principal';
import { CanisterFault, ERROR_CODE } from '../execution/canister-fault';
import { type CanisterSettings, type LogVisibility } from '../replica/canister';
import { type LogVisibilityWire, optional, type SettingsWire } from './management-wire';

const MAX_CONTROLLERS = 10;
const MAX_LOG_VIEWERS = 10;
const MAX_ENVIRONMENT_VARIABLES = 20;
const MAX_ENVIRONMENT_BYTES = 128;
const MAX_COMPUTE_PERCENT = 100n;
const MAX_WORD = 2n ** 64n - 1n;
const MAX_MEMORY_BYTES = 2n ** 48n;
const DEFAULT_FREEZING_SECONDS = 2_592_000n;
const DEFAULT_RESERVED_CYCLES = 5_000_000_000_000n;
const DEFAULT_WASM_MEMORY_BYTES = 3_221_225_472n;

/** Largest log, in bytes: reported, not settable. */
export const LOG_MEMORY_LIMIT_BYTES = 4096n;

export function defaultSettings(controller: Uint8Array): CanisterSettings {
  return {
    controllers: [controller],
    computeAllocationPercent: 0n,
    memoryAllocationBytes: 0n,
    freezingThresholdSeconds: DEFAULT_FREEZING_SECONDS,
    reservedCyclesLimit: DEFAULT_RESERVED_CYCLES,
    logVisibility: { kind: 'controllers' },
    wasmMemoryLimitBytes: DEFAULT_WASM_MEMORY_BYTES,
    wasmMemoryThresholdBytes: 0n,
    environment: []
  };
}

/** The settings after a change; what the change leaves out stays. @throws CanisterFault IC0504 or IC0408 */
export function changeSettings(current: CanisterSettings, wire: SettingsWire | undefined): CanisterSettings {
  if (!wire) return current;
  const controllers = optional(wire.controllers);
  const environment = optional(wire.environment_variables);
  const visibility = optional(wire.log_visibility);
  return {
    controllers: controllers ? readControllers(controllers) : current.controllers,
    computeAllocationPercent: bounded(wire.compute_allocation, current.computeAllocationPercent, {
      name: 'compute_allocation',
      max: MAX_COMPUTE_PERCENT
    }),
    memoryAllocationBytes: bounded(wire.memory_allocation, current.memoryAllocationBytes, {
      name: 'memory_allocation',
      max: MAX_MEMORY_BYTES
    }),
    freezingThresholdSeconds: bounded(wire.freezing_threshold, current.freezingThresholdSeconds, {
      name: 'freezing_threshold',
      max: MAX_WORD
    }),
    reservedCyclesLimit: optional(wire.reserved_cycles_limit) ?? current.reservedCyclesLimit,
    logVisibility: visibility ? readVisibility(visibility) : current.logVisibility,
    wasmMemoryLimitBytes: bounded(wire.wasm_memory_limit, current.wasmMemoryLimitBytes, {
      name: 'wasm_memory_limit',
      max: MAX_MEMORY_BYTES
    }),
    wasmMemoryThresholdBytes: bounded(wire.wasm_memory_threshold, current.wasmMemoryThresholdBytes, {
      name: 'wasm_memory_threshold',
      max: MAX_WORD
    }),
    environment: environment ? readEnvironment(environment) : current.environment
  };
}

export function visibilityToWire(visibility: LogVisibility): LogVisibilityWire {
  switch (visibility.kind) {
    case 'controllers':
      return { controllers: null };
    case 'public':
      return { public: null };
    case 'allowed_viewers':
      return { allowed_viewers: visibility.viewers.map((viewer) => Principal.fromUint8Array(viewer)) };
  }
}

function invalid(reason: string): CanisterFault {
  return new CanisterFault(ERROR_CODE.contractViolation, `Could not validate the settings: ${reason}`);
}

function tooMany(name: string, limit: number): CanisterFault {
  return new CanisterFault(
    ERROR_CODE.invalidManagementPayload,
    `Error decoding candid: ${name}: the number of elements exceeds maximum allowed ${limit}`
  );
}

function bounded(
  value: SettingsWire['compute_allocation'],
  current: bigint,
  { name, max }: { readonly name: string; readonly max: bigint }
): bigint {
  const wanted = optional(value);
  if (wanted === undefined) return current;
  if (wanted > max) throw invalid(`${name} expected to be in the range [0..${max}], got ${wanted}`);
  return wanted;
}

function distinct(principals: readonly Principal[]): Uint8Array[] {
  return [...new Map(principals.map((principal) => [principal.toText(), principal.toUint8Array()])).values()];
}

function readControllers(controllers: readonly Principal[]): Uint8Array[] {
  if (controllers.length > MAX_CONTROLLERS) throw tooMany('controllers', MAX_CONTROLLERS);
  return distinct(controllers);
}

function readVisibility(wire: LogVisibilityWire): LogVisibility {
  if ('controllers' in wire) return { kind: 'controllers' };
  if ('public' in wire) return { kind: 'public' };
  if (wire.allowed_viewers.length > MAX_LOG_VIEWERS) throw tooMany('allowed_viewers', MAX_LOG_VIEWERS);
  return { kind: 'allowed_viewers', viewers: distinct(wire.allowed_viewers) };
}

function readEnvironment(variables: readonly { name: string; value: string }[]): [string, string][] {
  if (variables.length > MAX_ENVIRONMENT_VARIABLES) {
    throw invalid(`Too many environment variables: ${variables.length} (max: ${MAX_ENVIRONMENT_VARIABLES})`);
  }
  const byName = new Map<string, string>();
  const encoder = new TextEncoder();
  for (const { name, value } of variables) {
    if (
      encoder.encode(name).length > MAX_ENVIRONMENT_BYTES ||
      encoder.encode(value).length > MAX_ENVIRONMENT_BYTES
    ) {
      throw invalid(`Environment variable name or value exceeds ${MAX_ENVIRONMENT_BYTES} bytes`);
    }
    if (byName.has(name)) throw invalid('Duplicate environment variables are not allowed');
    byName.set(name, value);
  }
  return [...byName];
}
