/** The whole network in one process: local IC, anvil with the adapter stand-in, both canisters, the domain registered. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HttpAgent, type SignIdentity } from '@dfinity/agent';
import { type Principal } from '@dfinity/principal';
import {
  deployCanisters,
  providerUrls,
  registerDomain,
  startEvmNode
} from '../../scripts/network/dev-network';
import { type DomainsService } from '../../src/api/domains-idl';
import { type SignerService } from '../../src/api/signer-idl';
import { type Bytes32 } from '../../src/core/bytes';
import { LocalIc } from '../../src/local-ic/local-ic';
import { createLog } from '../../src/relayer/log';
import { type OpenRelayer, openRelayer } from '../../src/relayer/open-relayer';
import {
  connectAgent,
  createDomainsClient,
  createIdentity,
  createSignerClient,
  platformRandom
} from '../../src/sdk';
import { type Anvil } from '../fixtures/evm/anvil';
import { type Deployment, type EvmClients, anvilClients, deployContracts } from '../fixtures/evm/deploy';

/** A person with an identity and a signer client of their own. */
export type TestPerson = {
  readonly identity: SignIdentity;
  readonly agent: HttpAgent;
  readonly signer: SignerService;
};

export type TestStage = {
  readonly localIc: LocalIc;
  readonly anvil: Anvil;
  readonly evm: EvmClients;
  readonly deployment: Deployment;
  readonly operator: HttpAgent;
  readonly signerId: Principal;
  readonly domainsId: Principal;
  readonly domainId: Bytes32;
  readonly signer: SignerService;
  readonly domains: DomainsService;
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
    createPerson: () => createPerson(localIc.url, canisters.signerId),
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

async function createPerson(host: string, signerId: Principal): Promise<TestPerson> {
  const identity = createIdentity(platformRandom());
  const agent = await connectAgent({ host, fetchRootKey: true, identity });
  return { identity, agent, signer: createSignerClient(agent, { canisterId: signerId }) };
}

async function startTestRelayer(
  stage: Pick<TestStage, 'localIc' | 'anvil' | 'deployment' | 'signerId' | 'domainsId' | 'domainId'>
): Promise<TestRelayer> {
  const { agent, signer } = await createPerson(stage.localIc.url, stage.signerId);
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
