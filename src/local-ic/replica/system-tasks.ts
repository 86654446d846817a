import { type CallRouter } from './call-router';
import { type Canister } from './canister';
import { type Scheduler } from './scheduler';
import { type Timers } from './timers';

export type SystemTaskOptions = {
  readonly router: CallRouter;
  readonly scheduler: Scheduler;
  readonly timers: Timers;
  readonly timeNs: () => bigint;
};

const HEARTBEAT_INTERVAL_NS = 1_000_000_000n;
/** How often a frozen canister whose timer is due is looked at again. */
const FROZEN_RETRY_NS = 1_000_000_000n;

/** Global timers and heartbeats. */
export class SystemTasks {
  constructor(private readonly options: SystemTaskOptions) {}

  /** Sees to it that the canister's timer, as it is set now, fires. */
  scheduleTimer(canister: Canister): void {
    const dueNs = canister.globalTimerNs;
    if (dueNs === 0n) return;
    this.options.timers.schedule(dueNs, () => {
      this.options.scheduler.enqueue(() => {
        this.#fireTimer(canister, dueNs);
      });
    });
  }

  /** Lets the canister's heartbeat beat as long as it runs this code. */
  scheduleHeartbeat(canister: Canister): void {
    const { instance } = canister;
    if (!instance?.hasExport('canister_heartbeat')) return;
    const beat = (): void => {
      if (canister.instance !== instance) return;
      this.options.scheduler.enqueue(() => {
        if (canister.instance !== instance || !canRun(canister)) return;
        this.options.router.runSystemTask(canister, { kind: 'export', name: 'canister_heartbeat' });
      });
      this.options.timers.schedule(this.options.timeNs() + HEARTBEAT_INTERVAL_NS, beat);
    };
    this.options.timers.schedule(this.options.timeNs() + HEARTBEAT_INTERVAL_NS, beat);
  }

  #fireTimer(canister: Canister, dueNs: bigint): void {
    // Set anew, or off, since this was scheduled; a canister not running keeps its timer until it is started.
    if (canister.globalTimerNs !== dueNs || canister.status !== 'running') return;
    if (canister.isFrozen) {
      this.options.timers.schedule(this.options.timeNs() + FROZEN_RETRY_NS, () => {
        this.scheduleTimer(canister);
      });
      return;
    }
    canister.globalTimerNs = 0n;
    if (!canister.instance?.hasExport('canister_global_timer')) return;
    this.options.router.runSystemTask(canister, { kind: 'export', name: 'canister_global_timer' });
  }
}

function canRun(canister: Canister): boolean {
  return canister.status === 'running' && canister.instance !== undefined && !canister.isFrozen;
}
