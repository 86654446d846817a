/**
 * Which domains are asking their providers at this moment: one question at a time each, or anyone could spend the
 * canister's cycles in parallel. Kept in heap memory on purpose: an upgrade drops the marker together with the message
 * it stands for. A trap leaves it behind, so it also expires. No decision rests on it: state is read again after the
 * answers are in.
 */
import { type Bytes32, toHex } from '../../core/bytes';
import { ProtocolError } from '../../core/error';

/** Longer than an outcall can last (the replica gives up after about a minute). */
export const IN_FLIGHT_EXPIRY_NS = 180_000_000_000n;

/** Held by the message that asks. */
export type InFlightClaim = { readonly key: string; readonly startedAtNs: bigint };

/** The markers of one canister. */
export type InFlight = {
  /** @throws {ProtocolError} `domain/busy` while another message's claim on this domain holds. */
  readonly claim: (domain: Bytes32, nowNs: bigint) => InFlightClaim;
  /** Frees the domain, unless the claim had expired and is another message's by now. */
  readonly release: (claim: InFlightClaim) => void;
};

/** No domain claimed. */
export function createInFlight(): InFlight {
  const claims = new Map<string, InFlightClaim>();
  return {
    claim: (domain, nowNs) => {
      const key = toHex(domain);
      const held = claims.get(key);
      if (held !== undefined && nowNs < held.startedAtNs + IN_FLIGHT_EXPIRY_NS) {
        throw new ProtocolError(
          'domain/busy',
          `domain ${key} is asking its providers already: try again later`
        );
      }
      const claim = { key, startedAtNs: nowNs };
      claims.set(key, claim);
      return claim;
    },
    release: (claim) => {
      if (claims.get(claim.key) === claim) claims.delete(claim.key);
    }
  };
}
