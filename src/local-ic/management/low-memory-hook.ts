import { type CanisterSettings } from '../replica/canister';

/** Largest heap of a 32-bit module. */
const MAX_HEAP_BYTES = 4n * 1024n ** 3n;

/** Whether less Wasm memory is left than the threshold in the settings. */
export function isHookConditionMet(settings: CanisterSettings, heapBytes: number): boolean {
  const { wasmMemoryLimitBytes: limit, wasmMemoryThresholdBytes: threshold } = settings;
  return (limit === 0n ? MAX_HEAP_BYTES : limit) < BigInt(heapBytes) + threshold;
}
