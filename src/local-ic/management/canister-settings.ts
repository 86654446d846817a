import { Principal } from '@dfinity/principal';
import { CanisterFault, type ErrorCode, ERROR_CODE } from '../execution/canister-fault';
import { freezingLimit } from '../execution/cycles-schedule';
import { compareBytes } from '../protocol/byte-order';
import { type CanisterSettings, type Visibility } from '../replica/canister';
import { optional, type Optional, type SettingsWire, type VisibilityWire } from './management-wire';

const MAX_CONTROLLERS = 10;
const MAX_VIEWERS = 10;
const MAX_ENVIRONMENT_VARIABLES = 20;
const MAX_ENVIRONMENT_BYTES = 128;
const MAX_COMPUTE_PERCENT = 100n;
const MAX_64 = 2n ** 64n - 1n;
const MAX_128 = 2n ** 128n - 1n;
const MAX_WASM_MEMORY_BYTES = 2n ** 48n;
const DEFAULT_FREEZING_SECONDS = 2_592_000n;
const DEFAULT_RESERVED_CYCLES = 5_000_000_000_000n;
/** What replicas give a new canister; the specification names 0, no limit, as the default. */
const DEFAULT_WASM_MEMORY_BYTES = 3_221_225_472n;
const DEFAULT_LOG_BYTES = 4096n;
const MAX_LOG_BYTES = 2n * 1024n * 1024n;
/** Compute allocation and memory that all canisters of a subnet may have together. */
const SUBNET_COMPUTE_PERCENT = 299n;
const SUBNET_MEMORY_BYTES = 2n * 1024n ** 4n;

export function defaultSettings(controller: Uint8Array): CanisterSettings {
  return {
    controllers: [controller],
    computeAllocationPercent: 0n,
    memoryAllocationBytes: 0n,
    freezingThresholdSeconds: DEFAULT_FREEZING_SECONDS,
    reservedCyclesLimit: DEFAULT_RESERVED_CYCLES,
    minimumCallCycles: 0n,
    logVisibility: { kind: 'controllers' },
    snapshotVisibility: { kind: 'controllers' },
    statusVisibility: { kind: 'controllers' },
    logMemoryLimitBytes: DEFAULT_LOG_BYTES,
    wasmMemoryLimitBytes: DEFAULT_WASM_MEMORY_BYTES,
    wasmMemoryThresholdBytes: 0n,
    environment: []
  };
}

/** The settings after a change; what the change leaves out stays. @throws CanisterFault IC0504, IC0406 or IC0408 */
export function changeSettings(current: CanisterSettings, wire: SettingsWire | undefined): CanisterSettings {
  if (!wire) return current;
  const controllers = optional(wire.controllers);
  const environment = optional(wire.environment_variables);
  return {
    controllers: controllers ? readControllers(controllers) : current.controllers,
    computeAllocationPercent: bounded(wire.compute_allocation, current.computeAllocationPercent, {
      name: 'ComputeAllocation',
      max: MAX_COMPUTE_PERCENT
    }),
    memoryAllocationBytes: bounded(wire.memory_allocation, current.memoryAllocationBytes, {
      name: 'MemoryAllocation',
      max: MAX_64
    }),
    freezingThresholdSeconds: bounded(wire.freezing_threshold, current.freezingThresholdSeconds, {
      name: 'Freezing threshold',
      max: MAX_64
    }),
    reservedCyclesLimit: bounded(wire.reserved_cycles_limit, current.reservedCyclesLimit, {
      name: 'Reserved cycles limit',
      max: MAX_128
    }),
    minimumCallCycles: bounded(wire.minimum_incoming_canister_call_cycles, current.minimumCallCycles, {
      name: 'Minimum incoming canister call cycles',
      max: MAX_128
    }),
    logVisibility: readVisibility(wire.log_visibility, current.logVisibility),
    snapshotVisibility: readVisibility(wire.snapshot_visibility, current.snapshotVisibility),
    statusVisibility: readVisibility(wire.status_visibility, current.statusVisibility),
    logMemoryLimitBytes: readLogLimit(wire.log_memory_limit, current.logMemoryLimitBytes),
    wasmMemoryLimitBytes: bounded(wire.wasm_memory_limit, current.wasmMemoryLimitBytes, {
      name: 'Wasm memory limit',
      max: MAX_WASM_MEMORY_BYTES
    }),
    wasmMemoryThresholdBytes: bounded(wire.wasm_memory_threshold, current.wasmMemoryThresholdBytes, {
      name: 'Wasm memory threshold',
      max: MAX_WASM_MEMORY_BYTES
    }),
    environment: environment ? readEnvironment(environment) : current.environment
  };
}

/** What is allocated to other canisters. */
export type SubnetUse = { readonly computePercent: bigint; readonly memoryBytes: bigint };

/**
 * Checks that the subnet has what the new settings allocate and that the canister can pay for it.
 *
 * @throws CanisterFault IC0101, IC0530 or IC0531
 */
