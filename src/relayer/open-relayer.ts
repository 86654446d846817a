/** Puts a relayer together from its settings and two canister clients: for `main`, and for programs that embed one. */
import { type DomainsService, type EvmDomainConfigWire } from '../api/domains-idl';
import { unwrap } from '../api/errors';
import { type Address, type Bytes32, address, equalBytes } from '../core/bytes';
import { ProtocolError } from '../core/error';
import { type StorageLayout } from '../core/proof/adapter-state';
import { DEFAULT_RETRY } from './backoff';
import { connectEvmAdapter } from './chains/evm-adapter';
import { systemClock, systemRandom } from './clock';
import { openJournal } from './journal';
import { type DomainsPort, type SignerPort } from './jobs/submit-transition';
import { Ledger } from './ledger';
import { type Log } from './log';
import { callService } from './relayer-error';
import { reviveJobs } from './revive-jobs';
import { Relayer, type RelayerStatus } from './service';

export type OpenRelayerOptions = {
  /** JSON-RPC address of a node of the domain's chain. */
  readonly rpcUrl: string;
  readonly domain: Bytes32;
  /** The adapter the domain must have; taken as the canister says when absent. */
  readonly adapter: Address | undefined;
  /** Block of the adapter's creation, or any before its first transaction. */
  readonly startBlock: bigint;
  readonly journalFolder: string;
  readonly signer: SignerPort;
  readonly domains: DomainsPort & Pick<DomainsService, 'domain'>;
  readonly log: Log;
  readonly pollMs: number;
  /** Most blocks read at once. */
  readonly maxRange: bigint;
  /** Failures in a row after which a job stalls until the next start. */
  readonly maxAttempts: number;
};

export type OpenRelayer = {
  /** Relays until `signal` aborts. @throws {ProtocolError} what no repetition repairs. */
  readonly run: (signal: AbortSignal) => Promise<void>;
  readonly status: () => RelayerStatus;
  /** Closes the journal; only after `run` has returned. */
  readonly close: () => Promise<void>;
};

/**
 * A relayer on its journal. Chain id, adapter and storage layout are those the `domains` canister has for the domain.
 * @throws {ProtocolError} `service/unreachable`, the canister's refusal, `config/other-adapter`, `journal/*`.
 */
export async function openRelayer(options: OpenRelayerOptions): Promise<OpenRelayer> {
  const { domain, log } = options;
  const { config } = unwrap(await callService('domain', () => options.domains.domain(domain)));
  const adapter = address(Uint8Array.from(config.adapter), 'adapter');
  assertAdapter(adapter, options.adapter);
  const journal = openJournal({ folder: options.journalFolder, domain });
  const revived = reviveJobs(journal);
  const ledger = new Ledger(journal);
  const relayer = new Relayer({
    ...options,
    chain: connectEvmAdapter({ rpcUrl: options.rpcUrl, adapter, layout: decodeLayout(config) }),
    chainId: config.chain_id,
    ledger,
    retry: { ...DEFAULT_RETRY, maxAttempts: options.maxAttempts },
    clock: systemClock,
    random: systemRandom
  });
  log.info('ready', {
    chainId: config.chain_id,
    cursor: ledger.cursor?.height ?? options.startBlock,
    leafCount: ledger.leafCount,
    openJobs: ledger.openJobs().length,
    revived
  });
  return {
    run: (signal) => relayer.run(signal),
    status: () => relayer.status(),
    close: () => ledger.close()
  };
}

function assertAdapter(actual: Address, expected: Address | undefined): void {
  if (expected === undefined || equalBytes(actual, expected)) return;
  throw new ProtocolError(
    'config/other-adapter',
    'expected the domain to have the adapter named in the settings',
    {
      expected,
      actual
    }
  );
}

const decodeLayout = ({ layout }: EvmDomainConfigWire): StorageLayout => ({
  leafCountSlot: layout.leaf_count_slot,
  rootValuesSlot: layout.root_values_slot,
  nullifierPositionsSlot: layout.nullifier_positions_slot
});
