import { CanisterFault, ERROR_CODE } from '../execution/canister-fault';
import { type CanisterInstance, type ExecutionResult } from '../execution/canister-instance';
import { type ContextName } from '../execution/execution-context';
import { type Canister } from './canister';

/** Where the Wasm memory limit of the settings holds: not in queries, callbacks, timers and heartbeats. */
const LIMITED_CONTEXTS: ReadonlySet<ContextName> = new Set(['start', 'init', 'update']);
/** What may not freeze the canister by the memory it takes. Callbacks may; installations are looked at as a whole. */
const PAYING_CONTEXTS: ReadonlySet<ContextName> = new Set(['update', 'systemTask']);

/** The result of an execution, as a trap when it left more memory than settings allow or the canister can pay for. */
export function withinMemoryLimits(
  canister: Canister,
  instance: CanisterInstance,
  { context, former, result }: { context: ContextName; former: MemoryUse; result: ExecutionResult }
): ExecutionResult {
  if (result.kind === 'trapped') return result;
  const { instructions } = result;
  const fault =
    (LIMITED_CONTEXTS.has(context) && exceedsWasmLimit(canister, instance)) ||
    (PAYING_CONTEXTS.has(context) &&
      freezes(canister, memoryBytesOf(instance) - former.bytes, { former, result }));
  return fault ? { kind: 'trapped', fault, instructions } : result;
}

/** Bytes of heap and stable memory, and the cycles that a canister needs not to be frozen. */
export type MemoryUse = { readonly bytes: number; readonly freezingLimit: bigint };

export const memoryBytesOf = ({ heapBytes, stable }: CanisterInstance): number =>
  heapBytes + stable.byteLength;

/** What is said when a canister cannot pay for more memory. */
export function cannotPayForMemory(bytes: bigint | number, missingCycles: bigint): CanisterFault {
  return new CanisterFault(
    ERROR_CODE.insufficientCyclesInMemoryGrow,
    `Canister cannot grow memory by ${bytes} bytes due to insufficient cycles. At least ${missingCycles} additional cycles are required.`
  );
}

function exceedsWasmLimit(
  { settings }: Canister,
  { heapBytes }: CanisterInstance
): CanisterFault | undefined {
  const limit = settings.wasmMemoryLimitBytes;
  if (limit === 0n || BigInt(heapBytes) <= limit) return undefined;
  const text = `Canister exceeded its current Wasm memory limit of ${limit} bytes. The peak Wasm memory usage was ${heapBytes} bytes.`;
  return new CanisterFault(ERROR_CODE.wasmMemoryLimit, text);
}

function freezes(
  canister: Canister,
  grownBy: number,
  { former, result }: { former: MemoryUse; result: ExecutionResult & { readonly kind: 'completed' } }
): CanisterFault | undefined {
  if (grownBy <= 0) return undefined;
  const { freezingLimit } = canister;
  const { acceptedCycles, burnedCycles, calls } = result.effects;
  let balance = canister.cycles + acceptedCycles - burnedCycles;
  for (const { cycles, feeCycles, prepaidCycles } of calls) balance -= cycles + feeCycles + prepaidCycles;
  if (freezingLimit <= former.freezingLimit || balance >= freezingLimit) return undefined;
  return cannotPayForMemory(grownBy, freezingLimit - balance);
}
