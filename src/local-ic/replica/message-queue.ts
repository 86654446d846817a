import { type IdSequence } from './id-sequence';
import { type QueuedMessage } from './message';
import { TrackedMap } from './tracked-map';

export type MessageQueueOptions = {
  readonly ids: IdSequence;
  readonly process: (message: QueuedMessage) => void;
  /** Told after each message, when the state is whole again. */
  readonly onProcessed: (message: QueuedMessage) => void;
  /** Told of a message whose processing threw; the next one is processed nevertheless. */
  readonly onError: (error: unknown) => void;
};

type Waiter = { readonly resolve: () => void; readonly lastRound: number };

/**
 * Messages are processed one at a time in the order they came; the event loop turns between two of them. A round is
 * what was ready at its beginning: what its messages send belongs to a later one.
 */
export class MessageQueue {
  /** Everything that is not processed yet, by number in the order it came. */
  readonly messages = new TrackedMap<number, QueuedMessage>();
  /** Numbers of the round under way, processed before the head. */
  #round: number[] = [];
  #head = 0;
  #nextRound: number[] = [];
  #roundCount = 0;
  #isPumping = false;
  #isHalted = false;
  #waiters: Waiter[] = [];

  constructor(private readonly options: MessageQueueOptions) {}

  enqueue(message: QueuedMessage): void {
    this.#makeReady(this.#add(message));
  }

  /** Takes a message in that is processed before all others. */
  enqueueNext(message: QueuedMessage): void {
    const id = this.#add(message);
    this.#round.splice(this.#head, 0, id);
    this.#startPumping();
  }

  /** Takes a message in that waits until the function returned is called. One that is stored does not wait longer. */
  hold(message: QueuedMessage): () => void {
    const id = this.#add(message);
    return () => {
      this.#makeReady(id);
    };
  }

  /** Processes what was stored, oldest first. */
  resume(): void {
    const messages = [...this.messages.entries()].sort(([left], [right]) => left - right);
    const isFirst = ({ kind }: QueuedMessage): boolean => kind === 'low-memory';
    for (const [id, message] of messages) if (isFirst(message)) this.#makeReady(id);
    for (const [id, message] of messages) if (!isFirst(message)) this.#makeReady(id);
  }

  /** Processes nothing any more. */
  halt(): void {
    this.#isHalted = true;
  }

  /** Resolves when nothing is left that could be processed, or when so many whole rounds have been. */
  whenIdle(maxRounds: number): Promise<void> {
    if (!this.#isPumping) return Promise.resolve();
    const lastRound = this.#roundCount + maxRounds;
    return new Promise((resolve) => this.#waiters.push({ resolve, lastRound }));
  }

  #add(message: QueuedMessage): number {
    const id = this.options.ids.next();
    this.messages.set(id, message);
    return id;
  }

  #makeReady(id: number): void {
    this.#nextRound.push(id);
    this.#startPumping();
  }

  #startPumping(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    setImmediate(this.#pump);
  }

  readonly #pump = (): void => {
    if (this.#head >= this.#round.length) this.#startRound();
    const id = this.#isHalted ? undefined : this.#round[this.#head++];
    try {
      if (id !== undefined) this.#process(id);
    } finally {
      const isMore = this.#head < this.#round.length || this.#nextRound.length > 0;
      if (!this.#isHalted && isMore) setImmediate(this.#pump);
      else this.#settle();
    }
  };

  #process(id: number): void {
    const message = this.messages.peek(id);
    if (!message) return;
    this.messages.delete(id);
    try {
      this.options.process(message);
    } catch (error) {
      this.options.onError(error);
    } finally {
      this.options.onProcessed(message);
    }
  }

  #startRound(): void {
    this.#round = this.#nextRound;
    this.#nextRound = [];
    this.#head = 0;
    this.#release(({ lastRound }) => lastRound <= this.#roundCount);
    this.#roundCount += 1;
  }

  #settle(): void {
    this.#isPumping = false;
    this.#release(() => true);
  }

  #release(isOver: (waiter: Waiter) => boolean): void {
    const over = this.#waiters.filter(isOver);
    if (over.length === 0) return;
    this.#waiters = this.#waiters.filter((waiter) => !isOver(waiter));
    for (const { resolve } of over) resolve();
  }
}
