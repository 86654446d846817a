import { type ContextName } from './execution-context';
import { StableAccess } from './stable-access';

/** Function in the canister's table, with the word it gets as argument. */
export type Callback = { readonly functionIndex: number; readonly env: number };

/** A call the execution asks for; it is sent only if the execution ends well. */
export type OutgoingCall = {
  readonly callee: Uint8Array;
  readonly methodName: string;
  readonly arg: Uint8Array;
  readonly cycles: bigint;
  readonly onReply: Callback;
  readonly onReject: Callback;
  readonly onCleanup: Callback | undefined;
  /** Seconds of a bounded-wait call; undefined for a guaranteed response. */
  readonly timeoutSeconds: number | undefined;
  /** What the canister's version is while it makes the call. */
  readonly callerVersion: bigint;
  /** Price of sending, on top of the cycles the call carries. */
  readonly feeCycles: bigint;
  /** Paid for response and callback; what they do not cost comes back. */
  readonly prepaidCycles: bigint;
};

export type CanisterResponse =
  | { readonly kind: 'reply'; readonly data: Uint8Array }
  | { readonly kind: 'reject'; readonly message: string };

export type CanisterStatus = 'running' | 'stopping' | 'stopped';

/** What code can ask about its canister; fixed during one execution. */
export type CanisterFacts = {
  readonly id: Uint8Array;
  readonly version: bigint;
  readonly status: CanisterStatus;
  readonly controllers: readonly Uint8Array[];
  readonly environment: readonly (readonly [name: string, value: string])[];
  readonly balance: bigint;
  /** Part of the balance that calls may not spend. */
  readonly freezingLimit: bigint;
  /** Makes the certificate of the certified data; absent where the context has none. */
  readonly certificate: (() => Uint8Array | undefined) | undefined;
};

export type SubnetFacts = { readonly id: Uint8Array; readonly rootKey: Uint8Array };

/** Everything one entry into canister code depends on. */
export type ExecutionInput = {
  readonly context: ContextName;
  readonly canister: CanisterFacts;
  readonly subnet: SubnetFacts;
  readonly caller: Uint8Array;
  /** What the canister that signs for the caller says of it; absent for callers without such a canister. */
  readonly callerInfo: { readonly info: Uint8Array; readonly signer: Uint8Array } | undefined;
  /** Argument of the method; in a reply callback, the reply. */
  readonly arg: Uint8Array;
  readonly rejection: { readonly code: number; readonly message: string } | undefined;
  readonly methodName: string;
  readonly timeNs: bigint;
  /** Zero when the call has no deadline. */
  readonly deadlineNs: bigint;
  readonly instructionLimit: bigint;
  /** Instructions the same call context used before. */
  readonly priorInstructions: bigint;
  /** False once the call context is answered. */
  readonly canRespond: boolean;
  readonly availableCycles: bigint;
  readonly refundedCycles: bigint;
  readonly globalTimerNs: bigint;
  /** Whether one more call to this canister finds room behind the `queuedNow` of this execution. */
  readonly hasQueueRoom: (callee: Uint8Array, queuedNow: number) => boolean;
  readonly log: (text: Uint8Array) => void;
};

/** What an execution that ended well changes besides memory. */
export type ExecutionEffects = {
  readonly response: CanisterResponse | undefined;
  readonly calls: readonly OutgoingCall[];
  readonly acceptedCycles: bigint;
  readonly burnedCycles: bigint;
  readonly certifiedData: Uint8Array | undefined;
  readonly globalTimerNs: bigint | undefined;
  readonly isMessageAccepted: boolean;
};

/** A call between `call_new` and `call_perform`. */
export type CallDraft = {
  readonly callee: Uint8Array;
  readonly methodName: string;
  readonly onReply: Callback;
  readonly onReject: Callback;
  onCleanup: Callback | undefined;
  timeoutSeconds: number | undefined;
  cycles: bigint;
  readonly data: Uint8Array[];
  dataBytes: number;
};

/** The mutable side of one entry into canister code; thrown away when the code traps. */
export class Execution {
  response: CanisterResponse | undefined;
  readonly replyParts: Uint8Array[] = [];
  replyBytes = 0;
  draft: CallDraft | undefined;
  readonly calls: OutgoingCall[] = [];
  acceptedCycles = 0n;
  burnedCycles = 0n;
  certifiedData: Uint8Array | undefined;
  globalTimerNs: bigint | undefined;
  isMessageAccepted = false;
  /** Bytes given to the log so far. */
  loggedBytes = 0;
  readonly stableAccess: StableAccess;
  #dataCertificate: Uint8Array | undefined;

  constructor(readonly input: ExecutionInput) {
    this.stableAccess = new StableAccess(input.context);
  }

  /** Cycles bound in calls of this execution, drafted and performed. */
  get spentCycles(): bigint {
    const performed = this.calls.reduce(
      (sum, call) => sum + call.cycles + call.feeCycles + call.prepaidCycles,
      0n
    );
    return performed + (this.draft?.cycles ?? 0n);
  }

  get balance(): bigint {
    return this.input.canister.balance + this.acceptedCycles - this.burnedCycles - this.spentCycles;
  }

  get liquidBalance(): bigint {
    const liquid = this.balance - this.input.canister.freezingLimit;
    return liquid > 0n ? liquid : 0n;
  }

  /** The data certificate, made when it is first asked for: it costs a signature. */
  get dataCertificate(): Uint8Array | undefined {
    this.#dataCertificate ??= this.input.canister.certificate?.();
    return this.#dataCertificate;
  }

  get canRespond(): boolean {
    return this.input.canRespond && this.response === undefined;
  }

  effects(): ExecutionEffects {
    const { response, calls, acceptedCycles, burnedCycles, certifiedData, globalTimerNs, isMessageAccepted } =
      this;
    return { response, calls, acceptedCycles, burnedCycles, certifiedData, globalTimerNs, isMessageAccepted };
  }
}
