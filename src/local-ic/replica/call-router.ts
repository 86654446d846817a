import { bytesToHex } from '@noble/hashes/utils';
import { CanisterFault, ERROR_CODE } from '../execution/canister-fault';
import { type ExecutionResult, type EntryPoint } from '../execution/canister-instance';
import { type Callback, type ExecutionEffects, type OutgoingCall } from '../execution/execution';
import { admitCall, unansweredOutcome } from './call-admission';
import { CallInterceptors } from './call-interception';
import { type Canister } from './canister';
import { type CallAnswer, type CallContext, type CallOrigin, type OutstandingCall } from './call-context';
import { type CanisterRunner } from './canister-runner';
import { type CyclesLedger } from './cycles-ledger';
import { principalText, rejected, replied } from './rejection';
import { type Outcome } from './replica-port';
import { type Scheduler } from './scheduler';
import { type SystemCanister } from './system-canister';
import { type Timers } from './timers';

/** A call on its way to a method. */
export type IncomingCall = {
  readonly origin: CallOrigin;
  readonly caller: Uint8Array;
  readonly methodName: string;
  readonly arg: Uint8Array;
  readonly cycles: bigint;
  readonly deadlineNs: bigint;
};

export type RouterOptions = {
  readonly runner: CanisterRunner;
  readonly scheduler: Scheduler;
  readonly timers: Timers;
  readonly ledger: CyclesLedger;
  readonly timeNs: () => bigint;
  readonly findCanister: (id: Uint8Array) => Canister | undefined;
  readonly findSystemCanister: (id: Uint8Array) => SystemCanister | undefined;
  /** Calls to the management canister; it answers once. */
  readonly callManagement: (call: IncomingCall, answer: (answer: CallAnswer) => void) => void;
  /** Receives the answer of an update call from outside. */
  readonly settleIngress: (requestId: Uint8Array, outcome: Outcome) => void;
  readonly countInstructions: (requestId: Uint8Array, instructions: bigint) => void;
  readonly onTimerSet: (canister: Canister) => void;
  readonly onContextClosed: (canister: Canister) => void;
};

const NS_PER_SECOND = 1_000_000_000n;
const SYSTEM_CALLER = new Uint8Array(0);

/** Moves calls and their answers between canisters, and keeps the call contexts. */
export class CallRouter {
  readonly interceptors = new CallInterceptors();
  readonly #openContexts = new Set<CallContext>();
  /** How to answer the calls under way. */
  readonly #answers = new WeakMap<OutstandingCall, (answer: CallAnswer) => void>();

  constructor(private readonly options: RouterOptions) {}

  /** Runs the method called, or answers why not. */
  startCall(canister: Canister, call: IncomingCall): void {
    const context = this.#openContext(canister, call);
    const admission = admitCall(canister, call.methodName);
    if (admission instanceof CanisterFault) {
      this.#answer(context, rejected(admission.code, admission.message));
      this.#closeIfDone(context);
      return;
    }
    const prefix = admission === 'update' ? 'canister_update' : 'canister_query';
    const result = this.options.runner.execute(canister, {
      context: admission,
      caller: call.caller,
      arg: call.arg,
      deadlineNs: call.deadlineNs,
      canRespond: true,
      availableCycles: context.availableCycles,
      entry: { kind: 'export', name: `${prefix} ${call.methodName}` }
    });
    this.#finish(context, result);
  }

