/** Hashes of what was certified of requests and responses (HTTP gateway protocol, "Request Hash", "Response Hash"). */
import { sha256 } from '@noble/hashes/sha2';
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils';
import { compareBytes } from '../../protocol/byte-order';
import { encodeLeb128 } from '../../protocol/leb128';
import { type RequestCertification, type ResponseCertification } from './certification-expression';
import { type CanisterHttpRequest, type CanisterHttpResponse, type HeaderField } from './http-message';

const CERTIFICATE_HEADER = 'ic-certificate';
const EXPRESSION_HEADER = 'ic-certificateexpression';

const hashText = (text: string): Uint8Array => sha256(utf8ToBytes(text));

/** SHA-256 over sorted `H(name) ‖ H(value)`; unlike a map, names may repeat. */
function hashOfFields(fields: readonly (readonly [name: string, valueHash: Uint8Array])[]): Uint8Array {
  const pairs = fields.map(([name, valueHash]) => concatBytes(hashText(name), valueHash));
  return sha256(concatBytes(...pairs.sort(compareBytes)));
}

const hashedFields = (headers: readonly HeaderField[]): readonly (readonly [string, Uint8Array])[] =>
  headers.map(([name, value]) => [name.toLowerCase(), hashText(value)]);

const includesName = (names: readonly string[], name: string): boolean =>
  names.some((candidate) => candidate.toLowerCase() === name.toLowerCase());

/** 32 bytes over method, body and the certified headers and query parameters. */
export function hashRequest(request: CanisterHttpRequest, certification: RequestCertification): Uint8Array {
  const headers = request.headers.filter(([name]) => includesName(certification.headers, name));
  const query = certifiedQuery(request.url, certification.queryParameters);
  const fields = [
    ...hashedFields(headers),
    [':ic-cert-method', hashText(request.method)] as const,
    ...(query === undefined ? [] : [[':ic-cert-query', hashText(query)] as const])
  ];
  return sha256(concatBytes(hashOfFields(fields), sha256(request.body)));
}

/** The certified parameters as they stand in the query, or undefined when there are none. */
function certifiedQuery(url: string, names: readonly string[]): string | undefined {
  const start = url.indexOf('?');
  if (start === -1) return undefined;
  const certified = url
    .slice(start + 1)
    .split('&')
    .filter((parameter) => includesName(names, parameter.split('=', 1)[0] ?? ''));
  return certified.length === 0 ? undefined : certified.join('&');
}

/** The headers that a response's hash covers, names in lower case. */
export function certifiedHeaders(
  { headers }: CanisterHttpResponse,
  { rule, headers: names }: ResponseCertification
): readonly HeaderField[] {
  return headers
    .map(([name, value]): HeaderField => [name.toLowerCase(), value])
    .filter(([name]) => {
      if (name === CERTIFICATE_HEADER) return false;
      return name === EXPRESSION_HEADER || includesName(names, name) === (rule === 'only');
    });
}

/** 32 bytes over status, body and `headers`, the certified ones. */
export function hashResponse(response: CanisterHttpResponse, headers: readonly HeaderField[]): Uint8Array {
  const status = sha256(encodeLeb128(BigInt(response.statusCode)));
  const fields = [...hashedFields(headers), [':ic-cert-status', status] as const];
  return sha256(concatBytes(hashOfFields(fields), sha256(response.body)));
}
