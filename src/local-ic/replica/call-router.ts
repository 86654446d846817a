import { CanisterFault, ERROR_CODE } from '../execution/canister-fault';
import { type ExecutionResult, type EntryPoint } from '../execution/canister-instance';
import {
  CALLBACK_PREPAYMENT,
  executionCost,
  RESPONSE_PREPAYMENT,
  responseCost
} from '../execution/cycles-schedule';
import { type Callback, type ExecutionEffects } from '../execution/execution';
import { admitCall, refuseUnpaid, unansweredOutcome } from './call-admission';
import { type CallContexts } from './call-contexts';
import { type CallSender } from './call-sender';
import { type Canister } from './canister';
import { type CanisterRegistry } from './canister-registry';
import { type CanisterRunner } from './canister-runner';
import { type CyclesLedger } from './cycles-ledger';
import { type CallAnswer, type CallContext, type IncomingCall, type OutstandingCall } from './message';
import { rejected, replied } from './rejection';
import { type Outcome } from './replica-port';

export type RouterOptions = {
  readonly runner: CanisterRunner;
  readonly registry: CanisterRegistry;
  readonly contexts: CallContexts;
  readonly sender: CallSender;
  readonly ledger: CyclesLedger;
  readonly countInstructions: (requestId: Uint8Array, instructions: bigint) => void;
  readonly onTimerSet: (canister: Canister) => void;
};

const SYSTEM_CALLER = new Uint8Array(0);
const SYSTEM_CALL: IncomingCall = {
  origin: { kind: 'system' },
  caller: SYSTEM_CALLER,
  methodName: '',
  arg: new Uint8Array(0),
  cycles: 0n,
  deadlineNs: 0n
};

type RejectionSeen = { readonly code: number; readonly message: string } | undefined;

type FinishedCallback = {
  readonly context: CallContext;
  readonly call: OutstandingCall;
  readonly rejection: RejectionSeen;
  readonly result: ExecutionResult;
};

type TrappedCallback = {
  readonly onCleanup: Callback;
  readonly rejection: RejectionSeen;
  readonly trapped: ExecutionResult;
};

/** Runs what calls and their answers ask canisters to run, and does what the code asked for. */
export class CallRouter {
  constructor(private readonly options: RouterOptions) {}

  /** Runs the method called, or answers why not. */
  startCall(canister: Canister, call: IncomingCall): void {
    const { contexts } = this.options;
    const context = contexts.open(canister, call);
    const canPay = this.options.runner.missingFor(canister, 'update') <= 0n;
    const admission = refuseUnpaid(canister, call) ?? admitCall(canister, call.methodName, canPay);
    if (admission instanceof CanisterFault) {
      contexts.answer(context, rejected(admission.code, admission.message));
      contexts.closeIfDone(context);
      return;
    }
    const prefix = admission === 'update' ? 'canister_update' : 'canister_query';
    const result = this.options.runner.execute(canister, {
      context: admission,
      caller: call.caller,
      callerInfo: call.senderInfo,
      arg: call.arg,
      // Queries have none, however they are called.
      deadlineNs: admission === 'update' ? call.deadlineNs : 0n,
      canRespond: true,
      availableCycles: context.availableCycles,
      entry: { kind: 'export', name: `${prefix} ${call.methodName}` }
    });
    this.#finish(canister, context, result);
  }

  /** Whether the canister can pay for the longest timer or heartbeat. */
  canPayForTask(canister: Canister): boolean {
    return this.options.runner.missingFor(canister, 'systemTask') <= 0n;
  }

  /** Runs a timer or heartbeat. */
  runSystemTask(canister: Canister, entry: EntryPoint): void {
    const context = this.options.contexts.open(canister, SYSTEM_CALL);
    const request = { context: 'systemTask', caller: SYSTEM_CALLER, entry } as const;
    this.#finish(canister, context, this.options.runner.execute(canister, request));
  }

  /** Takes over what an install hook did besides memory. */
  applyHookEffects(canister: Canister, effects: ExecutionEffects): void {
    this.#applyStateEffects(canister, effects);
  }

  /** Brings an answer back to the canister that called; one that nobody waits for any more is lost. */
  receiveAnswer(callId: number, { outcome, refundCycles }: CallAnswer): void {
    const waiting = this.options.sender.end(callId);
    if (!waiting) {
      this.options.ledger.burn(refundCycles);
      return;
    }
    const { call, context } = waiting;
    const canister = this.options.registry.get(context.canisterId);
    canister.cycles += refundCycles;
    const prepaidCycles = this.#payForResponse(canister, call, outcome);
    if (context.isDeleted || !canister.instance) {
      canister.cycles += prepaidCycles;
      this.options.ledger.charge(canister, executionCost(0n), 'instructions');
      this.options.contexts.closeIfDone(context);
      return;
    }
    const isReply = outcome.kind === 'replied';
    const rejection = isReply ? undefined : { code: outcome.rejectCode, message: outcome.rejectMessage };
    const result = this.options.runner.execute(canister, {
      caller: context.caller,
      callerInfo: context.senderInfo,
      deadlineNs: context.deadlineNs,
      priorInstructions: context.instructions,
      availableCycles: context.availableCycles,
      refundedCycles: refundCycles,
      prepaidCycles,
      rejection,
      context: isReply ? 'replyCallback' : 'rejectCallback',
      ...(isReply ? { arg: outcome.reply } : {}),
      canRespond: !context.isAnswered,
      entry: { kind: 'callback', callback: isReply ? call.onReply : call.onReject }
    });
    this.#finish(canister, context, this.#afterCallback(canister, { context, call, rejection, result }));
  }

