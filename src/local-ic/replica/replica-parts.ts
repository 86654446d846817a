import { Principal } from '@dfinity/principal';
import { ManagementCanister } from '../management/management-canister';
import { type ManagementHost } from '../management/management-host';
import { createNodeKey } from '../protocol/subnet-keys';
import { CallAnswers } from './call-answers';
import { CallContexts } from './call-contexts';
import { CallDelivery } from './call-delivery';
import { CallRouter } from './call-router';
import { CallSender } from './call-sender';
import { CanisterRegistry } from './canister-registry';
import { CanisterRunner, type RunnerOptions } from './canister-runner';
import { CanisterStops } from './canister-stops';
import { CodeInstaller } from './code-installer';
import { CyclesLedger } from './cycles-ledger';
import { IdSequence } from './id-sequence';
import { Ingress } from './ingress';
import { LowMemoryHooks } from './low-memory-hooks';
import { ManagementCalls } from './management-calls';
import { MessageQueue } from './message-queue';
import { takeStep } from './message-step';
import { QueryRunner } from './query-runner';
import { ReplicaTime } from './replica-time';
import { RequestStore } from './request-store';
import { ResourceCharges } from './resource-charges';
import { type SystemCanister } from './system-canister';
import { SystemCanisters } from './system-canisters';
import { SystemTasks } from './system-tasks';
import { Timers, type Clock } from './timers';

export type PartsOptions = Pick<ManagementHost, 'thresholdKeys' | 'performOutcall' | 'randomBytes'> &
  Pick<RunnerOptions, 'subnet' | 'limits' | 'onLog'> & {
    readonly clock: Clock;
    readonly dataCertificate: (canisterId: Uint8Array) => Uint8Array | undefined;
    readonly systemCanisters: (parts: ReplicaParts) => readonly SystemCanister[];
    /** Told that there is something to store. */
    readonly noteChange: () => void;
    readonly onInternalError: (error: unknown) => void;
  };

/** The parts of a replica, put together: each takes the others it needs from here. */
export class ReplicaParts {
  readonly ids = new IdSequence();
  readonly ledger = new CyclesLedger();
  readonly registry = new CanisterRegistry();
  readonly requests = new RequestStore();
  readonly time: ReplicaTime;
  readonly timeNs: () => bigint;
  readonly timers: Timers;
  readonly onInternalError: (error: unknown) => void;
  readonly noteChange: () => void;
  readonly queue: MessageQueue;
  readonly answers = new CallAnswers(this);
  readonly stops = new CanisterStops(this);
  readonly contexts = new CallContexts(this);
  readonly sender = new CallSender(this);
  readonly delivery = new CallDelivery(this);
  readonly ingress = new Ingress(this);
  readonly managementCalls = new ManagementCalls(this);
  readonly systemTasks = new SystemTasks(this);
  readonly lowMemoryHooks = new LowMemoryHooks(this);
  readonly runner: CanisterRunner;
  readonly router: CallRouter;
  readonly queries: QueryRunner;
  readonly installer: CodeInstaller;
  readonly resourceCharges: ResourceCharges;
  readonly management: ManagementCanister;
  readonly systemCanisters: SystemCanisters;

  constructor(options: PartsOptions) {
    this.time = new ReplicaTime(options.clock);
    this.timeNs = this.time.now;
    this.timers = new Timers(this.time);
    this.onInternalError = options.onInternalError;
    this.noteChange = options.noteChange;
    this.queue = new MessageQueue({
      ids: this.ids,
      process: (message) => {
        takeStep(this, message);
      },
      onProcessed: ({ kind }) => {
        if (kind !== 'resource-charges') this.noteChange();
      },
      onError: options.onInternalError
    });
    this.runner = new CanisterRunner({
      ...options,
      ledger: this.ledger,
      timeNs: this.timeNs,
      onExecuted: (canister) => {
        this.lowMemoryHooks.check(canister);
      }
    });
    this.router = this.#createRouter();
    this.queries = this.#createQueries(options);
    this.installer = this.#createInstaller();
    this.resourceCharges = new ResourceCharges(this);
    this.management = this.#createManagement(options);
    this.systemCanisters = new SystemCanisters(options.systemCanisters(this));
  }

  /** Takes up again what a restored state was doing. */
  resume(): void {
    this.contexts.recount();
    for (const canister of this.registry.all()) {
      this.systemTasks.scheduleTimer(canister);
      this.systemTasks.scheduleHeartbeat(canister);
      this.stops.resume(canister);
      this.lowMemoryHooks.schedule(canister);
    }
    this.sender.resume();
    this.managementCalls.resume();
    this.queue.resume();
    this.resourceCharges.schedule();
  }

  #createRouter(): CallRouter {
    const { runner, registry, contexts, sender, ledger } = this;
    return new CallRouter({
      runner,
      registry,
      contexts,
      sender,
      ledger,
      countInstructions: (requestId, instructions) => {
        this.requests.addInstructions(requestId, instructions);
      },
      onTimerSet: (canister) => {
        this.systemTasks.scheduleTimer(canister);
      }
    });
  }

  #createQueries({ dataCertificate }: PartsOptions): QueryRunner {
    return new QueryRunner({
      runner: this.runner,
      findCanister: (id) => this.registry.find(id),
      findSystemCanister: (id) => this.systemCanisters.find(id),
      queryManagement: (message) => this.management.query(message),
      dataCertificate
    });
  }

  #createInstaller(): CodeInstaller {
    const { runner, router, ledger } = this;
    return new CodeInstaller({
      runner,
      router,
      ledger,
      onInstalled: (canister) => {
        this.systemTasks.scheduleHeartbeat(canister);
        this.lowMemoryHooks.check(canister);
      },
      abandonCalls: (canister, message) => {
        this.contexts.abandon(canister, message);
      }
    });
  }

  #createManagement(options: PartsOptions): ManagementCanister {
    const { thresholdKeys, performOutcall, randomBytes, subnet } = options;
    const { registry, installer, ledger, queries, stops, timeNs } = this;
    return new ManagementCanister({
      registry,
      installer,
      queries,
      ledger,
      stops,
      timeNs,
      subnetId: subnet.id,
      nodeId: Principal.selfAuthenticating(createNodeKey().publicKeyDer).toUint8Array(),
      onCodeLoaded: (canister) => {
        this.systemTasks.scheduleHeartbeat(canister);
        this.systemTasks.scheduleTimer(canister);
        this.lowMemoryHooks.schedule(canister);
      },
      onStarted: (canister) => {
        this.systemTasks.scheduleTimer(canister);
        this.lowMemoryHooks.schedule(canister);
      },
      onSettingsChanged: (canister) => {
        this.lowMemoryHooks.check(canister);
      },
      thresholdKeys,
      performOutcall,
      randomBytes
    });
  }
}
