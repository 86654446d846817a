import { Principal } from '@dfinity/principal';
import { type OutcallRequest, type PerformOutcall } from '../management/http-outcalls';
import { type ThresholdKeys } from '../management/threshold-keys';
import { Persistence } from '../state/persistence';
import { type StateStore } from '../state/state-store';
import { storedParts } from '../state/stored-state';
import { type CallInterceptor } from './call-interception';
import { type Canister } from './canister';
import { CANISTER_RANGE } from './canister-registry';
import { INSTRUCTION_LIMITS, type InstructionLimits } from './canister-runner';
import { type CyclesLedger } from './cycles-ledger';
import {
  type CanisterView,
  type IngressMessage,
  type Outcome,
  type QueryMessage,
  type Rejection,
  type ReplicaPort,
  type RequestRecord,
  type RequestStatus,
  type SubnetMetrics
} from './replica-port';
import { ReplicaParts } from './replica-parts';
import { type SystemCanisterFactory, type SystemCanisterHost } from './system-canister';
import { SYSTEM_CLOCK, type Clock } from './timers';

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
  /** Where the state is kept, and taken from at the start; without one it ends with the process. */
  readonly store?: StateStore;
  /** Told of every line a canister prints, and of its traps. */
  readonly onLog?: (canisterId: Uint8Array, text: string) => void;
  /** Told of faults of this program while it processed a message; thrown by default. */
  readonly onInternalError?: (error: unknown) => void;
};

/** More than any chain of calls that ends has. */
const TICK_ROUNDS = 10_000;

/** The state machine of one subnet: canisters, their messages and the management canister. */
export class Replica implements ReplicaPort {
  readonly canisterRange = CANISTER_RANGE;
  readonly #parts: ReplicaParts;
  readonly #persistence: Persistence | undefined;

