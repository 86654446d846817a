/** How long to wait before trying again, and how often. */
import { type RandomSource } from './clock';

export type RetryPolicy = {
  /** Delay before the second attempt, doubled with each further one. */
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  /** After this many failures in a row a job stalls until the relayer starts again. */
  readonly maxAttempts: number;
};

export const DEFAULT_RETRY: RetryPolicy = { baseDelayMs: 1_000, maxDelayMs: 300_000, maxAttempts: 60 };

/** Milliseconds to wait after the `failures`-th failure in a row (from 1): exponential, the upper half of it at random. */
export function retryDelayMs(failures: number, policy: RetryPolicy, random: RandomSource): number {
  const ceiling = Math.min(policy.baseDelayMs * 2 ** Math.min(failures - 1, 52), policy.maxDelayMs);
  return Math.ceil(ceiling / 2 + (random() * ceiling) / 2);
}
