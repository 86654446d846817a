import { type StateChange, type StateStore } from './state-store';
import { type StoredPart } from './stored-part';

export type ValueOptions = {
  readonly key: string;
  readonly read: () => Uint8Array;
  readonly restore: (bytes: Uint8Array) => void;
  /** Called in place of `restore` when nothing is stored. */
  readonly onAbsent?: () => void;
};

/** A small value that is looked at each time, and stored when its bytes differ. */
export class StoredValue implements StoredPart {
  #stored: Uint8Array | undefined;

  constructor(
    private readonly store: StateStore,
    private readonly options: ValueOptions
  ) {}

  restore(): void {
    this.#stored = this.store.get(this.options.key);
    if (this.#stored) this.options.restore(this.#stored);
    else this.options.onAbsent?.();
  }

  collect(changes: StateChange[]): void {
    const value = this.options.read();
    if (value === this.#stored || (this.#stored && Buffer.compare(value, this.#stored) === 0)) return;
    this.#stored = value;
    changes.push({ key: this.options.key, value });
  }
}