  /** With a store, everything goes on where it was. */
  constructor(options: ReplicaOptions) {
    const { rootKey, systemCanisters, thresholdKeys, performOutcall, randomBytes, dataCertificate } = options;
    const subnetId = Principal.selfAuthenticating(rootKey).toUint8Array();
    this.#parts = new ReplicaParts({
      subnet: { id: subnetId, rootKey },
      clock: options.clock ?? SYSTEM_CLOCK,
      limits: { ...INSTRUCTION_LIMITS, ...options.instructionLimits },
      thresholdKeys,
      performOutcall: (request) => this.#performOutcall(request, performOutcall),
      randomBytes,
      dataCertificate,
      systemCanisters: (parts) => systemCanisters?.(systemCanisterHost(parts, subnetId)) ?? [],
      onLog: options.onLog ?? (() => undefined),
      noteChange: () => this.#persistence?.noteChange(),
      onInternalError: options.onInternalError ?? rethrow
    });
    const { registry, ledger, systemCanisters: ownCanisters } = this.#parts;
    for (const { id } of ownCanisters.all()) registry.reserve(id);
    if (options.store) this.#persistence = this.#openPersistence(options.store);
    else for (const { cycles } of ownCanisters.all()) ledger.mint(cycles);
    this.#parts.resume();
  }

  get ledger(): CyclesLedger {
    return this.#parts.ledger;
  }

  submit(message: IngressMessage): { readonly accepted: true } | ({ readonly accepted: false } & Rejection) {
    const refusal = this.#parts.ingress.submit(message);
    this.#persistence?.noteChange();
    return refusal ? { accepted: false, ...refusal } : { accepted: true };
  }

  waitFor(requestId: Uint8Array, timeoutMs: number): Promise<RequestStatus | undefined> {
    return this.#parts.requests.waitFor(requestId, timeoutMs);
  }

  query(message: QueryMessage): Promise<Outcome> {
    const { management, queries } = this.#parts;
    const isForManagement = message.canisterId.length === 0;
    return new Promise((resolve) => {
      resolve(isForManagement ? management.query(message) : queries.query(message));
    });
  }

  request(requestId: Uint8Array): RequestRecord | undefined {
    return this.#parts.requests.get(requestId);
  }

  requests(): Iterable<readonly [Uint8Array, RequestRecord]> {
    return this.#parts.requests.entries();
  }

  canister(id: Uint8Array): CanisterView | undefined {
    const canister = this.#parts.registry.peek(id);
    return canister ? toView(canister) : this.#parts.systemCanisters.view(id);
  }

  *canisters(): Iterable<CanisterView> {
    for (const canister of this.#parts.registry.all()) yield toView(canister);
    yield* this.#parts.systemCanisters.views();
  }

  subnetMetrics(): SubnetMetrics {
    const { registry, runner, ledger } = this.#parts;
    let canisterStateBytes = 0n;
    for (const { memoryBytes } of registry.all()) canisterStateBytes += memoryBytes;
    return {
      canisterCount: registry.canisters.size,
      canisterStateBytes,
      consumedCycles: ledger.burnedCycles,
      updateTransactions: runner.executions
    };
  }

  timeNs(): bigint {
    return this.#parts.timeNs();
  }

  whenDurable(): Promise<void> {
    return this.#persistence?.whenDurable() ?? Promise.resolve();
  }

  /** Instructions of all executions of the call, at the canister it was sent to; undefined for an unknown request. */
  instructionsOf(requestId: Uint8Array): bigint | undefined {
    return this.#parts.requests.instructionsOf(requestId);
  }

  /** Cycles a canister holds. */
  cyclesOf(canisterId: Uint8Array): bigint | undefined {
    return this.#parts.registry.peek(canisterId)?.cycles;
  }

  /** Lets `interceptor` see every call between canisters, those to the management canister too; returns its end. */
  interceptCall(interceptor: CallInterceptor): () => void {
    return this.#parts.delivery.interceptors.add(interceptor);
  }

  /**
   * Moves the network's time for good; {@link tick} runs what has become due.
   *
   * @throws RangeError when `timeNs`, nanoseconds since 1970, is in the past.
   */
  setTime(timeNs: bigint): void {
    this.#parts.time.set(timeNs);
    this.#persistence?.noteChange();
  }

  /** Moves the network's time on by nanoseconds. @throws RangeError when negative. */
  advanceTime(byNs: bigint): void {
    this.setTime(this.timeNs() + byNs);
  }

  /**
   * Runs what the clock has made due, and resolves when no message is left to process. Canisters that never rest, such
   * as one that sets its timer to a time in the past, are given `maxRounds`: a round is all messages that were ready
   * at its beginning.
   */
  async tick(maxRounds = TICK_ROUNDS): Promise<void> {
    this.#parts.timers.fireDue();
    this.#parts.requests.prune(this.timeNs());
    await this.#parts.queue.whenIdle(maxRounds);
  }

  /** Stops timers. What is queued still runs; where there is a store, at the next start. */
  close(): void {
    this.#parts.timers.close();
    if (this.#persistence) this.#parts.queue.halt();
  }

  #openPersistence(store: StateStore): Persistence {
    const persistence = new Persistence({
      store,
      parts: storedParts(store, this.#parts),
      onFailure: (error) => {
        this.#parts.queue.halt();
        this.#parts.onInternalError(error);
      }
    });
    persistence.restore();
    return persistence;
  }

  /** What leaves the network must not be forgotten by it. */
  async #performOutcall(request: OutcallRequest, perform: PerformOutcall): ReturnType<PerformOutcall> {
    this.#persistence?.noteChange();
    await this.#persistence?.whenDurable();
    return perform(request);
  }
}

function systemCanisterHost(parts: ReplicaParts, subnetId: Uint8Array): SystemCanisterHost {
  return {
    subnetId,
    timeNs: parts.timeNs,
    mintCycles: (amount) => parts.ledger.mint(amount),
    callManagement: (call) => {
      const reaction = parts.management.call({ ...call, origin: { kind: 'system' }, deadlineNs: 0n });
      if (reaction.kind !== 'answered')
        throw new Error(`BUG: ${call.methodName} does not answer in this turn`);
      parts.ledger.burn(reaction.feeCycles);
      return reaction;
    }
  };
}

function rethrow(error: unknown): never {
  throw error;
}

/** The metadata may be stored only so far: they are not read before somebody asks. */
function toView(canister: Canister): CanisterView {
  const { id, settings, certifiedData, moduleHash, createdNs, installedNs } = canister;
  return {
    id,
    controllers: settings.controllers,
    get metadata() {
      return canister.metadata;
    },
    certifiedData,
    ...(moduleHash && { moduleHash }),
    ...(createdNs !== undefined && { createdNs }),
    ...(installedNs !== undefined && { installedNs })
  };
}
