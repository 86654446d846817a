/** Sets the story's stage, step by step, and clears it away again, whatever came of it. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createDomainsClient, createSignerClient } from '../../src/sdk';
import { anvilClients, deployContracts } from '../../test/fixtures/evm/deploy';
import { buildCanisters, canisterNames } from '../build-canisters';
import {
  type DevNetwork,
  createRunFolder,
  deployCanisters,
  joinNetwork,
  registerDomain,
  startEvmNode,
  startLocalIc,
  startRelayer,
  writeNetworkFile
} from '../network/dev-network';
import { startOnPort } from '../network/free-port';
import { openKeptDeployment } from '../network/kept-deployment';
import { projectRoot } from '../project-files';
import { type Person } from './story';
import { type Steps } from './steps';

/** Where tools look for a development IC and an Ethereum node. */
const IC_PORT = 4943;
const EVM_PORT = 8545;

/** The step that is not the story's but the installation's. */
export const BUILD_STEP = 'canisters are built';

/** `network` waits for everything; `lost` rejects when a part of it ends by itself; `stop` may be called at any time. */
export type Stage = {
  readonly network: (steps: Steps) => Promise<DevNetwork>;
  readonly endpoints: () => Readonly<Record<string, string>>;
  readonly lost: Promise<never>;
  readonly stop: () => Promise<void>;
};

type Part = { readonly ended: Promise<string>; readonly stop: () => Promise<void> };

/** Whether the Internet Computer of the last run goes on, from nothing if `startsAnew`, or one without memory starts. */
export type StageOptions = { readonly keepsState: boolean; readonly startsAnew: boolean };

/** An empty stage. Failures to set it come out of `network()`. */
export function prepareStage(options: StageOptions): Stage {
  const stops: (() => void | Promise<void>)[] = [];
  let endpoints: Record<string, string> = {};
  let stopping = false;
  let lose: (error: Error) => void = () => undefined;
  const lost = new Promise<never>((_, reject) => (lose = reject));
  // Whoever races with it hears of it; until then nobody has to.
  lost.catch(() => undefined);
  const keep = (name: string, part: Part): void => {
    stops.unshift(part.stop);
    void part.ended.then((how) => stopping || lose(new Error(`${name} ended by itself (${how})`)));
  };
  return {
    network: async (steps) => {
      const network = await setUp(steps, options, { keep, atEnd: (stop) => void stops.push(stop) });
      endpoints = endpointsOf(network);
      return network;
    },
    endpoints: () => endpoints,
    lost,
    stop: async () => {
      stopping = true;
      for (const stop of stops.splice(0)) await stop();
    }
  };
}

async function setUp(
  steps: Steps,
  { keepsState, startsAnew }: StageOptions,
  stage: {
    readonly keep: (name: string, part: Part) => void;
    readonly atEnd: (stop: () => void) => void;
  }
): Promise<DevNetwork> {
  await steps.run(BUILD_STEP, () => buildCanisters(canisterNames()));
  const anvil = await steps.run('an EVM node starts', () => startOnPort(EVM_PORT, startEvmNode));
  stage.keep('the EVM node', anvil);
  const kept = keepsState ? openKeptDeployment(startsAnew) : undefined;
  const stateOptions = kept ? ['--state-dir', kept.stateFolder, ...(startsAnew ? ['--reset'] : [])] : [];
  const ic = await steps.run('a local Internet Computer starts', () =>
    startOnPort(IC_PORT, (port) => startLocalIc(anvil.url, { port, options: stateOptions }))
  );
  stage.keep('the local Internet Computer', ic.program);
  const evm = anvilClients(anvil, 1);
  const deployment = await steps.run('adapter stand-in and token are deployed', () => deployContracts(evm));
  const canisters = await steps.run('signer and domains are installed', () => deployCanisters(ic.url, kept));
  const domains = createDomainsClient(canisters.operator, { canisterId: canisters.domainsId });
  const signer = createSignerClient(canisters.operator, { canisterId: canisters.signerId });
  const domainId = await steps.run('the domain is registered', () =>
    registerDomain(domains, { chainId: anvil.chainId, adapter: deployment.adapter })
  );
  const folder = createRunFolder();
  stage.atEnd(() => rmSync(folder, { recursive: true, force: true }));
  const parts = { folder, icUrl: ic.url, anvil, deployment, domainId, ...canisters };
  stage.keep('the relayer', await steps.run('a relayer starts', () => startRelayer(parts)));
  // The file of a network that stays up: one that soon ends would take it over, and away.
  if (keepsState) stage.atEnd(writeNetworkFile(join(projectRoot, '.hypha', 'network.json'), parts));
  return { ...parts, evm, signer, domains };
}

const endpointsOf = (network: DevNetwork): Record<string, string> => ({
  internetComputer: network.icUrl,
  evmNode: network.anvil.url,
  signer: network.signerId.toText(),
  domains: network.domainsId.toText(),
  adapter: network.deployment.adapter,
  token: network.deployment.token
});

/** A person with a fresh identity, connected to the signer. */
export async function createPerson(name: string, network: DevNetwork): Promise<Person> {
  return { name, ...(await joinNetwork({ host: network.icUrl, signerId: network.signerId })) };
}
