import { computeCyclesPerDay, SECONDS_PER_DAY, storageCyclesPerDay } from '../execution/cycles-schedule';
import { type Canister } from './canister';
import { type CanisterRegistry } from './canister-registry';
import { type CodeInstaller } from './code-installer';
import { type CyclesLedger } from './cycles-ledger';
import { type MessageQueue } from './message-queue';
import { type Timers } from './timers';

export type ResourceChargesOptions = {
  readonly registry: CanisterRegistry;
  readonly installer: CodeInstaller;
  readonly ledger: CyclesLedger;
  readonly queue: MessageQueue;
  readonly timers: Timers;
  /** Told that there is something to store. */
  readonly noteChange: () => void;
};

const NS_PER_SECOND = 1_000_000_000n;
const INTERVAL_NS = 10n * NS_PER_SECOND;

/** What canisters burn as time passes, for memory and compute allocation. */
export class ResourceCharges {
  constructor(private readonly options: ResourceChargesOptions) {}

  /** Charges every 10 seconds of the network's time, for all the time that passed. */
  schedule(): void {
    const { timers, queue } = this.options;
    timers.schedule(timers.nowNs() + INTERVAL_NS, () => {
      queue.enqueue({ kind: 'resource-charges' });
      this.schedule();
    });
  }

  /** What was only charged is stored with the next change: until then a restart would charge it again, for all the time. */
  charge(): void {
    const { registry, timers } = this.options;
    const nowNs = timers.nowNs();
    for (const { id } of registry.all()) {
      const canister = registry.find(id);
      if (canister) this.#chargeUntil(canister, nowNs);
    }
  }

  #chargeUntil(canister: Canister, nowNs: bigint): void {
    const sinceNs = canister.chargedNs ?? canister.createdNs ?? nowNs;
    const seconds = (nowNs - sinceNs) / NS_PER_SECOND;
    canister.chargedNs = sinceNs + seconds * NS_PER_SECOND;
    const { settings, memoryBytes } = canister;
    const isPaid =
      this.#take(
        canister,
        (storageCyclesPerDay(settings, memoryBytes) * seconds) / SECONDS_PER_DAY,
        'memory'
      ) &&
      this.#take(canister, (computeCyclesPerDay(settings) * seconds) / SECONDS_PER_DAY, 'compute_allocation');
    if (!isPaid) this.#endUnpaid(canister);
  }

  #take(canister: Canister, cycles: bigint, use: 'memory' | 'compute_allocation'): boolean {
    if (canister.cycles < cycles) return false;
    this.options.ledger.charge(canister, cycles, use);
    return true;
  }

  /** Takes all from a canister that ran out of cycles: code, snapshots, history, allocations and what was left. */
  #endUnpaid(canister: Canister): void {
    const { installer, ledger, noteChange } = this.options;
    noteChange();
    ledger.charge(canister, canister.cycles, 'uninstall');
    installer.uninstall(canister);
    canister.installedNs = undefined;
    canister.snapshots.clear();
    canister.changes.length = 0;
    canister.settings = { ...canister.settings, computeAllocationPercent: 0n, memoryAllocationBytes: 0n };
  }
}
