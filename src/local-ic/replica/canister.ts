import { equalBytes } from '../protocol/byte-order';
import { type CanisterInstance } from '../execution/canister-instance';
import { type CanisterModule } from '../execution/canister-module';
import { type CanisterFacts, type CanisterStatus } from '../execution/execution';
import { freezingLimit, idleCyclesPerDay } from '../execution/cycles-schedule';
import { CanisterLog } from './canister-log';
import { codeBytes, otherBytes } from './canister-memory';
import { type CanisterSnapshot, type LowMemoryHookStatus } from './canister-snapshot';
import { type CyclesUse, noCyclesConsumed } from './cycles-use';
import { type CallOrigin } from './message';

/** Who may read something of a canister besides its controllers. */
export type Visibility =
  | { readonly kind: 'controllers' }
  | { readonly kind: 'public' }
  | { readonly kind: 'allowed_viewers'; readonly viewers: readonly Uint8Array[] };

/** Settings of a canister; see `definite_canister_settings` of the management interface. */
export type CanisterSettings = {
  readonly controllers: readonly Uint8Array[];
  readonly computeAllocationPercent: bigint;
  readonly memoryAllocationBytes: bigint;
  readonly freezingThresholdSeconds: bigint;
  readonly reservedCyclesLimit: bigint;
  /** Calls of other canisters that carry less are refused. */
  readonly minimumCallCycles: bigint;
  readonly logVisibility: Visibility;
  readonly snapshotVisibility: Visibility;
  readonly statusVisibility: Visibility;
  readonly logMemoryLimitBytes: bigint;
  readonly wasmMemoryLimitBytes: bigint;
  readonly wasmMemoryThresholdBytes: bigint;
  /** Sorted by name, bytewise. */
  readonly environment: readonly (readonly [name: string, value: string])[];
};

/** Who changed a canister, and how; newest last. */
export type CanisterChange = {
  readonly timestampNs: bigint;
  readonly version: bigint;
  readonly origin: {
    readonly principal: Uint8Array;
    readonly canisterVersion: bigint | undefined;
    readonly isCanister: boolean;
  };
  readonly details: ChangeDetails;
};

export type ChangeDetails =
  | {
      readonly kind: 'creation';
      readonly controllers: readonly Uint8Array[];
      /** 32 bytes, when environment variables were given. */
      readonly environmentHash: Uint8Array | undefined;
    }
  | { readonly kind: 'code_uninstall' }
  | {
      readonly kind: 'code_deployment';
      readonly mode: 'install' | 'reinstall' | 'upgrade';
      readonly moduleHash: Uint8Array;
    }
  | { readonly kind: 'controllers_change'; readonly controllers: readonly Uint8Array[] }
  | {
      readonly kind: 'load_snapshot';
      /** Whose snapshot it was, when not the canister's own. */
      readonly fromCanisterId: Uint8Array | undefined;
      readonly snapshotId: Uint8Array;
      /** Version of that canister when the snapshot was taken. */
      readonly snapshotVersion: bigint;
      readonly takenNs: bigint;
      readonly source: CanisterSnapshot['source'];
    };

/** A stop call that is answered when the canister has stopped. */
export type StopCall = {
  readonly origin: CallOrigin;
  readonly cycles: bigint;
  readonly deadlineNs: bigint;
};

export type ModuleMetadata = CanisterModule['metadata'];

/** Code that is stored and runs when it is needed first. */
export class SleepingCode {
  #metadata: ModuleMetadata | undefined;

  constructor(
    readonly moduleHash: Uint8Array,
    /** What it occupies: see `codeBytes`. */
    readonly memoryBytes: bigint,
    readonly wake: () => CanisterInstance,
    private readonly readMetadata: () => ModuleMetadata
  ) {}

  /** Known without waking the code: every certificate of the network needs it. */
  get metadata(): ModuleMetadata {
    this.#metadata ??= this.readMetadata();
    return this.#metadata;
  }
}

const NO_METADATA: ModuleMetadata = new Map();

const KEPT_CHANGES = 20;

/** One canister of the network: settings, cycles, code and the calls it is in. */
export class Canister {
  status: CanisterStatus = 'running';
  stopCalls: StopCall[] = [];
  version = 0n;
  /** Whether its code has a heartbeat; known without looking at the code. */
  hasHeartbeat = false;
  createdNs: bigint | undefined;
  /** When its code was last changed; undefined when there is none. */
  installedNs: bigint | undefined;
  /** Until when it has paid for what it occupies; undefined before the first time. */
  chargedNs: bigint | undefined;
  certifiedData: Uint8Array = new Uint8Array(0);
  /** Zero when the timer is off. */
  globalTimerNs = 0n;
  readonly log = new CanisterLog();
  readonly changes: CanisterChange[] = [];
  changeCount = 0n;
  /** Uploaded chunks by hash in hex. */
  readonly chunks = new Map<string, Uint8Array>();
  /** By id in hex, oldest first. */
  readonly snapshots = new Map<string, CanisterSnapshot>();
  /** How many snapshots there ever were: the number in the next one's id. */
  snapshotCount = 0n;
  lowMemoryHook: LowMemoryHookStatus = 'condition_not_satisfied';
  /** Cycles used up so far, by what for. */
  readonly consumedCycles: Record<CyclesUse, bigint> = noCyclesConsumed();
  /** Calls it is in: being answered, or waiting for an answer. */
  openContextCount = 0;
  /** Requests sent and not yet answered, by callee in hex. */
  readonly pendingCalls = new Map<string, number>();

