import { bytesToHex } from '@noble/hashes/utils';
import { type CallRouter } from './call-router';
import { type Canister } from './canister';
import { type CanisterRegistry } from './canister-registry';
import { type MessageQueue } from './message-queue';
import { type Timers } from './timers';

export type SystemTaskOptions = {
  readonly router: CallRouter;
  readonly queue: MessageQueue;
  readonly registry: CanisterRegistry;
  readonly timers: Timers;
};

const HEARTBEAT_INTERVAL_NS = 1_000_000_000n;
/** How often a canister that cannot pay for its timer, which is due, is looked at again. */
const FROZEN_RETRY_NS = 1_000_000_000n;

/** Global timers and heartbeats. */
export class SystemTasks {
  /** Canisters whose next heartbeat is scheduled. */
  readonly #beating = new Set<string>();

  constructor(private readonly options: SystemTaskOptions) {}

  /** Sees to it that the canister's timer, as it is set now, fires. */
  scheduleTimer({ id, globalTimerNs }: Canister): void {
    if (globalTimerNs !== 0n) this.#enqueueTimerAt(id, globalTimerNs);
  }

  /** Lets the canister's heartbeat beat as long as its code has one. */
  scheduleHeartbeat({ id, hasHeartbeat }: Canister): void {
    const key = bytesToHex(id);
    if (!hasHeartbeat || this.#beating.has(key)) return;
    this.#beating.add(key);
    this.#scheduleBeat(id, key);
  }

  fireTimer(canisterId: Uint8Array): void {
    const canister = this.options.registry.find(canisterId);
    const nowNs = this.options.timers.nowNs();
    // Set anew, or off, since this was scheduled; a canister not running keeps its timer until it is started.
    if (!canister || canister.globalTimerNs === 0n || canister.globalTimerNs > nowNs) return;
    if (canister.status !== 'running') return;
    if (!this.options.router.canPayForTask(canister)) {
      this.#enqueueTimerAt(canisterId, nowNs + FROZEN_RETRY_NS);
      return;
    }
    canister.globalTimerNs = 0n;
    if (!canister.instance?.hasExport('canister_global_timer')) return;
    this.options.router.runSystemTask(canister, { kind: 'export', name: 'canister_global_timer' });
  }

  beat(canisterId: Uint8Array): void {
    const canister = this.options.registry.find(canisterId);
    if (!canister?.hasHeartbeat || canister.status !== 'running') return;
    if (!this.options.router.canPayForTask(canister)) return;
    this.options.router.runSystemTask(canister, { kind: 'export', name: 'canister_heartbeat' });
  }

  #enqueueTimerAt(canisterId: Uint8Array, dueNs: bigint): void {
    this.options.timers.schedule(dueNs, () => {
      this.options.queue.enqueue({ kind: 'timer', canisterId });
    });
  }

  #scheduleBeat(canisterId: Uint8Array, key: string): void {
    const { timers, queue, registry } = this.options;
    timers.schedule(timers.nowNs() + HEARTBEAT_INTERVAL_NS, () => {
      const canister = registry.find(canisterId);
      if (!canister?.hasHeartbeat) {
        this.#beating.delete(key);
        return;
      }
      queue.enqueue({ kind: 'heartbeat', canisterId });
      this.#scheduleBeat(canisterId, key);
    });
  }
}
