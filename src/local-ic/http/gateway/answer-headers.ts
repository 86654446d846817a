/** Which headers of a canister's answer reach the client. */
import { type OutgoingHttpHeaders, validateHeaderName, validateHeaderValue } from 'node:http';
import { type CanisterHttpResponse, type HeaderField } from '../response-verification/http-message';
import { type VerifiedResponse } from '../response-verification/verify-response';
import { GatewayError } from './gateway-error';

/** Headers of the connection between gateway and client, which are not the canister's to set. */
const HOP_BY_HOP = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade'
]);

/**
 * The headers to pass on: all of an answer that was not verified or certified to certify nothing, those certified by
 * version 2, and of version 1, which certifies no headers, all that do no harm.
 *
 * @throws {GatewayError} 500 for a redirection that is not certified, 502 for what is no HTTP header or status.
 */
export function answerHeaders(
  response: CanisterHttpResponse,
  verified: VerifiedResponse | undefined
): OutgoingHttpHeaders {
  const headers = passedHeaders(response, verified).filter(([name]) => !HOP_BY_HOP.has(name.toLowerCase()));
  assertSendable(response.statusCode, headers);
  const grouped: Record<string, string[]> = {};
  for (const [name, value] of headers) (grouped[name.toLowerCase()] ??= []).push(value);
  return grouped;
}

function passedHeaders(
  { statusCode, headers }: CanisterHttpResponse,
  verified: VerifiedResponse | undefined
): readonly HeaderField[] {
  if (verified?.version === 2) return verified.headers ?? headers;
  if (verified === undefined) return headers;
  if (statusCode >= 300 && statusCode < 400)
    throw new GatewayError(500, 'Response verification v1 does not allow redirects');
  return headers.filter(([name]) => name.toLowerCase() !== 'cache-control');
}

function assertSendable(statusCode: number, headers: readonly HeaderField[]): void {
  try {
    for (const [name, value] of headers) {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    }
  } catch (cause) {
    throw new GatewayError(502, 'The canister answered with a header that is none', { cause });
  }
  if (statusCode < 200 || statusCode > 599)
    throw new GatewayError(502, `The canister answered with status ${statusCode}`);
}
