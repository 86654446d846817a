/** What a restart of the relayer tries again. */
import { type Job, accountsOf } from './job';
import { type Journal } from './journal';
import { isOutOfOrder } from './jobs/refusal';

/**
 * Opens the stalled jobs again, and with them the later ones that were refused only because a stalled one before them
 * had not been delivered. Returns how many.
 */
export function reviveJobs(journal: Journal): number {
  const stalled = journal.read().openJobs.filter(({ state }) => state.status === 'stalled');
  if (stalled.length === 0) return 0;
  const jobs = [...stalled, ...refusedBehind(stalled, journal.closedJobs())].map((job): Job => ({
    ...job,
    state: { status: 'observed' },
    failures: 0,
    notBeforeMs: 0
  }));
  journal.commit({ jobs });
  return jobs.length;
}

function refusedBehind(stalled: readonly Job[], closed: Iterable<Job>): Job[] {
  return Array.from(closed).filter(
    (job) =>
      job.state.status === 'refused' &&
      isOutOfOrder(job.state.reason.code) &&
      stalled.some((earlier) => earlier.firstLeaf < job.firstLeaf && sharesAccount(earlier, job))
  );
}

function sharesAccount(one: Job, other: Job): boolean {
  const accounts = new Set(accountsOf(one));
  return accountsOf(other).some((account) => accounts.has(account));
}