  /** Runs a timer or heartbeat. */
  runSystemTask(canister: Canister, entry: EntryPoint): void {
    const context = this.#openContext(canister, {
      origin: { kind: 'system' },
      caller: SYSTEM_CALLER,
      methodName: '',
      arg: SYSTEM_CALLER,
      cycles: 0n,
      deadlineNs: 0n
    });
    this.#finish(
      context,
      this.options.runner.execute(canister, { context: 'systemTask', caller: SYSTEM_CALLER, entry })
    );
  }

  /** Takes over what an install hook did besides memory. */
  applyHookEffects(canister: Canister, effects: ExecutionEffects): void {
    this.#applyStateEffects(canister, effects);
  }

  /** Rejects every open call of a canister whose code is removed; its outstanding calls only refund from now on. */
  abandonContexts(canister: Canister, message: string): void {
    for (const context of this.#openContexts) {
      if (context.canister !== canister) continue;
      context.isDeleted = true;
      if (!context.isAnswered) this.#answer(context, rejected(ERROR_CODE.canisterRejected, message));
      this.#closeIfDone(context);
    }
  }

  #openContext(canister: Canister, call: IncomingCall): CallContext {
    const context: CallContext = {
      canister,
      origin: call.origin,
      caller: call.caller,
      methodName: call.methodName,
      deadlineNs: call.deadlineNs,
      availableCycles: call.cycles,
      isAnswered: call.origin.kind === 'system',
      outstandingCalls: 0,
      instructions: 0n,
      isDeleted: false
    };
    canister.openContextCount += 1;
    this.#openContexts.add(context);
    return context;
  }

  #finish(context: CallContext, result: ExecutionResult): void {
    this.#count(context, result.instructions);
    if (result.kind === 'completed') this.#applyEffects(context, result.effects);
    const mayAnswer = !context.isAnswered && context.outstandingCalls === 0;
    if (mayAnswer) this.#answer(context, unansweredOutcome(context.canister, result));
    this.#closeIfDone(context);
  }

  #count(context: CallContext, instructions: bigint): void {
    context.instructions += instructions;
    if (context.origin.kind === 'ingress')
      this.options.countInstructions(context.origin.requestId, instructions);
  }

  #applyEffects(context: CallContext, effects: ExecutionEffects): void {
    const { canister } = context;
    canister.cycles += effects.acceptedCycles;
    context.availableCycles -= effects.acceptedCycles;
    this.#applyStateEffects(canister, effects);
    for (const request of effects.calls) this.#send(context, request);
    if (effects.response) {
      const { response } = effects;
      this.#answer(
        context,
        response.kind === 'reply'
          ? replied(response.data)
          : rejected(ERROR_CODE.canisterRejected, response.message)
      );
    }
  }

  #applyStateEffects(canister: Canister, effects: ExecutionEffects): void {
    canister.cycles -= effects.burnedCycles;
    this.options.ledger.burn(effects.burnedCycles);
    if (effects.certifiedData) canister.certifiedData = effects.certifiedData;
    if (effects.globalTimerNs !== undefined) {
      canister.globalTimerNs = effects.globalTimerNs;
      this.options.onTimerSet(canister);
    }
  }

  #send(context: CallContext, request: OutgoingCall): void {
    const { canister } = context;
    const { ledger, scheduler, timers } = this.options;
    canister.cycles -= request.cycles + request.feeCycles;
    ledger.burn(request.feeCycles);
    const { timeoutSeconds } = request;
    const deadlineNs =
      timeoutSeconds === undefined ? 0n : this.options.timeNs() + BigInt(timeoutSeconds) * NS_PER_SECOND;
    const call: OutstandingCall = {
      context,
      request,
      deadlineNs,
      isSettled: false,
      cancelDeadline: () => undefined
    };
    context.outstandingCalls += 1;
    countPending(canister, request.callee, 1);
    scheduler.enqueue(() => {
      this.#deliver(call);
    });
    if (timeoutSeconds === undefined) return;
    call.cancelDeadline = timers.schedule(deadlineNs, () => {
      this.#settle(call, {
        outcome: rejected(ERROR_CODE.deadlineExpired, 'Call has timed out.'),
        refundCycles: 0n
      });
    });
  }

  #deliver(call: OutstandingCall): void {
    const { request, context } = call;
    if (call.isSettled) {
      this.options.ledger.burn(request.cycles);
      return;
    }
    const caller = context.canister.id;
    const interception = this.interceptors.decide({
      caller,
      callee: request.callee,
      methodName: request.methodName,
      arg: request.arg
    });
    if (interception.kind === 'reject') {
      const { code, message } = interception;
      const outcome: Outcome = {
        kind: 'rejected',
        rejectCode: code,
        rejectMessage: message,
        errorCode: `IC0${code}00`
      };
      this.#settle(call, { outcome, refundCycles: request.cycles });
      return;
    }
    const answer = (given: CallAnswer): void => {
      if (interception.kind === 'pass') this.#settle(call, given);
      else
        void interception.until.then(() => {
          this.#settle(call, given);
        });
    };
    this.#dispatch(call, answer);
  }

  #dispatch(call: OutstandingCall, answer: (answer: CallAnswer) => void): void {
    const { request, context, deadlineNs } = call;
    this.#answers.set(call, answer);
    const incoming: IncomingCall = {
      origin: { kind: 'canister', call },
      caller: context.canister.id,
      methodName: request.methodName,
      arg: request.arg,
      cycles: request.cycles,
      deadlineNs
    };
    if (request.callee.length === 0) {
      this.options.callManagement(incoming, answer);
      return;
    }
    const systemCanister = this.options.findSystemCanister(request.callee);
    if (systemCanister) {
      systemCanister.call(incoming, answer);
      return;
    }
    const callee = this.options.findCanister(request.callee);
    if (callee) {
      this.startCall(callee, incoming);
      return;
    }
    const message = `Canister ${principalText(request.callee)} not found`;
    answer({ outcome: rejected(ERROR_CODE.canisterNotFound, message), refundCycles: request.cycles });
  }

  /** Answers a context's caller; cycles not accepted go back. */
  #answer(context: CallContext, outcome: Outcome): void {
    if (context.isAnswered) throw new Error('BUG: a call context is answered twice');
    const refundCycles = context.availableCycles;
    context.isAnswered = true;
    context.availableCycles = 0n;
    switch (context.origin.kind) {
      case 'ingress':
        this.options.settleIngress(context.origin.requestId, outcome);
        return;
      case 'canister':
        this.#answers.get(context.origin.call)?.({ outcome, refundCycles });
        return;
      case 'system':
    }
  }

  /** Brings an answer back to the canister that called. */
  #settle(call: OutstandingCall, answer: CallAnswer): void {
    if (call.isSettled) {
      this.options.ledger.burn(answer.refundCycles);
      return;
    }
    call.isSettled = true;
    call.cancelDeadline();
    this.options.scheduler.enqueue(() => {
      this.#runCallback(call, answer);
    });
  }

  #runCallback({ context, request }: OutstandingCall, { outcome, refundCycles }: CallAnswer): void {
    const { canister } = context;
    canister.cycles += refundCycles;
    countPending(canister, request.callee, -1);
    context.outstandingCalls -= 1;
    if (context.isDeleted || !canister.instance) {
      this.#closeIfDone(context);
      return;
    }
    const isReply = outcome.kind === 'replied';
    const rejection = isReply ? undefined : { code: outcome.rejectCode, message: outcome.rejectMessage };
    const inContext = {
      caller: context.caller,
      deadlineNs: context.deadlineNs,
      priorInstructions: context.instructions,
      availableCycles: context.availableCycles,
      refundedCycles: refundCycles,
      rejection
    };
    const result = this.options.runner.execute(canister, {
      ...inContext,
      context: isReply ? 'replyCallback' : 'rejectCallback',
      ...(isReply ? { arg: outcome.reply } : {}),
      canRespond: !context.isAnswered,
      entry: { kind: 'callback', callback: isReply ? request.onReply : request.onReject }
    });
    this.#finish(
      context,
      result.kind === 'trapped' ? this.#cleanUp(context, result, request.onCleanup) : result
    );
  }

  /** Runs the cleanup callback after a callback trapped; tells of its failure too. */
  #cleanUp(
    context: CallContext,
    trapped: ExecutionResult & { kind: 'trapped' },
    onCleanup: Callback | undefined
  ): ExecutionResult {
    if (!onCleanup) return trapped;
    const { canister } = context;
    const cleanup = this.options.runner.execute(canister, {
      context: 'cleanup',
      caller: context.caller,
      deadlineNs: context.deadlineNs,
      priorInstructions: context.instructions + trapped.instructions,
      entry: { kind: 'callback', callback: onCleanup }
    });
    const instructions = trapped.instructions + cleanup.instructions;
    if (cleanup.kind === 'completed') {
      this.#applyStateEffects(canister, cleanup.effects);
      return { ...trapped, instructions };
    }
    const text = `${trapped.fault.message}\n\ncall_on_cleanup also failed:\n\n${cleanup.fault.message}`;
    return { ...trapped, fault: new CanisterFault(trapped.fault.code, text), instructions };
  }

  #closeIfDone(context: CallContext): void {
    if (!context.isAnswered || context.outstandingCalls > 0) return;
    if (!this.#openContexts.delete(context)) return;
    context.canister.openContextCount -= 1;
    this.options.onContextClosed(context.canister);
  }
}

function countPending({ pendingCalls }: Canister, callee: Uint8Array, change: 1 | -1): void {
  const key = bytesToHex(callee);
  const count = (pendingCalls.get(key) ?? 0) + change;
  if (count === 0) pendingCalls.delete(key);
  else pendingCalls.set(key, count);
}
