/** What every command shares: global options, and typed clients made when first needed. */
import { type HttpAgent, type SignIdentity } from '@dfinity/agent';
import { type PublicClient, createPublicClient, http } from 'viem';
import { type DomainsService } from '../api/domains-idl';
import { type SignerService } from '../api/signer-idl';
import { ProtocolError } from '../core/error';
import { type Canisters } from '../sdk/account-reading';
import { connectAgent, createDomainsClient, createSignerClient } from '../sdk/client';
import { decodeIdentityPem } from '../sdk/identity';
import { type PlanWitnesses } from '../sdk/verify-plan';
import { type Network, readNetworkFile } from './network-file';
import { readTextFile } from './text-file';

/** How often a node is asked whether a transaction is mined. */
const EVM_POLLING_INTERVAL_MS = 500;

/** Environment variables: they stand in for global options, and hold keys that options only name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Options before or after any command. */
export type GlobalOptions = { readonly network: string; readonly identity: string };

/** Clients and settings of one run. Reading takes no identity: it is done as the anonymous caller. */
export class CommandContext {
  private cachedNetwork: Network | undefined;
  private cachedIdentity: SignIdentity | undefined;
  private cachedAgents = new Map<'me' | 'anyone', Promise<HttpAgent>>();

  constructor(
    readonly options: GlobalOptions,
    readonly environment: Environment
  ) {}

  /** The network file's content. @throws {ProtocolError} `cli/network-file`. */
  network(): Network {
    return (this.cachedNetwork ??= readNetworkFile(this.options.network));
  }

  /** The identity in the PEM file. @throws {ProtocolError} `cli/identity-file`, `identity/pem`. */
  identity(): SignIdentity {
    return (this.cachedIdentity ??= readIdentityFile(this.options.identity));
  }

  /** The signer canister, called as this identity. */
  async signer(): Promise<SignerService> {
    return createSignerClient(await this.agent('me'), { canisterId: this.network().signer });
  }

  /** The signer canister, for display: one node's answer. */
  async signerReader(): Promise<SignerService> {
    return createSignerClient(await this.agent('anyone'), { canisterId: this.network().signer });
  }

  /** The domains canister, for display: one node's answer. */
  async domainsReader(): Promise<DomainsService> {
    return createDomainsClient(await this.agent('anyone'), { canisterId: this.network().domains });
  }

  /** The domains canister with certified answers. */
  async certifiedDomains(): Promise<DomainsService> {
    const { domains } = this.network();
    return createDomainsClient(await this.agent('anyone'), { canisterId: domains, certified: true });
  }

  /** Both canisters with certified answers: for whatever is acted on. */
  async certified(): Promise<Canisters> {
    const { signer } = this.network();
    return {
      signer: createSignerClient(await this.agent('anyone'), { canisterId: signer, certified: true }),
      domains: await this.certifiedDomains(),
      signerId: signer
    };
  }

  /** Whom a plan is held against: both canisters, and the EVM node when the network file names one. */
  async witnesses(): Promise<PlanWitnesses> {
    const canisters = await this.certified();
    return this.network().evm === undefined ? canisters : { ...canisters, evm: this.evm() };
  }

  /** The EVM node of the network file. @throws {ProtocolError} `cli/no-evm-node` when there is none. */
  evm(): PublicClient {
    return createPublicClient({ transport: http(this.evmUrl()), pollingInterval: EVM_POLLING_INTERVAL_MS });
  }

  evmUrl(): string {
    const url = this.network().evm?.url;
    if (url !== undefined) return url;
    throw new ProtocolError(
      'cli/no-evm-node',
      `${this.options.network} names no EVM node ("evm": {"url": ...})`
    );
  }

  private agent(who: 'me' | 'anyone'): Promise<HttpAgent> {
    const cached = this.cachedAgents.get(who);
    if (cached !== undefined) return cached;
    const made = this.connect(who === 'me' ? this.identity() : undefined);
    this.cachedAgents.set(who, made);
    return made;
  }

  private async connect(identity: SignIdentity | undefined): Promise<HttpAgent> {
    const { host, fetchRootKey } = this.network();
    const agent = await connectAgent({
      host,
      fetchRootKey,
      ...(identity === undefined ? {} : { identity })
    });
    // A host that is down fails here and by that name; later it may look like one that cannot be trusted.
    if (!fetchRootKey) await agent.status();
    return agent;
  }
}

function readIdentityFile(path: string): SignIdentity {
  const hint = '`hypha identity new` makes one, or pass --identity';
  return decodeIdentityPem(readTextFile({ path, code: 'cli/identity-file', hint }));
}
