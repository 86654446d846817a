import { registerEvmDomain } from '../../../../src/canisters/domains/use-cases/register-evm-domain';
import { readDomain, readDomains } from '../../../../src/canisters/domains/use-cases/read-domain';
import { MAX_DOMAINS } from '../../../../src/canisters/domains/store';
import { address } from '../../../../src/core/bytes';
import { type EvmDomainConfig } from '../../../../src/core/domain/evm-domain';
import { errorCode } from '../../core/error-code';
import { domainConfig, fill32 } from './domain-records';
import { DOMAIN_ID, DomainWorld, recordedConfig } from './domain-world';

function controllerWorld(): DomainWorld {
  const world = new DomainWorld();
  world.runtime.isController = true;
  return world;
}

function refusal(world: DomainWorld, config: EvmDomainConfig): string | undefined {
  const before = world.dump();
  const code = errorCode(() => registerEvmDomain(world.context, config));
  expect(world.dump()).toEqual(before);
  return code;
}

describe('registerEvmDomain', () => {
  it('adds a running domain without checkpoints', () => {
    const world = controllerWorld();
    const config = domainConfig({ chainId: 1n });

    const id = registerEvmDomain(world.context, config);

    expect(readDomain(world.context.store, id)).toMatchObject({
      id,
      config,
      status: { status: 'running' },
      latest: undefined
    });
    expect(readDomains(world.context.store).map((domain) => domain.id)).toEqual([DOMAIN_ID, id]);
  });

  it('keeps domains of other chains and other adapters apart', () => {
    const world = controllerWorld();
    const adapter = address(new Uint8Array(20).fill(0xbe), 'adapter');

    registerEvmDomain(world.context, { ...recordedConfig, chainId: 1n });
    registerEvmDomain(world.context, { ...recordedConfig, adapter });

    expect(readDomains(world.context.store)).toHaveLength(3);
  });

  it('changes name, providers and agreement of a domain, and keeps its checkpoints', async () => {
    const world = controllerWorld();
    const latest = await world.accept('early');
    const changed = {
      ...recordedConfig,
      name: 'renamed',
      providers: ['https://a.example', 'https://b.example'],
      agreement: 2
    };

    expect(registerEvmDomain(world.context, changed)).toEqual(DOMAIN_ID);

    expect(readDomains(world.context.store)).toHaveLength(1);
    expect(readDomain(world.context.store, DOMAIN_ID)).toMatchObject({ config: changed, latest });
  });

  it('does not resume a halted domain', () => {
    const world = new DomainWorld({ status: { status: 'halted', reason: 'two blocks' } });
    world.runtime.isController = true;

    registerEvmDomain(world.context, { ...recordedConfig, name: 'renamed' });

    expect(world.status()).toEqual({ status: 'halted', reason: 'two blocks' });
  });

  it.each<[string, Partial<EvmDomainConfig>]>([
    ['logic', { logicRef: fill32(0x1d) }],
    ['leaf count slot', { layout: { ...recordedConfig.layout, leafCountSlot: 2n } }],
    ['slot of the roots', { layout: { ...recordedConfig.layout, rootValuesSlot: 5n } }],
    ['slot of the nullifiers', { layout: { ...recordedConfig.layout, nullifierPositionsSlot: 8n } }]
  ])('refuses to change the %s', (_, change) => {
    expect(refusal(controllerWorld(), { ...recordedConfig, ...change })).toBe('domain/immutable');
  });

  it('refuses whoever is no controller', () => {
    expect(refusal(new DomainWorld(), recordedConfig)).toBe('caller/not-controller');
  });

  it.each<[string, Partial<EvmDomainConfig>]>([
    ['domain/agreement', { agreement: 1 }],
    ['domain/agreement', { agreement: 4 }],
    ['domain/providers', { providers: [], agreement: 0 }],
    ['domain/providers', { providers: ['http://rpc-1.example'], agreement: 1 }],
    ['domain/providers', { providers: ['https://a.example/1', 'https://a.example/2'], agreement: 2 }],
    ['domain/name', { name: '' }],
    ['domain/chain-id', { chainId: 0n }],
    ['domain/adapter', { adapter: address(new Uint8Array(20), 'adapter') }],
    ['domain/logic-ref', { logicRef: fill32(0) }],
    ['domain/layout', { layout: { leafCountSlot: 4n, rootValuesSlot: 4n, nullifierPositionsSlot: 7n } }]
  ])('refuses a configuration with %s', (code, change) => {
    expect(refusal(controllerWorld(), { ...recordedConfig, ...change })).toBe(code);
  });

  it('refuses one domain too many', () => {
    const world = controllerWorld();
    for (let n = 1; n < MAX_DOMAINS; n += 1)
      registerEvmDomain(world.context, domainConfig({ chainId: BigInt(n) }));

    expect(refusal(world, domainConfig({ chainId: 1_000n }))).toBe('domain/limit');
  });
});
