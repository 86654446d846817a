/** A local Internet Computer: one subnet, its execution and its HTTP interface, in this process. */
import { randomBytes as systemRandomBytes } from 'node:crypto';
import { type Principal } from '@dfinity/principal';
import { installCanister, type InstalledCanister, type NewCanister, replaceCode } from './canister-installer';
import { type CallToHold, type HeldCall, holdNextCall } from './held-call';
import { Gateway } from './http/gateway/gateway';
import { type RunningServer, startServer } from './http/server';
import { HttpOutcalls, type OutcallRoutes } from './management/http-outcalls';
import { createTestThresholdKeys } from './management/threshold-keys';
import { Endpoints } from './protocol/endpoints';
import { createNodeKey, createRootKey } from './protocol/subnet-keys';
import { type CallInterceptor } from './replica/call-interception';
import { Replica } from './replica/replica';
import { type Clock } from './replica/timers';
import { openStateStore } from './state/lmdb-state-store';
import { type StateStore } from './state/state-store';
import { createDevelopmentCanisters } from './system-canisters/development-canisters';

export type LocalIcOptions = {
  /** Port to listen on; 0, the default, takes a free one. */
  readonly port?: number;
  /** Address to bind; 127.0.0.1 by default. */
  readonly host?: string;
  /** Where HTTPS outcalls to these origins go on this machine. */
  readonly outcallRoutes?: OutcallRoutes;
  /** Folder that keeps the state; without one it ends with the process. */
  readonly stateDir?: string;
  /** Time of the replica; the system's by default. */
  readonly clock?: Clock;
  /** Source of `raw_rand`; the system's by default. */
  readonly randomBytes?: (length: number) => Uint8Array;
  /** Told of faults of this program; over HTTP clients see them as 500. Written to standard error by default. */
  readonly onInternalError?: (error: unknown) => void;
};

/** How often the replica is asked to forget old requests. */
const HOUSEKEEPING_MS = 30_000;

const writeToStandardError = (error: unknown): void => {
  process.stderr.write(
    `local-ic: internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`
  );
};

type Services = {
  readonly server: RunningServer;
  readonly outcalls: HttpOutcalls;
  readonly store: StateStore | undefined;
};

export class LocalIc {
  private readonly housekeeping: NodeJS.Timeout;

  private constructor(
    /** The network without its HTTP interface, for what this class has no method for. */
    readonly replica: Replica,
    /** DER, 133 bytes: a public test key, the same at every start. */
    readonly rootKey: Uint8Array,
    private readonly services: Services
  ) {
    this.housekeeping = setInterval(() => void replica.tick(), HOUSEKEEPING_MS).unref();
  }

  /**
   * Restores the state, if there is one, and starts listening.
   *
   * @throws {StateFolderError} when the folder cannot be used: of a newer version, damaged, in use.
   * @throws {OutcallRouteError} for a route that does not lead from https to this machine.
   * @throws the socket's error when the address cannot be bound.
   */
  static async start(options: LocalIcOptions = {}): Promise<LocalIc> {
    const outcalls = new HttpOutcalls({ routes: options.outcallRoutes ?? {} });
    const store = options.stateDir === undefined ? undefined : openStateStore(options.stateDir);
    try {
      return await LocalIc.#startWith(options, outcalls, store);
    } catch (error) {
      await store?.close();
      throw error;
    }
  }