export function assertAllocations(
  canister: { readonly settings: CanisterSettings; readonly cycles: bigint; readonly memoryBytes: bigint },
  wanted: CanisterSettings,
  others: SubnetUse
): void {
  assertSubnetHas(wanted, others);
  const { settings: current, cycles } = canister;
  const limit = freezingLimit(wanted, canister.memoryBytes);
  if (cycles >= limit) return;
  const { computeAllocationPercent: compute, memoryAllocationBytes: memory } = wanted;
  if (compute > current.computeAllocationPercent) {
    throw fault(
      ERROR_CODE.insufficientCyclesInComputeAllocation,
      `Cannot increase compute allocation to ${compute}% due to insufficient cycles. At least ${limit - cycles} additional cycles are required.`
    );
  }
  if (memory > current.memoryAllocationBytes) {
    throw fault(
      ERROR_CODE.insufficientCyclesInMemoryAllocation,
      `Cannot increase memory allocation to ${memory} due to insufficient cycles. At least ${limit - cycles} additional cycles are required.`
    );
  }
}

function assertSubnetHas(wanted: CanisterSettings, others: SubnetUse): void {
  const computeLeft = SUBNET_COMPUTE_PERCENT - others.computePercent;
  if (wanted.computeAllocationPercent > computeLeft) {
    throw fault(
      ERROR_CODE.subnetOversubscribed,
      `Canister requested a compute allocation of ${wanted.computeAllocationPercent}% which cannot be satisfied because the Subnet's remaining compute capacity is ${computeLeft}%.`
    );
  }
  const memoryLeft = SUBNET_MEMORY_BYTES - others.memoryBytes;
  if (wanted.memoryAllocationBytes > memoryLeft) {
    throw fault(
      ERROR_CODE.subnetOversubscribed,
      `Canister requested ${wanted.memoryAllocationBytes} bytes of memory but only ${memoryLeft} bytes are available in the subnet.`
    );
  }
}

export function visibilityToWire(visibility: Visibility): VisibilityWire {
  switch (visibility.kind) {
    case 'controllers':
      return { controllers: null };
    case 'public':
      return { public: null };
    case 'allowed_viewers':
      return { allowed_viewers: visibility.viewers.map((viewer) => Principal.fromUint8Array(viewer)) };
  }
}

function fault(code: ErrorCode, message: string): CanisterFault {
  return new CanisterFault(code, message);
}

function tooMany(name: string, limit: number): CanisterFault {
  return fault(
    ERROR_CODE.invalidManagementPayload,
    `Error decoding candid: ${name}: the number of elements exceeds maximum allowed ${limit}`
  );
}

function bounded(
  value: Optional<bigint>,
  current: bigint,
  { name, max }: { readonly name: string; readonly max: bigint }
): bigint {
  const wanted = optional(value);
  if (wanted === undefined) return current;
  if (wanted <= max) return wanted;
  throw fault(ERROR_CODE.contractViolation, `${name} expected to be in the range [0..${max}], got ${wanted}`);
}

function distinct(principals: readonly Principal[]): Uint8Array[] {
  return [...new Map(principals.map((principal) => [principal.toText(), principal.toUint8Array()])).values()];
}

function readControllers(controllers: readonly Principal[]): Uint8Array[] {
  if (controllers.length > MAX_CONTROLLERS) throw tooMany('controllers', MAX_CONTROLLERS);
  return distinct(controllers);
}

function readVisibility(value: Optional<VisibilityWire>, current: Visibility): Visibility {
  const wire = optional(value);
  if (!wire) return current;
  if ('controllers' in wire) return { kind: 'controllers' };
  if ('public' in wire) return { kind: 'public' };
  if (wire.allowed_viewers.length > MAX_VIEWERS) throw tooMany('allowed_viewers', MAX_VIEWERS);
  return { kind: 'allowed_viewers', viewers: distinct(wire.allowed_viewers) };
}

/** Zero turns the log off. */
function readLogLimit(value: Optional<bigint>, current: bigint): bigint {
  const bytes = optional(value);
  if (bytes === undefined || bytes === 0n) return bytes ?? current;
  const text = `The canister log memory limit ${bytes} is too`;
  if (bytes < DEFAULT_LOG_BYTES) {
    throw fault(ERROR_CODE.canisterRejected, `${text} low. It must be at least ${DEFAULT_LOG_BYTES}.`);
  }
  if (bytes > MAX_LOG_BYTES) {
    throw fault(ERROR_CODE.canisterRejected, `${text} high. It must be at most ${MAX_LOG_BYTES}.`);
  }
  return bytes;
}

function readEnvironment(variables: readonly { name: string; value: string }[]): [string, string][] {
  const byName = new Map(variables.map(({ name, value }) => [name, value]));
  const code = ERROR_CODE.invalidManagementPayload;
  if (byName.size < variables.length) throw fault(code, 'Duplicate environment variables are not allowed');
  if (byName.size > MAX_ENVIRONMENT_VARIABLES) {
    throw fault(code, `Too many environment variables: ${byName.size} (max: ${MAX_ENVIRONMENT_VARIABLES})`);
  }
  for (const [name, value] of byName) {
    const longest = `exceeds the maximum allowed length of ${MAX_ENVIRONMENT_BYTES}.`;
    if (utf8Length(name) > MAX_ENVIRONMENT_BYTES)
      throw fault(code, `Environment variable name "${name}" ${longest}`);
    if (utf8Length(value) > MAX_ENVIRONMENT_BYTES)
      throw fault(code, `Environment variable value "${value}" ${longest}`);
  }
  return [...byName].sort(([left], [right]) => compareBytes(utf8(left), utf8(right)));
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const utf8Length = (text: string): number => utf8(text).length;
