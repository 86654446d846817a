/** The built `domains` canister on a local IC, with an EVM node behind three providers that can be told to misbehave. */
import { AnonymousIdentity, type HttpAgent, type Identity } from '@dfinity/agent';
import { type Principal } from '@dfinity/principal';
import { type Hex, hexToBytes } from 'viem';
import { buildCanisters } from '../../../scripts/build-canisters';
import { createCanister, emptyArgs, installCanister } from '../../../scripts/network/install-canisters';
import {
  type AttestRequestWire,
  type DomainsService,
  type EvmCheckpointEvidenceWire,
  type EvmDomainConfigWire
} from '../../../src/api/domains-idl';
import { unwrap } from '../../../src/api/errors';
import { encodeExecuteCall } from '../../../src/core/resource/transaction-abi';
import { transactionTags } from '../../../src/core/resource/transaction';
import { LocalIc } from '../../../src/local-ic/local-ic';
import { connectAgent, createDomainsClient } from '../../../src/sdk/client';
import { createIdentity } from '../../../src/sdk/identity';
import { proveUnits } from '../../fixtures/arm/mock-prover';
import { creationPlan, sampleWord } from '../../fixtures/arm/sample-units';
import { type AdapterSession, hex, newAdapter } from '../../fixtures/evm/adapter-session';
import { type Anvil, mineBlocks, startAnvil } from '../../fixtures/evm/anvil';
import { type EvmClients, anvilClients } from '../../fixtures/evm/deploy';
import { type AdapterBlock, readAdapterBlock } from '../../support/evm-evidence';
import { type FaultyRpcProxy, startFaultyRpcProxy } from '../../support/faulty-rpc-proxy';

const PROVIDER_URLS = ['https://rpc-1.localhost', 'https://rpc-2.localhost', 'https://rpc-3.localhost'];
export const LOGIC_REF = sampleWord(1_000);

const identity = (seed: number): Identity => createIdentity(new Uint8Array(32).fill(seed));

type NetworkParts = {
  readonly anvil: Anvil;
  readonly evm: EvmClients;
  readonly proxies: readonly FaultyRpcProxy[];
  readonly ic: LocalIc;
  readonly operator: HttpAgent;
  readonly canisterId: Principal;
  readonly controller: DomainsService;
  readonly relayer: DomainsService;
  readonly anonymous: DomainsService;
};

async function stopAll(cleanups: (() => Promise<void>)[]): Promise<void> {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
}

async function startParts(cleanups: (() => Promise<void>)[]): Promise<NetworkParts> {
  await buildCanisters(['domains']);
  const anvil = await startAnvil({ slotsInAnEpoch: 1 });
  cleanups.push(anvil.stop);
  const proxies = await Promise.all(PROVIDER_URLS.map(() => startFaultyRpcProxy(anvil.url)));
  cleanups.push(...proxies.map((proxy) => proxy.stop));
  const routes = PROVIDER_URLS.map((url, index): [string, string] => [url, proxies[index]?.url ?? '']);
  const ic = await LocalIc.start({ outcallRoutes: Object.fromEntries(routes) });
  cleanups.push(() => ic.stop());
  const agentOf = (who: Identity): Promise<HttpAgent> =>
    connectAgent({ host: ic.url, identity: who, fetchRootKey: true });
  const operator = await agentOf(identity(1));
  const canisterId = await createCanister(operator);
  const mode = { install: null };
  await installCanister(operator, { id: canisterId, name: 'domains', mode, arg: emptyArgs() });
  const [relayer, anonymous] = [await agentOf(identity(2)), await agentOf(new AnonymousIdentity())];
  return {
    anvil,
    evm: anvilClients(anvil),
    proxies,
    ic,
    operator,
    canisterId,
    controller: createDomainsClient(operator, { canisterId }),
    relayer: createDomainsClient(relayer, { canisterId }),
    anonymous: createDomainsClient(anonymous, { canisterId })
  };
}

export class DomainsNetwork {
  private seed = 3_000;

  private constructor(
    private readonly cleanups: (() => Promise<void>)[],
    private readonly parts: NetworkParts
  ) {}

  /** Everything running. Whatever was started is stopped again when something fails. */
  static async start(): Promise<DomainsNetwork> {
    const cleanups: (() => Promise<void>)[] = [];
    try {
      return new DomainsNetwork(cleanups, await startParts(cleanups));
    } catch (error) {
      await stopAll(cleanups);
      throw error;
    }
  }

