import { ERROR_CODE } from '../execution/canister-fault';
import { type CallAnswers } from './call-answers';
import { type CallContexts } from './call-contexts';
import {
  CallInterceptors,
  interceptedOutcome,
  type Interception,
  type Interference
} from './call-interception';
import { type CallRouter } from './call-router';
import { type CanisterRegistry } from './canister-registry';
import { type CyclesLedger } from './cycles-ledger';
import { type ManagementCalls } from './management-calls';
import { type IncomingCall, type RequestMessage } from './message';
import { type MessageQueue } from './message-queue';
import { principalText, rejected } from './rejection';
import { type Outcome } from './replica-port';
import { type SystemCanisters } from './system-canisters';

export type CallDeliveryOptions = {
  readonly answers: CallAnswers;
  readonly contexts: CallContexts;
  readonly ledger: CyclesLedger;
  readonly queue: MessageQueue;
  readonly registry: CanisterRegistry;
  readonly router: CallRouter;
  readonly managementCalls: ManagementCalls;
  readonly systemCanisters: SystemCanisters;
  /** Told of an interceptor that throws or asks for what cannot be. */
  readonly onInternalError: (error: unknown) => void;
};

/** Brings calls to the management canister, to the network's own canisters and to those with code. */
export class CallDelivery {
  readonly interceptors = new CallInterceptors();

  constructor(private readonly options: CallDeliveryOptions) {}

  /** Delivers a call between canisters, unless its deadline has passed; then its cycles are lost. */
  deliverRequest(request: RequestMessage): void {
    const { contexts, ledger } = this.options;
    if (!contexts.calls.has(request.callId)) {
      ledger.burn(request.cycles);
      return;
    }
    if (request.isReleased) this.#dispatch(request);
    else this.#deliverIntercepted(request);
  }

  /** Delivers a call from wherever it comes. */
  deliver(calleeId: Uint8Array, call: IncomingCall): void {
    const { answers, managementCalls, registry, router, systemCanisters } = this.options;
    if (calleeId.length === 0) {
      managementCalls.start(call);
      return;
    }
    const systemCanister = systemCanisters.find(calleeId);
    if (systemCanister) {
      systemCanister.call(call, (answer) => {
        answers.answer(call.origin, answer);
      });
      return;
    }
    const callee = registry.find(calleeId);
    if (callee) {
      router.startCall(callee, call);
      return;
    }
    const outcome = rejected(ERROR_CODE.canisterNotFound, `Canister ${principalText(calleeId)} not found`);
    answers.answer(call.origin, { outcome, refundCycles: call.cycles });
  }

  #deliverIntercepted(request: RequestMessage): void {
    const interception = this.#decide(request);
    switch (interception.kind) {
      case 'pass':
        this.#dispatch(request);
        return;
      case 'reject':
      case 'trap':
        this.#refuse(request, interceptedOutcome(request.calleeId, interception));
        return;
      case 'drop':
      case 'hold':
      case 'delay':
        if (interception.part === 'request') this.#interfere(request, interception);
        else {
          this.options.answers.interfere(request.callId, interception);
          this.#dispatch(request);
        }
    }
  }

  #decide(request: RequestMessage): Interception {
    try {
      return this.interceptors.decide(request);
    } catch (error) {
      // Whoever asks for what cannot be learns of it; the call goes on.
      this.options.onInternalError(error);
      return { kind: 'pass' };
    }
  }

  #interfere(request: RequestMessage, interference: Interference): void {
    const { answers, ledger, queue } = this.options;
    if (interference.kind === 'drop') ledger.burn(request.cycles);
    else answers.releaseLater(interference, queue.hold({ ...request, isReleased: true }));
  }

  #refuse({ callId, cycles }: RequestMessage, outcome: Outcome): void {
    this.options.answers.answer({ kind: 'canister', callId }, { outcome, refundCycles: cycles });
  }

  #dispatch({ callId, callerId, callerVersion, calleeId, methodName, arg, ...rest }: RequestMessage): void {
    const { cycles, deadlineNs } = rest;
    const origin = { kind: 'canister', callId } as const;
    const content = { methodName, arg, cycles, deadlineNs };
    this.deliver(calleeId, { origin, caller: callerId, callerVersion, ...content });
  }
}
