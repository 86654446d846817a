import { type CallAnswer, type IncomingCall } from './message';
import { type Outcome, type QueryMessage, type Rejection, type IngressMessage } from './replica-port';

/**
 * A canister the network brings along and this program answers for, such as a ledger that command-line tools expect
 * at a fixed id. It runs no Wasm; everyone sees it as a canister without controllers.
 */
export interface SystemCanister {
  readonly id: Uint8Array;
  /** Cycles it holds, counted as those of every canister. What it holds before anything is restored was minted. */
  readonly cycles: bigint;
  /** Refuses an update call from outside before it is processed. */
  refuseIngress(message: IngressMessage): Rejection | undefined;
  /** Answers an update call, from outside or from a canister, once and in this turn. Changes nothing when it rejects. */
  call(call: IncomingCall, answer: (answer: CallAnswer) => void): void;
  query(message: QueryMessage): Outcome;
  /** Its whole state, to be stored; the same array while nothing changed. */
  record(): Uint8Array;
  /** Takes over a state that {@link record} gave, before the first call. */
  restore(record: Uint8Array): void;
}

/** A call of a system canister to the management canister. */
export type SystemCanisterCall = {
  /** Id of the system canister. */
  readonly caller: Uint8Array;
  readonly methodName: 'create_canister' | 'deposit_cycles';
  readonly arg: Uint8Array;
  readonly cycles: bigint;
};

/** What the network gives its own canisters. */
export interface SystemCanisterHost {
  readonly subnetId: Uint8Array;
  /** Nanoseconds since 1970, never decreasing. */
  timeNs(): bigint;
  /** Notes that `amount` cycles came into being; returns it. */
  mintCycles(amount: bigint): bigint;
  /** Runs a method of the management canister within this turn; its answer says how many cycles were not taken. */
  callManagement(call: SystemCanisterCall): CallAnswer;
}

/** Makes the canisters a network brings along. */
export type SystemCanisterFactory = (host: SystemCanisterHost) => readonly SystemCanister[];
