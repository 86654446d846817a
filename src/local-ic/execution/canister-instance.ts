import { CanisterFault, contractViolation, ERROR_CODE } from './canister-fault';
import { type CanisterModule } from './canister-module';
import { Execution, type Callback, type ExecutionEffects, type ExecutionInput } from './execution';
import { GuestMemory } from './guest-memory';
import { type HeapChanges, type HeapChangeSource, type HeapImage } from './memory-image';
import { MemorySnapshot } from './memory-snapshot';
import { pagedCopy, type PagedBytes } from './paged-bytes';
import { globalValue, type GlobalValue, type SnapshotGlobal } from './snapshot-globals';
import { StableMemory } from './stable-memory';
import { createSystemApi } from './system-api';
import { type ApiHost } from './system-api-host';
import { faultOf, outOfInstructions } from './trap';
import { HOST_EXPORT } from './wasm-rewriter';
import {
  growMemory,
  wasm,
  WASM_PAGE_BYTES,
  type WasmExport,
  type WasmFunction,
  type WasmGlobal,
  type WasmImports,
  type WasmMemory,
  type WasmTable
} from './webassembly';

/** Where an execution enters the canister. */
export type EntryPoint =
  | { readonly kind: 'export'; readonly name: string }
  | { readonly kind: 'callback'; readonly callback: Callback }
  | { readonly kind: 'start' };

export type ExecutionResult =
  | { readonly kind: 'completed'; readonly effects: ExecutionEffects; readonly instructions: bigint }
  | { readonly kind: 'trapped'; readonly fault: CanisterFault; readonly instructions: bigint };

/** Least value of the global that counts instructions. */
const LEAST_WORD = -(2n ** 63n);

type Linked = {
  readonly exports: Readonly<Record<string, WasmExport>>;
  readonly memory: GuestMemory;
  readonly wasmMemory: WasmMemory | undefined;
  readonly table: WasmTable | undefined;
  readonly gas: WasmGlobal;
  /** Not zero when an execution changed a table or dropped a segment. */
  readonly transient: WasmGlobal;
  readonly globals: readonly WasmGlobal[];
};

/**
 * The running code of one canister. Between {@link begin} and {@link commit} or {@link rollback} executions change
 * heap, globals and stable memory; a rollback restores all three.
 */
export class CanisterInstance implements HeapChangeSource {
  #imports: WasmImports;
  #linked: Linked;
  #snapshot = new MemorySnapshot();
  #execution: Execution | undefined;

  /**
   * With a heap image, the instance as it was stored. Does not run the start function: that is an execution of its own.
   *
   * @throws IC0505 when it cannot be linked.
   */
  constructor(
    readonly module: CanisterModule,
    readonly stable: StableMemory,
    heap?: HeapImage
  ) {
    this.#imports = createSystemApi(this.#createApiHost());
    this.#linked = this.#instantiate();
    if (!heap) return;
    this.#growBy(heap.byteLength - this.heapBytes);
    this.#snapshot.load(heap, this.#linked.memory, this.#linked.globals);
  }

  get heapBytes(): number {
    return this.#linked.memory.byteLength;
  }

  get hasStart(): boolean {
    return this.#linked.exports[HOST_EXPORT.start] !== undefined;
  }

  hasExport(name: string): boolean {
    return this.#linked.exports[name] !== undefined;
  }

  /** Starts with the heap of `former`, for an upgrade that keeps it. */
  adoptHeap(former: CanisterInstance): void {
    this.#growBy(former.heapBytes - this.heapBytes);
    this.#linked.memory.bytes().set(former.#linked.memory.bytes());
  }

  /** A copy of the heap. Between executions only. */
  copyHeap(): PagedBytes {
    return pagedCopy(this.#linked.memory.bytes());
  }

  /** Values of the module's `snapshotGlobals`, in their order. */
  copyGlobals(): readonly GlobalValue[] {
    return this.module.snapshotGlobals.map((global) =>
      globalValue(global.type, this.#wasmGlobal(global).value)
    );
  }

  /**
   * Gives a new instance the heap and globals of a snapshot; the globals must be of the module's types.
   *
   * @throws IC0507 when the module's memory cannot have this size.
   */
  loadSnapshot(heap: PagedBytes, globals: readonly GlobalValue[]): void {
    this.#resizeHeap(heap.byteLength);
    const bytes = this.#linked.memory.bytes();
    bytes.fill(0);
    for (const [index, page] of heap.pages) bytes.set(page, index * WASM_PAGE_BYTES);
    this.module.snapshotGlobals.forEach((global, index) => {
      const value = globals[index]?.value;
      if (global.isMutable && value !== undefined) this.#wasmGlobal(global).value = value;
    });
  }

  #resizeHeap(byteLength: number): void {
    try {
      this.#growBy(byteLength - this.heapBytes);
    } catch {
      // Beyond the maximum that the module declares: told below.
    }
    if (this.heapBytes === byteLength) return;
    throw new CanisterFault(
      ERROR_CODE.outOfMemory,
      `The module's Wasm memory cannot have ${byteLength} bytes`
    );
  }

  #wasmGlobal({ index, isMutable, exportName }: SnapshotGlobal): WasmGlobal {
    const name = isMutable || exportName === undefined ? HOST_EXPORT.global(index) : exportName;
    return this.#linked.exports[name] as WasmGlobal;
  }

