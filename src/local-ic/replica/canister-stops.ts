import { IDL } from '@dfinity/candid';
import { ERROR_CODE } from '../execution/canister-fault';
import { type CallAnswers } from './call-answers';
import { type Canister } from './canister';
import { type CanisterRegistry } from './canister-registry';
import { type CallOrigin } from './message';
import { type MessageQueue } from './message-queue';
import { principalText, rejected, replied } from './rejection';
import { type Outcome } from './replica-port';
import { type Timers } from './timers';

export type CanisterStopsOptions = {
  readonly registry: CanisterRegistry;
  readonly answers: CallAnswers;
  readonly queue: MessageQueue;
  readonly timers: Timers;
};

/** How long a stop call waits for open calls to end. */
const STOP_TIMEOUT_NS = 300_000_000_000n;
const NO_RESULT = new Uint8Array(IDL.encode([], []));

/** Stops canisters once they are in no call, and answers those who asked for it. */
export class CanisterStops {
  constructor(private readonly options: CanisterStopsOptions) {}

  /** Begins to stop a canister; the call is answered when it has stopped, is started again, or after five minutes. */
  begin(canister: Canister, call: { readonly origin: CallOrigin; readonly cycles: bigint }): void {
    const deadlineNs = this.options.timers.nowNs() + STOP_TIMEOUT_NS;
    canister.status = 'stopping';
    canister.stopCalls.push({ ...call, deadlineNs });
    this.settle(canister);
    if (canister.stopCalls.length > 0) this.#scheduleDeadline(canister, deadlineNs);
  }

  /** Stops a stopping canister that is in no call. */
  settle(canister: Canister): void {
    if (canister.status !== 'stopping' || canister.openContextCount > 0) return;
    canister.status = 'stopped';
    canister.version += 1n;
    this.#answerAll(canister, replied(NO_RESULT));
  }

  /** Tells those who wait that the canister is started again. */
  cancel(canister: Canister): void {
    const text = `Canister ${principalText(canister.id)}'s stop request was cancelled.`;
    this.#answerAll(canister, rejected(ERROR_CODE.stoppingCancelled, text));
  }

  /** Gives up the stop calls that have waited too long; the canister goes on stopping. */
  expire(canisterId: Uint8Array): void {
    const canister = this.options.registry.find(canisterId);
    if (!canister) return;
    const nowNs = this.options.timers.nowNs();
    const due = canister.stopCalls.filter(({ deadlineNs }) => deadlineNs <= nowNs);
    canister.stopCalls = canister.stopCalls.filter(({ deadlineNs }) => deadlineNs > nowNs);
    const outcome = rejected(ERROR_CODE.stopRequestTimeout, 'Stop canister request timed out');
    for (const { origin, cycles } of due) {
      this.options.answers.answer(origin, { outcome, refundCycles: cycles });
    }
  }

  /** Takes up the deadlines of stop calls that were restored. */
  resume(canister: Canister): void {
    for (const { deadlineNs } of canister.stopCalls) this.#scheduleDeadline(canister, deadlineNs);
  }

  #answerAll(canister: Canister, outcome: Outcome): void {
    for (const { origin, cycles } of canister.stopCalls.splice(0)) {
      this.options.answers.answer(origin, { outcome, refundCycles: cycles });
    }
  }

  #scheduleDeadline({ id }: Canister, deadlineNs: bigint): void {
    this.options.timers.schedule(deadlineNs, () => {
      this.options.queue.enqueue({ kind: 'stop-deadline', canisterId: id });
    });
  }
}
