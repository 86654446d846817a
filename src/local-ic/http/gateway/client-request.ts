/** The client's request as the canister is given it. */
import { type IncomingMessage } from 'node:http';
import { RequestError } from '../../protocol/request-error';
import { readBody } from '../request-body';
import { type CanisterHttpRequest, type HeaderField } from '../response-verification/http-message';

/** Visible ASCII, spaces and tabs: other values have no one text form. */
const HEADER_VALUE = /^[\t\x20-\x7e]*$/;

/** @throws {RequestError} 400 for a header that is not ASCII, 413 for a body that is too large. */
export async function readClientRequest(request: IncomingMessage): Promise<CanisterHttpRequest> {
  return {
    method: request.method ?? 'GET',
    url: request.url ?? '/',
    headers: readHeaders(request.rawHeaders),
    body: await readBody(request)
  };
}

/** Names in lower case, repeated headers repeated. */
function readHeaders(rawHeaders: readonly string[]): readonly HeaderField[] {
  const headers: HeaderField[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const [name = '', value = ''] = rawHeaders.slice(index, index + 2);
    if (!HEADER_VALUE.test(value))
      throw new RequestError(400, `Failed to parse request: header ${name.toLowerCase()} is not ASCII`);
    headers.push([name.toLowerCase(), value]);
  }
  return headers;
}

/** The request as sent to the canister: it may always answer without content encoding. */
export const forCanister = (request: CanisterHttpRequest): CanisterHttpRequest => ({
  ...request,
  headers: request.headers
    .filter(([name]) => name !== 'x-request-id')
    .map(([name, value]) => [name, name === 'accept-encoding' ? withIdentity(value) : value])
});

function withIdentity(value: string): string {
  const encodings = value.split(',').map((encoding) => encoding.trim());
  const hasIdentity = encodings.some((encoding) => encoding.toLowerCase() === 'identity');
  return (hasIdentity ? encodings : [...encodings, 'identity']).join(', ');
}
