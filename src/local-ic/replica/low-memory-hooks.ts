import { type Canister, type CanisterSettings } from './canister';
import { type CallRouter } from './call-router';
import { type CanisterRegistry } from './canister-registry';
import { type MessageQueue } from './message-queue';
import { type Timers } from './timers';

export type LowMemoryHooksOptions = {
  readonly queue: MessageQueue;
  readonly registry: CanisterRegistry;
  readonly router: CallRouter;
  readonly timers: Timers;
};

/** How often a canister that cannot pay for its hook is looked at again. */
const FROZEN_RETRY_NS = 1_000_000_000n;

/** Largest heap of a 32-bit module. */
const MAX_HEAP_BYTES = 4n * 1024n ** 3n;

/** Whether less Wasm memory is left than the threshold in the settings. */
export function isHookConditionMet(settings: CanisterSettings, heapBytes: number): boolean {
  const { wasmMemoryLimitBytes: limit, wasmMemoryThresholdBytes: threshold } = settings;
  return (limit === 0n ? MAX_HEAP_BYTES : limit) < BigInt(heapBytes) + threshold;
}

/** Runs `canister_on_low_wasm_memory` once each time a canister's memory becomes scarce, before its other messages. */
export class LowMemoryHooks {
  constructor(private readonly options: LowMemoryHooksOptions) {}

  /** Looks whether memory has become scarce, or is no longer; after messages and changes of code and settings. */
  check(canister: Canister): void {
    const { settings, lowMemoryHook } = canister;
    if (settings.wasmMemoryThresholdBytes === 0n && lowMemoryHook === 'condition_not_satisfied') return;
    const { instance } = canister;
    if (!instance || !isHookConditionMet(settings, instance.heapBytes)) {
      canister.lowMemoryHook = 'condition_not_satisfied';
    } else if (lowMemoryHook === 'condition_not_satisfied') {
      canister.lowMemoryHook = 'ready';
      this.schedule(canister);
    }
  }

  /** Sees to it that a hook that is ready runs. */
  schedule({ id, lowMemoryHook }: Canister): void {
    if (lowMemoryHook === 'ready') this.options.queue.enqueueNext({ kind: 'low-memory', canisterId: id });
  }

  run(canisterId: Uint8Array): void {
    const { registry, router, timers } = this.options;
    const canister = registry.find(canisterId);
    // One that does not run now has its hook run when it is started.
    if (canister?.lowMemoryHook !== 'ready' || canister.status !== 'running') return;
    if (!router.canPayForTask(canister)) {
      timers.schedule(timers.nowNs() + FROZEN_RETRY_NS, () => {
        this.schedule(canister);
      });
      return;
    }
    canister.lowMemoryHook = 'executed';
    if (!canister.instance?.hasExport('canister_on_low_wasm_memory')) return;
    router.runSystemTask(canister, { kind: 'export', name: 'canister_on_low_wasm_memory' });
  }
}
