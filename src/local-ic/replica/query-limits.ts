import { CanisterFault, ERROR_CODE } from '../execution/canister-fault';

/** How many composite queries may wait for each other. */
const MAX_CALL_DEPTH = 6;
/** Instructions every call within a query costs on top of its own. */
const CALL_OVERHEAD_INSTRUCTIONS = 50_000_000n;
const MAX_DURATION_MS = 10_000;

/**
 * What one query and everything it calls may use together. Source: dfinity/ic `rs/config/src/execution_environment.rs`.
 * A limit that is passed ends the whole query, not the call that passed it.
 */
export class QueryLimits {
  #instructionsLeft: bigint;
  #startMs: number;

  constructor(
    private readonly instructionLimit: bigint,
    private readonly monotonicMs: () => number
  ) {
    this.#instructionsLeft = instructionLimit;
    this.#startMs = monotonicMs();
  }

  /** Instructions the next execution may use. */
  get nextExecution(): bigint {
    const left = this.#instructionsLeft > 0n ? this.#instructionsLeft : 0n;
    return left < this.instructionLimit ? left : this.instructionLimit;
  }

  useInstructions(count: bigint): void {
    this.#instructionsLeft -= count;
  }

  useCall(): void {
    this.#instructionsLeft -= CALL_OVERHEAD_INSTRUCTIONS;
  }

  /** To be asked before a call or callback of a query that `depth` others wait for. @throws IC0525, IC0526, IC0528 */
  assertMayGoOn(depth: number): void {
    if (depth >= MAX_CALL_DEPTH) {
      throw new CanisterFault(
        ERROR_CODE.queryTooDeep,
        'Composite query calls exceeded the maximum call depth.'
      );
    }
    if (this.#instructionsLeft <= 0n) {
      throw new CanisterFault(
        ERROR_CODE.queryInstructionLimit,
        'Composite query calls exceeded the instruction limit.'
      );
    }
    if (this.monotonicMs() - this.#startMs >= MAX_DURATION_MS) {
      throw new CanisterFault(ERROR_CODE.queryTimeLimit, 'Composite query call exceeded the time limit.');
    }
  }
}
