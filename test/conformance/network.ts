/**
 * The network under test: a local Internet Computer started in this process, or a running network that
 * `CONFORMANCE_URL` names, such as dfx or PocketIC in live mode at http://127.0.0.1:4943.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { decode } from '@dfinity/cbor';
import { Principal } from '@dfinity/principal';
import { LocalIc, type LocalIcOptions } from '../../src/local-ic/local-ic';
import { Client, type Outcome, replyOf, type RequestOptions } from './client';
import { createIdentity, type Signer } from './identities';
import { manage, resultOf, settings, type Value } from './management';
import { buildProbe, type ProbeOptions } from './probe/probe-module';
import { type Program, program } from './probe/program';
import { SYSTEM_API_NAMES, type SystemApiName } from './probe/system-api';

/** What a network in this process can do and one behind a URL cannot. */
export type Capability = 'time travel' | 'fault injection' | 'outcall routes' | 'restart';

const REASONS: Readonly<Record<Capability, string>> = {
  'time travel': 'the clock of a running network cannot be moved',
  'fault injection': 'a running network offers no way to injure its calls',
  restart: 'a running network cannot be stopped and started with its state',
  'outcall routes': 'the HTTPS outcalls of a running network cannot be led to a server of the test'
};

/** Why rows that need this are skipped, or undefined when they run. */
export function lacking(capability: Capability): string | undefined {
  return process.env.CONFORMANCE_URL === undefined ? undefined : REASONS[capability];
}

/** A canister that exists, and what tests do with it. */
export type Created = { readonly id: Uint8Array; readonly principal: Principal };

type InstallOptions = {
  readonly mode?: Value;
  readonly arg?: Uint8Array | Program;
  readonly identity?: Signer;
};

type CreateOptions = {
  readonly cycles?: bigint;
  /** Settings besides `controllers`. */
  readonly settings?: Value;
  readonly specifiedId?: Principal;
};

/** Enough to call, to hold memory and to sign with threshold keys. */
const CYCLES = 100_000_000_000_000n;
const NS_PER_SECOND = 1_000_000_000n;
const POLL_SECONDS = 0.2;
const PATIENCE_POLLS = 150;

/** A network while a test file runs. Fields other than the clock's are there once {@link start} has ended. */
export class TestNetwork {
  /** Controls every canister made by {@link create}. */
  readonly controller = createIdentity();
  readonly controllerPrincipal = Principal.fromUint8Array(this.controller.sender);
  #aheadNs = 0n;
  #localIc: LocalIc | undefined;
  #client: Client | undefined;
  #rootKey: Uint8Array = new Uint8Array(0);
  #someCanisterId = Principal.fromText('tqzl2-p7777-77776-aaaaa-cai');
  readonly #modules = new Map<string, Promise<Uint8Array>>();

  constructor(private readonly options: LocalIcOptions = {}) {}

  async start(): Promise<void> {
    const url = process.env.CONFORMANCE_URL;
    if (url === undefined) {
      this.#localIc = await LocalIc.start({ clock: { now: () => this.nowNs() }, ...this.options });
    }
    this.#client = new Client(url?.replace(/\/$/, '') ?? this.localIc.url, () => this.nowNs());
    const status = decode<{ root_key: Uint8Array }>((await this.client.get('/api/v2/status')).bytes);
    this.#rootKey = status.root_key;
    const topology = await this.client.get('/_/topology');
    this.#someCanisterId = readDefaultCanisterId(topology.bytes) ?? this.#someCanisterId;
  }

  async stop(): Promise<void> {
    await this.#localIc?.stop();
  }

  /** Stops the network and starts it with the state that its folder keeps; for files that give it one. */
  async restart(): Promise<void> {
    if (this.options.stateDir === undefined) throw new Error('a network without a state folder forgets all');
    await this.stop();
    await this.start();
  }

