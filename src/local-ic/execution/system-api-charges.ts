import { type Execution } from './execution';
import { SYSTEM_API } from './system-api-table';

/** Instructions of one system call: a fixed part, one per byte named by `sizes`, times `perByte`. */
type Charge = {
  readonly fixed: number;
  /** Positions of the parameters that count bytes. */
  readonly sizes?: readonly number[];
  readonly perByte?: number;
  /** The text also goes to the canister's log. */
  readonly isLogged?: boolean;
};

const USUAL_CALL = 500;
/** For bytes that leave the canister's sandbox. */
const PER_TRANSMITTED_BYTE = 50;
/** Most bytes of one message the log keeps. */
const LOG_CAPACITY_BYTES = 4096;

/**
 * Those that differ from {@link USUAL_CALL}. Source: dfinity/ic `rs/embedders/src/wasmtime_embedder`
 * (`system_api_complexity.rs`, `linker.rs`) and `wasm_utils/system_api_replacements.rs`.
 */
const CHARGES: Readonly<Record<string, Charge>> = {
  call_new: { fixed: 1500, sizes: [1, 3] },
  call_perform: { fixed: 5000 },
  call_data_append: { fixed: USUAL_CALL, sizes: [1], perByte: PER_TRANSMITTED_BYTE },
  msg_reply_data_append: { fixed: USUAL_CALL, sizes: [1], perByte: PER_TRANSMITTED_BYTE },
  msg_reject: { fixed: USUAL_CALL, sizes: [1], perByte: PER_TRANSMITTED_BYTE },
  certified_data_set: { fixed: USUAL_CALL, sizes: [1] },
  is_controller: { fixed: 1000, sizes: [1] },
  cost_sign_with_ecdsa: { fixed: USUAL_CALL, sizes: [1] },
  cost_sign_with_schnorr: { fixed: USUAL_CALL, sizes: [1] },
  cost_vetkd_derive_key: { fixed: USUAL_CALL, sizes: [1] },
  performance_counter: { fixed: 200 },
  debug_print: { fixed: 100, sizes: [1], perByte: 0, isLogged: true },
  trap: { fixed: USUAL_CALL, sizes: [1], isLogged: true },
  mint_cycles128: { fixed: 0 },
  stable_size: { fixed: 0 },
  stable64_size: { fixed: 0 },
  stable_grow: { fixed: 100 },
  stable64_grow: { fixed: 100 },
  stable_read: { fixed: 20, sizes: [2] },
  stable64_read: { fixed: 20, sizes: [2] },
  stable_write: { fixed: 20, sizes: [2] },
  stable64_write: { fixed: 20, sizes: [2] }
};

/** Instructions a page of 4 KiB of stable memory costs when a message first writes to it. */
export const DIRTY_STABLE_PAGE_INSTRUCTIONS = 1000;

export type ChargeFunction = (args: readonly (number | bigint)[], execution: Execution) => number;

/** Computes what a call of the named function costs, besides the `call` operator. */
export function chargeFunction(name: string): ChargeFunction {
  const { fixed, sizes = [], perByte = 1, isLogged = false } = CHARGES[name] ?? usualCharge(name);
  if (sizes.length === 0) return () => fixed;
  return (args, execution) => {
    let bytes = 0;
    for (const position of sizes) bytes += sizeOf(args[position] ?? 0);
    const logCharge = isLogged ? logInstructions(bytes, execution) : 0;
    return fixed + bytes * perByte + logCharge;
  };
}

/** `*_copy` functions cost what they copy; their size comes last. */
function usualCharge(name: string): Charge {
  const parameters = SYSTEM_API.get(name)?.params.length ?? 0;
  return { fixed: USUAL_CALL, sizes: name.endsWith('_copy') ? [parameters - 1] : [] };
}

function sizeOf(word: number | bigint): number {
  return typeof word === 'bigint' ? Number(BigInt.asUintN(64, word)) : word >>> 0;
}

/** Counts the bytes as logged: a log that is full takes no more from the same message. */
function logInstructions(bytes: number, execution: Execution): number {
  const room = Math.max(0, LOG_CAPACITY_BYTES - execution.loggedBytes);
  execution.loggedBytes += bytes;
  return 2 * Math.min(bytes, LOG_CAPACITY_BYTES) + PER_TRANSMITTED_BYTE * Math.min(bytes, room);
}
