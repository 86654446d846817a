import { CanisterFault, ERROR_CODE, type ErrorCode } from '../execution/canister-fault';
import { type ExecutionResult } from '../execution/canister-instance';
import { equalBytes } from '../protocol/byte-order';
import { type Canister } from './canister';
import { type IncomingCall } from './message';
import { describeFault, principalText, rejectedByFault } from './rejection';
import { type Outcome } from './replica-port';

/** The context a called method runs in, or why the canister cannot take this call now. */
export function admitCall(
  canister: Canister,
  methodName: string,
  canPay: boolean
): 'update' | 'replicatedQuery' | CanisterFault {
  const notRunning = refuseNotRunning(canister);
  if (notRunning) return notRunning;
  if (!canPay) {
    const text = `Canister ${principalText(canister.id)} is out of cycles`;
    return new CanisterFault(ERROR_CODE.outOfCycles, text);
  }
  if (!canister.instance) return noWasmModule(canister);
  const kind = canister.instance.module.methods.get(methodName);
  switch (kind) {
    case 'update':
      return 'update';
    case 'query':
      return 'replicatedQuery';
    case 'composite_query':
      return new CanisterFault(
        ERROR_CODE.compositeQueryInReplicatedMode,
        'Composite query cannot be called in replicated mode'
      );
    case undefined:
      return described(canister, ERROR_CODE.methodNotFound, `Canister has no update method '${methodName}'.`);
  }
}

/** What calls of a canister that is stopped, or stopping, meet. */
export function refuseNotRunning({ id, status }: Canister): CanisterFault | undefined {
  if (status === 'running') return undefined;
  const code = status === 'stopped' ? ERROR_CODE.stopped : ERROR_CODE.stopping;
  return new CanisterFault(code, `Canister ${principalText(id)} is ${status}`);
}

/** Why a call of another canister carries too few cycles for this one's settings. */
export function refuseUnpaid(
  { id, settings }: Canister,
  { origin, caller, cycles }: IncomingCall
): CanisterFault | undefined {
  const minimum = settings.minimumCallCycles;
  if (origin.kind !== 'canister' || cycles >= minimum || equalBytes(caller, id)) return undefined;
  return new CanisterFault(
    ERROR_CODE.insufficientCyclesInCall,
    `Canister ${principalText(id)} requires at least ${minimum} cycles in calls of other canisters, but ${cycles} were attached.`
  );
}

/** What calls of a canister without code meet. */
export function noWasmModule(canister: Canister): CanisterFault {
  return described(
    canister,
    ERROR_CODE.noWasmModule,
    'Attempted to execute a message, but the canister contains no Wasm module.'
  );
}

function described(canister: Canister, code: ErrorCode, message: string): CanisterFault {
  return new CanisterFault(code, describeFault(canister.id, new CanisterFault(code, message)));
}

/** The answer of a call that nothing can answer any more. */
export function unansweredOutcome(canister: Canister, result: ExecutionResult): Outcome {
  if (result.kind === 'trapped') return rejectedByFault(canister.id, result.fault);
  return rejectedByFault(
    canister.id,
    new CanisterFault(ERROR_CODE.didNotReply, 'Canister did not reply to the call.')
  );
}
