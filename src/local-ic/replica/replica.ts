import { Principal } from '@dfinity/principal';
import { type CanisterFault, ERROR_CODE } from '../execution/canister-fault';
import { ingressCost } from '../execution/cycles-schedule';
import { type PerformOutcall } from '../management/http-outcalls';
import { ManagementCanister } from '../management/management-canister';
import { type ThresholdKeys } from '../management/threshold-keys';
import { type CallInterceptor } from './call-interception';
import { type CallAnswer } from './call-context';
import { CallRouter } from './call-router';
import { type Canister } from './canister';
import { CANISTER_RANGE, CanisterRegistry } from './canister-registry';
import { CanisterRunner, INSTRUCTION_LIMITS, type InstructionLimits } from './canister-runner';
import { CodeInstaller } from './code-installer';
import { CyclesLedger } from './cycles-ledger';
import { QueryRunner } from './query-runner';
import { principalText, rejection } from './rejection';
import {
  type CanisterView,
  type IngressMessage,
  type Outcome,
  type QueryMessage,
  type Rejection,
  type ReplicaPort,
  type RequestRecord,
  type RequestStatus
} from './replica-port';
import { RequestStore } from './request-store';
import { Scheduler } from './scheduler';
import { type SystemCanisterFactory, type SystemCanisterHost } from './system-canister';
import { SystemCanisters } from './system-canisters';
import { SystemTasks } from './system-tasks';
import { SYSTEM_CLOCK, Timers, type Clock } from './timers';

export type ReplicaOptions = {
  /** DER of the root public key. */
  readonly rootKey: Uint8Array;
  /** Certificate of a canister's certified data, for `data_certificate_copy` in queries. */
  readonly dataCertificate: (canisterId: Uint8Array) => Uint8Array | undefined;
  readonly thresholdKeys: ThresholdKeys;
  readonly performOutcall: PerformOutcall;
  /** For `raw_rand`. */
  readonly randomBytes: (length: number) => Uint8Array;
  /** Makes the canisters the network brings along; none by default. */
  readonly systemCanisters?: SystemCanisterFactory;
  readonly clock?: Clock;
  readonly instructionLimits?: Partial<InstructionLimits>;
  /** Told of every line a canister prints, and of its traps. */
  readonly onLog?: (canisterId: Uint8Array, text: string) => void;
  /** Told of faults of this program while it processed a message; thrown by default. */
  readonly onInternalError?: (error: unknown) => void;
};

const ACCEPTED = { accepted: true } as const;

/** The state machine of one subnet: canisters, their messages and the management canister. */
export class Replica implements ReplicaPort {
  readonly canisterRange = CANISTER_RANGE;
  readonly ledger = new CyclesLedger();

  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #scheduler: Scheduler;
  readonly #registry = new CanisterRegistry();
  readonly #requests = new RequestStore();
  readonly #runner: CanisterRunner;
  readonly #router: CallRouter;
  readonly #queries: QueryRunner;
  readonly #management: ManagementCanister;
  readonly #systemTasks: SystemTasks;
  readonly #systemCanisters: SystemCanisters;
  #latestNs = 0n;

