/**
 * Against DNS rebinding: a page on the web whose name resolves to 127.0.0.1 must not reach this server. Only names that
 * always mean this machine are answered to, unless the server was bound to another address on purpose.
 */

const LOOPBACK_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]']);
const UNSPECIFIED_ADDRESSES = new Set(['0.0.0.0', '::']);

/** Whether a request with this Host header may be answered by a server bound to `boundHost`. */
export function isAllowedHost(hostHeader: string | undefined, boundHost: string): boolean {
  if (hostHeader === undefined) return false;
  if (UNSPECIFIED_ADDRESSES.has(boundHost)) return true;
  const name = hostHeader.replace(/:\d+$/, '').toLowerCase();
  return LOOPBACK_HOSTS.has(name) || name.endsWith('.localhost') || name === boundHost.toLowerCase();
}
