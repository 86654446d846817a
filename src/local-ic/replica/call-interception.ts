/** A call between canisters, as a test that interferes sees it. */
export type InterceptedCall = {
  readonly caller: Uint8Array;
  readonly callee: Uint8Array;
  readonly methodName: string;
  readonly arg: Uint8Array;
};

/** What becomes of an intercepted call; a held one runs at once and its answer waits. */
export type Interception =
  | { readonly kind: 'pass' }
  | { readonly kind: 'reject'; readonly code: number; readonly message: string }
  | { readonly kind: 'hold'; readonly until: Promise<void> };

export type CallInterceptor = (call: InterceptedCall) => Interception;

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

  /** The first decision other than to let the call pass. */
  decide(call: InterceptedCall): Interception {
    for (const interceptor of this.#interceptors) {
      const interception = interceptor(call);
      if (interception.kind !== 'pass') return interception;
    }
    return { kind: 'pass' };
  }
}
