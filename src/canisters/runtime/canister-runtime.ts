/**
 * The port through which canister code meets the Internet Computer. Use cases take it as an argument, so that they run
 * against a fake in unit tests; `azle-runtime.ts` is the one implementation that touches azle.
 */

/** How a call to another canister ended when it did not reply. `code` 6 (unknown) says nothing about what was done. */
export type CallRejection = { readonly code: number; readonly message: string };

/** A call's end: a reply, or a rejection. Never an exception, so that no `catch` mistakes a trap of ours for a reject. */
export type CallOutcome<T> = { readonly replied: T } | { readonly rejected: CallRejection };

export type HttpOutcall = {
  readonly url: string;
  readonly body: Uint8Array;
  readonly maxResponseBytes: bigint;
  /** Name of this canister's exported transform query, and the context handed to it. */
  readonly transform: { readonly method: string; readonly context: Uint8Array };
};

/** What a canister needs of the IC. Times in ns, cycles as bigint, principals as bytes. */
export interface CanisterRuntime {
  /** Id of this canister. */
  self(): Uint8Array;
  /** Caller of the message being executed. */
  caller(): Uint8Array;
  /** Whether the caller controls this canister. */
  isCallerController(): boolean;
  /** IC time in ns, constant within one message. */
  timeNs(): bigint;
  /** Sets this canister's certified data, at most 32 bytes. */
  setCertifiedData(data: Uint8Array): void;
  /** The certificate of the certified data; only in a query. */
  dataCertificate(): Uint8Array | undefined;
  /** This canister's threshold ECDSA public key (33 B, SEC1) and chain code (32 B) at a path; the root key for none. */
  ecdsaPublicKey(request: {
    readonly keyName: string;
    readonly path: readonly Uint8Array[];
  }): Promise<CallOutcome<{ publicKey: Uint8Array; chainCode: Uint8Array }>>;
  /**
   * Signs 32 bytes: 64-byte r, s. `onTrap` runs when the call succeeded but the code after it trapped, on the state
   * of before the answer: it says what is known (nothing) and frees what is held, and must neither call nor throw.
   */
  signWithEcdsa(request: {
    readonly keyName: string;
    readonly path: readonly Uint8Array[];
    readonly messageHash: Uint8Array;
    readonly onTrap: () => void;
  }): Promise<CallOutcome<Uint8Array>>;
  /** Module hash and controllers of this canister, from the management canister. */
  canisterInfo(): Promise<CallOutcome<{ moduleHash: Uint8Array; controllers: Uint8Array[] }>>;
  /** 32 fresh random bytes. */
  rawRand(): Promise<CallOutcome<Uint8Array>>;
  /** POSTs JSON over HTTPS through every replica. */
  httpOutcall(request: HttpOutcall): Promise<CallOutcome<{ status: number; body: Uint8Array }>>;
  /** A Candid call to another canister of ours: encoded arguments in, encoded reply out. */
  call(request: {
    readonly canister: Uint8Array;
    readonly method: string;
    readonly arg: Uint8Array;
  }): Promise<CallOutcome<Uint8Array>>;
}

/**
 * A stable map from byte keys to byte values. Azle's map has no range by key, only by position, which walks:
 * lists are kept under counted keys instead.
 */
export interface StableMap {
  get(key: Uint8Array): Uint8Array | undefined;
  set(key: Uint8Array, value: Uint8Array): void;
  delete(key: Uint8Array): void;
  has(key: Uint8Array): boolean;
  size(): bigint;
}
