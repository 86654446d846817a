/** Sets the story's stage, step by step, and clears it away again, whatever came of it. */
import { join } from 'node:path';
import { type SignIdentity } from '@dfinity/agent';
import {
  connectAgent,
  createDomainsClient,
  createIdentity,
  createSignerClient,
  platformRandom
} from '../../src/sdk';
import { type Anvil } from '../../test/fixtures/evm/anvil';
import { anvilClients, deployContracts } from '../../test/fixtures/evm/deploy';
import { buildCanisters, canisterNames } from '../build-canisters';
import { type ChildProgram } from '../network/child-program';
import {
  type DevNetwork,
  type LocalInternetComputer,
  deployCanisters,
  freshFolder,
  registerDomain,
  startEvmNode,
  startLocalIc,
  startRelayer,
  writeNetworkFile
} from '../network/dev-network';
import { preferPort } from '../network/free-port';
import { projectRoot } from '../project-files';
import { type Person } from './story';
import { type Steps } from './steps';

/** Where tools look for a development IC and an Ethereum node. */
const IC_PORT = 4943;
const EVM_PORT = 8545;

/** `network` waits for everything; `stop` may be called at any time. */
export type Stage = {
  readonly network: () => Promise<DevNetwork>;
  readonly endpoints: () => Readonly<Record<string, string>>;
  readonly stop: () => Promise<void>;
};

/** Begins to set the stage. Failures come out of `network()`. */
export function prepareStage(steps: Steps): Stage {
  const stops: (() => Promise<void>)[] = [];
  let endpoints: Record<string, string> = {};
  const setUp = async (): Promise<DevNetwork> => {
    await steps.run('canisters are built', () => buildCanisters(canisterNames()));
    const anvil = await steps.run('an EVM node starts', async () =>
      remember(await startEvmNode(await preferPort(EVM_PORT)))
    );
    const ic = await steps.run('a local Internet Computer starts', async () =>
      rememberIc(await startLocalIc(anvil.url, await preferPort(IC_PORT)))
    );
    const evm = anvilClients(anvil, 1);
    const deployment = await steps.run('adapter stand-in and token are deployed', () => deployContracts(evm));
    const canisters = await steps.run('signer and domains are installed', () => deployCanisters(ic.url));
    const domains = createDomainsClient(canisters.operator, { canisterId: canisters.domainsId });
    const signer = createSignerClient(canisters.operator, { canisterId: canisters.signerId });
    const domainId = await steps.run('the domain is registered', () =>
      registerDomain(domains, { chainId: anvil.chainId, adapter: deployment.adapter })
    );
    const folder = freshFolder('story');
    const parts = { folder, icUrl: ic.url, anvil, deployment, domainId, ...canisters };
    await steps.run('a relayer starts', async () => rememberProgram(await startRelayer(parts)));
    writeNetworkFile(join(projectRoot, '.hypha', 'network.json'), parts);
    endpoints = {
      internetComputer: ic.url,
      evmNode: anvil.url,
      signer: canisters.signerId.toText(),
      domains: canisters.domainsId.toText(),
      adapter: deployment.adapter,
      token: deployment.token
    };
    return { ...parts, evm, signer, domains };
  };
  const remember = (anvil: Anvil): Anvil => {
    stops.unshift(anvil.stop);
    return anvil;
  };
  const rememberProgram = (program: ChildProgram): ChildProgram => {
    stops.unshift(program.stop);
    return program;
  };
  const rememberIc = (ic: LocalInternetComputer): LocalInternetComputer => {
    rememberProgram(ic.program);
    return ic;
  };
  return {
    network: setUp,
    endpoints: () => endpoints,
    stop: async () => {
      for (const stop of stops.splice(0)) await stop();
    }
  };
}

/** A person with a fresh identity, connected to the signer. */
export async function createPerson(name: string, network: DevNetwork): Promise<Person> {
  const identity: SignIdentity = createIdentity(platformRandom());
  const agent = await connectAgent({ host: network.icUrl, fetchRootKey: true, identity });
  return { name, identity, signer: createSignerClient(agent, { canisterId: network.signerId }) };
}
