import { IN_FLIGHT_EXPIRY_NS, createInFlight } from '../../../../src/canisters/domains/in-flight';
import { bytes32 } from '../../../../src/core/bytes';
import { errorCode } from '../../core/error-code';

const domain = (n: number) => bytes32(new Uint8Array(32).fill(n), 'domain');
const NOW_NS = 1_000n;

describe('createInFlight', () => {
  it('lets one message at a time ask for a domain', () => {
    const inFlight = createInFlight();
    const claim = inFlight.claim(domain(1), NOW_NS);

    expect(errorCode(() => inFlight.claim(domain(1), NOW_NS))).toBe('domain/busy');

    inFlight.release(claim);
    expect(errorCode(() => inFlight.claim(domain(1), NOW_NS))).toBeUndefined();
  });

  it('keeps domains apart', () => {
    const inFlight = createInFlight();
    inFlight.claim(domain(1), NOW_NS);

    expect(errorCode(() => inFlight.claim(domain(2), NOW_NS))).toBeUndefined();
  });

  it('frees a domain whose message trapped, once its outcalls must be over', () => {
    const inFlight = createInFlight();
    inFlight.claim(domain(1), NOW_NS);

    expect(errorCode(() => inFlight.claim(domain(1), NOW_NS + IN_FLIGHT_EXPIRY_NS - 1n))).toBe('domain/busy');
    expect(errorCode(() => inFlight.claim(domain(1), NOW_NS + IN_FLIGHT_EXPIRY_NS))).toBeUndefined();
  });

  it('does not let an expired message free the claim of the next', () => {
    const inFlight = createInFlight();
    const expired = inFlight.claim(domain(1), NOW_NS);
    const later = NOW_NS + IN_FLIGHT_EXPIRY_NS;
    inFlight.claim(domain(1), later);

    inFlight.release(expired);

    expect(errorCode(() => inFlight.claim(domain(1), later))).toBe('domain/busy');
  });
});
