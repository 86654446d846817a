/** One change of what is stored; without a value the key is removed. Keys are ASCII, at most 200 characters. */
export type StateChange = { readonly key: string; readonly value: Uint8Array | undefined };

/** Where a replica keeps its state: an ordered map from keys to bytes. */
export interface StateStore {
  /** The bytes under a key; they stay as they are when the key changes. */
  get(key: string): Uint8Array | undefined;
  /** Everything under keys that begin with `prefix`, in the order of the keys. */
  entries(prefix: string): Iterable<readonly [key: string, value: Uint8Array]>;
  /** The keys that begin with `prefix`, in their order; values are not read. */
  keys(prefix: string): Iterable<string>;
  /**
   * Applies all changes or none, after those of every earlier call. Reads see them at once; the promise resolves when
   * a crash of the process or the machine cannot undo them any more, and rejects when they could not be stored.
   */
  write(changes: readonly StateChange[]): Promise<void>;
  /** Waits for what was written and releases the folder. */
  close(): Promise<void>;
}
