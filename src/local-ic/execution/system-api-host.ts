import { type Execution } from './execution';
import { type GuestMemory } from './guest-memory';
import { type StableMemory } from './stable-memory';

/** What the System API functions of one instance act on. */
export type ApiHost = {
  readonly memory: GuestMemory;
  readonly stable: StableMemory;
  /** The execution under way. */
  readonly execution: Execution;
  /** Instructions this execution has used so far. */
  readonly instructionsUsed: () => bigint;
  /** Takes instructions from what is left. @throws IC0522 when there are not as many. */
  readonly charge: (instructions: number) => void;
  /** Whether the module addresses its memory with 64 bits. */
  readonly is64Bit: boolean;
};

/** An `ic0` function: i32 arrive signed, i64 as bigint. */
export type ApiFunction = (...args: never[]) => number | bigint | void;

export type ApiFunctions = Readonly<Record<string, ApiFunction>>;

/** The `*_size` and `*_copy` functions of a blob. */
export function blobFunctions(host: ApiHost, name: string, blob: () => Uint8Array): ApiFunctions {
  const copyName = `${name}_copy`;
  return {
    [`${name}_size`]: () => blob().length,
    [copyName]: (address: number, offset: number, size: number) => {
      host.memory.writeSlice(blob(), { address, offset, size }, copyName);
    }
  };
}

const strictText = new TextDecoder('utf-8', { fatal: true });

/** Text of UTF-8 bytes, undefined when they are not. */
export function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return strictText.decode(bytes);
  } catch {
    return undefined;
  }
}

/** 128-bit amount of two 64-bit words as they arrive from Wasm. */
export function join128(high: bigint, low: bigint): bigint {
  return (BigInt.asUintN(64, high) << 64n) | BigInt.asUintN(64, low);
}
