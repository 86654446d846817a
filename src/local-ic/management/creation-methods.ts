import { Principal } from '@dfinity/principal';
import { CanisterFault, ERROR_CODE } from '../execution/canister-fault';
import { CYCLES } from '../execution/cycles-schedule';
import { type Canister, type CanisterChange, type ChangeDetails } from '../replica/canister';
import { changeSettings, defaultSettings } from './canister-settings';
import {
  assertSenderVersion,
  controlledCanister,
  type ManagementCall,
  type ManagementHost
} from './management-host';
import { type Arguments, encodeResult, optional, type SettingsWire } from './management-wire';

/** Methods that create a canister, change its settings or give it cycles. */

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
  const wanted = changeSettings(defaultSettings(call.caller), optional(settings));
  call.cycles.takeFee(CYCLES.createCanister);
  const canister = host.registry.create(wanted, call.cycles.take(call.cycles.left));
  recordCreation(host, call, canister);
  return encodeResult('create_canister', { canister_id: Principal.fromUint8Array(canister.id) });
}

export function provisionalCreateCanister(
  host: ManagementHost,
  call: ManagementCall,
  { amount, settings, specified_id: specifiedId }: Arguments['provisional_create_canister_with_cycles']
): Uint8Array {
  const wanted = changeSettings(defaultSettings(call.caller), optional(settings));
  const cycles = optional(amount) ?? CYCLES.provisionalDefault;
  const canister = host.registry.create(wanted, cycles, optional(specifiedId)?.toUint8Array());
  host.ledger.mint(cycles);
  recordCreation(host, call, canister);
  return encodeResult('provisional_create_canister_with_cycles', {
    canister_id: Principal.fromUint8Array(canister.id)
  });
}

export function provisionalTopUp(
  host: ManagementHost,
  _call: ManagementCall,
  { canister_id: id, amount }: Arguments['provisional_top_up_canister']
): Uint8Array {
  host.registry.get(id.toUint8Array()).cycles += host.ledger.mint(amount);
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
  canister.settings = changeSettings(canister.settings, settings);
  canister.version += 1n;
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

function recordCreation(host: ManagementHost, call: ManagementCall, canister: Canister): void {
  recordChange(host, call, canister, { kind: 'creation', controllers: canister.settings.controllers });
}

/** Adds to the canister's history. */
export function recordChange(
  host: ManagementHost,
  call: ManagementCall,
  canister: Canister,
  details: ChangeDetails
): void {
  const { callingCanister } = call;
  const origin: CanisterChange['origin'] = {
    principal: call.caller,
    canisterVersion: callingCanister?.version,
    isCanister: callingCanister !== undefined
  };
  canister.recordChange({ timestampNs: host.timeNs(), origin, details });
}
