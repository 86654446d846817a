import { type TrackedMap } from '../replica/tracked-map';
import { decodeRecord, encodeRecord } from './record-codec';
import { type StateChange, type StateStore } from './state-store';
import { type StoredPart } from './stored-part';

/** How the keys of a map are written, so that their order stays. */
export type KeyFormat<Key> = {
  readonly write: (key: Key) => string;
  readonly read: (text: string) => Key;
};

const NUMBER_DIGITS = 14;

export const NUMBER_KEYS: KeyFormat<number> = {
  write: (key) => key.toString(16).padStart(NUMBER_DIGITS, '0'),
  read: (text) => parseInt(text, 16)
};

export const TEXT_KEYS: KeyFormat<string> = { write: (key) => key, read: (text) => text };

/** The entries of a map of plain data, each under a key of its own. */
export class StoredRecords<Key, Value extends object> implements StoredPart {
  readonly #stored = new Set<Key>();

  constructor(
    private readonly store: StateStore,
    private readonly name: string,
    private readonly map: TrackedMap<Key, Value>,
    private readonly keys: KeyFormat<Key>
  ) {
    map.track();
  }

  restore(): void {
    const prefix = `${this.name}/`;
    for (const [storeKey, value] of this.store.entries(prefix)) {
      const key = this.keys.read(storeKey.slice(prefix.length));
      this.map.restore(key, decodeRecord<Value>(value));
      this.#stored.add(key);
    }
  }

  collect(changes: StateChange[]): void {
    for (const key of this.map.drainTouched()) {
      const value = this.map.peek(key);
      const storeKey = `${this.name}/${this.keys.write(key)}`;
      if (value !== undefined) {
        this.#stored.add(key);
        changes.push({ key: storeKey, value: encodeRecord(value) });
      } else if (this.#stored.delete(key)) {
        changes.push({ key: storeKey, value: undefined });
      }
    }
  }
}
