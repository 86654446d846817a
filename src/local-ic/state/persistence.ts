import { type StateChange, type StateStore } from './state-store';
import { type StoredPart } from './stored-part';

export type PersistenceOptions = {
  readonly store: StateStore;
  readonly parts: readonly StoredPart[];
  /** Told once, when something could not be stored; nothing is stored or durable any more. */
  readonly onFailure: (error: unknown) => void;
};

/** How long what nobody waits for may stay unwritten. */
const WRITE_BEHIND_MS = 50;

/**
 * Writes what messages changed. A write holds all changes of all messages since the last one, so the store always has
 * the state between two messages.
 */
export class Persistence {
  #isChanged = false;
  /** The write under way, or the last one. */
  #current: Promise<void> = Promise.resolve();
  /** The write that will hold what is not written yet. */
  #next: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #hasFailed = false;

  constructor(private readonly options: PersistenceOptions) {}

  /** Puts the stored state into its parts. */
  restore(): void {
    for (const part of this.options.parts) part.restore();
  }

  /** Notes that there is, or will be at the end of this turn, something to write. */
  noteChange(): void {
    this.#isChanged = true;
    if (this.#timer || this.#next || this.#hasFailed) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.whenDurable().catch(() => undefined);
    }, WRITE_BEHIND_MS);
    this.#timer.unref();
  }

  /** Resolves when all that was noted is on disk; rejects when it cannot be. */
  whenDurable(): Promise<void> {
    if (this.#next) return this.#next;
    return this.#isChanged ? this.#writeNext() : this.#current;
  }

  /** Begins when the turn and the write under way have ended: never in the midst of a message. */
  #writeNext(): Promise<void> {
    const next = this.#current.then(() => this.#write());
    this.#next = next;
    return next;
  }

  async #write(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#next = undefined;
    this.#isChanged = false;
    const written = this.#store();
    this.#current = written;
    written.catch((error: unknown) => {
      this.#fail(error);
    });
    await written;
  }

  async #store(): Promise<void> {
    const changes: StateChange[] = [];
    for (const part of this.options.parts) part.collect(changes);
    if (changes.length > 0) await this.options.store.write(changes);
  }

  #fail(error: unknown): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.options.onFailure(error);
  }
}
