import { equalBytes } from '../protocol/byte-order';
import { type CanisterInstance } from '../execution/canister-instance';
import { type CanisterFacts, type CanisterStatus } from '../execution/execution';
import { storageCost } from '../execution/cycles-schedule';
import { CanisterLog } from './canister-log';
import { type CallOrigin } from './message';

export type LogVisibility =
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
  readonly logVisibility: LogVisibility;
  readonly wasmMemoryLimitBytes: bigint;
  readonly wasmMemoryThresholdBytes: bigint;
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
  | { readonly kind: 'creation'; readonly controllers: readonly Uint8Array[] }
  | { readonly kind: 'code_uninstall' }
  | {
      readonly kind: 'code_deployment';
      readonly mode: 'install' | 'reinstall' | 'upgrade';
      readonly moduleHash: Uint8Array;
    }
  | { readonly kind: 'controllers_change'; readonly controllers: readonly Uint8Array[] };

/** A stop call that is answered when the canister has stopped. */
export type StopCall = {
  readonly origin: CallOrigin;
  readonly cycles: bigint;
  readonly deadlineNs: bigint;
};

/** Code that is stored and runs when it is needed first. */
export class SleepingCode {
  constructor(
    readonly moduleHash: Uint8Array,
    /** Of heap, stable memory and module. */
    readonly memoryBytes: bigint,
    readonly wake: () => CanisterInstance
  ) {}
}

const KEPT_CHANGES = 20;
const SECONDS_PER_DAY = 86_400n;

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
  certifiedData: Uint8Array = new Uint8Array(0);
  /** Zero when the timer is off. */
  globalTimerNs = 0n;
  readonly log = new CanisterLog();
  readonly changes: CanisterChange[] = [];
  changeCount = 0n;
  /** Uploaded chunks by hash in hex. */
  readonly chunks = new Map<string, Uint8Array>();
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

  get memoryBytes(): bigint {
    if (this.#code instanceof SleepingCode) return this.#code.memoryBytes;
    const code = this.#code?.module.uploadedBytes.length ?? 0;
    return BigInt((this.#code?.heapBytes ?? 0) + (this.#code?.stable.byteLength ?? 0) + code);
  }

  /** Takes over code as it was stored. */
  restoreCode(code: SleepingCode): void {
    this.#code = code;
  }

  get idleCyclesBurnedPerDay(): bigint {
    return storageCost(this.memoryBytes, SECONDS_PER_DAY);
  }

  /** Cycles below which the canister is frozen. */
  get freezingLimit(): bigint {
    return storageCost(this.memoryBytes, this.settings.freezingThresholdSeconds);
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
        this.installedNs = timestampNs;
        return;
      case 'code_uninstall':
        this.installedNs = undefined;
        return;
      case 'controllers_change':
    }
  }
}
