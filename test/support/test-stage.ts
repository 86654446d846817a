/** The whole network in one process: local IC, anvil with the adapter stand-in, both canisters, the domain registered. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HttpAgent } from '@dfinity/agent';
import {
  type Network,
  type NetworkUser,
  deployCanisters,
  joinNetwork,
  providerUrls,
  registerDomain,
  startEvmNode
} from '../../scripts/network/dev-network';
import { LocalIc } from '../../src/local-ic/local-ic';
import { createLog } from '../../src/relayer/log';
import { type OpenRelayer, openRelayer } from '../../src/relayer/open-relayer';
import { createDomainsClient, createSignerClient } from '../../src/sdk';
import { anvilClients, deployContracts } from '../fixtures/evm/deploy';

export type TestPerson = NetworkUser;

export type TestStage = Network & {
  readonly localIc: LocalIc;
  readonly createPerson: () => Promise<TestPerson>;
  /** Opens a relayer of its own identity; it runs until `stop`. */
  readonly startRelayer: () => Promise<TestRelayer>;
  readonly stop: () => Promise<void>;
};

export type TestRelayer = {
  readonly agent: HttpAgent;
  readonly relayer: OpenRelayer;
  readonly stop: () => Promise<void>;
};

const POLL_MS = 100;

/** Everything up; `stop` takes it down again. The canisters must have been built. */
export async function startTestStage(): Promise<TestStage> {
  const anvil = await startEvmNode();
  const routes = Object.fromEntries(providerUrls().map((url) => [url, anvil.url]));
  const localIc = await LocalIc.start({ outcallRoutes: routes });
  const evm = anvilClients(anvil, 1);
  const [deployment, canisters] = await Promise.all([deployContracts(evm), deployCanisters(localIc.url)]);
  const signer = createSignerClient(canisters.operator, { canisterId: canisters.signerId });
  const domains = createDomainsClient(canisters.operator, { canisterId: canisters.domainsId });
  const chain = { chainId: anvil.chainId, adapter: deployment.adapter };
  const domainId = await registerDomain(domains, chain);
  const parts = { localIc, anvil, evm, deployment, ...canisters, domainId, signer, domains };
  const relayers: TestRelayer[] = [];
  return {
    ...parts,
    createPerson: () => joinNetwork({ host: localIc.url, signerId: canisters.signerId }),
    startRelayer: async () => {
      const relayer = await startTestRelayer(parts);
      relayers.push(relayer);
      return relayer;
    },
    stop: async () => {
      for (const relayer of relayers) await relayer.stop();
      await localIc.stop();
      await anvil.stop();
    }
  };
}

async function startTestRelayer(
  stage: Pick<TestStage, 'localIc' | 'anvil' | 'deployment' | 'signerId' | 'domainsId' | 'domainId'>
): Promise<TestRelayer> {
  const { agent, signer } = await joinNetwork({ host: stage.localIc.url, signerId: stage.signerId });
  const journalFolder = mkdtempSync(join(tmpdir(), 'hypha-relayer-'));
  const relayer = await openRelayer({
    rpcUrl: stage.anvil.url,
    domain: stage.domainId,
    adapter: undefined,
    startBlock: stage.deployment.adapterBlock,
    journalFolder,
    signer,
    domains: createDomainsClient(agent, { canisterId: stage.domainsId }),
    log: createLog({ level: 'error', write: (line) => process.stderr.write(line), nowMs: () => Date.now() }),
    pollMs: POLL_MS,
    maxRange: 1_000n,
    maxAttempts: 60
  });
  const abort = new AbortController();
  const running = relayer.run(abort.signal);
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    abort.abort();
    await running;
    await relayer.close();
    rmSync(journalFolder, { recursive: true, force: true });
  };
  return { agent, relayer, stop: () => (stopped ??= stop()) };
}
