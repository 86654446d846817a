import { type OutgoingCall } from '../execution/execution';
import { type Canister } from './canister';
import { type Outcome } from './replica-port';

/** Where the answer of a call context goes. */
export type CallOrigin =
  | { readonly kind: 'ingress'; readonly requestId: Uint8Array }
  | { readonly kind: 'canister'; readonly call: OutstandingCall }
  | { readonly kind: 'system' };

/** The life of one call at its callee: from the first execution until its answer and its last callback. */
export type CallContext = {
  readonly canister: Canister;
  readonly origin: CallOrigin;
  readonly caller: Uint8Array;
  readonly methodName: string;
  /** Zero when the caller waits without bound. */
  readonly deadlineNs: bigint;
  /** Cycles that came with the call and are not accepted yet. */
  availableCycles: bigint;
  isAnswered: boolean;
  /** Calls made within this context whose callbacks have not run. */
  outstandingCalls: number;
  instructions: bigint;
  /** The code is gone: callbacks no longer run, answers only refund. */
  isDeleted: boolean;
};

/** A call sent by a canister, until its callback has run. */
export type OutstandingCall = {
  readonly context: CallContext;
  readonly request: OutgoingCall;
  readonly deadlineNs: bigint;
  /** Set by the first answer, or by the deadline; a later answer is dropped and its cycles are lost. */
  isSettled: boolean;
  /** Forgets the deadline. */
  cancelDeadline: () => void;
};

/** An answer on its way back, with the cycles that were not accepted. */
export type CallAnswer = { readonly outcome: Outcome; readonly refundCycles: bigint };
