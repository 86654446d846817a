import { CanisterFault, ERROR_CODE } from './canister-fault';
import { wasm } from './webassembly';

/** Wording of the engine's traps (V8) and of the replica's. */
const TRAPS: readonly (readonly [engine: RegExp, replica: string])[] = [
  [/unreachable/, 'unreachable'],
  [/null function|signature mismatch/, 'unknown'],
  [/table index|table access|element segment/, 'table out of bounds'],
  [/divide by zero|remainder by zero/, 'integer division by 0'],
  [/out of bounds/, 'heap out of bounds']
];

/**
 * The fault a canister is charged with when its code ends with this error.
 * An error that is none of canister code's is thrown on: it is the host's.
 */
export function faultOf(
  error: unknown,
  { instructionLimit, isGasExhausted }: { instructionLimit: bigint; isGasExhausted: boolean }
): CanisterFault {
  if (error instanceof CanisterFault) return error;
  if (error instanceof wasm.RuntimeError) {
    return isGasExhausted ? outOfInstructions(instructionLimit) : trapped(replicaWording(error.message));
  }
  if (error instanceof RangeError && /call stack/.test(error.message)) return trapped('stack overflow');
  throw error;
}

function replicaWording(message: string): string {
  return TRAPS.find(([engine]) => engine.test(message))?.[1] ?? 'unknown';
}

function trapped(wording: string): CanisterFault {
  return new CanisterFault(ERROR_CODE.trapped, `Canister trapped: ${wording}`);
}

/** What an execution ends with that uses more instructions than it may. */
export function outOfInstructions(limit: bigint): CanisterFault {
  return new CanisterFault(
    ERROR_CODE.instructionLimit,
    `Canister exceeded the limit of ${limit} instructions for single message execution.`
  );
}

const LOGGED_FAULTS = [
  /^Canister trapped: (?<text>.*)$/s,
  /^Canister called `ic0\.trap` with message: '(?<text>.*)'$/s
];

/** What the log of a canister says of a fault; undefined of faults that are no traps of its code. */
export function trapLogLine({ message }: CanisterFault): string | undefined {
  for (const pattern of LOGGED_FAULTS) {
    const text = pattern.exec(message)?.groups?.['text'];
    if (text !== undefined) return `[TRAP]: ${text === '' ? '(no message)' : text}`;
  }
  return undefined;
}
