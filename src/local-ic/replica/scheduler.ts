/** Runs tasks one at a time in the order they came; the event loop turns between two of them. */
export class Scheduler {
  #tasks: (() => void)[] = [];
  #head = 0;
  #isPumping = false;
  #idleWaiters: (() => void)[] = [];

  /** `onError` is told of a task that threw; the next task runs nevertheless. */
  constructor(private readonly onError: (error: unknown) => void) {}

  enqueue(task: () => void): void {
    this.#tasks.push(task);
    if (this.#isPumping) return;
    this.#isPumping = true;
    setImmediate(this.#pump);
  }

  /** Resolves when no task is left. */
  whenIdle(): Promise<void> {
    if (!this.#isPumping) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  readonly #pump = (): void => {
    const task = this.#tasks[this.#head++];
    try {
      task?.();
    } catch (error) {
      this.onError(error);
    } finally {
      if (this.#head < this.#tasks.length) setImmediate(this.#pump);
      else this.#settle();
    }
  };

  #settle(): void {
    this.#tasks = [];
    this.#head = 0;
    this.#isPumping = false;
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const resolve of waiters) resolve();
  }
}
