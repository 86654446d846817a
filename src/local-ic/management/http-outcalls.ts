/** The HTTPS outcalls of the management canister (`http_request`), before the caller's transform function. */

export type OutcallHeader = { readonly name: string; readonly value: string };

/** Arguments of `http_request`. `maxResponseBytes` counts body and headers; absent means 2,000,000. */
export type OutcallRequest = {
  readonly url: string;
  readonly method: 'get' | 'head' | 'post';
  readonly headers: readonly OutcallHeader[];
  readonly body?: Uint8Array;
  readonly maxResponseBytes?: bigint;
};

export type OutcallResponse = {
  readonly status: number;
  readonly headers: readonly OutcallHeader[];
  readonly body: Uint8Array;
};

/** Port of the management canister to the network. Throws `RejectionError` with the replica's codes and texts. */
export type PerformOutcall = (request: OutcallRequest) => Promise<OutcallResponse>;
