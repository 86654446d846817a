import { Canister } from '../replica/canister';
import { type CanisterRegistry } from '../replica/canister-registry';
import { decodeRecord, encodeRecord } from './record-codec';
import { type StateChange, type StateStore } from './state-store';
import { StoredCode } from './stored-code';
import { type StoredPart } from './stored-part';
import { StoredSnapshots } from './stored-snapshots';

/** Fields of a canister that are not in its record: stored apart, or counted from calls. */
const APART: ReadonlySet<string> = new Set([
  'log',
  'chunks',
  'snapshots',
  'openContextCount',
  'pendingCalls'
]);

type CanisterRecord = Pick<Canister, 'id' | 'settings' | 'cycles'>;
type LogRecord = { readonly lines: Parameters<Canister['log']['restore']>[0]; readonly nextIndex: bigint };

/** What was stored last of a canister, to find out what changed. */
type Known = {
  record: Uint8Array | undefined;
  logIndex: bigint;
  logBytes: number;
  readonly chunkKeys: Set<string>;
};

/** Canisters: all plain fields as one record; log, chunks, code and snapshots under keys of their own. */
export class StoredCanisters implements StoredPart {
  readonly #known = new Map<string, Known>();
  readonly #code: StoredCode;
  readonly #snapshots: StoredSnapshots;

  constructor(
    private readonly store: StateStore,
    private readonly registry: CanisterRegistry
  ) {
    this.#code = new StoredCode(store);
    this.#snapshots = new StoredSnapshots(store);
    registry.canisters.track();
  }

  restore(): void {
    const prefix = 'canister/';
    for (const [storeKey, value] of this.store.entries(prefix)) {
      const key = storeKey.slice(prefix.length);
      const record = decodeRecord<CanisterRecord>(value);
      const canister = new Canister(record.id, record.settings, record.cycles);
      Object.assign(canister, record);
      const known = { record: value, logIndex: 0n, logBytes: 0, chunkKeys: new Set<string>() };
      this.#known.set(key, known);
      this.#restoreLog(key, canister, known);
      this.#restoreChunks(key, canister, known);
      this.#code.restore(key, canister);
      this.#snapshots.restore(key, canister);
      this.registry.canisters.restore(key, canister);
    }
  }

  collect(changes: StateChange[]): void {
    for (const key of this.registry.canisters.drainTouched()) {
      const canister = this.registry.canisters.peek(key);
      if (canister) this.#collectCanister(key, canister, changes);
      else this.#remove(key, changes);
    }
    this.#code.collectModules(changes);
  }

  #collectCanister(key: string, canister: Canister, changes: StateChange[]): void {
    const known = this.#known.get(key) ?? {
      record: undefined,
      logIndex: 0n,
      logBytes: 0,
      chunkKeys: new Set<string>()
    };
    this.#known.set(key, known);
    const record = encodeRecord(recordOf(canister));
    if (!known.record || Buffer.compare(record, known.record) !== 0) {
      known.record = record;
      changes.push({ key: `canister/${key}`, value: record });
    }
    collectLog(key, canister, { known, changes });
    collectChunks(key, canister, { known, changes });
    this.#code.collect(key, canister, changes);
    this.#snapshots.collect(key, canister.snapshots, changes);
  }

  #remove(key: string, changes: StateChange[]): void {
    const known = this.#known.get(key);
    if (!known) return;
    this.#known.delete(key);
    for (const storeKey of [`canister/${key}`, `log/${key}`, ...chunkKeysOf(key, known)]) {
      changes.push({ key: storeKey, value: undefined });
    }
    this.#code.remove(key, changes);
    this.#snapshots.collect(key, new Map(), changes);
  }

  #restoreLog(key: string, { log, settings }: Canister, known: Known): void {
    log.limitBytes = Number(settings.logMemoryLimitBytes);
    const bytes = this.store.get(`log/${key}`);
    if (!bytes) return;
    const { lines, nextIndex } = decodeRecord<LogRecord>(bytes);
    log.restore(lines, nextIndex);
    known.logIndex = log.nextIndex;
    known.logBytes = log.byteLength;
  }

  #restoreChunks(key: string, { chunks }: Canister, known: Known): void {
    const prefix = `chunk/${key}/`;
    for (const [storeKey, value] of this.store.entries(prefix)) {
      const hash = storeKey.slice(prefix.length);
      chunks.set(hash, value);
      known.chunkKeys.add(hash);
    }
  }
}

function recordOf(canister: Canister): object {
  return Object.fromEntries(Object.entries(canister).filter(([name]) => !APART.has(name)));
}

type Collecting = { readonly known: Known; readonly changes: StateChange[] };

function collectLog(key: string, { log }: Canister, { known, changes }: Collecting): void {
  if (log.nextIndex === known.logIndex && log.byteLength === known.logBytes) return;
  known.logIndex = log.nextIndex;
  known.logBytes = log.byteLength;
  const record: LogRecord = { lines: log.records(), nextIndex: log.nextIndex };
  changes.push({ key: `log/${key}`, value: encodeRecord(record) });
}

/** Chunks are named by their hash: one that is there is the same. */
function collectChunks(key: string, { chunks }: Canister, { known, changes }: Collecting): void {
  const { chunkKeys } = known;
  for (const hash of chunkKeys) {
    if (chunks.has(hash)) continue;
    chunkKeys.delete(hash);
    changes.push({ key: `chunk/${key}/${hash}`, value: undefined });
  }
  for (const [hash, value] of chunks) {
    if (chunkKeys.has(hash)) continue;
    chunkKeys.add(hash);
    changes.push({ key: `chunk/${key}/${hash}`, value });
  }
}

function chunkKeysOf(key: string, { chunkKeys }: Known): string[] {
  return [...chunkKeys].map((hash) => `chunk/${key}/${hash}`);
}
