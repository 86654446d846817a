/** What a canister says of a caller whose identity it signs for; its signature is already checked. */
export type SenderInfo = {
  readonly info: Uint8Array;
  /** The canister that vouches for `info`. */
  readonly signer: Uint8Array;
};

/** An update call taken from the HTTP interface, signature and expiry already checked. */
export type IngressMessage = {
  readonly requestId: Uint8Array;
  readonly sender: Uint8Array;
  readonly canisterId: Uint8Array;
  readonly effectiveCanisterId: Uint8Array;
  readonly methodName: string;
  readonly arg: Uint8Array;
  readonly ingressExpiryNs: bigint;
  readonly senderInfo?: SenderInfo;
};

/** A query taken from the HTTP interface, signature and expiry already checked. */
export type QueryMessage = {
  readonly sender: Uint8Array;
  readonly canisterId: Uint8Array;
  readonly methodName: string;
  readonly arg: Uint8Array;
  readonly senderInfo?: SenderInfo;
};

/** Reject code 1-6 and the `IC0xxx` error code of the interface specification. */
export type Rejection = {
  readonly rejectCode: number;
  readonly rejectMessage: string;
  readonly errorCode: string;
};

export type Outcome =
  { readonly kind: 'replied'; readonly reply: Uint8Array } | ({ readonly kind: 'rejected' } & Rejection);

export type RequestStatus =
  | { readonly status: 'received' | 'processing' }
  | { readonly status: 'replied'; readonly reply: Uint8Array }
  | ({ readonly status: 'rejected' } & Rejection)
  | { readonly status: 'done' };

export type RequestRecord = {
  readonly sender: Uint8Array;
  readonly effectiveCanisterId: Uint8Array;
  readonly state: RequestStatus;
};

/** What the state tree shows of a canister. */
export type CanisterView = {
  readonly id: Uint8Array;
  readonly controllers: readonly Uint8Array[];
  readonly moduleHash?: Uint8Array;
  readonly certifiedData?: Uint8Array;
  readonly metadata: ReadonlyMap<string, { readonly isPublic: boolean; readonly content: Uint8Array }>;
  readonly createdNs?: bigint;
  /** When its code was last installed, upgraded or loaded from a snapshot; absent in an empty canister. */
  readonly installedNs?: bigint;
};

/** What the state tree shows of the subnet's use of resources. */
export type SubnetMetrics = {
  readonly canisterCount: number;
  readonly canisterStateBytes: bigint;
  /** Cycles used up by all canisters that ever were. */
  readonly consumedCycles: bigint;
  /** Update calls, heartbeats, timers and answers executed. */
  readonly updateTransactions: bigint;
};

/** What the HTTP interface needs from the machine that executes canisters. */
export interface ReplicaPort {
  /**
   * Accepts an update, once per request id, or refuses it before processing
   * (inspect_message, unknown canister, ingress to a canister-only management method...).
   */
  submit(message: IngressMessage): { readonly accepted: true } | ({ readonly accepted: false } & Rejection);
  /** Resolves when the request is replied or rejected; undefined after `timeoutMs`. */
  waitFor(requestId: Uint8Array, timeoutMs: number): Promise<RequestStatus | undefined>;
  query(message: QueryMessage): Promise<Outcome>;
  request(requestId: Uint8Array): RequestRecord | undefined;
  requests(): Iterable<readonly [Uint8Array, RequestRecord]>;
  canister(id: Uint8Array): CanisterView | undefined;
  canisters(): Iterable<CanisterView>;
  /** The subnet's metrics now; zeros stand for what is not counted. */
  subnetMetrics?(): SubnetMetrics;
  /** Nanoseconds since 1970, never decreasing. */
  timeNs(): bigint;
  /** Resolves when nothing that was executed before this call can be lost; at once where no state is kept. */
  whenDurable(): Promise<void>;
  /** First and last canister id served, for `canister_ranges`. */
  readonly canisterRange: readonly [Uint8Array, Uint8Array];
}