  constructor(options: ReplicaOptions) {
    const timeNs = (): bigint => this.timeNs();
    const findCanister = (id: Uint8Array): Canister | undefined => this.#registry.find(id);
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#timers = new Timers(this.#clock);
    this.#scheduler = new Scheduler(options.onInternalError ?? rethrow);
    const subnetId = Principal.selfAuthenticating(options.rootKey).toUint8Array();
    this.#systemCanisters = new SystemCanisters(
      options.systemCanisters?.(this.#systemCanisterHost(subnetId)) ?? []
    );
    for (const { id, cycles } of this.#systemCanisters.all()) {
      this.#registry.reserve(id);
      this.ledger.mint(cycles);
    }
    this.#runner = new CanisterRunner({
      subnet: { id: subnetId, rootKey: options.rootKey },
      timeNs,
      ledger: this.ledger,
      limits: { ...INSTRUCTION_LIMITS, ...options.instructionLimits },
      onLog: options.onLog ?? (() => undefined)
    });
    this.#queries = new QueryRunner({
      runner: this.#runner,
      findCanister,
      queryManagement: (message) => this.#management.query(message),
      findSystemCanister: (id) => this.#systemCanisters.find(id),
      dataCertificate: options.dataCertificate
    });
    this.#router = this.#createRouter(timeNs, findCanister);
    this.#systemTasks = new SystemTasks({
      router: this.#router,
      scheduler: this.#scheduler,
      timers: this.#timers,
      timeNs
    });
    this.#management = this.#createManagement(options, timeNs);
  }

  submit(message: IngressMessage): { readonly accepted: true } | ({ readonly accepted: false } & Rejection) {
    if (this.#requests.has(message.requestId)) return ACCEPTED;
    const refusal = this.#refuseIngress(message);
    if (refusal) return { accepted: false, ...refusal };
    this.#requests.add(message);
    this.#scheduler.enqueue(() => {
      this.#process(message);
    });
    return ACCEPTED;
  }

  waitFor(requestId: Uint8Array, timeoutMs: number): Promise<RequestStatus | undefined> {
    return this.#requests.waitFor(requestId, timeoutMs);
  }

  query(message: QueryMessage): Promise<Outcome> {
    const isForManagement = message.canisterId.length === 0;
    return new Promise((resolve) => {
      resolve(isForManagement ? this.#management.query(message) : this.#queries.query(message));
    });
  }

  request(requestId: Uint8Array): RequestRecord | undefined {
    return this.#requests.get(requestId);
  }

  requests(): Iterable<readonly [Uint8Array, RequestRecord]> {
    return this.#requests.entries();
  }

  canister(id: Uint8Array): CanisterView | undefined {
    const canister = this.#registry.find(id);
    return canister ? toView(canister) : this.#systemCanisters.view(id);
  }

  *canisters(): Iterable<CanisterView> {
    for (const canister of this.#registry.all()) yield toView(canister);
    yield* this.#systemCanisters.views();
  }

  timeNs(): bigint {
    const now = this.#clock.now();
    if (now > this.#latestNs) this.#latestNs = now;
    return this.#latestNs;
  }

  whenDurable(): Promise<void> {
    return Promise.resolve();
  }

  /** Instructions of all executions of the call, at the canister it was sent to; undefined for an unknown request. */
  instructionsOf(requestId: Uint8Array): bigint | undefined {
    return this.#requests.instructionsOf(requestId);
  }

  /** Cycles a canister holds. */
  cyclesOf(canisterId: Uint8Array): bigint | undefined {
    return this.#registry.find(canisterId)?.cycles;
  }

  /** Lets `interceptor` see every call between canisters, those to the management canister too; returns its end. */
  interceptCall(interceptor: CallInterceptor): () => void {
    return this.#router.interceptors.add(interceptor);
  }

  /** Runs what the clock has made due, and resolves when no message is left to process. */
  async tick(): Promise<void> {
    this.#timers.fireDue();
    this.#requests.prune(this.timeNs());
    await this.#scheduler.whenIdle();
  }

  /** Stops timers; what is queued still runs. */
  close(): void {
    this.#timers.close();
  }

  #createRouter(timeNs: () => bigint, findCanister: (id: Uint8Array) => Canister | undefined): CallRouter {
    return new CallRouter({
      runner: this.#runner,
      scheduler: this.#scheduler,
      timers: this.#timers,
      ledger: this.ledger,
      timeNs,
      findCanister,
      findSystemCanister: (id) => this.#systemCanisters.find(id),
      callManagement: (call, answer) => {
        this.#management.call(call, answer);
      },
      settleIngress: (requestId, outcome) => {
        this.#requests.settle(requestId, outcome);
      },
      countInstructions: (requestId, instructions) => {
        this.#requests.addInstructions(requestId, instructions);
      },
      onTimerSet: (canister) => {
        this.#systemTasks.scheduleTimer(canister);
      },
      onContextClosed: settleStop
    });
  }

  #createManagement(options: ReplicaOptions, timeNs: () => bigint): ManagementCanister {
    const { thresholdKeys, performOutcall, randomBytes } = options;
    return new ManagementCanister({
      registry: this.#registry,
      installer: new CodeInstaller({
        runner: this.#runner,
        router: this.#router,
        ledger: this.ledger,
        onInstalled: (canister) => {
          this.#systemTasks.scheduleHeartbeat(canister);
        }
      }),
      queries: this.#queries,
      ledger: this.ledger,
      timers: this.#timers,
      timeNs,
      onStarted: (canister) => {
        this.#systemTasks.scheduleTimer(canister);
      },
      settleStop,
      thresholdKeys,
      performOutcall,
      randomBytes
    });
  }

  #systemCanisterHost(subnetId: Uint8Array): SystemCanisterHost {
    return {
      subnetId,
      timeNs: () => this.timeNs(),
      mintCycles: (amount) => this.ledger.mint(amount),
      callManagement: (call) => {
        let given: CallAnswer | undefined;
        this.#management.call({ ...call, origin: { kind: 'system' }, deadlineNs: 0n }, (answer) => {
          given = answer;
        });
        if (!given) throw new Error(`BUG: ${call.methodName} of the management canister waits`);
        return given;
      }
    };
  }

  #process(message: IngressMessage): void {
    const { requestId, sender, canisterId, methodName, arg } = message;
    const call = {
      origin: { kind: 'ingress', requestId },
      caller: sender,
      methodName,
      arg,
      cycles: 0n,
      deadlineNs: 0n
    } as const;
    this.#requests.startProcessing(requestId);
    if (canisterId.length === 0) {
      this.#management.call(call, ({ outcome }) => {
        this.#requests.settle(requestId, outcome);
      });
      return;
    }
    const systemCanister = this.#systemCanisters.find(canisterId);
    if (systemCanister) {
      systemCanister.call(call, ({ outcome }) => {
        this.#requests.settle(requestId, outcome);
      });
      return;
    }
    const canister = this.#registry.find(canisterId);
    if (canister) {
      this.ledger.charge(canister, ingressCost(BigInt(arg.length + methodName.length)));
      this.#router.startCall(canister, call);
      return;
    }
    const gone = rejection(ERROR_CODE.canisterNotFound, `Canister ${principalText(canisterId)} not found`);
    this.#requests.settle(requestId, { kind: 'rejected', ...gone });
  }

  #refuseIngress(message: IngressMessage): Rejection | undefined {
    if (message.canisterId.length === 0) return this.#management.refuseIngress(message);
    const systemCanister = this.#systemCanisters.find(message.canisterId);
    return systemCanister ? systemCanister.refuseIngress(message) : this.#inspect(message);
  }

  /** What a canister may say of a message before it is taken in. */
  #inspect({ canisterId, sender, methodName, arg }: IngressMessage): Rejection | undefined {
    const canister = this.#registry.find(canisterId);
    if (!canister)
      return rejection(ERROR_CODE.canisterNotFound, `Canister ${principalText(canisterId)} not found`);
    if (canister.isFrozen) {
      return rejection(ERROR_CODE.outOfCycles, `Canister ${principalText(canisterId)} is out of cycles`);
    }
    const inspects = canister.instance?.hasExport('canister_inspect_message') ?? false;
    if (canister.status !== 'running' || !inspects) return undefined;
    const result = this.#runner.execute(canister, {
      context: 'inspectMessage',
      caller: sender,
      methodName,
      arg,
      entry: { kind: 'export', name: 'canister_inspect_message' }
    });
    const isAccepted = result.kind === 'completed' && result.effects.isMessageAccepted;
    return isAccepted ? undefined : rejection(ERROR_CODE.canisterRejected, inspectionText(result));
  }
}

function inspectionText(
  result: { readonly kind: 'completed' } | { readonly kind: 'trapped'; readonly fault: CanisterFault }
): string {
  return result.kind === 'trapped'
    ? `Canister rejected the message: ${result.fault.message}`
    : 'Canister rejected the message';
}

function rethrow(error: unknown): never {
  throw error;
}

/** Stops a stopping canister once it is in no call, and tells those who wait for it. */
function settleStop(canister: Canister): void {
  if (canister.status !== 'stopping' || canister.openContextCount > 0) return;
  canister.status = 'stopped';
  canister.version += 1n;
  for (const waiter of canister.stopWaiters.splice(0)) waiter.onStopped();
}

function toView({ id, settings, instance, certifiedData }: Canister): CanisterView {
  return {
    id,
    controllers: settings.controllers,
    metadata: instance?.module.metadata ?? new Map<string, never>(),
    certifiedData,
    ...(instance ? { moduleHash: instance.module.hash } : {})
  };
}
