/** Which `ingress_expiry` is accepted: not past, and at most 5 minutes and 30 seconds ahead. */
import { type Request } from './envelope';
import { isAnonymous } from './principal';
import { RequestError } from './request-error';

const NS_PER_SECOND = 1_000_000_000n;
/** MAX_INGRESS_TTL and PERMITTED_DRIFT_AT_VALIDATOR of the replica. */
const INGRESS_TTL_MAX_NS = 300n * NS_PER_SECOND;
const PERMITTED_DRIFT_NS = 30n * NS_PER_SECOND;

/** Nanoseconds since 1970 as `2026-08-18 09:30:00.000000001 UTC`. */
function formatTime(timeNs: bigint): string {
  const date = new Date(Number(timeNs / 1_000_000n));
  if (Number.isNaN(date.getTime())) return `${timeNs} ns`;
  const seconds = date.toISOString().slice(0, 19).replace('T', ' ');
  return `${seconds}.${(timeNs % NS_PER_SECOND).toString().padStart(9, '0')} UTC`;
}

/**
 * Agents recognise the beginning of the text and set their clock by `/time`. Anonymous queries and reads are exempt, as
 * nothing can be replayed by them.
 *
 * @throws {RequestError} 400.
 */
export function assertIngressExpiry(request: Request, timeNs: bigint): void {
  if (request.type !== 'call' && isAnonymous(request.sender)) return;
  const maximumNs = timeNs + INGRESS_TTL_MAX_NS + PERMITTED_DRIFT_NS;
  if (timeNs <= request.ingressExpiryNs && request.ingressExpiryNs <= maximumNs) return;
  throw new RequestError(
    400,
    'Invalid request expiry: Specified ingress_expiry not within expected range: ' +
      `Minimum allowed expiry: ${formatTime(timeNs)}, ` +
      `Maximum allowed expiry: ${formatTime(maximumNs)}, ` +
      `Provided expiry: ${formatTime(request.ingressExpiryNs)}`
  );
}
