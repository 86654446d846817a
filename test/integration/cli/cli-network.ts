/** What the command speaks to: local IC with both canisters, anvil with adapter stand-in and token, a relayer. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Address, type Hex, erc20Abi, parseEther } from 'viem';
import { buildCanisters, canisterNames } from '../../../scripts/build-canisters';
import {
  deployCanisters,
  registerDomain,
  startEvmNode,
  startLocalIc,
  startRelayer,
  writeNetworkFile
} from '../../../scripts/network/dev-network';
import { type Bytes32, toHex } from '../../../src/core/bytes';
import { createDomainsClient } from '../../../src/sdk/client';
import { type Deployment, type EvmClients, anvilClients, deployContracts } from '../../fixtures/evm/deploy';
import { type Seat, succeed } from './hypha-process';

/** The first of anvil's well-known development keys: it holds ether, and pays for `transfer submit`. */
export const PAYER_KEY: Hex = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80';
export const PAYER_VARIABLE = 'HYPHA_TEST_PAYER';

export class CliNetwork {
  private constructor(
    private readonly parts: {
      readonly folder: string;
      readonly evm: EvmClients;
      readonly deployment: Deployment;
      readonly domainId: Bytes32;
    },
    private readonly stops: (() => Promise<void>)[]
  ) {}

  get deployment(): Deployment {
    return this.parts.deployment;
  }

  get domainId(): string {
    return toHex(this.parts.domainId);
  }

  static async start(): Promise<CliNetwork> {
    const folder = mkdtempSync(join(tmpdir(), 'hypha-cli-'));
    const stops: (() => Promise<void>)[] = [];
    try {
      const [anvil] = await Promise.all([startEvmNode(), buildCanisters(canisterNames())]);
      stops.unshift(anvil.stop);
      const ic = await startLocalIc(anvil.url);
      stops.unshift(ic.program.stop);
      const evm = anvilClients(anvil, 1);
      const deployment = await deployContracts(evm);
      const canisters = await deployCanisters(ic.url);
      const domains = createDomainsClient(canisters.operator, { canisterId: canisters.domainsId });
      const chain = { chainId: anvil.chainId, adapter: deployment.adapter };
      const domainId = await registerDomain(domains, chain);
      const parts = { folder, icUrl: ic.url, anvil, deployment, domainId, ...canisters };
      const relayer = await startRelayer(parts);
      stops.unshift(relayer.stop);
      writeNetworkFile(join(folder, 'network.json'), parts);
      return new CliNetwork({ ...parts, evm }, stops);
    } catch (error) {
      for (const stop of stops) await stop();
      throw error;
    }
  }

  path = (name: string): string => join(this.parts.folder, name);

  /** Where `name` sits: the network file, and a key file of their own, which is not there yet. */
  seat(name: string): Seat {
    return {
      network: this.path('network.json'),
      identity: this.path(`${name}.pem`),
      env: { [PAYER_VARIABLE]: PAYER_KEY }
    };
  }

  /** Gives an address ether and tokens. */
  async fund(to: Address): Promise<void> {
    const { wallet, account, chain, reader } = this.parts.evm;
    const ether = await wallet.sendTransaction({ account, chain, to, value: parseEther('5') });
    const tokens = await wallet.writeContract({
      account,
      chain,
      address: this.deployment.token,
      abi: erc20Abi,
      functionName: 'transfer',
      args: [to, 1000n]
    });
    for (const hash of [ether, tokens]) await reader.waitForTransactionReceipt({ hash });
  }

  /** Sends a signed transaction and waits until it is mined. */
  async broadcast(serializedTransaction: Hex): Promise<void> {
    const { reader } = this.parts.evm;
    const hash = await reader.sendRawTransaction({ serializedTransaction });
    await reader.waitForTransactionReceipt({ hash });
  }

  balance = (address: Address): Promise<bigint> => this.parts.evm.reader.getBalance({ address });

  tokens = (address: Address): Promise<bigint> =>
    this.parts.evm.reader.readContract({
      address: this.deployment.token,
      abi: erc20Abi,
      functionName: 'balanceOf',
      args: [address]
    });

  /** The account as `hypha account show` shows it. */
  show = (seat: Seat, account: string): Promise<Record<string, unknown>> =>
    succeed(seat, ['account', 'show', account]);

  async stop(): Promise<void> {
    for (const stop of this.stops.splice(0)) await stop();
    rmSync(this.parts.folder, { recursive: true, force: true });
  }
}
