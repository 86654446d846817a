/** A fake chain, a fake network and the real relayer between them, which can be started again on its journal. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EvmChain } from '../../../src/relayer/chains/evm-chain';
import { type Job } from '../../../src/relayer/job';
import { type Journal, type JournalStep } from '../../../src/relayer/journal';
import { type DomainsPort, type SignerPort } from '../../../src/relayer/jobs/submit-transition';
import { FakeChain } from './fake-chain';
import { FakeClock } from './fake-clock';
import { FakeNetwork } from './fake-network';
import { type TestRelayer, type TestRelayerOptions, openTestRelayer, settleRelayer } from './test-relayer';

/** What may stand in for a part of the world. */
export type Substitutes = {
  readonly chain?: EvmChain;
  readonly signer?: SignerPort;
  readonly domains?: DomainsPort;
} & Pick<TestRelayerOptions, 'maxRange' | 'retry'>;

export class RelayerWorld {
  readonly chain: FakeChain;
  readonly network = new FakeNetwork();
  readonly clock = new FakeClock();
  /** All that was committed to the journal, in order. */
  readonly steps: JournalStep[] = [];
  private readonly folder = mkdtempSync(join(tmpdir(), 'hypha-relayer-'));
  private running: TestRelayer | undefined;

  constructor(chain = new FakeChain()) {
    this.chain = chain;
  }

  /** Opens the relayer on the journal; closes the one before. */
  async start(substitutes: Substitutes = {}): Promise<TestRelayer> {
    await this.running?.close();
    const { signer = this.network, domains = this.network, chain = this.chain, ...options } = substitutes;
    const wrapJournal = (journal: Journal): Journal => ({
      ...journal,
      commit: (step) => {
        this.steps.push(step);
        journal.commit(step);
      }
    });
    const { folder, clock } = this;
    return (this.running = openTestRelayer({
      folder,
      chain,
      signer,
      domains,
      clock,
      wrapJournal,
      ...options
    }));
  }

  /** {@link start}, then everything there is to do. */
  async runToEnd(substitutes: Substitutes = {}): Promise<TestRelayer> {
    const relayer = await this.start(substitutes);
    await settleRelayer(relayer);
    return relayer;
  }

  /** The states the journal has seen, of the jobs whose id begins with `prefix`. */
  statesOf(prefix = ''): string[] {
    return this.steps.flatMap(({ jobs = [] }) =>
      jobs.filter(({ id }) => id.startsWith(prefix)).map(({ state }) => state.status)
    );
  }

  /** Jobs in the end, closed ones included, in chain order. */
  jobs(): Job[] {
    if (this.running === undefined) throw new Error('the relayer was not started');
    const { ledger } = this.running;
    return [...ledger.openJobs(), ...ledger.closedJobs()].sort((a, b) => Number(a.firstLeaf - b.firstLeaf));
  }

  async end(): Promise<void> {
    await this.running?.close();
    rmSync(this.folder, { recursive: true });
  }
}
