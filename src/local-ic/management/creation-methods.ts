import { Principal } from '@dfinity/principal';
import { CanisterFault, ERROR_CODE } from '../execution/canister-fault';
import { CYCLES } from '../execution/cycles-schedule';
import { hashOfMap } from '../protocol/request-id';
import {
  type Canister,
  type CanisterChange,
  type CanisterSettings,
  type ChangeDetails
} from '../replica/canister';
import { assertAllocations, changeSettings, defaultSettings, type SubnetUse } from './canister-settings';
import {
  assertSenderVersion,
  controlledCanister,
  type ManagementCall,
  type ManagementHost
} from './management-host';
import { type Arguments, encodeResult, optional, type SettingsWire } from './management-wire';

/** Methods that create a canister, change its settings or give it cycles. */

const MAX_CYCLES = 2n ** 128n - 1n;

export function createCanister(
  host: ManagementHost,
  call: ManagementCall,
  { settings, sender_canister_version: version }: Arguments['create_canister']
): Uint8Array {
  assertSenderVersion(call, optional(version));
  if (call.cycles.left < CYCLES.createCanister) {
    throw new CanisterFault(
      ERROR_CODE.insufficientCyclesForCreate,
      `Creating a canister requires a fee of ${CYCLES.createCanister} that is deducted from the canister's initial balance but only ${call.cycles.left} cycles were received with the create_canister request.`
    );
  }
  const wanted = newSettings(host, call, optional(settings), call.cycles.left - CYCLES.createCanister);
  call.cycles.takeFee(CYCLES.createCanister);
  const canister = host.registry.create(wanted, call.cycles.take(call.cycles.left));
  canister.consumedCycles.canister_creation += CYCLES.createCanister;
  recordCreation(host, call, canister, optional(settings));
  return encodeResult('create_canister', { canister_id: Principal.fromUint8Array(canister.id) });
}

export function provisionalCreateCanister(
  host: ManagementHost,
  call: ManagementCall,
  args: Arguments['provisional_create_canister_with_cycles']
): Uint8Array {
  const { amount, settings, specified_id: specifiedId } = args;
  assertSenderVersion(call, optional(args.sender_canister_version));
  const cycles = optional(amount) ?? CYCLES.provisionalDefault;
  if (cycles > MAX_CYCLES) throw tooManyCycles(cycles);
  const wanted = newSettings(host, call, optional(settings), cycles);
  const canister = host.registry.create(wanted, cycles, optional(specifiedId)?.toUint8Array());
  host.ledger.mint(cycles);
  recordCreation(host, call, canister, optional(settings));
  return encodeResult('provisional_create_canister_with_cycles', {
    canister_id: Principal.fromUint8Array(canister.id)
  });
}

export function provisionalTopUp(
  host: ManagementHost,
  _call: ManagementCall,
  { canister_id: id, amount }: Arguments['provisional_top_up_canister']
): Uint8Array {
  const canister = host.registry.get(id.toUint8Array());
  if (canister.cycles + amount > MAX_CYCLES) throw tooManyCycles(amount);
  canister.cycles += host.ledger.mint(amount);
  return encodeResult('provisional_top_up_canister');
}

export function depositCycles(
  host: ManagementHost,
  call: ManagementCall,
  { canister_id: id }: Arguments['deposit_cycles']
): Uint8Array {
  host.registry.get(id.toUint8Array()).cycles += call.cycles.take(call.cycles.left);
  return encodeResult('deposit_cycles');
}

export function updateSettings(
  host: ManagementHost,
  call: ManagementCall,
  { canister_id: id, settings, sender_canister_version: version }: Arguments['update_settings']
): Uint8Array {
  const canister = controlledCanister(host, id.toUint8Array(), call.caller);
  assertSenderVersion(call, optional(version));
  const wanted = changeSettings(canister.settings, settings);
  assertAllocations(canister, wanted, usedByOthers(host, canister));
  canister.settings = wanted;
  canister.log.limitBytes = Number(wanted.logMemoryLimitBytes);
  canister.version += 1n;
  host.onSettingsChanged(canister);
  if (hasControllers(settings)) {
    recordChange(host, call, canister, {
      kind: 'controllers_change',
      controllers: canister.settings.controllers
    });
  }
  return encodeResult('update_settings');
}

function hasControllers({ controllers }: SettingsWire): boolean {
  return optional(controllers) !== undefined;
}

/** Settings of a canister to be made, all checked. */
function newSettings(
  host: ManagementHost,
  call: ManagementCall,
  settings: SettingsWire | undefined,
  cycles: bigint
): CanisterSettings {
  const defaults = defaultSettings(call.caller);
  const wanted = changeSettings(defaults, settings);
  assertAllocations({ settings: defaults, cycles, memoryBytes: 0n }, wanted, usedByOthers(host, undefined));
  return wanted;
}

function usedByOthers(host: ManagementHost, canister: Canister | undefined): SubnetUse {
  let computePercent = 0n;
  let memoryBytes = 0n;
  for (const other of host.registry.all()) {
    if (other === canister) continue;
    const { computeAllocationPercent, memoryAllocationBytes } = other.settings;
    computePercent += computeAllocationPercent;
    memoryBytes += memoryAllocationBytes > other.memoryBytes ? memoryAllocationBytes : other.memoryBytes;
  }
  return { computePercent, memoryBytes };
}

function tooManyCycles(amount: bigint): CanisterFault {
  return new CanisterFault(
    ERROR_CODE.invalidManagementPayload,
    `Error decoding candid: ${amount} cycles are more than 128 bits hold`
  );
}

function recordCreation(
  host: ManagementHost,
  call: ManagementCall,
  canister: Canister,
  settings: SettingsWire | undefined
): void {
  canister.log.limitBytes = Number(canister.settings.logMemoryLimitBytes);
  const hasEnvironment = settings !== undefined && optional(settings.environment_variables) !== undefined;
  recordChange(host, call, canister, {
    kind: 'creation',
    controllers: canister.settings.controllers,
    environmentHash: hasEnvironment ? hashOfMap(new Map(canister.settings.environment)) : undefined
  });
}

/** Adds to the canister's history. */
export function recordChange(
  host: ManagementHost,
  call: ManagementCall,
  canister: Canister,
  details: ChangeDetails
): void {
  const origin: CanisterChange['origin'] = {
    principal: call.caller,
    canisterVersion: call.callerVersion,
    isCanister: call.origin.kind !== 'ingress'
  };
  canister.recordChange({ timestampNs: host.timeNs(), origin, details });
}
