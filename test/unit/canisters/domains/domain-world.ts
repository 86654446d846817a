/** The canister's use cases on a fake IC, with a registered domain and three scripted providers of the recorded chain. */
import { type DomainsContext } from '../../../../src/canisters/domains/guards';
import { createInFlight } from '../../../../src/canisters/domains/in-flight';
import { transformResponse } from '../../../../src/canisters/domains/ask-providers';
import { createDomainStore } from '../../../../src/canisters/domains/store';
import { type DomainRecord } from '../../../../src/canisters/domains/stored-records';
import { acceptEvmCheckpoint } from '../../../../src/canisters/domains/use-cases/accept-evm-checkpoint';
import { type CallOutcome, type HttpOutcall } from '../../../../src/canisters/runtime/canister-runtime';
import { type EvmCheckpointEvidence } from '../../../../src/api/domains-wire';
import { address } from '../../../../src/core/bytes';
import { type Checkpoint } from '../../../../src/core/domain/checkpoint';
import { evmDomainId } from '../../../../src/core/domain/evm-domain';
import {
  type RecordedBlockName,
  recordedAdapter,
  recordedBlock,
  recordedChainId
} from '../../../fixtures/domains/adapter-chain';
import { DOMAINS_ID, FakeRuntime } from '../../../support/fake-runtime';
import { type RawResponse, answerJsonRpc } from '../../../support/json-rpc-stub';
import { domainConfig, memoryMaps } from './domain-records';

export const RELAYER = Uint8Array.of(9, 9, 2);
export const recordedConfig = domainConfig({
  chainId: recordedChainId,
  adapter: address(recordedAdapter, 'adapter')
});
export const DOMAIN_ID = evmDomainId(recordedConfig);

/** What a provider does when asked: an HTTP answer, or no answer at all. */
export type ScriptedProvider = (body: string) => RawResponse | 'unreachable';

/** A provider that sees the chain ending in these blocks, the highest one final (or `finalized`). */
export function honestProvider(names: readonly RecordedBlockName[], finalized?: bigint): ScriptedProvider {
  const blocks = names.map(recordedBlock);
  const hashes = new Map(
    blocks.map(({ height, blockHash }) => [height, `0x${Buffer.from(blockHash).toString('hex')}`])
  );
  const highest = blocks.reduce((top, { height }) => (height > top ? height : top), 0n);
  return (body) => answerJsonRpc({ hashes, finalized: finalized ?? highest }, body);
}

export class DomainWorld {
  readonly runtime = new FakeRuntime(DOMAINS_ID);
  readonly context: DomainsContext;
  /** All of stable memory. */
  readonly dump: () => unknown;
  /** By URL; all honest about the honest blocks at first. */
  readonly providers = new Map<string, ScriptedProvider>();

  constructor(record: Partial<DomainRecord> = {}) {
    const { maps, dump } = memoryMaps();
    this.dump = dump;
    this.context = { runtime: this.runtime, store: createDomainStore(maps), inFlight: createInFlight() };
    this.runtime.callerBytes = RELAYER;
    this.runtime.answerOutcall = (request) => this.answerOutcall(request);
    const stored = {
      id: DOMAIN_ID,
      config: recordedConfig,
      status: { status: 'running' },
      ...record
    } as const;
    this.context.store.saveDomain(stored);
    this.setProviders(honestProvider(['zeroRoot', 'early', 'middle', 'late', 'unchanged']));
  }

  /** Scripts the providers in their order; the last script holds for the rest of them. */
  setProviders(...scripts: [ScriptedProvider, ...ScriptedProvider[]]): void {
    const [first] = scripts;
    this.urls().forEach((url, index) => this.providers.set(url, scripts[index] ?? scripts.at(-1) ?? first));
  }

  accept(name: RecordedBlockName, change: Partial<EvmCheckpointEvidence> = {}): Promise<Checkpoint> {
    return acceptEvmCheckpoint(this.context, { ...evidenceOf(name), ...change });
  }

  /** How many outcalls were made so far. */
  outcallCount(): number {
    return this.runtime.calls.filter(({ name }) => name === 'httpOutcall').length;
  }

  status(): DomainRecord['status'] | undefined {
    return this.context.store.findDomain(DOMAIN_ID)?.status;
  }

  private urls(): readonly string[] {
    return this.context.store.findDomain(DOMAIN_ID)?.config.providers ?? [];
  }

  /** Does what the IC does with an outcall: asks, then lets the canister's own transform reduce the answer. */
  private answerOutcall(request: HttpOutcall): CallOutcome<{ status: number; body: Uint8Array }> {
    const answer = this.providers.get(request.url)?.(new TextDecoder().decode(request.body)) ?? 'unreachable';
    if (answer === 'unreachable') return { rejected: { code: 2, message: 'connection refused' } };
    const response = {
      status: BigInt(answer.status),
      headers: [{ name: 'date', value: 'differs between replicas' }],
      body: new TextEncoder().encode(answer.body)
    };
    const { status, body } = transformResponse({ response, context: request.transform.context });
    return { replied: { status: Number(status), body } };
  }
}

/** The honest evidence of a recorded block. */
export function evidenceOf(name: RecordedBlockName): EvmCheckpointEvidence {
  const { header, accountProof, leafCountProof, rootCountProof, latestRootProof } = recordedBlock(name);
  return { domainId: DOMAIN_ID, header, accountProof, leafCountProof, rootCountProof, latestRootProof };
}