  /** The network in this process; for rows that need a capability. */
  get localIc(): LocalIc {
    if (this.#localIc === undefined) throw new Error('there is no network in this process');
    return this.#localIc;
  }

  get client(): Client {
    if (this.#client === undefined) throw new Error('the network has not been started');
    return this.#client;
  }

  get url(): string {
    return this.client.url;
  }

  /** DER, from the status endpoint. */
  get rootKey(): Uint8Array {
    return this.#rootKey;
  }

  nowNs(): bigint {
    return BigInt(Date.now()) * 1_000_000n + this.#aheadNs;
  }

  /** Lets time pass: at once in this process, really elsewhere. Due timers and heartbeats have run then. */
  async pass(seconds: number): Promise<void> {
    if (this.#localIc === undefined) return wait(seconds * 1000);
    this.#aheadNs += BigInt(Math.ceil(seconds * 1e9));
    await this.#localIc.replica.tick();
  }

  /** Lets time pass until `condition` holds; fails after some 30 seconds of it. */
  async until(condition: () => Promise<boolean>): Promise<void> {
    for (let poll = 0; poll < PATIENCE_POLLS; poll++) {
      if (await condition()) return;
      await this.pass(POLL_SECONDS);
    }
    throw new Error(`it has not come to this: ${condition.toString()}`);
  }

  async create(options: CreateOptions = {}): Promise<Created> {
    const method = 'provisional_create_canister_with_cycles';
    const value = {
      amount: [options.cycles ?? CYCLES],
      settings: options.settings ? [settings(options.settings)] : [],
      specified_id: options.specifiedId ? [options.specifiedId] : []
    };
    const outcome = await this.manage(method, value, {
      effectiveCanisterId: options.specifiedId ?? this.#someCanisterId
    });
    const { canister_id: principal } = resultOf(method, outcome) as { canister_id: Principal };
    return { id: principal.toUint8Array(), principal };
  }

  /** A management method called by the controller. */
  manage(...[method, value, options]: ManageArguments): Promise<Outcome> {
    return manage(this.client, method, value, { identity: this.controller, ...options });
  }

  /** The decoded result of a management method; fails with the rejection's text. */
  async managed(...[method, value, options]: ManageArguments): Promise<unknown> {
    return resultOf(method, await this.manage(method, value, options));
  }

  install(canister: Created, wasmModule: Uint8Array, options: InstallOptions = {}): Promise<Outcome> {
    const { mode = { install: null }, arg = new Uint8Array(0), identity = this.controller } = options;
    const value = {
      mode,
      canister_id: canister.principal,
      wasm_module: wasmModule,
      arg: arg instanceof Uint8Array ? arg : arg.toBytes()
    };
    return this.manage('install_code', value, { identity });
  }

  /** A canister with the probe installed, which runs `init` when that is given. */
  async probe(
    init: Program = program(),
    options: CreateOptions & { module?: ProbeOptions } = {}
  ): Promise<Probe> {
    const canister = await this.create(options);
    replyOf(await this.install(canister, await this.probeModule(options.module), { arg: init }));
    return new Probe(this, canister);
  }

  /** The probe's Wasm, built once. */
  probeModule(options: ProbeOptions = {}): Promise<Uint8Array> {
    const key = JSON.stringify(options);
    const known = this.#modules.get(key) ?? buildProbe({ without: functionsLacking(), ...options });
    this.#modules.set(key, known);
    return known;
  }

  /** An id in the network's ranges, for calls that may name any. */
  get someCanisterId(): Principal {
    return this.#someCanisterId;
  }
}

/** System API functions that an older network does not know; a module that imports one cannot be installed there. */
function functionsLacking(): SystemApiName[] {
  const names = process.env.CONFORMANCE_WITHOUT?.split(',') ?? [];
  return SYSTEM_API_NAMES.filter((name) => names.includes(name));
}

type ManageArguments = [Parameters<typeof manage>[1], Value, RequestOptions?];

/** PocketIC names the id in its topology; a local IC takes any. */
function readDefaultCanisterId(topology: Uint8Array): Principal | undefined {
  try {
    const { default_effective_canister_id: id } = JSON.parse(new TextDecoder().decode(topology)) as {
      default_effective_canister_id: { canister_id: string };
    };
    return Principal.fromUint8Array(Uint8Array.from(Buffer.from(id.canister_id, 'base64')));
  } catch {
    return undefined;
  }
}

/** A probe canister. Programs are sent to it as messages. */
export class Probe implements Created {
  readonly id: Uint8Array;
  readonly principal: Principal;

  constructor(
    readonly network: TestNetwork,
    canister: Created
  ) {
    this.id = canister.id;
    this.principal = canister.principal;
  }

  update(run: Program, options: RequestOptions = {}): Promise<Outcome> {
    return this.network.client.update(this.id, 'update', run.toBytes(), options);
  }

  query(run: Program, options: RequestOptions = {}): Promise<Outcome> {
    return this.network.client.query(this.id, 'query', run.toBytes(), options);
  }

  compositeQuery(run: Program, options: RequestOptions = {}): Promise<Outcome> {
    return this.network.client.query(this.id, 'composite', run.toBytes(), options);
  }

  upgrade(arg: Program = program(), options: Value = {}): Promise<Outcome> {
    return this.#replaceBy(
      { upgrade: [{ skip_pre_upgrade: [], wasm_memory_persistence: [], ...options }] },
      arg
    );
  }

  reinstall(arg: Program = program()): Promise<Outcome> {
    return this.#replaceBy({ reinstall: null }, arg);
  }

  async #replaceBy(mode: Value, arg: Program): Promise<Outcome> {
    return this.network.install(this, await this.network.probeModule(), { mode, arg });
  }

  /** `canister_status`, decoded. */
  status(): Promise<CanisterStatus> {
    return this.network.managed('canister_status', {
      canister_id: this.principal
    }) as Promise<CanisterStatus>;
  }

  /** A method that takes nothing but the canister's id, such as `stop_canister`, called by the controller. */
  manage(method: Parameters<typeof manage>[1], more: Value = {}): Promise<Outcome> {
    return this.network.manage(method, { canister_id: this.principal, ...more });
  }
}

export type CanisterStatus = {
  readonly status: Value;
  readonly version: bigint;
  readonly module_hash: [] | [Uint8Array];
  readonly memory_size: bigint;
  readonly cycles: bigint;
  readonly idle_cycles_burned_per_day: bigint;
  readonly settings: Value;
};

export const seconds = (count: number): bigint => BigInt(count) * NS_PER_SECOND;
