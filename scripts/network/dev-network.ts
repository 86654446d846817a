/**
 * The development network of the story and the benchmarks: local IC, EVM node, contracts (stand-ins, named so),
 * canisters and a relayer, each a program of its own, each on a free port.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type HttpAgent, type SignIdentity } from '@dfinity/agent';
import { IDL } from '@dfinity/candid';
import { type Principal } from '@dfinity/principal';
import { type Address, toBytes } from 'viem';
import { type DomainsService } from '../../src/api/domains-idl';
import { unwrap } from '../../src/api/errors';
import { InitArgsIdl, type SignerService } from '../../src/api/signer-idl';
import { type Bytes32, bytes32, toHex } from '../../src/core/bytes';
import { sha256 } from '../../src/core/crypto/hash';
import { connectAgent, createSignerClient } from '../../src/sdk/client';
import { createIdentity, encodeIdentityPem } from '../../src/sdk/identity';
import { platformRandom } from '../../src/sdk/transfer-plan';
import { type Anvil, startAnvil } from '../../test/fixtures/evm/anvil';
import { type Deployment, type EvmClients } from '../../test/fixtures/evm/deploy';
import { projectRoot } from '../project-files';
import { type ChildProgram, startProgram } from './child-program';
import { emptyArgs, installCanister } from './install-canisters';
import { type InstallModeWire } from './management-client';
import { createCanisters, type KeptDeployment } from './kept-deployment';

/** Name of the stand-in logic: there is no account circuit yet, and a mock seal proves none. */
export const STAND_IN_LOGIC_REF: Bytes32 = sha256(new TextEncoder().encode('hypha account logic stand-in'));

const KEY_NAME = 'dfx_test_key';
const PROVIDER_COUNT = 3;
const AGREEMENT = 2;
/** Protocol adapter v1.1.0. */
const ADAPTER_LAYOUT = { leaf_count_slot: 1n, root_values_slot: 4n, nullifier_positions_slot: 7n };

export type LocalInternetComputer = { readonly url: string; readonly program: ChildProgram };

/** What runs and where to find it, however it was started. */
export type Network = {
  readonly anvil: Anvil;
  readonly evm: EvmClients;
  readonly deployment: Deployment;
  readonly operator: HttpAgent;
  readonly signerId: Principal;
  readonly domainsId: Principal;
  readonly domainId: Bytes32;
  readonly signer: SignerService;
  readonly domains: DomainsService;
};

/** A {@link Network} of programs of their own; they leave what they write in `folder`. */
export type DevNetwork = Network & { readonly folder: string; readonly icUrl: string };

/** Somebody with an identity, and the signer as they call it. */
export type NetworkUser = {
  readonly identity: SignIdentity;
  readonly agent: HttpAgent;
  readonly signer: SignerService;
};

/** A user of the signer at `host`; with a fresh identity unless one is given. */
export async function joinNetwork(
  { host, signerId }: { readonly host: string; readonly signerId: Principal },
  identity: SignIdentity = createIdentity(platformRandom())
): Promise<NetworkUser> {
  const agent = await connectAgent({ host, fetchRootKey: true, identity });
  return { identity, agent, signer: createSignerClient(agent, { canisterId: signerId }) };
}

/** An EVM node that mines every second and whose finalized block follows two blocks behind. */
export const startEvmNode = (port = 0): Promise<Anvil> =>
  startAnvil({ slotsInAnEpoch: 1, blockTimeSeconds: 1, port });

/** The https names under which the canister knows its providers; the local IC routes them to `evmUrl`. */
export const providerUrls = (): string[] =>
  Array.from({ length: PROVIDER_COUNT }, (_, index) => `https://rpc-${index + 1}.localhost`);

/** A local IC whose HTTPS outcalls to the providers reach the EVM node; `options` are more of its command line. */
export async function startLocalIc(
  evmUrl: string,
  { port = 0, options = [] }: { readonly port?: number; readonly options?: readonly string[] } = {}
): Promise<LocalInternetComputer> {
  const routes = providerUrls().flatMap((provider) => ['--outcall-route', `${provider}=${evmUrl}`]);
  const program = await startProgram({
    program: 'src/local-ic/main.ts',
    args: ['--port', String(port), ...routes, ...options],
    isReady: (line) => line.startsWith('Local Internet Computer at ')
  });
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(program.readyLine)?.[0];
  if (url === undefined) throw new Error(`the local IC named no address: ${program.readyLine}`);
  return { url, program };
}

