/** The real relayer and journal on fake ports. */
import { type RetryPolicy } from '../../../src/relayer/backoff';
import { type Clock } from '../../../src/relayer/clock';
import { type EvmChain } from '../../../src/relayer/chains/evm-chain';
import { type DomainsPort, type SignerPort } from '../../../src/relayer/jobs/submit-transition';
import { type Journal, openJournal } from '../../../src/relayer/journal';
import { Ledger } from '../../../src/relayer/ledger';
import { type Log, createLog } from '../../../src/relayer/log';
import { reviveJobs } from '../../../src/relayer/revive-jobs';
import { Relayer } from '../../../src/relayer/service';
import { digest } from './fake-chain';
import { FakeClock, fixedRandom } from './fake-clock';

export const TEST_DOMAIN = digest('the domain of the tests');
export const TEST_RETRY: RetryPolicy = { baseDelayMs: 1_000, maxDelayMs: 60_000, maxAttempts: 5 };

export type LogLine = { readonly level: string; readonly event: string; readonly code?: string };
export type TestRelayer = {
  readonly relayer: Relayer;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly lines: readonly LogLine[];
  readonly close: () => Promise<void>;
};

export type TestRelayerOptions = {
  readonly folder: string;
  readonly chain: EvmChain;
  readonly signer: SignerPort;
  readonly domains: DomainsPort;
  readonly clock?: Clock;
  readonly maxRange?: bigint;
  readonly retry?: RetryPolicy;
  /** Stands between the relayer and its journal. */
  readonly wrapJournal?: (journal: Journal) => Journal;
};

export function openTestRelayer(options: TestRelayerOptions): TestRelayer {
  const clock = options.clock ?? new FakeClock();
  const lines: LogLine[] = [];
  const log: Log = createLog({
    level: 'debug',
    write: (line) => lines.push(JSON.parse(line) as LogLine),
    nowMs: () => clock.nowMs()
  });
  const opened = openJournal({ folder: options.folder, domain: TEST_DOMAIN });
  const journal = options.wrapJournal?.(opened) ?? opened;
  reviveJobs(journal);
  const ledger = new Ledger(journal);
  const relayer = new Relayer({
    chain: options.chain,
    ledger,
    signer: options.signer,
    domains: options.domains,
    domain: TEST_DOMAIN,
    retry: options.retry ?? TEST_RETRY,
    clock,
    random: fixedRandom(),
    log,
    chainId: 31337n,
    startBlock: 1n,
    maxRange: options.maxRange ?? 100n,
    pollMs: 1_000
  });
  return { relayer, ledger, clock, lines, close: () => ledger.close() };
}

/** Steps until the chain is read to its finalized block and no job is left that time could carry on. */
export async function settleRelayer({ relayer, ledger, clock }: TestRelayer, maxSteps = 200): Promise<void> {
  const never = new AbortController().signal;
  for (let steps = 0; steps < maxSteps; steps += 1) {
    const again = await relayer.step();
    const { lag } = relayer.status();
    const isIdle = ledger.openJobs().every((job) => job.state.status === 'stalled');
    if (!again && lag === 0n && isIdle) return;
    await clock.sleep(1_000, never);
  }
  throw new Error(`not settled after ${maxSteps} steps`);
}
