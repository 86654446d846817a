/** The Candid interface of canisters that serve HTTP (HTTP gateway protocol, "Canister HTTP Interface"). */
import { IDL } from '@dfinity/candid';
import { type Principal } from '@dfinity/principal';
import { CandidError, decodeCandid } from '../../protocol/candid-decoding';
import {
  type CanisterHttpRequest,
  type CanisterHttpResponse,
  type HeaderField
} from '../response-verification/http-message';

/** Version of response verification that a canister is asked to answer for. */
const CERTIFICATE_VERSION = 2;

const HeaderFieldType = IDL.Tuple(IDL.Text, IDL.Text);
const HttpUpdateRequestType = IDL.Record({
  method: IDL.Text,
  url: IDL.Text,
  headers: IDL.Vec(HeaderFieldType),
  body: IDL.Vec(IDL.Nat8)
});
const HttpRequestType = IDL.Record({
  method: IDL.Text,
  url: IDL.Text,
  headers: IDL.Vec(HeaderFieldType),
  body: IDL.Vec(IDL.Nat8),
  certificate_version: IDL.Opt(IDL.Nat16)
});
/** The token is of a type of the canister's own: it is decoded as what it is, and encoded so again. */
const StreamingStrategyType = IDL.Variant({
  Callback: IDL.Record({ callback: IDL.Unknown, token: IDL.Unknown })
});
const HttpResponseType = IDL.Record({
  status_code: IDL.Nat16,
  headers: IDL.Vec(HeaderFieldType),
  body: IDL.Vec(IDL.Nat8),
  upgrade: IDL.Opt(IDL.Bool),
  streaming_strategy: IDL.Opt(StreamingStrategyType)
});
const StreamingPartType = IDL.Record({ body: IDL.Vec(IDL.Nat8), token: IDL.Opt(IDL.Unknown) });

/** Where the rest of a body is: a query method, and its argument. */
export type StreamingCallback = {
  readonly canisterId: Uint8Array;
  readonly methodName: string;
  readonly arg: Uint8Array;
};

export type DecodedHttpResponse = CanisterHttpResponse & {
  readonly wantsUpgrade: boolean;
  readonly callback?: StreamingCallback;
};

/** A value that @dfinity/candid decoded as IDL.Unknown. */
type UnknownValue = { readonly type: () => IDL.Type; readonly valueOf: () => unknown };

type WireResponse = {
  readonly status_code: number;
  readonly headers: readonly HeaderField[];
  readonly body: Uint8Array;
  readonly upgrade: readonly [] | readonly [boolean];
  readonly streaming_strategy:
    | readonly []
    | readonly [{ readonly Callback: { readonly callback: unknown; readonly token: UnknownValue } }];
};

/** Argument of `http_request`, or of `http_request_update`, which is told no version. */
export function encodeHttpRequest(request: CanisterHttpRequest, method: 'query' | 'update'): Uint8Array {
  const encoded =
    method === 'query'
      ? IDL.encode([HttpRequestType], [{ ...request, certificate_version: [CERTIFICATE_VERSION] }])
      : IDL.encode([HttpUpdateRequestType], [request]);
  return new Uint8Array(encoded);
}

/** The answer of `http_request`. @throws {CandidError} */
export function decodeHttpResponse(reply: Uint8Array): DecodedHttpResponse {
  const [decoded] = decodeCandid([HttpResponseType], reply);
  // Candid decoded by the type above.
  const response = decoded as WireResponse;
  const strategy = response.streaming_strategy[0]?.Callback;
  return {
    statusCode: response.status_code,
    headers: response.headers,
    body: response.body,
    wantsUpgrade: response.upgrade[0] === true,
    ...(strategy && { callback: readCallback(strategy.callback, strategy.token) })
  };
}

function readCallback(callback: unknown, token: UnknownValue): StreamingCallback {
  if (!isFunctionReference(callback)) throw new CandidError('the streaming callback is not a function');
  const [principal, methodName] = callback;
  return { canisterId: principal.toUint8Array(), methodName, arg: encodeToken(token) };
}

const isFunctionReference = (value: unknown): value is readonly [Principal, string] =>
  Array.isArray(value) && value.length === 2 && typeof value[1] === 'string';

const encodeToken = (token: UnknownValue): Uint8Array =>
  new Uint8Array(IDL.encode([token.type()], [token.valueOf()]));

/** The answer of a streaming callback: more of the body, and the argument for what follows it. @throws {CandidError} */
export function decodeStreamingPart(reply: Uint8Array): {
  readonly body: Uint8Array;
  readonly nextArg?: Uint8Array;
} {
  const [decoded] = decodeCandid([StreamingPartType], reply);
  // Candid decoded by the type above.
  const { body, token } = decoded as { readonly body: Uint8Array; readonly token: readonly UnknownValue[] };
  const [next] = token;
  return { body, ...(next && { nextArg: encodeToken(next) }) };
}
