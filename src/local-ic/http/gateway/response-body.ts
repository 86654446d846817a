/** Bodies that come in parts: by streaming callbacks, and by ranges. */
import { type ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { concatBytes } from '@noble/hashes/utils';
import { type CanisterHttpRequest, type CanisterHttpResponse } from '../response-verification/http-message';
import { type CanisterCalls } from './canister-calls';
import { type DecodedHttpResponse, type StreamingCallback } from './canister-http';
import { parseContentRange } from './content-range';
import { GatewayError } from './gateway-error';

/** Parts of a body after its first, in order. */
export type RestOfBody = AsyncGenerator<Uint8Array, void, void>;

/** Callbacks whose parts are put together, so that the whole is verified. */
const COLLECTED_CALLS_MAX = 4;
/** Calls for one body, so that a token that leads to itself ends. */
const CALLS_MAX = 1000;

/** The first parts of a body, and where it goes on when it is longer. */
export async function collectBody(
  { body, callback }: DecodedHttpResponse,
  calls: CanisterCalls
): Promise<{ readonly body: Uint8Array; readonly next?: StreamingCallback }> {
  const parts = [body];
  let next = callback;
  for (let count = 0; next !== undefined && count < COLLECTED_CALLS_MAX; count += 1) {
    const part = await calls.continueBody(next);
    parts.push(part.body);
    next = part.next;
  }
  return { body: concatBytes(...parts), ...(next && { next }) };
}

/** @throws {GatewayError} when a call fails, or there is no end to them. */
export async function* streamCallbacks(first: StreamingCallback, calls: CanisterCalls): RestOfBody {
  let next: StreamingCallback | undefined = first;
  for (let count = COLLECTED_CALLS_MAX; next !== undefined; count += 1) {
    if (count >= CALLS_MAX) throw new GatewayError(502, `The body has more than ${CALLS_MAX} parts`);
    const part: Awaited<ReturnType<CanisterCalls['continueBody']>> = await calls.continueBody(next);
    yield part.body;
    next = part.next;
  }
}

type RangedBody = {
  readonly request: CanisterHttpRequest;
  /** The partial answer that came first. */
  readonly first: CanisterHttpResponse;
  readonly query: (request: CanisterHttpRequest) => Promise<DecodedHttpResponse>;
  /** @throws {GatewayError} when the part is not what the canister certified. */
  readonly verify: (request: CanisterHttpRequest, response: CanisterHttpResponse) => void;
};

/** The length of the whole and what follows its first part. @throws {GatewayError} */
export function streamRanges(ranged: RangedBody): { readonly total: number; readonly rest: RestOfBody } {
  const { first, last, total } = parseContentRange(ranged.first.headers, 0);
  assertLength(ranged.first.body, last - first + 1);
  return { total, rest: continueRanges(ranged, last + 1, total) };
}

async function* continueRanges(
  { request, query, verify }: RangedBody,
  start: number,
  total: number
): RestOfBody {
  let fetched = start;
  for (let count = 1; fetched < total; count += 1) {
    if (count >= CALLS_MAX) throw new GatewayError(502, `The body has more than ${CALLS_MAX} parts`);
    const part = { ...request, headers: [...request.headers, ['Range', `bytes=${fetched}-`] as const] };
    const response = await query(part);
    if (response.callback !== undefined)
      throw new GatewayError(502, 'The canister streams a part of a range');
    const range = parseContentRange(response.headers, fetched);
    assertLength(response.body, range.last - range.first + 1);
    verify(part, response);
    if (range.total !== total)
      throw new GatewayError(502, 'The length of the body changed between its parts');
    yield response.body.subarray(fetched - range.first);
    fetched = range.last + 1;
  }
}

function assertLength(body: Uint8Array, expected: number): void {
  if (body.length !== expected)
    throw new GatewayError(502, `The canister's range is of ${expected} bytes, its body of ${body.length}`);
}

/** Sends a body part by part, as fast as the client takes it; stops asking for parts when the client is gone. */
export async function sendRest(response: ServerResponse, first: Uint8Array, rest: RestOfBody): Promise<void> {
  response.write(first);
  for await (const part of rest) {
    // Queries do not wait for anything: without this the client's end would not be noticed.
    await nextTurn();
    if (response.destroyed) return;
    if (!response.write(part)) await untilDrained(response);
    if (response.destroyed) return;
  }
  response.end();
}

const untilDrained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const settle = (): void => {
      response.off('drain', settle).off('close', settle);
      resolve();
    };
    response.on('drain', settle).on('close', settle);
  });
