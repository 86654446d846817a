import fc from 'fast-check';
import { retryDelayMs } from '../../../src/relayer/backoff';

const policy = { baseDelayMs: 1_000, maxDelayMs: 60_000, maxAttempts: 5 };

describe('retryDelayMs', () => {
  it('doubles from half to all of the base delay, up to the limit', () => {
    const range = (failures: number) =>
      [0, 1 - 2 ** -32].map((random) => retryDelayMs(failures, policy, () => random));

    expect([1, 2, 3, 7, 100, 5_000].map(range)).toEqual([
      [500, 1_000],
      [1_000, 2_000],
      [2_000, 4_000],
      [30_000, 60_000],
      [30_000, 60_000],
      [30_000, 60_000]
    ]);
  });

  it('is never zero and never above the limit', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (failures, random) => {
          const delay = retryDelayMs(failures, policy, () => random);
          expect(delay > 0 && delay <= policy.maxDelayMs && Number.isInteger(delay)).toBe(true);
        }
      )
    );
  });
});
