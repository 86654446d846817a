import { type LocalIcOptions } from '../../src/local-ic/local-ic';
import { type Capability, lacking, TestNetwork } from './network';

/** A network for the tests of this file. */
export function useNetwork(options?: LocalIcOptions): TestNetwork {
  const network = new TestNetwork(options);
  beforeAll(() => network.start());
  afterAll(() => network.stop());
  return network;
}

type Check = () => Promise<void>;
type ConditionalCheck = { readonly capability: Capability; readonly check: Check };

/** A check for networks that can do this; on others it is skipped, with the reason. */
export const needing = (capability: Capability, check: Check): ConditionalCheck => ({ capability, check });

/**
 * One check of the list, as a test.
 *
 * @param number its number in README.md; '+' for what goes beyond the list.
 * @param section of the interface specification, or who else says so.
 */
export function row(
  number: number | '+',
  section: string,
  claim: string,
  check: Check | ConditionalCheck
): void {
  const title = `[${number}] ${section}: ${claim}`;
  if (typeof check === 'function') {
    test(title, check);
    return;
  }
  const reason = lacking(check.capability);
  if (reason === undefined) test(title, check.check);
  else test.skip(`${title} (${reason})`, check.check);
}
