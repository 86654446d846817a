import { ERROR_CODE } from '../execution/canister-fault';
import { type ManagementCanister, type PromisedAnswer } from '../management/management-canister';
import { type CallAnswers } from './call-answers';
import { type CyclesLedger } from './cycles-ledger';
import { type IdSequence } from './id-sequence';
import { type IncomingCall, type QueuedMessage } from './message';
import { type MessageQueue } from './message-queue';
import { rejected } from './rejection';
import { type Outcome } from './replica-port';
import { TrackedMap } from './tracked-map';

export type ManagementCallsOptions = {
  readonly management: ManagementCanister;
  readonly answers: CallAnswers;
  readonly ids: IdSequence;
  readonly ledger: CyclesLedger;
  readonly queue: MessageQueue;
  readonly onInternalError: (error: unknown) => void;
};

type ManagementAnswer = Extract<QueuedMessage, { readonly kind: 'management-answer' }>;

/** Calls to the management canister, among them those that wait for something outside of the network. */
export class ManagementCalls {
  /** Calls begun and not answered. Each is carried out again when the network is started anew. */
  readonly waiting = new TrackedMap<number, IncomingCall>();

  constructor(private readonly options: ManagementCallsOptions) {}

  start(call: IncomingCall): void {
    const { management, answers, ledger, ids } = this.options;
    const reaction = management.call(call);
    switch (reaction.kind) {
      case 'answered':
        ledger.burn(reaction.feeCycles);
        answers.answer(call.origin, reaction);
        return;
      case 'promised': {
        const id = ids.next();
        this.waiting.set(id, call);
        this.#await(id, reaction.answer);
        return;
      }
      case 'waitsForStop':
    }
  }

  /** Answers a call that waited; cycles not used go back. */
  finish({ managementCallId, outcome, feeCycles }: ManagementAnswer): void {
    const call = this.waiting.peek(managementCallId);
    if (!call) return;
    this.waiting.delete(managementCallId);
    this.options.ledger.burn(feeCycles);
    this.options.answers.answer(call.origin, { outcome, refundCycles: call.cycles - feeCycles });
  }

  /** Answers a call that waited with `outcome`; all its cycles go back. */
  giveUp(managementCallId: number, outcome: Outcome): void {
    const call = this.waiting.peek(managementCallId);
    if (!call) return;
    this.waiting.delete(managementCallId);
    this.options.answers.answer(call.origin, { outcome, refundCycles: call.cycles });
  }

  /** Carries out again what was begun and not answered, unless its answer is stored already. */
  resume(): void {
    const { queue, management } = this.options;
    const answered = new Set<number>();
    for (const message of queue.messages.values()) {
      if (message.kind === 'management-answer') answered.add(message.managementCallId);
    }
    for (const [id, call] of this.waiting.entries()) {
      if (answered.has(id)) continue;
      const reaction = management.call(call);
      if (reaction.kind === 'promised') this.#await(id, reaction.answer);
      else if (reaction.kind === 'answered') this.#enqueueAnswer(id, reaction);
    }
  }

  #await(id: number, answer: Promise<PromisedAnswer>): void {
    answer.then(
      (given) => {
        this.#enqueueAnswer(id, given);
      },
      (error: unknown) => {
        this.options.onInternalError(error);
        const outcome = rejected(ERROR_CODE.engineError, 'The management canister failed');
        this.#enqueueAnswer(id, { outcome, feeCycles: 0n });
      }
    );
  }

  #enqueueAnswer(managementCallId: number, { outcome, feeCycles }: PromisedAnswer): void {
    this.options.queue.enqueue({ kind: 'management-answer', managementCallId, outcome, feeCycles });
  }
}
