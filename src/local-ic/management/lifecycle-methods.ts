import { CanisterFault, ERROR_CODE } from '../execution/canister-fault';
import { principalText } from '../replica/rejection';
import { controlledCanister, type ManagementCall, type ManagementHost } from './management-host';
import { type Arguments, encodeResult } from './management-wire';

/** Methods that start, stop and delete canisters. */

/** How long a stop call waits for open calls to end. */
const STOP_TIMEOUT_NS = 300_000_000_000n;

export function startCanister(
  host: ManagementHost,
  call: ManagementCall,
  { canister_id: id }: Arguments['start_canister']
): Uint8Array {
  const canister = controlledCanister(host, id.toUint8Array(), call.caller);
  const cancelled = canister.stopWaiters.splice(0);
  canister.status = 'running';
  canister.version += 1n;
  for (const waiter of cancelled) waiter.onCancelled();
  host.onStarted(canister);
  return encodeResult('start_canister');
}

export function stopCanister(
  host: ManagementHost,
  call: ManagementCall,
  { canister_id: id }: Arguments['stop_canister']
): Uint8Array | Promise<Uint8Array> {
  const canister = controlledCanister(host, id.toUint8Array(), call.caller);
  if (canister.status === 'stopped') return encodeResult('stop_canister');
  canister.version += 1n;
  canister.status = 'stopping';
  if (canister.openContextCount === 0) {
    host.settleStop(canister);
    return encodeResult('stop_canister');
  }
  return new Promise((resolve, reject) => {
    const waiter = {
      onStopped: () => {
        resolve(encodeResult('stop_canister'));
      },
      onCancelled: () => {
        reject(
          new CanisterFault(
            ERROR_CODE.stoppingCancelled,
            `Canister ${principalText(canister.id)}'s stop request was cancelled.`
          )
        );
      }
    };
    canister.stopWaiters.push(waiter);
    host.timers.schedule(host.timeNs() + STOP_TIMEOUT_NS, () => {
      const index = canister.stopWaiters.indexOf(waiter);
      if (index < 0) return;
      canister.stopWaiters.splice(index, 1);
      reject(new CanisterFault(ERROR_CODE.stopRequestTimeout, 'Stop canister request timed out'));
    });
  });
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
  host.ledger.charge(canister, canister.cycles);
  host.registry.delete(canister);
  return encodeResult('delete_canister');
}
