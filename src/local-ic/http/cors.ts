/** What web pages of other origins may do: everything, as on the Internet Computer. */
import { type OutgoingHttpHeaders } from 'node:http';

const COMMON = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers':
    'user-agent, dnt, if-none-match, if-modified-since, cache-control, content-type, accept, range, cookie, x-requested-with, x-request-id, x-ic-canister-id',
  'access-control-expose-headers':
    'accept-ranges, content-length, content-range, x-request-id, x-ic-canister-id',
  'access-control-max-age': '600'
};

/** For paths below `/api/`. */
export const API_CORS_HEADERS: OutgoingHttpHeaders = {
  ...COMMON,
  'access-control-allow-methods': 'GET, POST, HEAD, OPTIONS'
};

/** For answers of canisters, which may replace them. */
export const GATEWAY_CORS_HEADERS: OutgoingHttpHeaders = {
  ...COMMON,
  'access-control-allow-methods': 'GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS'
};
