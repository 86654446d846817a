import { equalBytes } from '../protocol/byte-order';
import { CanisterFault, contractViolation, ERROR_CODE } from './canister-fault';
import { CALLBACK_PREPAYMENT, requestCost, RESPONSE_PREPAYMENT } from './cycles-schedule';
import { type CallDraft } from './execution';
import { isReplicated } from './execution-context';
import { decodeText, join128, type ApiFunctions, type ApiHost } from './system-api-host';
import { concat } from './system-api-messages';

const MAX_PRINCIPAL_BYTES = 29;
const MAX_METHOD_NAME_BYTES = 20_000;
const MAX_CALL_BYTES = 10 * 1024 * 1024;
/** Longest bounded wait; longer ones are cut to it. */
const MAX_CALL_TIMEOUT_SECONDS = 300;

const PERFORMED = 0;
const NOT_PERFORMED = 2;

/** Calls to other canisters. */
export function callFunctions(host: ApiHost): ApiFunctions {
  return {
    call_new: (...args: number[]) => {
      host.execution.draft = draftCall(host, args);
    },
    call_on_cleanup: (functionIndex: number, env: number) => {
      const draft = currentDraft(host, 'call_on_cleanup');
      if (draft.onCleanup)
        throw contractViolation(
          'ic0.call_on_cleanup can be called at most once between `ic0.call_new` and `ic0.call_perform`'
        );
      draft.onCleanup = { functionIndex: functionIndex >>> 0, env };
    },
    call_data_append: (source: number, size: number) => {
      appendData(host, source, size);
    },
    call_with_best_effort_response: (timeoutSeconds: number) => {
      const draft = currentDraft(host, 'call_with_best_effort_response');
      if (draft.timeoutSeconds !== undefined) {
        throw contractViolation(
          'ic0.call_with_best_effort_response can be called at most once between `ic0.call_new` and `ic0.call_perform`'
        );
      }
      draft.timeoutSeconds = Math.min(timeoutSeconds >>> 0, MAX_CALL_TIMEOUT_SECONDS);
    },
    call_cycles_add: (amount: bigint) => {
      addCycles(host, BigInt.asUintN(64, amount), 'call_cycles_add');
    },
    call_cycles_add128: (high: bigint, low: bigint) => {
      addCycles(host, join128(high, low), 'call_cycles_add128');
    },
    call_perform: () => performCall(host)
  };
}

function draftCall(host: ApiHost, args: readonly number[]): CallDraft {
  const [
    calleeAt = 0,
    calleeSize = 0,
    nameAt = 0,
    nameSize = 0,
    replyFun = 0,
    replyEnv = 0,
    rejectFun = 0,
    rejectEnv = 0
  ] = args;
  const callee = host.memory.read(calleeAt, calleeSize, 'call_new');
  if (callee.length > MAX_PRINCIPAL_BYTES) {
    throw contractViolation(`ic0.call_new callee: principal of ${callee.length} bytes`);
  }
  if (nameSize >>> 0 > MAX_METHOD_NAME_BYTES) {
    throw contractViolation(`ic0.call_new: Method name size ${nameSize >>> 0} exceeds the limit`);
  }
  const methodName = decodeText(host.memory.read(nameAt, nameSize, 'call_new'));
  if (methodName === undefined) throw contractViolation('ic0.call_new: method name is not UTF-8');
  return {
    callee,
    methodName,
    onReply: { functionIndex: replyFun >>> 0, env: replyEnv },
    onReject: { functionIndex: rejectFun >>> 0, env: rejectEnv },
    onCleanup: undefined,
    timeoutSeconds: undefined,
    cycles: 0n,
    data: [],
    dataBytes: 0
  };
}

function currentDraft(host: ApiHost, caller: string): CallDraft {
  const { draft } = host.execution;
  if (!draft) throw contractViolation(`ic0.${caller} called when no call is under construction.`);
  return draft;
}

function appendData(host: ApiHost, source: number, size: number): void {
  const draft = currentDraft(host, 'call_data_append');
  const part = host.memory.read(source, size, 'call_data_append');
  if (draft.dataBytes + part.length > MAX_CALL_BYTES) {
    throw contractViolation(
      `ic0.call_data_append: Request payload size (${draft.dataBytes + part.length}) exceeds the limit ${MAX_CALL_BYTES}`
    );
  }
  draft.data.push(part);
  draft.dataBytes += part.length;
}

function addCycles(host: ApiHost, amount: bigint, caller: string): void {
  const draft = currentDraft(host, caller);
  if (amount > host.execution.liquidBalance) {
    throw new CanisterFault(
      ERROR_CODE.insufficientCyclesInCall,
      `Canister attempted to add ${amount} cycles to a call while its liquid balance is ${host.execution.liquidBalance}`
    );
  }
  draft.cycles += amount;
}

function performCall(host: ApiHost): number {
  const { execution } = host;
  const { calls } = execution;
  const draft = currentDraft(host, 'call_perform');
  const nameBytes = new TextEncoder().encode(draft.methodName).length;
  const isPaid = isReplicated(execution.input.context);
  const feeCycles = isPaid ? requestCost(BigInt(nameBytes + draft.dataBytes)) : 0n;
  const prepaidCycles = isPaid ? RESPONSE_PREPAYMENT + CALLBACK_PREPAYMENT : 0n;
  const canPay = execution.liquidBalance >= feeCycles + prepaidCycles;
  const queuedNow = calls.filter(({ callee: queued }) => equalBytes(queued, draft.callee)).length;
  execution.draft = undefined;
  if (!canPay || !execution.input.hasQueueRoom(draft.callee, queuedNow)) return NOT_PERFORMED;
  const { callee, methodName, cycles, onReply, onReject, onCleanup, timeoutSeconds } = draft;
  const arg = concat(draft.data, draft.dataBytes);
  const callbacks = { onReply, onReject, onCleanup };
  const callerVersion = execution.input.canister.version;
  const content = { callee, methodName, arg, cycles, callerVersion };
  calls.push({ ...content, ...callbacks, timeoutSeconds, feeCycles, prepaidCycles });
  return PERFORMED;
}
