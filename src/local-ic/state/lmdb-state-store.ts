import { existsSync } from 'node:fs';
import { type Database, open } from 'lmdb';
import { findDamage } from './lmdb-file-check';
import { claimStateFolder, type ClaimedFolder } from './state-folder';
import { diskRefused, StateFolderError, withDisk } from './state-folder-error';
import { type StateChange, type StateStore } from './state-store';

const KEY = /^[\x20-\x7e]{1,200}$/;

/**
 * Opens the state in a folder of this file system, made when it is not there. One process at a time has it.
 *
 * @throws {StateFolderError} when the folder is of something else or of a newer version, damaged, in use, or when the
 * disk refuses. Nothing is changed then.
 */
export function openStateStore(folder: string): StateStore {
  const claimed = claimStateFolder(folder);
  try {
    if (claimed.isReady) assertWhole(claimed.dataFile);
    const database = withDisk(folder, () => openDatabase(claimed.dataFile));
    if (!claimed.isReady) claimed.markReady();
    return new LmdbStateStore(folder, claimed, database);
  } catch (error) {
    claimed.release();
    throw error;
  }
}

function assertWhole(dataFile: string): void {
  const damage = existsSync(dataFile) ? findDamage(dataFile) : 'it is not there';
  if (damage === undefined) return;
  throw new StateFolderError(
    'damaged',
    `The state in ${dataFile} is damaged: ${damage}. Restore it from a copy, or start anew with --reset`
  );
}

/**
 * Each commit writes and syncs the data, then the page that makes them count. Syncing later than committing, the
 * package's default, would be no faster for one writer, and would make durability depend on the machine's boot id.
 */
function openDatabase(path: string): Database<Uint8Array, Uint8Array> {
  return open<Uint8Array, Uint8Array>({
    path,
    noSubdir: true,
    encoding: 'binary',
    keyEncoding: 'binary',
    overlappingSync: false,
    // Every commit is a batch. The package's own would reject a promise of its own, too, which nobody has.
    eventTurnBatching: false,
    cache: false
  });
}

type Waiting = { readonly resolve: () => void; readonly reject: (error: Error) => void };

/** Changes of one commit; the last one of a key counts. */
type Group = { readonly changes: Map<string, Uint8Array | undefined>; readonly waiting: Waiting[] };

const emptyGroup = (): Group => ({ changes: new Map(), waiting: [] });

class LmdbStateStore implements StateStore {
  /** What waits for the commit under way to end; all of it goes into the next one. */
  #next = emptyGroup();
  #current: Group | undefined;
  #isScheduled = false;
  #failure: StateFolderError | undefined;
  #idle: (() => void) | undefined;

  constructor(
    private readonly folder: string,
    private readonly claimed: ClaimedFolder,
    private readonly database: Database<Uint8Array, Uint8Array>
  ) {}

  get(key: string): Uint8Array | undefined {
    for (const group of [this.#next, this.#current]) {
      if (group?.changes.has(key)) return group.changes.get(key);
    }
    const value = this.database.getBinary(keyBytes(key));
    return value && plainBytes(value);
  }

  *entries(prefix: string): Iterable<readonly [key: string, value: Uint8Array]> {
    const pending = this.#pendingBelow(prefix).values();
    let next = pending.next().value;
    for (const { key: bytes, value } of this.database.getRange(rangeOf(prefix))) {
      const key = keyText(bytes);
      for (; next && next.key < key; next = pending.next().value) yield* present(next);
      if (next?.key !== key) yield [key, plainBytes(value)];
      else {
        yield* present(next);
        next = pending.next().value;
      }
    }
    for (; next; next = pending.next().value) yield* present(next);
  }

  keys(prefix: string): Iterable<string> {
    const keys = new Set<string>();
    for (const bytes of this.database.getKeys(rangeOf(prefix))) keys.add(keyText(bytes));
    for (const { key, value } of this.#pendingBelow(prefix)) {
      if (value) keys.add(key);
      else keys.delete(key);
    }
    return [...keys].sort();
  }

  write(changes: readonly StateChange[]): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    const wrong = changes.find(({ key }) => !KEY.test(key));
    if (wrong) return Promise.reject(new Error(`BUG: '${wrong.key}' is no key of the state`));
    for (const { key, value } of changes) this.#next.changes.set(key, value);
    return new Promise((resolve, reject) => {
      this.#next.waiting.push({ resolve, reject });
      this.#schedule();
    });
  }

  async close(): Promise<void> {
    if (this.#isBusy) await new Promise<void>((resolve) => (this.#idle = resolve));
    await this.database.close();
    this.claimed.release();
  }

  get #isBusy(): boolean {
    return this.#isScheduled || this.#current !== undefined;
  }

  #schedule(): void {
    if (this.#isBusy) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      void this.#commit();
    });
  }

  async #commit(): Promise<void> {
    const group = this.#next;
    this.#current = group;
    this.#next = emptyGroup();
    try {
      await this.database.batch(() => this.#put(group.changes));
      this.database.resetReadTxn();
      this.#current = undefined;
      for (const { resolve } of group.waiting) resolve();
    } catch (error) {
      this.#fail(await commitError(error), [...group.waiting, ...this.#next.waiting]);
    }
    if (this.#next.waiting.length > 0) this.#schedule();
    else this.#idle?.();
  }

  #put(changes: Group['changes']): void {
    for (const [key, value] of changes) {
      // The promise of the whole batch speaks for each.
      if (value) void this.database.put(keyBytes(key), value);
      else void this.database.remove(keyBytes(key));
    }
  }

  /** What came after what was lost must not be kept without it: nothing more is taken. */
  #fail(cause: unknown, waiting: readonly Waiting[]): void {
    this.#failure = diskRefused(this.folder, cause);
    this.#current = undefined;
    this.#next = emptyGroup();
    for (const { reject } of waiting) reject(this.#failure);
  }

  /** Changes not in the database yet, in the order of their keys. */
  #pendingBelow(prefix: string): StateChange[] {
    const merged = new Map([...(this.#current?.changes ?? []), ...this.#next.changes]);
    const changes = [...merged].map(([key, value]) => ({ key, value }));
    return changes.filter(({ key }) => key.startsWith(prefix)).sort((a, b) => (a.key < b.key ? -1 : 1));
  }
}

function* present({ key, value }: StateChange): Iterable<readonly [string, Uint8Array]> {
  if (value) yield [key, value];
}

/** A copy by `slice` of the package's `Buffer` would be none. */
const plainBytes = ({ buffer, byteOffset, length }: Uint8Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, length);

const keyText = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

const keyBytes = (key: string): Buffer => Buffer.from(key, 'latin1');

/** No key has a byte that is as high. */
const rangeOf = (prefix: string): { readonly start: Uint8Array; readonly end: Uint8Array } => ({
  start: prefix === '' ? Buffer.of(0) : keyBytes(prefix),
  end: Buffer.concat([keyBytes(prefix), Buffer.of(0xff)])
});

/** The package keeps what the disk said in a promise beside its own error. */
async function commitError(error: unknown): Promise<unknown> {
  if (!(error instanceof Error && 'commitError' in error)) return error;
  return Promise.resolve(error.commitError).catch((reason: unknown) => reason);
}
