import { type IdSequence } from './id-sequence';
import { type QueuedMessage } from './message';
import { TrackedMap } from './tracked-map';

export type MessageQueueOptions = {
  readonly ids: IdSequence;
  readonly process: (message: QueuedMessage) => void;
  /** Told after each message, when the state is whole again. */
  readonly onProcessed: () => void;
  /** Told of a message whose processing threw; the next one is processed nevertheless. */
  readonly onError: (error: unknown) => void;
};

/** Messages are processed one at a time in the order they came; the event loop turns between two of them. */
export class MessageQueue {
  /** Everything that is not processed yet, by number in the order it came. */
  readonly messages = new TrackedMap<number, QueuedMessage>();
  #ready: number[] = [];
  #head = 0;
  #isPumping = false;
  #isHalted = false;
  #idleWaiters: (() => void)[] = [];

  constructor(private readonly options: MessageQueueOptions) {}

  enqueue(message: QueuedMessage): void {
    this.#makeReady(this.#add(message));
  }

  /** Takes a message in that is processed before all others. */
  enqueueNext(message: QueuedMessage): void {
    const id = this.#add(message);
    this.#ready.splice(this.#head, 0, id);
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

  /** Resolves when nothing is left that could be processed. */
  whenIdle(): Promise<void> {
    if (!this.#isPumping) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  #add(message: QueuedMessage): number {
    const id = this.options.ids.next();
    this.messages.set(id, message);
    return id;
  }

  #makeReady(id: number): void {
    this.#ready.push(id);
    this.#startPumping();
  }

  #startPumping(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    setImmediate(this.#pump);
  }

  readonly #pump = (): void => {
    const id = this.#isHalted ? undefined : this.#ready[this.#head++];
    try {
      if (id !== undefined) this.#process(id);
    } finally {
      if (!this.#isHalted && this.#head < this.#ready.length) setImmediate(this.#pump);
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
      this.options.onProcessed();
    }
  }

  #settle(): void {
    this.#ready = [];
    this.#head = 0;
    this.#isPumping = false;
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const resolve of waiters) resolve();
  }
}
