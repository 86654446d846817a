/** The Content-Range header of a partial answer. */
import { findHeader, type HeaderField } from '../response-verification/http-message';
import { GatewayError } from './gateway-error';

/** First and last byte, and the length of the whole. */
export type ContentRange = { readonly first: number; readonly last: number; readonly total: number };

/** @throws {GatewayError} 502 when it is missing, malformed or inconsistent, or does not continue at `fetched`. */
export function parseContentRange(headers: readonly HeaderField[], fetched: number): ContentRange {
  const text = findHeader(headers, 'content-range')?.trim() ?? '';
  const numbers = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(text)?.slice(1).map(Number);
  const [first, last, total] = numbers ?? [];
  if (first === undefined || last === undefined || total === undefined)
    throw new GatewayError(502, `The canister's partial answer has no valid Content-Range: "${text}"`);
  if (first > last || last >= total || first > fetched || last < fetched)
    throw new GatewayError(
      502,
      `The canister's Content-Range "${text}" does not continue at byte ${fetched}`
    );
  return { first, last, total };
}
