import { bytesToHex } from '@noble/hashes/utils';
import { CanisterFault } from '../execution/canister-fault';
import { CanisterInstance } from '../execution/canister-instance';
import { loadModule } from '../execution/canister-module';
import { type HeapChanges, type InstanceRegisters, type PagedImage } from '../execution/memory-image';
import { StableMemory } from '../execution/stable-memory';
import { type Canister, type ModuleMetadata, SleepingCode } from '../replica/canister';
import { codeBytes } from '../replica/canister-memory';
import { decodeRecord, encodeRecord } from './record-codec';
import { type StateChange, type StateStore } from './state-store';

/** Besides the pages, which are under keys of their own. */
type CodeRecord = {
  readonly moduleHash: Uint8Array;
  /** What it occupies, so that nobody needs to look at it to know. */
  readonly memoryBytes: bigint;
  readonly heapBytes: number;
  readonly stableBytes: number;
  readonly registers: InstanceRegisters;
};

type Kind = 'heap' | 'stable';

/** What is stored of a canister's code; the objects tell whether it has been replaced. */
type Known = { readonly record: CodeRecord; instance: CanisterInstance | undefined };

const PAGE_DIGITS = 8;

/** Running code: its module, heap and stable memory, of which only changed pages are written. */
export class StoredCode {
  readonly #known = new Map<string, Known>();
  /** Modules that a canister ceased to run. */
  readonly #leftModules = new Set<string>();

  constructor(private readonly store: StateStore) {}

  /** Gives a canister its code, which is read and compiled when it is needed first. */
  restore(key: string, canister: Canister): void {
    const bytes = this.store.get(`code/${key}`);
    if (!bytes) return;
    const record = decodeRecord<CodeRecord>(bytes);
    const known: Known = { record, instance: undefined };
    this.#known.set(key, known);
    const wake = (): CanisterInstance => {
      known.instance = this.#wake(key, record);
      return known.instance;
    };
    const readMetadata = (): ModuleMetadata => this.#readMetadata(record.moduleHash);
    canister.restoreCode(new SleepingCode(record.moduleHash, record.memoryBytes, wake, readMetadata));
  }

  collect(key: string, canister: Canister, changes: StateChange[]): void {
    const instance = canister.awakeInstance;
    if (instance) this.#collectInstance(key, instance, changes);
    else if (!canister.moduleHash) this.remove(key, changes);
  }

  /** Forgets what is stored of a canister's code. */
  remove(key: string, changes: StateChange[]): void {
    const known = this.#known.get(key);
    if (!known) return;
    this.#known.delete(key);
    this.#leftModules.add(bytesToHex(known.record.moduleHash));
    changes.push({ key: `code/${key}`, value: undefined });
    this.#dropPages('heap', key, { kept: new Map(), changes });
    this.#dropPages('stable', key, { kept: new Map(), changes });
  }

  /** Forgets modules that nobody runs any more. */
  collectModules(changes: StateChange[]): void {
    if (this.#leftModules.size === 0) return;
    const inUse = new Set([...this.#known.values()].map(({ record }) => bytesToHex(record.moduleHash)));
    for (const hash of this.#leftModules) {
      if (inUse.has(hash)) continue;
      changes.push({ key: `module/${hash}`, value: undefined });
      changes.push({ key: `module-metadata/${hash}`, value: undefined });
    }
    this.#leftModules.clear();
  }

  #collectInstance(key: string, instance: CanisterInstance, changes: StateChange[]): void {
    const known = this.#known.get(key);
    const heap = instance.drainHeapChanges();
    const stable = instance.stable.drainChanges();
    const isReplaced = known?.instance !== instance;
    if (!isReplaced && !heap && !stable) return;
    if (isReplaced) this.#replaceModule(known?.record.moduleHash, instance, changes);
    if (heap) this.#putPages('heap', key, { pages: heap.pages, isWhole: isReplaced, changes });
    if (stable) {
      const isWhole = known?.instance?.stable !== instance.stable;
      this.#putPages('stable', key, { pages: stable.pages, isWhole, changes });
    }
    const registers = heap ? { globals: heap.globals } : (known?.record.registers ?? { globals: [] });
    const record = recordOf(instance, registers);
    this.#known.set(key, { record, instance });
    changes.push({ key: `code/${key}`, value: encodeRecord(record) });
  }

  #replaceModule(
    former: Uint8Array | undefined,
    { module: { hash, uploadedBytes, metadata } }: CanisterInstance,
    changes: StateChange[]
  ): void {
    const formerHash = former && bytesToHex(former);
    const name = bytesToHex(hash);
    if (formerHash === name) return;
    if (formerHash !== undefined) this.#leftModules.add(formerHash);
    changes.push({ key: `module/${name}`, value: uploadedBytes });
    changes.push({ key: `module-metadata/${name}`, value: encodeRecord(metadata) });
  }

  /** Pages that are not among those of a whole memory are of a former one. */
  #putPages(
    kind: Kind,
    key: string,
    { pages, isWhole, changes }: { pages: Pages; isWhole: boolean; changes: StateChange[] }
  ): void {
    if (isWhole) this.#dropPages(kind, key, { kept: pages, changes });
    for (const [index, value] of pages) changes.push({ key: pageKey(kind, key, index), value });
  }

  #dropPages(
    kind: Kind,
    key: string,
    { kept, changes }: { readonly kept: Pages; readonly changes: StateChange[] }
  ): void {
    const prefix = `${kind}/${key}/`;
    for (const storeKey of this.store.keys(prefix)) {
      if (!kept.has(parseInt(storeKey.slice(prefix.length), 16)))
        changes.push({ key: storeKey, value: undefined });
    }
  }

  #wake(key: string, record: CodeRecord): CanisterInstance {
    const moduleKey = `module/${bytesToHex(record.moduleHash)}`;
    const uploadedBytes = this.store.get(moduleKey);
    if (!uploadedBytes) throw new Error(`BUG: ${moduleKey} is not stored`);
    const stable = new StableMemory(this.#image('stable', key, record.stableBytes));
    const heap = { ...this.#image('heap', key, record.heapBytes), ...record.registers };
    try {
      return new CanisterInstance(loadModule(uploadedBytes), stable, heap);
    } catch (error) {
      throw error instanceof CanisterFault ? refusedModule(error) : error;
    }
  }

  #readMetadata(moduleHash: Uint8Array): ModuleMetadata {
    const bytes = this.store.get(`module-metadata/${bytesToHex(moduleHash)}`);
    return bytes ? decodeRecord<ModuleMetadata>(bytes) : new Map<string, never>();
  }

  #image(kind: Kind, key: string, byteLength: number): PagedImage {
    return { byteLength, readPage: (index) => this.store.get(pageKey(kind, key, index)) };
  }
}

/** Of a module that an earlier version of this program took. */
function refusedModule({ code, message }: CanisterFault): CanisterFault {
  const text = 'This version of the local Internet Computer cannot run the module that is installed';
  return new CanisterFault(code, `${text}: ${message} Upgrade is not possible; reinstall the canister.`);
}

type Pages = HeapChanges['pages'];

function pageKey(kind: Kind, key: string, index: number): string {
  return `${kind}/${key}/${index.toString(16).padStart(PAGE_DIGITS, '0')}`;
}

function recordOf(instance: CanisterInstance, registers: InstanceRegisters): CodeRecord {
  const { module, heapBytes, stable } = instance;
  return {
    moduleHash: module.hash,
    memoryBytes: codeBytes(instance),
    heapBytes,
    stableBytes: stable.byteLength,
    registers
  };
}
