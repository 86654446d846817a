import { type Outcome } from './replica-port';
import { rejectedByFault } from './rejection';
import { CanisterFault, ERROR_CODE } from '../execution/canister-fault';
import { type RequestMessage } from './message';

/** A call between canisters, as a test that interferes sees it. */
export type InterceptedCall = {
  readonly caller: Uint8Array;
  readonly callee: Uint8Array;
  readonly methodName: string;
  readonly arg: Uint8Array;
  readonly cycles: bigint;
  /** False when the caller is guaranteed an answer: such a call cannot be dropped. */
  readonly isBestEffort: boolean;
};

/** Which message of a call is meant; the answer when it is left out. */
export type CallPart = 'request' | 'answer';

/** What becomes of an intercepted call. */
export type Interception =
  | { readonly kind: 'pass' }
  /** The callee never sees it. `code` is 1 to 6. */
  | { readonly kind: 'reject'; readonly code: number; readonly message: string }
  /** Answered as if the callee had trapped, which undoes whatever it did. */
  | { readonly kind: 'trap'; readonly message?: string }
  /** The request never arrives, or its answer does not; the caller learns of the deadline. Best-effort calls only. */
  | { readonly kind: 'drop'; readonly part?: CallPart }
  /** Waits until a promise is settled, so that other things can happen meanwhile. */
  | { readonly kind: 'hold'; readonly until: Promise<unknown>; readonly part?: CallPart }
  /** Waits for seconds of the network's time. */
  | { readonly kind: 'delay'; readonly seconds: number; readonly part?: CallPart };

export type CallInterceptor = (call: InterceptedCall) => Interception;

/** What delays or loses one of a call's two messages. */
export type Interference = Extract<Interception, { readonly kind: 'drop' | 'hold' | 'delay' }>;

const MAX_REJECT_CODE = 6;

/** The functions that see calls before they are delivered. */
export class CallInterceptors {
  readonly #interceptors = new Set<CallInterceptor>();

  /** Adds one, until the function returned is called. */
  add(interceptor: CallInterceptor): () => void {
    this.#interceptors.add(interceptor);
    return () => {
      this.#interceptors.delete(interceptor);
    };
  }

  /**
   * The first decision other than to let the call pass.
   *
   * @throws RangeError for a reject code there is not, and for dropping a call that is guaranteed an answer.
   */
  decide({ callerId, calleeId, methodName, arg, cycles, deadlineNs }: RequestMessage): Interception {
    if (this.#interceptors.size === 0) return { kind: 'pass' };
    const isBestEffort = deadlineNs > 0n;
    const call = { caller: callerId, callee: calleeId, methodName, arg, cycles, isBestEffort };
    for (const interceptor of this.#interceptors) {
      const interception = interceptor(call);
      if (interception.kind === 'pass') continue;
      assertPossible(interception, call);
      return interception;
    }
    return { kind: 'pass' };
  }
}

function assertPossible(interception: Interception, { isBestEffort, methodName }: InterceptedCall): void {
  if (interception.kind === 'drop' && !isBestEffort) {
    throw new RangeError(`the call of ${methodName} is guaranteed an answer and cannot be dropped`);
  }
  if (interception.kind !== 'reject') return;
  const { code } = interception;
  if (!Number.isInteger(code) || code < 1 || code > MAX_REJECT_CODE) {
    throw new RangeError(`there is no reject code ${code}`);
  }
}

/** The answer of a call that an interceptor answers in the callee's place. */
export function interceptedOutcome(
  calleeId: Uint8Array,
  interception: Extract<Interception, { readonly kind: 'reject' | 'trap' }>
): Outcome {
  if (interception.kind === 'trap') {
    const text = `Canister called \`ic0.trap\` with message: '${interception.message ?? 'on purpose'}'`;
    return rejectedByFault(calleeId, new CanisterFault(ERROR_CODE.calledTrap, text));
  }
  const { code, message } = interception;
  return { kind: 'rejected', rejectCode: code, rejectMessage: message, errorCode: `IC0${code}00` };
}