  /** A copy to try something on: nothing it does reaches this one. Between messages only. */
  fork(): CanisterInstance {
    const copy = new CanisterInstance(this.module, new StableMemory(this.stable.asImage()));
    copy.adoptHeap(this);
    copy.#linked.globals.forEach((global, index) => {
      global.value = this.#linked.globals[index]?.value ?? 0;
    });
    return copy;
  }

  begin(): void {
    const { memory, globals } = this.#linked;
    this.#snapshot.take(memory, globals);
    this.stable.begin();
  }

  commit(): void {
    this.#snapshot.keep(this.#linked.memory, this.#linked.globals);
    this.stable.commit();
  }

  rollback(): void {
    this.stable.rollback();
    const { byteLength } = this.#snapshot;
    if (this.#linked.memory.byteLength > byteLength) {
      // A Wasm memory cannot shrink, so there must be a new one.
      this.#linked = this.#instantiate();
      this.#growBy(byteLength - this.#linked.memory.byteLength);
    }
    this.#snapshot.restore(this.#linked.memory, this.#linked.globals);
  }

  drainHeapChanges(): HeapChanges | undefined {
    return this.#snapshot.drain(this.#linked.memory, this.#linked.globals);
  }

  /** Enters the canister once. Changes stay in memory whatever the result: end the transaction accordingly. */
  run(input: ExecutionInput, entry: EntryPoint): ExecutionResult {
    if (this.#linked.transient.value !== 0n) this.#renew();
    const { gas } = this.#linked;
    const execution = new Execution(input);
    this.#execution = execution;
    gas.value = input.instructionLimit;
    try {
      this.#enter(entry);
      return { kind: 'completed', effects: execution.effects(), instructions: this.#instructionsUsed(input) };
    } catch (error) {
      const isGasExhausted = BigInt(gas.value) < 0n;
      const fault = faultOf(error, { instructionLimit: input.instructionLimit, isGasExhausted });
      return { kind: 'trapped', fault, instructions: this.#instructionsUsed(input) };
    } finally {
      this.#execution = undefined;
    }
  }

  /** As on the network, where every execution starts with the module's own tables and segments, and the memory kept. */
  #renew(): void {
    const { memory, globals } = this.#linked;
    const values = globals.map((global) => global.value);
    this.#linked = this.#instantiate();
    this.#growBy(memory.byteLength - this.#linked.memory.byteLength);
    this.#linked.memory.bytes().set(memory.bytes());
    this.#linked.globals.forEach((global, index) => {
      global.value = values[index] ?? 0;
    });
  }

  #growBy(bytes: number): void {
    const { wasmMemory } = this.#linked;
    if (wasmMemory && bytes > 0) growMemory(wasmMemory, bytes / WASM_PAGE_BYTES);
  }

  #enter(entry: EntryPoint): void {
    switch (entry.kind) {
      case 'export':
        this.#exportedFunction(entry.name)();
        return;
      case 'start':
        this.#exportedFunction(HOST_EXPORT.start)();
        return;
      case 'callback':
        this.#enterCallback(entry.callback);
    }
  }

  #exportedFunction(name: string): WasmFunction {
    const found = this.#linked.exports[name];
    if (typeof found !== 'function') throw new Error(`BUG: the module has no function '${name}'`);
    return found;
  }

  #enterCallback({ functionIndex, env }: Callback): void {
    const { table } = this.#linked;
    const found: unknown = table && functionIndex < table.length ? table.get(functionIndex) : undefined;
    if (typeof found !== 'function') {
      throw new CanisterFault(
        ERROR_CODE.functionNotFound,
        `Canister requested to invoke a non-existent Wasm function ${functionIndex} from table 0`
      );
    }
    // The name of a function that Wasm exports is its index in the module.
    if (!this.module.isCallback(Number(found.name))) {
      throw contractViolation('function invocation does not match its signature');
    }
    (found as WasmFunction)(this.module.is64Bit ? BigInt(env) : env);
  }

  #instructionsUsed({ instructionLimit }: ExecutionInput): bigint {
    const left = BigInt(this.#linked.gas.value);
    return left > 0n ? instructionLimit - left : instructionLimit;
  }

  #createApiHost(): ApiHost {
    const execution = (): Execution => {
      if (!this.#execution) throw new Error('BUG: a system function was called outside of an execution');
      return this.#execution;
    };
    const memory = (): GuestMemory => this.#linked.memory;
    return {
      stable: this.stable,
      get memory() {
        return memory();
      },
      get execution() {
        return execution();
      },
      instructionsUsed: () => this.#instructionsUsed(execution().input),
      charge: (instructions) => {
        this.#charge(instructions);
      },
      is64Bit: this.module.is64Bit
    };
  }

  #charge(instructions: number): void {
    const { gas } = this.#linked;
    const left = BigInt(gas.value) - BigInt(instructions);
    gas.value = left > LEAST_WORD ? left : LEAST_WORD;
    if (left < 0n && this.#execution) throw outOfInstructions(this.#execution.input.instructionLimit);
  }

  #instantiate(): Linked {
    const { exports } = link(this.module, this.#imports);
    const wasmMemory = exports[HOST_EXPORT.memory] as WasmMemory | undefined;
    return {
      exports,
      wasmMemory,
      memory: new GuestMemory(wasmMemory),
      table: exports[HOST_EXPORT.table] as WasmTable | undefined,
      gas: exports[HOST_EXPORT.gas] as WasmGlobal,
      transient: exports[HOST_EXPORT.transient] as WasmGlobal,
      globals: this.module.mutableGlobals.map((index) => exports[HOST_EXPORT.global(index)] as WasmGlobal)
    };
  }
}

function link(
  { compiled }: CanisterModule,
  imports: WasmImports
): { readonly exports: Readonly<Record<string, WasmExport>> } {
  try {
    return new wasm.Instance(compiled, imports);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CanisterFault(
      ERROR_CODE.invalidWasm,
      `Canister's Wasm module cannot be instantiated: ${reason}`
    );
  }
}