  #code: CanisterInstance | SleepingCode | undefined;

  constructor(
    readonly id: Uint8Array,
    public settings: CanisterSettings,
    public cycles: bigint
  ) {}

  /** The running code; code that was only stored so far is made to run. */
  get instance(): CanisterInstance | undefined {
    if (this.#code instanceof SleepingCode) this.#code = this.#code.wake();
    return this.#code;
  }

  set instance(instance: CanisterInstance | undefined) {
    this.#code = instance;
    this.hasHeartbeat = instance?.hasExport('canister_heartbeat') ?? false;
  }

  /** The running code, if it runs already. */
  get awakeInstance(): CanisterInstance | undefined {
    return this.#code instanceof SleepingCode ? undefined : this.#code;
  }

  get moduleHash(): Uint8Array | undefined {
    return this.#code instanceof SleepingCode ? this.#code.moduleHash : this.#code?.module.hash;
  }

  get metadata(): ModuleMetadata {
    const metadata = this.#code instanceof SleepingCode ? this.#code.metadata : this.#code?.module.metadata;
    return metadata ?? NO_METADATA;
  }

  /** All it occupies and pays for. */
  get memoryBytes(): bigint {
    const code = this.#code instanceof SleepingCode ? this.#code.memoryBytes : codeBytes(this.#code);
    return code + otherBytes(this);
  }

  /** What it would occupy with other code. */
  memoryBytesWith(instance: CanisterInstance): bigint {
    return codeBytes(instance) + otherBytes(this);
  }

  /** Takes over code as it was stored. */
  restoreCode(code: SleepingCode): void {
    this.#code = code;
  }

  /** Keeps what it is now, besides the content of its memory; calling what is returned makes it that again. */
  remember(): () => void {
    const fields = { ...this, stopCalls: [...this.stopCalls] };
    const code = this.#code;
    const changes = [...this.changes];
    const consumedCycles = { ...this.consumedCycles };
    const maps = [rememberEntries(this.chunks), rememberEntries(this.snapshots)];
    const restoreParts = [...maps, rememberEntries(this.pendingCalls), this.log.remember()];
    return () => {
      Object.assign(this, fields);
      this.#code = code;
      this.changes.splice(0, Infinity, ...changes);
      Object.assign(this.consumedCycles, consumedCycles);
      for (const restore of restoreParts) restore();
    };
  }

  get idleCyclesBurnedPerDay(): bigint {
    return idleCyclesPerDay(this.settings, this.memoryBytes);
  }

  /** Cycles below which the canister is frozen. */
  get freezingLimit(): bigint {
    return freezingLimit(this.settings, this.memoryBytes);
  }

  get isFrozen(): boolean {
    return this.cycles < this.freezingLimit;
  }

  isController(principal: Uint8Array): boolean {
    return this.settings.controllers.some((controller) => equalBytes(controller, principal));
  }

  facts(certificate: CanisterFacts['certificate']): CanisterFacts {
    return {
      id: this.id,
      version: this.version,
      status: this.status,
      controllers: this.settings.controllers,
      environment: this.settings.environment,
      balance: this.cycles,
      freezingLimit: this.freezingLimit,
      certificate
    };
  }

  recordChange(change: Omit<CanisterChange, 'version'>): void {
    this.changes.push({ ...change, version: this.version });
    this.changeCount += 1n;
    this.#noteTime(change);
    if (this.changes.length > KEPT_CHANGES) this.changes.shift();
  }

  #noteTime({ timestampNs, details }: Omit<CanisterChange, 'version'>): void {
    switch (details.kind) {
      case 'creation':
        this.createdNs = timestampNs;
        return;
      case 'code_deployment':
      case 'load_snapshot':
        this.installedNs = timestampNs;
        return;
      case 'code_uninstall':
        this.installedNs = undefined;
        return;
      case 'controllers_change':
    }
  }
}

function rememberEntries<Key, Value>(map: Map<Key, Value>): () => void {
  const entries = [...map];
  return () => {
    map.clear();
    for (const [key, value] of entries) map.set(key, value);
  };
}
