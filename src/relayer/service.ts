/** The relayer: follows the domain and carries its jobs on, until it is told to stop. */
import { type WireError } from '../api/errors';
import { ProtocolError } from '../core/error';
import { retryDelayMs } from './backoff';
import { followDomain } from './jobs/follow-domain';
import { type Moment, msUntilDue, nextDueJob } from './jobs/schedule';
import { type SubmitOptions, advanceJob } from './jobs/submit-transition';
import { type JobCounts } from './ledger';
import { isPassing } from './relayer-error';

export type RelayerOptions = SubmitOptions & {
  /** Chain id of the domain; the node must be on it. */
  readonly chainId: bigint;
  /** Block of the adapter's creation, or any before its first transaction. */
  readonly startBlock: bigint;
  /** Most blocks read at once; halved after a failure, for nodes that allow less. */
  readonly maxRange: bigint;
  /** Time between two looks at the chain. */
  readonly pollMs: number;
};

/** Figures for an operator. Heights are block numbers; `lag` is how many finalized blocks are still to be read. */
export type RelayerStatus = {
  readonly cursor: bigint | undefined;
  readonly finalized: bigint | undefined;
  readonly lag: bigint | undefined;
  readonly leafCount: bigint;
  readonly jobs: JobCounts;
  readonly lastError: (WireError & { readonly atMs: number }) | undefined;
};

/** Steps of jobs between two looks at the chain. */
const MAX_JOB_STEPS = 256;
const STATUS_INTERVAL_MS = 60_000;

/** Steps taken one by one or in a loop. Not for two callers at a time. */
export class Relayer {
  private isOnChain = false;
  private finalized: bigint | undefined;
  private followFailures = 0;
  private followNotBeforeMs = 0;
  private statusLoggedAtMs = 0;
  private range: bigint;
  private lastError: RelayerStatus['lastError'];

  constructor(private readonly options: RelayerOptions) {
    this.range = options.maxRange;
  }

  /** Steps until `signal` aborts; a message under way is waited for. @throws the error that no repetition repairs. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const isMoreAtOnce = await this.step(signal);
      this.logStatus();
      if (!isMoreAtOnce) await this.options.clock.sleep(this.pauseMs(), signal);
    }
  }

  /** Looks at the chain once, then works off what is due. Whether to step again at once. */
  async step(signal?: AbortSignal): Promise<boolean> {
    const isBehind = await this.follow();
    for (let steps = 0; steps < MAX_JOB_STEPS; steps += 1) {
      if (signal?.aborted === true) return false;
      const job = nextDueJob(this.options.ledger.openJobs(), this.moment());
      if (job === undefined) return isBehind;
      const setback = await advanceJob(this.options, job);
      if (setback !== undefined) this.noteError(setback);
    }
    return true;
  }

  status(): RelayerStatus {
    const { ledger } = this.options;
    const cursor = ledger.cursor?.height;
    const lag = cursor === undefined || this.finalized === undefined ? undefined : this.finalized - cursor;
    return {
      cursor,
      finalized: this.finalized,
      lag,
      leafCount: ledger.leafCount,
      jobs: ledger.countJobs(),
      lastError: this.lastError
    };
  }

  private async follow(): Promise<boolean> {
    const { chain, ledger, log, startBlock, maxRange } = this.options;
    if (this.followWaitMs() > 0) return false;
    try {
      await this.assertChain();
      const outcome = await followDomain({ chain, ledger, log, startBlock, maxRange: this.range });
      this.followFailures = 0;
      this.finalized = outcome.finalizedHeight;
      this.range = this.range * 2n > maxRange ? maxRange : this.range * 2n;
      return outcome.behind;
    } catch (error) {
      if (!isPassing(error)) throw error;
      this.postponeFollow(error);
      return false;
    }
  }

  private async assertChain(): Promise<void> {
    if (this.isOnChain) return;
    const actual = await this.options.chain.readChainId();
    const expected = this.options.chainId;
    if (actual !== expected) {
      throw new ProtocolError(
        'chain/wrong-chain',
        `expected a node of chain ${expected}, got one of ${actual}`,
        {
          expected,
          actual
        }
      );
    }
    this.isOnChain = true;
  }

  private postponeFollow(error: ProtocolError): void {
    const { retry, clock, random, log } = this.options;
    this.followFailures += 1;
    const delayMs = retryDelayMs(this.followFailures, retry, random);
    this.followNotBeforeMs = clock.nowMs() + delayMs;
    this.range = this.range > 1n ? this.range / 2n : 1n;
    this.noteError(error);
    log.warn('follow-failed', {
      code: error.code,
      message: error.message,
      failures: this.followFailures,
      delayMs
    });
  }

  /** A clock that jumped back holds nothing up for longer than the longest delay. */
  private followWaitMs(): number {
    const waitMs = this.followNotBeforeMs - this.options.clock.nowMs();
    return waitMs > this.options.retry.maxDelayMs ? 0 : Math.max(waitMs, 0);
  }

  private pauseMs(): number {
    const { ledger, pollMs } = this.options;
    const untilJob = msUntilDue(ledger.openJobs(), this.moment()) ?? pollMs;
    return Math.min(Math.max(this.followWaitMs(), pollMs), untilJob);
  }

  private moment(): Moment {
    const { ledger, clock, retry } = this.options;
    return {
      verifiedHeight: ledger.verified?.height ?? -1n,
      nowMs: clock.nowMs(),
      maxDelayMs: retry.maxDelayMs
    };
  }

  /** Says at intervals that it lives, and how far it is. */
  private logStatus(): void {
    const nowMs = this.options.clock.nowMs();
    if (Math.abs(nowMs - this.statusLoggedAtMs) < STATUS_INTERVAL_MS) return;
    this.statusLoggedAtMs = nowMs;
    const { cursor = -1n, lag = -1n, leafCount, jobs, lastError } = this.status();
    this.options.log.info('status', {
      cursor,
      lag,
      leafCount,
      ...jobs,
      lastError: lastError?.code ?? 'none'
    });
  }

  private noteError({ code, message }: WireError): void {
    this.lastError = { code, message, atMs: this.options.clock.nowMs() };
  }
}
