/** Which job is next. */
import { type Job, accountsOf } from '../job';

export type Moment = {
  /** Jobs above it wait: their leaf indices are not yet confirmed by the chain's own tree. */
  readonly verifiedHeight: bigint;
  readonly nowMs: number;
  /** A clock that jumped back must not hold a job for longer than this. */
  readonly maxDelayMs: number;
};

/** The first job in chain order that is due, unless an earlier one on one of its accounts is still under way. */
export function nextDueJob(jobs: readonly Job[], moment: Moment): Job | undefined {
  const busyAccounts = new Set<string>();
  for (const job of jobs) {
    if (job.state.status === 'stalled') continue;
    const accounts = accountsOf(job);
    if (isDue(job, moment) && !accounts.some((account) => busyAccounts.has(account))) return job;
    for (const account of accounts) busyAccounts.add(account);
  }
  return undefined;
}

/** Milliseconds until the first job that only waits for its time is due. */
export function msUntilDue(jobs: readonly Job[], moment: Moment): number | undefined {
  const waits = jobs
    .filter((job) => job.state.status !== 'stalled' && job.height <= moment.verifiedHeight)
    .map((job) => job.notBeforeMs - moment.nowMs)
    .filter((waitMs) => waitMs > 0);
  return waits.length === 0 ? undefined : Math.min(...waits, moment.maxDelayMs);
}

function isDue(job: Job, { verifiedHeight, nowMs, maxDelayMs }: Moment): boolean {
  const waitMs = job.notBeforeMs - nowMs;
  return job.height <= verifiedHeight && (waitMs <= 0 || waitMs > maxDelayMs);
}
