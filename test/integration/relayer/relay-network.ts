/**
 * Everything a relayer stands between: anvil with the adapter stand-in, and the built canisters on a local IC whose
 * providers are that anvil. The relayer itself speaks to anvil through a proxy that can misbehave.
 */
import { type SignIdentity } from '@dfinity/agent';
import { type Principal } from '@dfinity/principal';
import { buildCanisters } from '../../../scripts/build-canisters';
import { deployCanisters, providerUrls, registerDomain } from '../../../scripts/network/dev-network';
import { unwrap } from '../../../src/api/errors';
import { type AccountViewWire, type SignerService } from '../../../src/api/signer-idl';
import { type DomainsService } from '../../../src/api/domains-idl';
import { type Bytes32, bytes32, toHex } from '../../../src/core/bytes';
import { LocalIc } from '../../../src/local-ic/local-ic';
import {
  connectAgent,
  createDomainsClient,
  createIdentity,
  createSignerClient,
  proposeBinding,
  proposeTransfer
} from '../../../src/sdk';
import { type Anvil, mineBlocks, startAnvil } from '../../fixtures/evm/anvil';
import { type Deployment, type EvmClients, anvilClients, deployContracts } from '../../fixtures/evm/deploy';
import { agree, executePlan } from '../../support/adapter-client';
import { type FaultyRpcProxy, startFaultyRpcProxy } from '../../support/faulty-rpc-proxy';

/** A person with an account. `signer` speaks as the person. */
export type Holder = {
  readonly identity: SignIdentity;
  readonly signer: SignerService;
  readonly accountId: Bytes32;
};

type Parts = {
  readonly anvil: Anvil;
  readonly proxy: FaultyRpcProxy;
  readonly ic: LocalIc;
  readonly evm: EvmClients;
  readonly deployment: Deployment;
  readonly signerId: Principal;
  readonly domainsId: Principal;
  readonly domains: DomainsService;
  readonly domainId: Bytes32;
};

export class RelayNetwork {
  private constructor(private readonly parts: Parts) {}

  static async start(): Promise<RelayNetwork> {
    const [anvil] = await Promise.all([startAnvil(), buildCanisters(['domains', 'signer'])]);
    const proxy = await startFaultyRpcProxy(anvil.url);
    const routes = providerUrls().map((url) => [url, anvil.url]);
    const ic = await LocalIc.start({ outcallRoutes: Object.fromEntries(routes) as Record<string, string> });
    const evm = anvilClients(anvil);
    const deployment = await deployContracts(evm);
    const { operator, signerId, domainsId } = await deployCanisters(ic.url);
    const domains = createDomainsClient(operator, { canisterId: domainsId });
    const chain = { chainId: anvil.chainId, adapter: deployment.adapter };
    const domainId = await registerDomain(domains, chain);
    return new RelayNetwork({ anvil, proxy, ic, evm, deployment, signerId, domainsId, domains, domainId });
  }

  /** Between the relayer and anvil. */
  get proxy(): FaultyRpcProxy {
    return this.parts.proxy;
  }

  async stop(): Promise<void> {
    const { proxy, ic, anvil } = this.parts;
    await proxy.stop();
    await ic.stop();
    await anvil.stop();
  }

  /** Flags of a relayer on the journal in `folder`, quick to look and to try again. */
  relayerArgs(folder: string): string[] {
    return [
      ...['--ic', this.parts.ic.url, '--fetch-root-key', '--rpc', this.parts.proxy.url],
      ...['--signer', this.parts.signerId.toText(), '--domains', this.parts.domainsId.toText()],
      ...['--domain', toHex(this.parts.domainId), '--adapter', this.parts.deployment.adapter],
      ...['--from-block', String(this.parts.deployment.adapterBlock), '--journal', folder],
      ...['--poll-ms', '50', '--log-level', 'debug']
    ];
  }

  /** A new person with a new account, not bound yet. */
  async createHolder(name: string): Promise<Holder> {
    const identity = createIdentity(new TextEncoder().encode(name.padEnd(32)));
    const agent = await connectAgent({ host: this.parts.ic.url, fetchRootKey: true, identity });
    const signer = createSignerClient(agent, { canisterId: this.parts.signerId });
    const view = unwrap(await signer.create_account());
    return { identity, signer, accountId: bytes32(Uint8Array.from(view.id), 'account') };
  }

  /** Has the adapter create the account's first resource, and mines until that is final. */
  async bind(holder: Holder): Promise<void> {
    const { accountId } = holder;
    const plan = await proposeBinding(this.canisters(holder), { accountId, domainId: this.parts.domainId });
    await executePlan(this.parts, await agree(plan, [holder]));
    await this.finalize();
  }

  /** Seals both accounts and has the adapter swap their owners in one action, and mines until that is final. */
  async swap(first: Holder, second: Holder): Promise<void> {
    for (const { signer, accountId } of [first, second]) unwrap(await signer.seal_account(accountId));
    const plan = await proposeTransfer(this.canisters(first), [
      { accountId: first.accountId, to: second.identity.getPrincipal() },
      { accountId: second.accountId, to: first.identity.getPrincipal() }
    ]);
    await executePlan(this.parts, await agree(plan, [first, second]));
    await this.finalize();
  }

  async account(holder: Holder): Promise<AccountViewWire> {
    return unwrap(await holder.signer.account(holder.accountId));
  }

  /** Mines until all that was mined before is final. */
  finalize(): Promise<void> {
    return mineBlocks(this.parts.anvil.url, 3);
  }

  private canisters({ signer }: Holder) {
    return { signer, domains: this.parts.domains, signerId: this.parts.signerId };
  }
}
