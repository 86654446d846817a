/** What an HTTPS outcall may ask for: the replica's limits and texts. */
import { RejectionError } from './rejection-error';

const URL_BYTES_MAX = 8192;
const HEADERS_MAX = 64;
const HEADER_BYTES_MAX = 8 * 1024;
const HEADERS_BYTES_MAX = 48 * 1024;
const REQUEST_BYTES_MAX = 2_000_000;
/** Largest and default `max_response_bytes`. */
export const RESPONSE_BYTES_MAX = 2_000_000;

type Header = { readonly name: string; readonly value: string };
type BoundedRequest = {
  readonly url: string;
  readonly headers: readonly Header[];
  readonly body?: Uint8Array;
  readonly maxResponseBytes?: bigint;
};

const byteLength = (text: string): number => Buffer.byteLength(text, 'utf8');

const refuse = (rejectMessage: string): RejectionError =>
  new RejectionError({ rejectCode: 4, errorCode: 'IC0406', rejectMessage });

/** @throws {RejectionError} code 4 when the request is beyond a limit. */
export function assertOutcallLimits(request: BoundedRequest): void {
  const urlLength = byteLength(request.url);
  if (urlLength > URL_BYTES_MAX) throw refuse(`url length ${urlLength} exceeds ${URL_BYTES_MAX}`);
  const { maxResponseBytes } = request;
  if (maxResponseBytes !== undefined && maxResponseBytes > BigInt(RESPONSE_BYTES_MAX)) {
    throw refuse(
      `max_response_bytes expected to be in the range [0..${RESPONSE_BYTES_MAX}], got ${maxResponseBytes}`
    );
  }
  const headersLength = assertHeaders(request.headers);
  const total = headersLength + (request.body?.length ?? 0);
  if (total > REQUEST_BYTES_MAX)
    throw refuse(
      `total number of bytes to represent all http headers and body is ${total} and exceeds ${REQUEST_BYTES_MAX}`
    );
}

function assertHeaders(headers: readonly Header[]): number {
  if (headers.length > HEADERS_MAX)
    throw refuse(`number of http headers ${headers.length} exceeds ${HEADERS_MAX}`);
  let total = 0;
  for (const { name, value } of headers) {
    const nameLength = byteLength(name);
    const valueLength = byteLength(value);
    if (nameLength > HEADER_BYTES_MAX)
      throw refuse(
        `number of bytes to represent some http header name ${nameLength} exceeds ${HEADER_BYTES_MAX}`
      );
    if (valueLength > HEADER_BYTES_MAX)
      throw refuse(
        `number of bytes to represent some http header value ${valueLength} exceeds ${HEADER_BYTES_MAX}`
      );
    total += nameLength + valueLength;
  }
  if (total > HEADERS_BYTES_MAX)
    throw refuse(
      `total number of bytes to represent all http header names and values ${total} exceeds ${HEADERS_BYTES_MAX}`
    );
  return total;
}
