import { IDL } from '@dfinity/candid';
import { decodeCandid } from '../protocol/candid-decoding';
import { CanisterFault, ERROR_CODE } from '../execution/canister-fault';
import { httpRequestCost } from '../execution/cycles-schedule';
import { type Canister } from '../replica/canister';
import { principalText } from '../replica/rejection';
import { type OutcallMethod, type OutcallRequest, type OutcallResponse } from './http-outcalls';
import { assertOutcallLimits, RESPONSE_BYTES_MAX } from './outcall-limits';
import { HTTP_RESPONSE, TRANSFORM_ARGUMENT } from './management-idl';
import { type ManagementCall, type ManagementHost, takeFee } from './management-host';
import {
  type Arguments,
  encodeResult,
  type HeaderWire,
  type HttpRequestWire,
  optional
} from './management-wire';
import { RejectionError } from './rejection-error';

/** HTTPS outcalls. */

const METHODS: readonly OutcallMethod[] = ['get', 'head', 'post', 'put', 'delete', 'patch'];

type HttpResponseWire = {
  readonly status: bigint;
  readonly headers: readonly HeaderWire[];
  readonly body: Uint8Array;
};

export async function httpRequest(
  host: ManagementHost,
  call: ManagementCall,
  args: Arguments['http_request']
): Promise<Uint8Array> {
  const transform = readTransform(call, args);
  const request = readRequest(args);
  assertOutcallLimits(request);
  const maxBytes = request.maxResponseBytes ?? BigInt(RESPONSE_BYTES_MAX);
  const required = httpRequestCost(requestBytes(args), maxBytes);
  takeFee(call, { method: 'http_request', required });
  if (call.callingCanister) call.callingCanister.consumedCycles.http_outcalls += required;
  const response = toWire(await host.performOutcall(request));
  if (!transform || !call.callingCanister) return encodeResult('http_request', response);
  return runTransform(host, call.callingCanister, { ...transform, response, maxBytes });
}

function readRequest(args: HttpRequestWire): OutcallRequest {
  const body = optional(args.body);
  const maxResponseBytes = optional(args.max_response_bytes);
  return {
    url: args.url,
    method: METHODS.find((method) => method in args.method) ?? 'get',
    isReplicated: optional(args.is_replicated) ?? true,
    headers: args.headers,
    ...(body ? { body: Uint8Array.from(body) } : {}),
    ...(maxResponseBytes === undefined ? {} : { maxResponseBytes })
  };
}

function requestBytes({ url, headers, body, transform }: HttpRequestWire): bigint {
  const encoder = new TextEncoder();
  const inHeaders = headers.reduce(
    (sum, { name, value }) => sum + encoder.encode(name).length + encoder.encode(value).length,
    0
  );
  const inTransform = optional(transform);
  const transformBytes = inTransform
    ? inTransform.context.length + encoder.encode(inTransform.function[1]).length
    : 0;
  return BigInt(encoder.encode(url).length + inHeaders + (optional(body)?.length ?? 0) + transformBytes);
}

function readTransform(
  call: ManagementCall,
  args: HttpRequestWire
): { readonly methodName: string; readonly context: Uint8Array } | undefined {
  const transform = optional(args.transform);
  if (!transform) return undefined;
  const [principal, methodName] = transform.function;
  if (principal.toText() !== principalText(call.caller)) {
    throw new CanisterFault(
      ERROR_CODE.canisterRejected,
      `transform principal id expected to be ${principalText(call.caller)}, got ${principal.toText()}`
    );
  }
  return { methodName, context: Uint8Array.from(transform.context) };
}

function runTransform(
  host: ManagementHost,
  canister: Canister,
  input: {
    readonly methodName: string;
    readonly context: Uint8Array;
    readonly response: HttpResponseWire;
    readonly maxBytes: bigint;
  }
): Uint8Array {
  const { methodName, context, response, maxBytes } = input;
  const arg = new Uint8Array(IDL.encode([TRANSFORM_ARGUMENT], [{ response, context }]));
  const outcome = host.queries.transform(canister, methodName, arg);
  if (outcome.kind === 'rejected') throw new RejectionError(outcome);
  if (BigInt(outcome.reply.length) > maxBytes) {
    const rejectMessage = `Transformed http response exceeds limit: ${maxBytes}`;
    throw new RejectionError({ rejectCode: 1, errorCode: 'IC0101', rejectMessage });
  }
  return encodeResult('http_request', decodeTransformed(outcome.reply));
}

function decodeTransformed(reply: Uint8Array): unknown {
  try {
    return decodeCandid([HTTP_RESPONSE], reply)[0];
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CanisterFault(
      ERROR_CODE.canisterRejected,
      `Failed to decode the transformed response: ${reason}`
    );
  }
}

function toWire({ status, headers, body }: OutcallResponse): HttpResponseWire {
  return { status: BigInt(status), headers, body };
}
