import { CanisterFault, ERROR_CODE } from '../execution/canister-fault';
import { principalText } from '../replica/rejection';
import { controlledCanister, type ManagementCall, type ManagementHost } from './management-host';
import { type Arguments, encodeResult } from './management-wire';

/** Methods that start, stop and delete canisters. */

export function startCanister(
  host: ManagementHost,
  call: ManagementCall,
  { canister_id: id }: Arguments['start_canister']
): Uint8Array {
  const canister = controlledCanister(host, id.toUint8Array(), call.caller);
  canister.status = 'running';
  canister.version += 1n;
  host.stops.cancel(canister);
  host.onStarted(canister);
  return encodeResult('start_canister');
}

export function stopCanister(
  host: ManagementHost,
  call: ManagementCall,
  { canister_id: id }: Arguments['stop_canister']
): Uint8Array | 'waitsForStop' {
  const canister = controlledCanister(host, id.toUint8Array(), call.caller);
  canister.version += 1n;
  if (canister.status === 'stopped') return encodeResult('stop_canister');
  host.stops.begin(canister, { origin: call.origin, cycles: call.cycles.left });
  return 'waitsForStop';
}

export function deleteCanister(
  host: ManagementHost,
  call: ManagementCall,
  { canister_id: id }: Arguments['delete_canister']
): Uint8Array {
  const canister = controlledCanister(host, id.toUint8Array(), call.caller);
  if (call.callingCanister === canister) {
    throw new CanisterFault(
      ERROR_CODE.invalidController,
      `Canister ${principalText(canister.id)} cannot delete itself.`
    );
  }
  if (canister.status !== 'stopped') {
    throw new CanisterFault(
      ERROR_CODE.notStopped,
      `Canister ${principalText(canister.id)} must be stopped before it is deleted.`
    );
  }
  host.ledger.burn(canister.cycles);
  host.registry.delete(canister);
  return encodeResult('delete_canister');
}