  /** Ends a call without its callback running; its caller is answered with `outcome` when nothing else can answer it. */
  endWithoutCallback(callId: number, refundCycles: bigint, outcome: Outcome): void {
    const waiting = this.options.sender.end(callId);
    if (!waiting) {
      this.options.ledger.burn(refundCycles);
      return;
    }
    const { contexts, registry } = this.options;
    const { call, context } = waiting;
    registry.get(context.canisterId).cycles += refundCycles + call.prepaidCycles;
    if (!context.isAnswered && context.outstandingCalls === 0) contexts.answer(context, outcome);
    contexts.closeIfDone(context);
  }

  /** Pays for the transmission of an answer from what was prepaid; gives what is left for the callback. */
  #payForResponse(canister: Canister, { prepaidCycles }: OutstandingCall, outcome: Outcome): bigint {
    const size = outcome.kind === 'replied' ? outcome.reply.length : utf8Length(outcome.rejectMessage);
    const cost = smaller(responseCost(BigInt(size)), smaller(RESPONSE_PREPAYMENT, prepaidCycles));
    const forCallback = smaller(CALLBACK_PREPAYMENT, prepaidCycles - cost);
    this.options.ledger.consume(canister, cost, 'request_and_response_transmission');
    canister.cycles += prepaidCycles - cost - forCallback;
    return forCallback;
  }

  #finish(canister: Canister, context: CallContext, result: ExecutionResult): void {
    const { contexts } = this.options;
    this.#count(context, result.instructions);
    if (result.kind === 'completed') this.#applyEffects(canister, context, result.effects);
    const mayAnswer = !context.isAnswered && context.outstandingCalls === 0;
    if (mayAnswer) contexts.answer(context, unansweredOutcome(canister, result));
    contexts.closeIfDone(context);
  }

  #count(context: CallContext, instructions: bigint): void {
    context.instructions += instructions;
    if (context.origin.kind === 'ingress') {
      this.options.countInstructions(context.origin.requestId, instructions);
    }
  }

  #applyEffects(canister: Canister, context: CallContext, effects: ExecutionEffects): void {
    canister.cycles += effects.acceptedCycles;
    context.availableCycles -= effects.acceptedCycles;
    this.#applyStateEffects(canister, effects);
    for (const request of effects.calls) this.options.sender.send(context, request);
    const { response } = effects;
    if (!response) return;
    const outcome =
      response.kind === 'reply'
        ? replied(response.data)
        : rejected(ERROR_CODE.canisterRejected, response.message);
    this.options.contexts.answer(context, outcome);
  }

  #applyStateEffects(canister: Canister, effects: ExecutionEffects): void {
    canister.cycles -= effects.burnedCycles;
    this.options.ledger.consume(canister, effects.burnedCycles, 'burned_cycles');
    if (effects.certifiedData) canister.certifiedData = effects.certifiedData;
    if (effects.globalTimerNs !== undefined) {
      canister.globalTimerNs = effects.globalTimerNs;
      this.options.onTimerSet(canister);
    }
  }

  /** Runs the cleanup callback after a callback trapped; tells of its failure too. */
  #afterCallback(
    canister: Canister,
    { context, call, rejection, result }: FinishedCallback
  ): ExecutionResult {
    if (result.kind === 'completed' || !call.onCleanup) return result;
    const cleanup = this.#cleanUp(canister, context, {
      onCleanup: call.onCleanup,
      rejection,
      trapped: result
    });
    const instructions = result.instructions + cleanup.instructions;
    if (cleanup.kind === 'completed') {
      this.#applyStateEffects(canister, cleanup.effects);
      return { ...result, instructions };
    }
    const text = `${result.fault.message}\n\ncall_on_cleanup also failed:\n\n${cleanup.fault.message}`;
    return { ...result, fault: new CanisterFault(result.fault.code, text), instructions };
  }

  #cleanUp(
    canister: Canister,
    context: CallContext,
    { onCleanup, rejection, trapped }: TrappedCallback
  ): ExecutionResult {
    return this.options.runner.execute(canister, {
      context: 'cleanup',
      caller: context.caller,
      callerInfo: context.senderInfo,
      rejection,
      deadlineNs: context.deadlineNs,
      priorInstructions: context.instructions + trapped.instructions,
      entry: { kind: 'callback', callback: onCleanup }
    });
  }
}

function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length;
}

function smaller(left: bigint, right: bigint): bigint {
  return left < right ? left : right;
}
