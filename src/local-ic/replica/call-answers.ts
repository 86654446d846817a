import { type Interference } from './call-interception';
import { type CyclesLedger } from './cycles-ledger';
import { type CallAnswer, type CallOrigin, type ResponseMessage } from './message';
import { type MessageQueue } from './message-queue';
import { type RequestStore } from './request-store';
import { type Timers } from './timers';

export type CallAnswersOptions = {
  readonly queue: MessageQueue;
  readonly requests: RequestStore;
  readonly ledger: CyclesLedger;
  readonly timers: Timers;
};

const NS_PER_SECOND = 1e9;

/** Sends answers to where their calls came from. */
export class CallAnswers {
  /** What tests do to the answers of calls under way. Not stored: after a restart answers simply arrive. */
  readonly #interferences = new Map<number, Interference>();

  constructor(private readonly options: CallAnswersOptions) {}

  answer(origin: CallOrigin, answer: CallAnswer): void {
    switch (origin.kind) {
      case 'ingress':
        this.options.requests.settle(origin.requestId, answer.outcome);
        return;
      case 'canister':
        this.#respond({ kind: 'response', callId: origin.callId, answer });
        return;
      case 'system':
    }
  }

  /** Lets the answer of a call be late or lost. */
  interfere(callId: number, interference: Interference): void {
    this.#interferences.set(callId, interference);
  }

  /** Calls `release` when the interference lets a message go. */
  releaseLater(interference: Exclude<Interference, { readonly kind: 'drop' }>, release: () => void): void {
    if (interference.kind === 'hold') {
      void interference.until.then(release, release);
      return;
    }
    const { timers } = this.options;
    timers.schedule(timers.nowNs() + BigInt(Math.round(interference.seconds * NS_PER_SECOND)), release);
  }

  #respond(response: ResponseMessage): void {
    const { queue, ledger } = this.options;
    const interference = this.#interferences.get(response.callId);
    if (!interference) {
      queue.enqueue(response);
      return;
    }
    this.#interferences.delete(response.callId);
    if (interference.kind === 'drop') ledger.burn(response.answer.refundCycles);
    else this.releaseLater(interference, queue.hold(response));
  }
}
