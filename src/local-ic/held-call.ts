/** Holding one call back, so that a test can do something while it is under way. */
import { type CallInterceptor, type CallPart, type InterceptedCall } from './replica/call-interception';

/** A call between canisters that waits. */
export type HeldCall = {
  /** The call, as soon as a canister has made it. */
  readonly held: Promise<InterceptedCall>;
  /** Lets the call go on, or, when it was not made yet, pass. */
  readonly release: () => void;
};

/** Which call is held: the next one for which `isMeant` is true, and which of its messages. */
export type CallToHold = {
  readonly isMeant: (call: InterceptedCall) => boolean;
  /** `answer` by default: the callee runs, and the caller does not learn of it yet. */
  readonly part?: CallPart;
};

/** Holds the next call that is meant; `intercept` adds an interceptor and returns its end. */
export function holdNextCall(
  intercept: (interceptor: CallInterceptor) => () => void,
  { isMeant, part = 'answer' }: CallToHold
): HeldCall {
  let goOn = (): void => undefined;
  const until = new Promise<void>((resolve) => (goOn = resolve));
  let tellHeld: (call: InterceptedCall) => void = () => undefined;
  const held = new Promise<InterceptedCall>((resolve) => (tellHeld = resolve));
  const end = intercept((call) => {
    if (!isMeant(call)) return { kind: 'pass' };
    end();
    tellHeld(call);
    return { kind: 'hold', until, part };
  });
  return {
    held,
    release: () => {
      end();
      goOn();
    }
  };
}