  static async #startWith(
    options: LocalIcOptions,
    outcalls: HttpOutcalls,
    store: StateStore | undefined
  ): Promise<LocalIc> {
    const keys = { root: createRootKey(), node: createNodeKey() };
    const randomBytes =
      options.randomBytes ?? ((length: number) => Uint8Array.from(systemRandomBytes(length)));
    const onInternalError = options.onInternalError ?? writeToStandardError;
    const replica: Replica = new Replica({
      rootKey: keys.root.publicKeyDer,
      // Called by queries only, when the endpoints exist.
      dataCertificate: (canisterId) => endpoints.dataCertificate(canisterId),
      thresholdKeys: createTestThresholdKeys(),
      performOutcall: outcalls.perform,
      randomBytes,
      onInternalError,
      systemCanisters: createDevelopmentCanisters,
      ...(options.clock && { clock: options.clock }),
      ...(store && { store })
    });
    const endpoints: Endpoints = new Endpoints(replica, keys);
    try {
      const server = await startServer({
        endpoints,
        gateway: new Gateway({ replica, certificates: endpoints.certificates, randomBytes }),
        onInternalError,
        ...(options.host !== undefined && { host: options.host }),
        ...(options.port !== undefined && { port: options.port })
      });
      return new LocalIc(replica, keys.root.publicKeyDer, { server, outcalls, store });
    } catch (error) {
      replica.close();
      throw error;
    }
  }

  /** Where agents find it, such as `http://127.0.0.1:4943`. */
  get url(): string {
    const host = this.services.server.host.includes(':')
      ? `[${this.services.server.host}]`
      : this.services.server.host;
    return `http://${host}:${this.services.server.port}`;
  }

  /** Replaces the routing table of HTTPS outcalls. @throws {OutcallRouteError} */
  setOutcallRoutes(routes: OutcallRoutes): void {
    this.services.outcalls.setRoutes(routes);
  }

  /**
   * Creates a canister with code, without an agent; the anonymous principal controls it unless others are named.
   *
   * @returns its id.
   * @throws Error with the error code and text of a rejection.
   */
  installCanister(canister: NewCanister): Promise<Principal> {
    return installCanister(this.replica, canister);
  }

  /**
   * Upgrades a canister, as its first controller; with `mode: 'reinstall'` its memory is emptied.
   *
   * @throws Error with the error code and text of a rejection.
   */
  upgradeCanister(canister: InstalledCanister): Promise<void> {
    return replaceCode(this.replica, canister);
  }

  /** The network's time, nanoseconds since 1970: the clock's, and what it was moved by. */
  timeNs(): bigint {
    return this.replica.timeNs();
  }

  /**
   * Moves the network's time for good; {@link tick} runs what has become due.
   *
   * @throws RangeError when `timeNs`, nanoseconds since 1970, is in the past.
   */
  setTime(timeNs: bigint): void {
    this.replica.setTime(timeNs);
  }

  /** Moves the network's time on by nanoseconds; {@link tick} runs what has become due. @throws RangeError when negative. */
  advanceTime(byNs: bigint): void {
    this.replica.advanceTime(byNs);
  }

  /**
   * Runs timers, heartbeats and deadlines that are due, and resolves when no message is left that can be processed.
   * Canisters that never rest are given `maxRounds`, each of all messages that were ready at its beginning.
   */
  tick(maxRounds?: number): Promise<void> {
    return this.replica.tick(maxRounds);
  }

  /**
   * Lets `interceptor` decide what becomes of every call between canisters, those to the management canister too.
   * What it throws, and a decision that is impossible, go to `onInternalError`, and the call passes.
   *
   * @returns what ends it.
   */
  interceptCalls(interceptor: CallInterceptor): () => void {
    return this.replica.interceptCall(interceptor);
  }

  /**
   * Holds one call between request and answer, so that a test can upgrade, stop or reinstall a canister meanwhile.
   * Queries' calls are not seen.
   */
  holdNextCall(call: CallToHold): HeldCall {
    return holdNextCall((interceptor) => this.interceptCalls(interceptor), call);
  }

  /** Instructions of all executions of a call from outside, at the canister it was sent to; undefined for an unknown request. */
  instructionsOf(requestId: Uint8Array): bigint | undefined {
    return this.replica.instructionsOf(requestId);
  }

  /** Cycles a canister holds; undefined for an unknown canister. */
  cyclesOf(canisterId: Uint8Array): bigint | undefined {
    return this.replica.cyclesOf(canisterId);
  }

  /** Stops listening and all timers. Where there is a state folder, everything is in it then. */
  async stop(): Promise<void> {
    clearInterval(this.housekeeping);
    this.replica.close();
    await this.services.server.close();
    await closeState(this.replica, this.services.store);
    // Last, so that no canister is told that they failed: at the next start they are made again.
    this.services.outcalls.close();
  }
}

/** Writes what is not written yet. */
async function closeState(replica: Replica, store: StateStore | undefined): Promise<void> {
  if (!store) return;
  // A write that failed was told of when it did.
  await replica.whenDurable().catch(() => undefined);
  await store.close();
}
