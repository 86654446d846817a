/** Bodies of requests, read whole and bounded. */
import { type IncomingMessage } from 'node:http';
import { RequestError } from '../protocol/request-error';

/** MAX_REQUEST_RECEIVE of the replica's HTTP endpoints. */
const BODY_BYTES_MAX = 5 * 1024 * 1024;

/** The connection ended before the request did: nobody is left to answer to. */
export class ClientGoneError extends Error {
  override readonly name = 'ClientGoneError';
}

/**
 * The body as one byte string.
 *
 * @throws {RequestError} 413 as soon as it is longer than 5 MiB.
 * @throws {ClientGoneError}
 */
export async function readBody(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of request as AsyncIterable<Uint8Array>) {
      length += chunk.length;
      if (length > BODY_BYTES_MAX)
        throw new RequestError(413, `Request body is larger than the max allowed ${BODY_BYTES_MAX} bytes`);
      chunks.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof RequestError || request.complete) throw cause;
    throw new ClientGoneError('the client left in the midst of its request', { cause });
  }
  return concatenate(chunks, length);
}

/** Not Buffer.concat: its result may be a view of a shared pool, and is no plain Uint8Array. */
function concatenate(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const body = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    body.set(chunk, offset);
    offset += chunk.length;
  }
  return body;
}
