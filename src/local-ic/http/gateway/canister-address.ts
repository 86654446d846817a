/** Which canister an HTTP request is for. */
import { type IncomingMessage } from 'node:http';
import { parsePrincipal } from '../../protocol/principal';

export type CanisterAddress = {
  readonly canisterId: Uint8Array;
  /** Whether the client waives verification, by `<canister>.raw.<domain>`. */
  readonly isRaw: boolean;
};

/**
 * The canister in the host name (`<canister>`, `<anything>--<canister>`, `<canister>.raw` before the domain), else in
 * `?canisterId=`, else in the host name or the query of the referring page.
 *
 * @returns `malformed` when the query names a canister by something that is no principal.
 */
export function resolveCanister(
  request: IncomingMessage,
  url: URL
): CanisterAddress | 'malformed' | undefined {
  const host = hostNameOf(request.headers.host);
  const ofHost = canisterOfHost(host);
  if (ofHost !== undefined) return { canisterId: ofHost, isRaw: host.split('.')[1] === 'raw' };
  const named = url.searchParams.get('canisterId');
  if (named !== null) {
    const canisterId = parsePrincipal(named);
    return canisterId === undefined ? 'malformed' : { canisterId, isRaw: false };
  }
  const canisterId = canisterOfReferrer(request.headers.referer);
  return canisterId && { canisterId, isRaw: false };
}

const hostNameOf = (header = ''): string => header.replace(/:\d+$/, '').toLowerCase();

function canisterOfHost(host: string): Uint8Array | undefined {
  const [label = '', ...domain] = host.split('.');
  return domain.length === 0 ? undefined : parsePrincipal(label.split('--').at(-1) ?? '');
}

function canisterOfReferrer(referrer: string | undefined): Uint8Array | undefined {
  if (referrer === undefined || !URL.canParse(referrer)) return undefined;
  const url = new URL(referrer);
  return canisterOfHost(url.hostname) ?? parsePrincipal(url.searchParams.get('canisterId') ?? '');
}