/**
 * Both canisters installed, empty, controlled by a fresh operator identity, or by that of a kept deployment in its place.
 */
export async function deployCanisters(
  icUrl: string,
  kept?: KeptDeployment
): Promise<{
  readonly operator: HttpAgent;
  readonly signerId: Principal;
  readonly domainsId: Principal;
}> {
  const operator = await connectAgent({
    host: icUrl,
    fetchRootKey: true,
    identity: kept?.operator ?? createIdentity(platformRandom())
  });
  const ids = kept ? await kept.canisters(operator) : await createCanisters(operator);
  const { domains: domainsId, signer: signerId } = ids;
  // The canisters' memory is of an EVM chain that is gone.
  const mode: InstallModeWire = kept ? { reinstall: null } : { install: null };
  const arg = new Uint8Array(
    IDL.encode([IDL.Opt(InitArgsIdl)], [[{ domains_canister: domainsId, key_name: KEY_NAME }]])
  );
  await Promise.all([
    installCanister(operator, { id: domainsId, name: 'domains', mode, arg: emptyArgs() }),
    installCanister(operator, { id: signerId, name: 'signer', mode, arg })
  ]);
  return { operator, signerId, domainsId };
}

/** The domain of the deployed adapter, registered with `domains`. */
export async function registerDomain(
  domains: DomainsService,
  chain: { readonly chainId: number; readonly adapter: Address }
): Promise<Bytes32> {
  const id = unwrap(
    await domains.register_evm_domain({
      name: 'anvil',
      chain_id: BigInt(chain.chainId),
      adapter: toBytes(chain.adapter),
      layout: ADAPTER_LAYOUT,
      logic_ref: STAND_IN_LOGIC_REF,
      providers: providerUrls(),
      agreement: AGREEMENT
    })
  );
  return bytes32(id, 'domain id');
}

/** A relayer of its own identity, its journal below `folder`. */
export async function startRelayer(
  network: Omit<DevNetwork, 'operator' | 'evm' | 'signer' | 'domains'>
): Promise<ChildProgram> {
  const identityFile = join(network.folder, 'relayer.pem');
  writeFileSync(identityFile, encodeIdentityPem(createIdentity(platformRandom())), { mode: 0o600 });
  return startProgram({
    program: 'src/relayer/main.ts',
    args: [
      ...['--ic', network.icUrl, '--fetch-root-key', '--identity', identityFile],
      ...['--signer', network.signerId.toText(), '--domains', network.domainsId.toText()],
      ...['--domain', toHex(network.domainId), '--rpc', network.anvil.url],
      ...['--adapter', network.deployment.adapter, '--from-block', String(network.deployment.adapterBlock)],
      ...['--journal', join(network.folder, 'relayer-journal'), '--poll-ms', '250']
    ],
    isReady: (line) => line.includes('ready')
  });
}

/** An empty folder of this run alone; `.hypha` is not under version control. */
export function createRunFolder(): string {
  const home = join(projectRoot, '.hypha');
  mkdirSync(home, { recursive: true });
  return mkdtempSync(join(home, 'run-'));
}

/** Writes what the `hypha` command reads with `--network`. The result takes it away again, unless it is another's by then. */
export function writeNetworkFile(
  path: string,
  network: Pick<DevNetwork, 'icUrl' | 'signerId' | 'domainsId' | 'anvil'>
): () => void {
  const content = {
    host: network.icUrl,
    fetchRootKey: true,
    signer: network.signerId.toText(),
    domains: network.domainsId.toText(),
    evm: { url: network.anvil.url }
  };
  const text = `${JSON.stringify(content, null, 2)}\n`;
  writeFileSync(path, text);
  return () => {
    if (existsSync(path) && readFileSync(path, 'utf8') === text) rmSync(path);
  };
}
