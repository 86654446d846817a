import { type CallAnswer } from './call-context';
import { type IncomingCall } from './call-router';
import { type Outcome, type QueryMessage, type Rejection, type IngressMessage } from './replica-port';

/**
 * A canister the network brings along and this program answers for, such as a ledger that command-line tools expect
 * at a fixed id. It runs no Wasm; everyone sees it as a canister without controllers.
 */
export interface SystemCanister {
  readonly id: Uint8Array;
  /** Refuses an update call from outside before it is processed. */
  refuseIngress(message: IngressMessage): Rejection | undefined;
  /** Answers an update call, from outside or from a canister, exactly once. Changes nothing when it rejects. */
  call(call: IncomingCall, answer: (answer: CallAnswer) => void): void;
  query(message: QueryMessage): Outcome;
  /** Its whole state, to be stored; the same array while nothing changed. */
  record(): Uint8Array;
  /** Takes over a state that {@link record} gave, before the first call. */
  restore(record: Uint8Array): void;
}
