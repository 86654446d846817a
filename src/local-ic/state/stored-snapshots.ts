import { type PagedBytes } from '../execution/paged-bytes';
import { type Canister } from '../replica/canister';
import { type CanisterSnapshot } from '../replica/canister-snapshot';
import { decodeRecord, encodeRecord } from './record-codec';
import { type StateChange, type StateStore } from './state-store';

const PARTS = ['wasmModule', 'heap', 'stable'] as const;
type Part = (typeof PARTS)[number];

/** A snapshot without its pages, which are under keys of their own. */
type SnapshotRecord = Omit<CanisterSnapshot, Part> & { readonly byteLengths: Readonly<Record<Part, number>> };

type Snapshots = ReadonlyMap<string, CanisterSnapshot>;

/** The canisters' snapshots. They never change; one being uploaded is replaced by one that shares most pages. */
export class StoredSnapshots {
  /** By canister, then by snapshot. */
  readonly #known = new Map<string, Snapshots>();

  constructor(private readonly store: StateStore) {}

  /** The pages are read when one of them is needed first. */
  restore(key: string, { snapshots }: Canister): void {
    const prefix = `snapshot/${key}/`;
    for (const [storeKey, value] of this.store.entries(prefix)) {
      const id = storeKey.slice(prefix.length);
      snapshots.set(id, this.#fromRecord(`${key}/${id}`, decodeRecord<SnapshotRecord>(value)));
    }
    if (snapshots.size > 0) this.#known.set(key, new Map(snapshots));
  }

  collect(key: string, snapshots: Snapshots, changes: StateChange[]): void {
    const known = this.#known.get(key) ?? new Map<string, never>();
    for (const id of known.keys()) {
      if (!snapshots.has(id)) this.#remove(key, id, changes);
    }
    for (const [id, snapshot] of snapshots) {
      const former = known.get(id);
      if (former === snapshot) continue;
      changes.push({ key: `snapshot/${key}/${id}`, value: encodeRecord(toRecord(snapshot)) });
      for (const part of PARTS) {
        collectPages(
          `snapshot-page/${key}/${id}/${part}/`,
          { bytes: snapshot[part], former: former?.[part] },
          changes
        );
      }
    }
    if (snapshots.size > 0) this.#known.set(key, new Map(snapshots));
    else this.#known.delete(key);
  }

  #remove(key: string, id: string, changes: StateChange[]): void {
    changes.push({ key: `snapshot/${key}/${id}`, value: undefined });
    for (const storeKey of this.store.keys(`snapshot-page/${key}/${id}/`)) {
      changes.push({ key: storeKey, value: undefined });
    }
  }

  #fromRecord(path: string, { byteLengths, ...record }: SnapshotRecord): CanisterSnapshot {
    const bytesOf = (part: Part): PagedBytes =>
      new StoredPages(this.store, `snapshot-page/${path}/${part}/`, byteLengths[part]);
    return { ...record, wasmModule: bytesOf('wasmModule'), heap: bytesOf('heap'), stable: bytesOf('stable') };
  }
}

/** Pages that are in the store until somebody looks at one. */
class StoredPages implements PagedBytes {
  #pages: ReadonlyMap<number, Uint8Array> | undefined;

  constructor(
    private readonly store: StateStore,
    private readonly prefix: string,
    readonly byteLength: number
  ) {}

  get pages(): ReadonlyMap<number, Uint8Array> {
    this.#pages ??= this.#read();
    return this.#pages;
  }

  #read(): ReadonlyMap<number, Uint8Array> {
    const pages = new Map<number, Uint8Array>();
    for (const [key, page] of this.store.entries(this.prefix)) {
      pages.set(parseInt(key.slice(this.prefix.length), 16), page);
    }
    return pages;
  }
}

function toRecord({ wasmModule, heap, stable, ...record }: CanisterSnapshot): SnapshotRecord {
  const byteLengths = {
    wasmModule: wasmModule.byteLength,
    heap: heap.byteLength,
    stable: stable.byteLength
  };
  return { ...record, byteLengths };
}

function collectPages(
  prefix: string,
  { bytes, former }: { readonly bytes: PagedBytes; readonly former: PagedBytes | undefined },
  changes: StateChange[]
): void {
  if (bytes === former) return;
  for (const [index, page] of bytes.pages) {
    if (former?.pages.get(index) === page) continue;
    changes.push({ key: `${prefix}${index.toString(16).padStart(8, '0')}`, value: page });
  }
}
