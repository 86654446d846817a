/** Keeps what a value is now; calling what is returned makes it that again. */
export type Remember<Value> = (value: Value) => () => void;

/** For records whose fields are replaced and never changed inside. */
function rememberFields(record: object): () => void {
  const former = { ...record };
  return () => Object.assign(record, former);
}

/** A map that can tell which of its entries may have changed since it was last asked, and can undo changes. */
export class TrackedMap<Key, Value extends object> {
  readonly #entries = new Map<Key, Value>();
  #touched: Set<Key> | undefined;
  /** How to undo what was done to entries since {@link begin}. */
  #undo: Map<Key, () => void> | undefined;

  constructor(private readonly remember: Remember<Value> = rememberFields) {}

  get size(): number {
    return this.#entries.size;
  }

  /** Begins to note changes; until then nothing is noted. */
  track(): void {
    this.#touched ??= new Set();
  }

  has(key: Key): boolean {
    return this.#entries.has(key);
  }

  /** An entry that the caller may change: it counts as changed. */
  get(key: Key): Value | undefined {
    const value = this.#entries.get(key);
    if (value !== undefined) this.#touch(key);
    return value;
  }

  /** An entry that the caller leaves as it is. */
  peek(key: Key): Value | undefined {
    return this.#entries.get(key);
  }

  set(key: Key, value: Value): void {
    this.#touch(key);
    this.#entries.set(key, value);
  }

  /** Puts in an entry as it is stored already. */
  restore(key: Key, value: Value): void {
    this.#entries.set(key, value);
  }

  delete(key: Key): boolean {
    this.#touch(key);
    return this.#entries.delete(key);
  }

  /** From now on until {@link commit}, what is done to entries can be undone. */
  begin(): void {
    this.#undo = new Map();
  }

  commit(): void {
    this.#undo = undefined;
  }

  rollback(): void {
    for (const undo of this.#undo?.values() ?? []) undo();
    this.#undo = undefined;
  }

  /** All entries in the order they came, to be left as they are. */
  entries(): IterableIterator<[Key, Value]> {
    return this.#entries.entries();
  }

  values(): IterableIterator<Value> {
    return this.#entries.values();
  }

  /** Keys that were put in, taken out or got for a change since the last call. */
  drainTouched(): Iterable<Key> {
    if (!this.#touched || this.#touched.size === 0) return [];
    const touched = this.#touched;
    this.#touched = new Set();
    return touched;
  }

  #touch(key: Key): void {
    this.#touched?.add(key);
    if (!this.#undo || this.#undo.has(key)) return;
    const value = this.#entries.get(key);
    const putBack = value && this.remember(value);
    this.#undo.set(key, () => {
      putBack?.();
      if (value) this.#entries.set(key, value);
      else this.#entries.delete(key);
    });
  }
}
