/** Paths of the HTTP interface: which exist, in which version. */

/** What a path names: a canister or a subnet, and its id as text. */
type RouteTarget = { readonly kind: 'canister' | 'subnet'; readonly principalText: string };

export type ApiRoute =
  | { readonly endpoint: 'status' }
  | ({ readonly endpoint: 'call'; readonly mode: 'async' | 'sync' } & RouteTarget)
  | ({ readonly endpoint: 'query' | 'read_state' } & RouteTarget);

const STATUS_PATH = '/api/v2/status';
const API_PATH = /^\/api\/(v[234])\/(canister|subnet)\/([a-z0-9-]{1,63})\/(call|query|read_state)$/;

/** Endpoint and version of each path below a canister. */
const CANISTER_ENDPOINTS = new Set([
  'v2/call',
  'v3/call',
  'v4/call',
  'v2/query',
  'v3/query',
  'v2/read_state',
  'v3/read_state'
]);
const SUBNET_ENDPOINTS = new Set(['v4/call', 'v3/query', 'v2/read_state', 'v3/read_state']);

/** The route of a request, or undefined where the interface has none: agents read a 404 as "try an older version". */
export function parseApiRoute(method: string, pathname: string): ApiRoute | undefined {
  if (pathname === STATUS_PATH)
    return method === 'GET' || method === 'HEAD' ? { endpoint: 'status' } : undefined;
  const [, version = '', scope, principalText = '', endpoint] = API_PATH.exec(pathname) ?? [];
  if (method !== 'POST' || endpoint === undefined) return undefined;
  const kind = scope === 'subnet' ? 'subnet' : 'canister';
  const known = kind === 'subnet' ? SUBNET_ENDPOINTS : CANISTER_ENDPOINTS;
  if (!known.has(`${version}/${endpoint}`)) return undefined;
  if (endpoint === 'call') {
    return { endpoint, mode: version === 'v2' ? 'async' : 'sync', kind, principalText };
  }
  return { endpoint: endpoint === 'query' ? 'query' : 'read_state', kind, principalText };
}
