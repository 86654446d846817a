import { ERROR_CODE } from '../execution/canister-fault';
import { type OutgoingCall } from '../execution/execution';
import { type CallContexts } from './call-contexts';
import { type CanisterRegistry } from './canister-registry';
import { type CyclesLedger } from './cycles-ledger';
import { type CallAnswer, type CallContext, type OutstandingCall } from './message';
import { type MessageQueue } from './message-queue';
import { rejected } from './rejection';
import { type Timers } from './timers';

export type CallSenderOptions = {
  readonly contexts: CallContexts;
  readonly registry: CanisterRegistry;
  readonly queue: MessageQueue;
  readonly timers: Timers;
  readonly ledger: CyclesLedger;
};

const NS_PER_SECOND = 1_000_000_000n;

/** Sends what canisters call, and gives up calls whose deadline passes. */
export class CallSender {
  /** How to forget the deadlines of the calls under way. */
  readonly #deadlines = new Map<number, () => void>();

  constructor(private readonly options: CallSenderOptions) {}

  send(context: CallContext, request: OutgoingCall): void {
    const { ledger, queue, contexts, registry, timers } = this.options;
    const { callee: calleeId, methodName, arg, cycles, timeoutSeconds, callerVersion } = request;
    const canister = registry.get(context.canisterId);
    canister.cycles -= cycles + request.feeCycles + request.prepaidCycles;
    ledger.consume(canister, request.feeCycles, 'request_and_response_transmission');
    const deadlineNs =
      timeoutSeconds === undefined ? 0n : timers.nowNs() + BigInt(timeoutSeconds) * NS_PER_SECOND;
    const { onReply, onReject, onCleanup, prepaidCycles } = request;
    const call = { calleeId, deadlineNs, onReply, onReject, onCleanup, prepaidCycles };
    const callId = contexts.addCall(context, call);
    const sender = { callerId: context.canisterId, callerVersion };
    queue.enqueue({ kind: 'request', callId, ...sender, calleeId, methodName, arg, cycles, deadlineNs });
    this.#watch(callId, deadlineNs);
  }

  /** Ends a call that is answered; undefined when it is not waiting any more. */
  end(callId: number): { readonly call: OutstandingCall; readonly context: CallContext } | undefined {
    this.#deadlines.get(callId)?.();
    this.#deadlines.delete(callId);
    return this.options.contexts.takeCall(callId);
  }

  /** Takes up the deadlines of calls that were restored. */
  resume(): void {
    for (const [callId, { deadlineNs }] of this.options.contexts.calls.entries()) {
      this.#watch(callId, deadlineNs);
    }
  }

  #watch(callId: number, deadlineNs: bigint): void {
    if (deadlineNs === 0n) return;
    const cancel = this.options.timers.schedule(deadlineNs, () => {
      this.options.queue.enqueue({ kind: 'call-deadline', callId });
    });
    this.#deadlines.set(callId, cancel);
  }
}

/** What the caller is told of a call whose deadline passed; cycles it carried are lost to it. */
export const CALL_TIMED_OUT: CallAnswer = {
  outcome: rejected(ERROR_CODE.deadlineExpired, 'Call has timed out.'),
  refundCycles: 0n
};
