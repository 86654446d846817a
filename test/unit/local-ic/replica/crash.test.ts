import { sha256 } from '@noble/hashes/sha2';
import { bytesToHex } from '@noble/hashes/utils';
import fc from 'fast-check';
import { type Interception } from '../../../../src/local-ic/replica/call-interception';
import { type RequestStatus } from '../../../../src/local-ic/replica/replica-port';
import { decodeRecord } from '../../../../src/local-ic/state/record-codec';
import { MemoryStateStore } from '../../../fixtures/local-ic/memory-state-store';
import {
  encodeArgument,
  FakeClock,
  type Installed,
  MANAGEMENT,
  TestReplica
} from '../../../fixtures/local-ic/test-replica';
import { buildWorker } from './crash-worker';

const UPDATES = [
  'inc',
  'fail',
  'relay',
  'relay_twice',
  'to_failing',
  'trap_after',
  'with_deadline',
  'burn',
  'arm'
] as const;
const MANAGEMENT_STEPS = ['stop', 'start', 'upgrade', 'uninstall', 'install'] as const;

type Step = {
  readonly at: 0 | 1;
  readonly what: (typeof UPDATES)[number] | (typeof MANAGEMENT_STEPS)[number];
};

const STEPS = fc.array(
  fc.record({
    at: fc.constantFrom(0 as const, 1 as const),
    what: fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...UPDATES) },
      { weight: 1, arbitrary: fc.constantFrom(...MANAGEMENT_STEPS) }
    )
  }),
  { minLength: 1, maxLength: 14 }
);

function isUpdate(what: Step['what']): what is (typeof UPDATES)[number] {
  return UPDATES.some((update) => update === what);
}

/** What becomes of the calls between canisters, one after another. */
const INTERFERENCES = fc.array(
  fc.constantFrom<Interception>(
    { kind: 'pass' },
    { kind: 'reject', code: 2, message: 'busy' },
    { kind: 'trap' },
    { kind: 'drop', part: 'request' },
    { kind: 'drop', part: 'answer' },
    { kind: 'delay', seconds: 1, part: 'request' },
    { kind: 'delay', seconds: 8, part: 'answer' }
  ),
  { maxLength: 8 }
);

/** Seconds the clock moves before each phase: first the steps, then timers, then whatever is late. */
const PHASES = [0, 2, 10];
const SETUP_CYCLES = 1_000_000_000_000_000n;

let modules: readonly [first: Uint8Array, second: Uint8Array];

beforeAll(async () => {
  modules = [await buildWorker(1), await buildWorker(2)];
});

/** What a crash would have left, and how far the network was. */
type Boundary = {
  readonly store: MemoryStateStore;
  readonly phase: number;
  readonly statuses: readonly (RequestStatus | undefined)[];
};

class Scenario {
  readonly store = new MemoryStateStore();
  readonly host = new TestReplica({ store: this.store });
  readonly boundaries: Boundary[] = [];
  readonly requestIds: Uint8Array[] = [];
  #phase = 0;

  /** Two workers that call each other; boundaries are noted once they are there. */
  static async create(): Promise<Scenario> {
    const scenario = new Scenario();
    const { host } = scenario;
    const creation = { amount: [SETUP_CYCLES] };
    const workers = [await host.create(creation), await host.create(creation)] as const;
    await host.install(modules[0], { canister: workers[0], arg: workers[1].id });
    await host.install(modules[0], { canister: workers[1], arg: workers[0].id });
    await host.replica.whenDurable();
    scenario.workers = workers;
    scenario.store.onWritten = () => {
      scenario.#noteBoundary();
    };
    return scenario;
  }

  workers: readonly [Installed, Installed] | undefined;

  /** Interferes with the first calls; one that is guaranteed an answer is not dropped. */
  interfere(interferences: readonly Interception[]): void {
    const left = [...interferences];
    this.host.replica.interceptCall(({ isBestEffort }) => {
      const interference = left.shift() ?? { kind: 'pass' };
      return interference.kind === 'drop' && !isBestEffort ? { kind: 'pass' } : interference;
    });
  }

