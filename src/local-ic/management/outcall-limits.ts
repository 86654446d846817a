/** What an HTTPS outcall may ask for and be answered: the replica's limits and texts. */
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
  readonly method: string;
  readonly isReplicated: boolean;
  readonly headers: readonly Header[];
  readonly body?: Uint8Array;
  readonly maxResponseBytes?: bigint;
};

const byteLength = (text: string): number => Buffer.byteLength(text, 'utf8');

const refuse = (rejectMessage: string): RejectionError =>
  new RejectionError({ rejectCode: 4, errorCode: 'IC0406', rejectMessage });

/** Methods that could be carried out in another order by each replica. */
const UNREPLICATED_METHODS: ReadonlySet<string> = new Set(['put', 'delete', 'patch']);

/** @throws {RejectionError} code 4 when the request is beyond a limit. */
export function assertOutcallLimits(request: BoundedRequest): void {
  const urlLength = byteLength(request.url);
  if (urlLength > URL_BYTES_MAX) throw refuse(`url size ${urlLength} exceeds ${URL_BYTES_MAX}`);
  const { maxResponseBytes } = request;
  if (maxResponseBytes !== undefined && maxResponseBytes > BigInt(RESPONSE_BYTES_MAX)) {
    throw refuse(
      `max_response_bytes expected to be in the range [0..${RESPONSE_BYTES_MAX}], got ${maxResponseBytes}`
    );
  }
  if (request.isReplicated && UNREPLICATED_METHODS.has(request.method))
    throw refuse('The requested HTTP method is only allowed for non-replicated requests.');
  const excess = findExcess(request.headers);
  if (excess !== undefined) throw refuse(excess);
  const headersLength = headerBytes(request.headers);
  const total = headersLength + (request.body?.length ?? 0);
  if (total > REQUEST_BYTES_MAX)
    throw refuse(
      `total number of bytes to represent all http header names and values and http body ${total} exceeds ${REQUEST_BYTES_MAX}`
    );
}

/** Which limit headers of a request or a response are beyond; undefined when they are within all. */
export function findExcess(headers: readonly Header[]): string | undefined {
  if (headers.length > HEADERS_MAX)
    return `number of all http headers ${headers.length} exceeds ${HEADERS_MAX}`;
  const name = Math.max(0, ...headers.map((header) => byteLength(header.name)));
  const value = Math.max(0, ...headers.map((header) => byteLength(header.value)));
  const some = 'number of bytes to represent some http header';
  if (name > HEADER_BYTES_MAX) return `${some} name ${name} exceeds ${HEADER_BYTES_MAX}`;
  if (value > HEADER_BYTES_MAX) return `${some} value ${value} exceeds ${HEADER_BYTES_MAX}`;
  const total = headerBytes(headers);
  if (total <= HEADERS_BYTES_MAX) return undefined;
  return `total number of bytes to represent all http header names and values ${total} exceeds ${HEADERS_BYTES_MAX}`;
}

export function headerBytes(headers: readonly Header[]): number {
  return headers.reduce((sum, { name, value }) => sum + byteLength(name) + byteLength(value), 0);
}