  stop(): Promise<void> {
    return stopAll(this.cleanups);
  }

  get anvil(): Anvil {
    return this.parts.anvil;
  }
  get evm(): EvmClients {
    return this.parts.evm;
  }
  get proxies(): readonly FaultyRpcProxy[] {
    return this.parts.proxies;
  }
  get controller(): DomainsService {
    return this.parts.controller;
  }
  get relayer(): DomainsService {
    return this.parts.relayer;
  }
  get anonymous(): DomainsService {
    return this.parts.anonymous;
  }

  /** Replaces the program by itself, as an upgrade does. */
  async upgrade(): Promise<void> {
    const { operator, canisterId: id } = this.parts;
    await installCanister(operator, { id, name: 'domains', mode: { upgrade: [] }, arg: emptyArgs() });
  }

  /** Instructions of the update that was processed last. */
  lastInstructions(): bigint {
    const { replica } = this.parts.ic;
    const [requestId] = [...replica.requests()].at(-1) ?? [];
    return (requestId && replica.instructionsOf(requestId)) ?? 0n;
  }

  /** A domain over an adapter of its own, so that what a test does to it concerns no other. */
  async newDomain(): Promise<TestDomain> {
    const adapter = await newAdapter(this.evm);
    const id = unwrap(await this.controller.register_evm_domain(this.configOf(adapter)));
    return new TestDomain(this, adapter, id);
  }

  configOf(adapter: AdapterSession): EvmDomainConfigWire {
    return {
      name: 'anvil',
      chain_id: BigInt(this.anvil.chainId),
      adapter: hexToBytes(adapter.address),
      layout: { leaf_count_slot: 1n, root_values_slot: 4n, nullifier_positions_slot: 7n },
      logic_ref: LOGIC_REF,
      providers: PROVIDER_URLS,
      agreement: 2
    };
  }

  /** Differs each time: equal transactions would give different adapters the same storage. */
  nextSeed(): number {
    this.seed += 10;
    return this.seed;
  }

  /** All providers honest again. */
  heal(): void {
    for (const proxy of this.proxies) proxy.behave({ kind: 'honest' });
  }

  /** Mines until everything mined before is final. */
  finalize(): Promise<void> {
    return mineBlocks(this.anvil.url, 2);
  }
}

/** A domain of its own on a shared network. */
export class TestDomain {
  constructor(
    private readonly network: DomainsNetwork,
    readonly adapter: AdapterSession,
    readonly id: Uint8Array
  ) {}

  /** Executes a transaction of one compliance unit: its block's height, and the nullifier it adds to the set. */
  async execute(): Promise<{ readonly height: bigint; readonly nullifier: Uint8Array }> {
    const plan = creationPlan(sampleWord(2_000), this.network.nextSeed());
    const transaction = await proveUnits([plan]);
    const receipt = await this.adapter.execute(encodeExecuteCall(transaction));
    const [nullifier] = transactionTags(transaction);
    if (receipt.status !== 'success' || nullifier === undefined) throw new Error('the transaction failed');
    return { height: receipt.blockNumber, nullifier };
  }

  /** The adapter's state at a block, read with viem. */
  read(height: bigint, nullifiers: readonly Uint8Array[] = []): Promise<AdapterBlock> {
    const query = { adapter: this.adapter.address, height, nullifiers: nullifiers.map(hex) };
    return readAdapterBlock(this.network.evm.reader, query);
  }

  async evidenceAt(height: bigint): Promise<EvmCheckpointEvidenceWire> {
    return this.evidenceOf(await this.read(height));
  }

  evidenceOf(block: AdapterBlock): EvmCheckpointEvidenceWire {
    return {
      domain: this.id,
      header: hexToBytes(block.header),
      account_proof: nodes(block.accountProof),
      leaf_count_proof: nodes(block.leafCountProof),
      root_count_proof: nodes(block.rootCountProof),
      latest_root_proof: nodes(block.latestRootProof)
    };
  }

  async attestRequest(height: bigint, nullifiers: readonly Uint8Array[]): Promise<AttestRequestWire> {
    const block = await this.read(height, nullifiers);
    return {
      domain: this.id,
      height,
      nullifiers: nullifiers.map((nullifier) => ({
        nullifier,
        proof: nodes(block.nullifierProofs[hex(nullifier)] ?? [])
      }))
    };
  }
}

const nodes = (proof: readonly Hex[]): Uint8Array[] => proof.map((node) => hexToBytes(node));
