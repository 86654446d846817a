/** What every command shares: global options, typed clients made when first needed, one way to print. */
import { readFileSync } from 'node:fs';
import { type HttpAgent, type SignIdentity } from '@dfinity/agent';
import { type PublicClient, createPublicClient, http } from 'viem';
import { type DomainsService } from '../api/domains-idl';
import { type SignerService } from '../api/signer-idl';
import { ProtocolError } from '../core/error';
import { type ReadOptions, connectAgent, createDomainsClient, createSignerClient } from '../sdk/client';
import { decodeIdentityPem } from '../sdk/identity';
import { type Network, readNetworkFile } from './network-file';

/** Options before or after any command. */
export type GlobalOptions = { readonly network: string; readonly identity: string; readonly json: boolean };

/** Clients and settings of one run. */
export class CommandContext {
  private cachedNetwork: Network | undefined;
  private cachedIdentity: SignIdentity | undefined;
  private cachedAgent: Promise<HttpAgent> | undefined;

  constructor(readonly options: GlobalOptions) {}

  /** The network file's content. @throws {ProtocolError} `cli/network-file`. */
  network(): Network {
    return (this.cachedNetwork ??= readNetworkFile(this.options.network));
  }

  /** The identity in the PEM file. @throws {ProtocolError} `cli/identity-file`, `identity/pem`. */
  identity(): SignIdentity {
    return (this.cachedIdentity ??= readIdentityFile(this.options.identity));
  }

  /** The signer canister, as this identity; `certified` makes reads updates, for answers that are acted on. */
  async signer(options: ReadOptions = {}): Promise<SignerService> {
    return createSignerClient(await this.agent(), { canisterId: this.network().signer, ...options });
  }

  /** The domains canister, as this identity. */
  async domains(options: ReadOptions = {}): Promise<DomainsService> {
    return createDomainsClient(await this.agent(), { canisterId: this.network().domains, ...options });
  }

  /** The EVM node of the network file. @throws {ProtocolError} `cli/no-evm-node` when there is none. */
  evm(): PublicClient {
    const url = this.network().evm?.url;
    if (url === undefined) {
      throw new ProtocolError(
        'cli/no-evm-node',
        `${this.options.network} names no EVM node ("evm": {"url": ...})`
      );
    }
    return createPublicClient({ transport: http(url) });
  }

  private agent(): Promise<HttpAgent> {
    const { host, fetchRootKey } = this.network();
    return (this.cachedAgent ??= connectAgent({ host, fetchRootKey, identity: this.identity() }));
  }
}

function readIdentityFile(path: string): SignIdentity {
  let pem: string;
  try {
    pem = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ProtocolError(
      'cli/identity-file',
      `${path} cannot be read; \`hypha identity new\` makes one, or pass --identity`,
      {},
      { cause }
    );
  }
  return decodeIdentityPem(pem);
}
