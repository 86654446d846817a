/** A map that can tell which of its entries may have changed since it was last asked. */
export class TrackedMap<Key, Value> {
  readonly #entries = new Map<Key, Value>();
  #touched: Set<Key> | undefined;

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
    if (value !== undefined) this.#touched?.add(key);
    return value;
  }

  /** An entry that the caller leaves as it is. */
  peek(key: Key): Value | undefined {
    return this.#entries.get(key);
  }

  set(key: Key, value: Value): void {
    this.#entries.set(key, value);
    this.#touched?.add(key);
  }

  /** Puts in an entry as it is stored already. */
  restore(key: Key, value: Value): void {
    this.#entries.set(key, value);
  }

  delete(key: Key): boolean {
    this.#touched?.add(key);
    return this.#entries.delete(key);
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
}