  submit(steps: readonly Step[]): void {
    for (const step of steps) this.requestIds.push(this.#submit(step));
  }

  async runToEnd(): Promise<void> {
    await runPhases(this.host, 0, (phase) => (this.#phase = phase));
  }

  statusesOf({ replica }: TestReplica): (RequestStatus | undefined)[] {
    return this.requestIds.map((id) => replica.request(id)?.state);
  }

  #submit({ at, what }: Step): Uint8Array {
    const [self, peer] = at === 0 ? this.#pair() : [...this.#pair()].reverse();
    if (!self || !peer) throw new Error('there are no workers');
    const canister = { canister_id: self.principal };
    const options = { effectiveCanisterId: self.id };
    const manage = (method: Parameters<typeof encodeArgument>[0], value: object): Uint8Array =>
      this.host.submit(MANAGEMENT, method, { ...options, arg: encodeArgument(method, value) });
    const version = { sender_canister_version: [] };
    const code = { ...canister, ...version, wasm_module: modules[1], arg: peer.id };
    if (isUpdate(what)) return this.host.submit(self.id, what);
    switch (what) {
      case 'stop':
        return manage('stop_canister', canister);
      case 'start':
        return manage('start_canister', canister);
      case 'upgrade':
        return manage('install_code', { ...code, mode: { upgrade: [] } });
      case 'install':
        return manage('install_code', { ...code, mode: { install: null } });
      case 'uninstall':
        return manage('uninstall_code', { ...canister, ...version });
    }
  }

  #pair(): readonly [Installed, Installed] {
    if (!this.workers) throw new Error('there are no workers');
    return this.workers;
  }

  #noteBoundary(): void {
    const statuses = this.statusesOf(this.host);
    this.boundaries.push({ store: this.store.copy(), phase: this.#phase, statuses });
  }
}

/** Runs until nothing is left to do, with a write after each message. */
async function runPhase({ replica }: TestReplica): Promise<void> {
  let isIdle = false;
  const idle = replica.tick().then(() => (isIdle = true));
  while (!isIdle) {
    await replica.whenDurable();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await idle;
  await replica.whenDurable();
}

/** Runs the phases from one that has begun. */
async function runPhases(
  host: TestReplica,
  from: number,
  onPhase: (phase: number) => void = () => undefined
): Promise<void> {
  for (let phase = from; phase < PHASES.length; phase++) {
    onPhase(phase);
    if (phase > from) host.clock.advance(PHASES[phase] ?? 0);
    await runPhase(host);
  }
  // What time alone has cost canisters is stored with a change of something else.
  host.replica.advanceTime(0n);
  await host.replica.whenDurable();
}

/** A replica as it starts after a crash at a boundary, its clock where that of the other was. */
function restartAt({ store, phase }: Boundary): {
  readonly host: TestReplica;
  readonly store: MemoryStateStore;
} {
  const clock = new FakeClock();
  clock.advance(PHASES.slice(0, phase + 1).reduce((sum, seconds) => sum + seconds, 0));
  const copy = store.copy();
  return { host: new TestReplica({ store: copy, clock }), store: copy };
}

/** Everything stored, decoded where it is a record; how many numbers were given out is nobody's business. */
function contentOf(store: MemoryStateStore): Map<string, unknown> {
  const content = new Map<string, unknown>();
  for (const [key, value] of store.entries('')) {
    const isBytes = /^(heap|stable|module|chunk)\//.test(key);
    const record: unknown = isBytes ? traceOf(value) : decodeRecord(value);
    content.set(key, key === 'network' ? { ...(record as object), nextId: 0 } : record);
  }
  return content;
}

/** Short, and telling enough of a page with counters. */
function traceOf(bytes: Uint8Array): string {
  return `${bytesToHex(sha256(bytes))} ${bytesToHex(bytes.subarray(500, 572))}`;
}

type CyclesRecords = {
  readonly canister: { readonly cycles: bigint; readonly stopCalls: readonly { readonly cycles: bigint }[] };
  readonly context: { readonly availableCycles: bigint };
  readonly call: { readonly prepaidCycles: bigint };
  readonly message: { readonly cycles?: bigint; readonly answer?: { readonly refundCycles: bigint } };
};

/** Cycles of canisters and of everything under way, and those burned. */
function accountedCycles(store: MemoryStateStore): { readonly held: bigint; readonly minted: bigint } {
  const sum = <Kind extends keyof CyclesRecords>(
    kind: Kind,
    cyclesOf: (record: CyclesRecords[Kind]) => bigint
  ): bigint =>
    [...store.entries(`${kind}/`)].reduce((total, [, value]) => total + cyclesOf(decodeRecord(value)), 0n);
  const network = store.get('network');
  if (!network) throw new Error('nothing is stored');
  const { mintedCycles, burnedCycles } = decodeRecord<{ mintedCycles: bigint; burnedCycles: bigint }>(
    network
  );
  const inCanisters = sum('canister', ({ cycles, stopCalls }) =>
    stopCalls.reduce((total, call) => total + call.cycles, cycles)
  );
  const inContexts = sum('context', ({ availableCycles }) => availableCycles);
  const inCalls = sum('call', ({ prepaidCycles }) => prepaidCycles);
  const inMessages = sum('message', ({ cycles = 0n, answer }) => cycles + (answer?.refundCycles ?? 0n));
  const held = inCanisters + inContexts + inCalls + inMessages + burnedCycles;
  return { held, minted: mintedCycles };
}

describe('a crash', () => {
  it('between any two messages loses nothing and half-applies nothing', async () => {
    await fc.assert(
      fc.asyncProperty(STEPS, async (steps) => {
        const scenario = await Scenario.create();
        scenario.submit(steps);
        await scenario.runToEnd();
        const expected = contentOf(scenario.store);
        expect(scenario.boundaries.length).toBeGreaterThan(1);
        for (const boundary of scenario.boundaries) {
          const { host, store } = restartAt(boundary);
          expect(scenario.statusesOf(host)).toEqual(boundary.statuses);
          await runPhases(host, boundary.phase);
          expect(contentOf(store)).toEqual(expected);
          host.replica.close();
        }
        scenario.host.replica.close();
      }),
      { numRuns: 25 }
    );
  }, 120_000);

  it('finds cycles conserved between any two messages', async () => {
    await fc.assert(
      fc.asyncProperty(STEPS, INTERFERENCES, async (steps, interferences) => {
        const scenario = await Scenario.create();
        scenario.interfere(interferences);
        scenario.submit(steps);
        await scenario.runToEnd();
        for (const { store } of scenario.boundaries) {
          const { held, minted } = accountedCycles(store);
          expect(held).toBe(minted);
        }
        scenario.host.replica.close();
      }),
      { numRuns: 100 }
    );
  }, 120_000);
});
