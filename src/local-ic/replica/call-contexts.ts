import { bytesToHex } from '@noble/hashes/utils';
import { equalBytes } from '../protocol/byte-order';
import { ERROR_CODE } from '../execution/canister-fault';
import { type CallAnswers } from './call-answers';
import { type Canister } from './canister';
import { type CanisterRegistry } from './canister-registry';
import { type CanisterStops } from './canister-stops';
import { type IdSequence } from './id-sequence';
import { type CallContext, type IncomingCall, type OutstandingCall } from './message';
import { rejected } from './rejection';
import { type Outcome } from './replica-port';
import { TrackedMap } from './tracked-map';

export type CallContextsOptions = {
  readonly ids: IdSequence;
  readonly registry: CanisterRegistry;
  readonly answers: CallAnswers;
  readonly stops: CanisterStops;
};

/** The calls canisters are in, and the calls they made. */
export class CallContexts {
  readonly contexts = new TrackedMap<number, CallContext>();
  readonly calls = new TrackedMap<number, OutstandingCall>();

  constructor(private readonly options: CallContextsOptions) {}

  open(canister: Canister, call: IncomingCall): CallContext {
    const { origin, caller, methodName, deadlineNs, senderInfo } = call;
    const id = this.options.ids.next();
    const context: CallContext = {
      id,
      canisterId: canister.id,
      origin,
      caller,
      methodName,
      deadlineNs,
      ...(senderInfo && { senderInfo }),
      availableCycles: call.cycles,
      isAnswered: origin.kind === 'system',
      outstandingCalls: 0,
      instructions: 0n,
      isDeleted: false
    };
    canister.openContextCount += 1;
    this.contexts.set(id, context);
    return context;
  }

  /** Answers a context's caller; cycles not accepted go back. */
  answer(context: CallContext, outcome: Outcome): void {
    if (context.isAnswered) throw new Error('BUG: a call context is answered twice');
    const refundCycles = context.availableCycles;
    context.isAnswered = true;
    context.availableCycles = 0n;
    this.options.answers.answer(context.origin, { outcome, refundCycles });
  }

  closeIfDone({ id, canisterId, isAnswered, outstandingCalls }: CallContext): void {
    if (!isAnswered || outstandingCalls > 0 || !this.contexts.delete(id)) return;
    const canister = this.options.registry.get(canisterId);
    canister.openContextCount -= 1;
    this.options.stops.settle(canister);
  }

  /** Rejects every open call of a canister whose code is removed; its outstanding calls only refund from now on. */
  abandon(canister: Canister, message: string): void {
    for (const { id, canisterId } of [...this.contexts.values()]) {
      const context = equalBytes(canisterId, canister.id) ? this.contexts.get(id) : undefined;
      if (!context) continue;
      context.isDeleted = true;
      if (!context.isAnswered) this.answer(context, rejected(ERROR_CODE.canisterRejected, message));
      this.closeIfDone(context);
    }
  }

  /** Notes a call made within a context; returns its id. */
  addCall(context: CallContext, call: Omit<OutstandingCall, 'contextId' | 'callerId'>): number {
    const id = this.options.ids.next();
    this.calls.set(id, { ...call, contextId: context.id, callerId: context.canisterId });
    context.outstandingCalls += 1;
    countPending(this.options.registry.get(context.canisterId), call.calleeId, 1);
    return id;
  }

  /** Ends a call that is answered; undefined when it is not waiting any more. */
  takeCall(callId: number): { readonly call: OutstandingCall; readonly context: CallContext } | undefined {
    const call = this.calls.peek(callId);
    const context = call && this.contexts.get(call.contextId);
    if (!context) return undefined;
    this.calls.delete(callId);
    context.outstandingCalls -= 1;
    countPending(this.options.registry.get(call.callerId), call.calleeId, -1);
    return { call, context };
  }

  /** Counts what canisters know of their calls, after contexts and calls were restored. */
  recount(): void {
    for (const { canisterId } of this.contexts.values()) {
      this.options.registry.get(canisterId).openContextCount += 1;
    }
    for (const { callerId, calleeId } of this.calls.values()) {
      countPending(this.options.registry.get(callerId), calleeId, 1);
    }
  }
}

function countPending({ pendingCalls }: Canister, callee: Uint8Array, change: 1 | -1): void {
  const key = bytesToHex(callee);
  const count = (pendingCalls.get(key) ?? 0) + change;
  if (count === 0) pendingCalls.delete(key);
  else pendingCalls.set(key, count);
}
