import { type Callback } from '../execution/execution';
import { type IngressMessage, type Outcome, type SenderInfo } from './replica-port';

/** Where the answer of a call goes. */
export type CallOrigin =
  | { readonly kind: 'ingress'; readonly requestId: Uint8Array }
  | { readonly kind: 'canister'; readonly callId: number }
  /** Nobody waits: timers, heartbeats and the like. */
  | { readonly kind: 'system' };

/** A call on its way to a method. */
export type IncomingCall = {
  readonly origin: CallOrigin;
  readonly caller: Uint8Array;
  /** Version of the canister that calls, when it made the call. */
  readonly callerVersion?: bigint;
  readonly methodName: string;
  readonly arg: Uint8Array;
  readonly cycles: bigint;
  /** Zero when the caller waits without bound. */
  readonly deadlineNs: bigint;
  readonly senderInfo?: SenderInfo;
};

/** The life of one call at its callee: from the first execution until its answer and its last callback. */
export type CallContext = {
  readonly id: number;
  readonly canisterId: Uint8Array;
  readonly origin: CallOrigin;
  readonly caller: Uint8Array;
  readonly methodName: string;
  readonly deadlineNs: bigint;
  readonly senderInfo?: SenderInfo;
  /** Cycles that came with the call and are not accepted yet. */
  availableCycles: bigint;
  isAnswered: boolean;
  /** Calls made within this context whose callbacks have not run. */
  outstandingCalls: number;
  instructions: bigint;
  /** The code is gone: callbacks no longer run, answers only refund. */
  isDeleted: boolean;
};

/** A call sent by a canister, until its callback runs or its deadline passes; an answer that comes later is lost. */
export type OutstandingCall = {
  readonly contextId: number;
  readonly callerId: Uint8Array;
  readonly calleeId: Uint8Array;
  readonly deadlineNs: bigint;
  readonly onReply: Callback;
  readonly onReject: Callback;
  readonly onCleanup: Callback | undefined;
  /** Cycles the caller paid for response and callback. */
  readonly prepaidCycles: bigint;
};

/** An answer on its way back, with the cycles that were not accepted. */
export type CallAnswer = { readonly outcome: Outcome; readonly refundCycles: bigint };

/** Requests between canisters carry what their delivery needs; the sender's side is an {@link OutstandingCall}. */
export type RequestMessage = {
  readonly kind: 'request';
  readonly callId: number;
  readonly callerId: Uint8Array;
  readonly callerVersion: bigint;
  readonly calleeId: Uint8Array;
  readonly methodName: string;
  readonly arg: Uint8Array;
  readonly cycles: bigint;
  readonly deadlineNs: bigint;
  /** Set when a test that interferes has let it go. */
  readonly isReleased?: boolean;
};

export type ResponseMessage = {
  readonly kind: 'response';
  readonly callId: number;
  readonly answer: CallAnswer;
};

/** What waits to be processed. Plain data, so that it can be stored. */
export type QueuedMessage =
  | { readonly kind: 'ingress'; readonly message: IngressMessage }
  | RequestMessage
  | ResponseMessage
  | { readonly kind: 'call-deadline'; readonly callId: number }
  /** Canisters are to pay for what they occupy. */
  | { readonly kind: 'resource-charges' }
  | { readonly kind: 'stop-deadline' | 'timer' | 'heartbeat' | 'low-memory'; readonly canisterId: Uint8Array }
  /** What the management canister has to say to a call that it could not answer at once. */
  | {
      readonly kind: 'management-answer';
      readonly managementCallId: number;
      readonly outcome: Outcome;
      readonly feeCycles: bigint;
    };
