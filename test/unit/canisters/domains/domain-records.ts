/** Records that tests of this folder fill the store with. */
import { bytes32, address } from '../../../../src/core/bytes';
import { type Checkpoint } from '../../../../src/core/domain/checkpoint';
import { type EvmDomainConfig } from '../../../../src/core/domain/evm-domain';
import { type DomainMaps, type DOMAINS_MEMORY } from '../../../../src/canisters/domains/store';
import { MemoryStableMap } from '../../../support/memory-stable-map';

export const fill32 = (n: number) => bytes32(new Uint8Array(32).fill(n), 'filled');

/** Empty maps, and a dump of all of them. */
export function memoryMaps(): { maps: DomainMaps; dump: () => unknown } {
  const maps = {
    domains: new MemoryStableMap(),
    registrations: new MemoryStableMap(),
    checkpoints: new MemoryStableMap(),
    heights: new MemoryStableMap()
  } satisfies Record<Exclude<keyof typeof DOMAINS_MEMORY, 'layout'>, MemoryStableMap>;
  return {
    maps,
    dump: () => Object.fromEntries(Object.entries(maps).map(([name, map]) => [name, map.dump()]))
  };
}

export function domainConfig(overrides: Partial<EvmDomainConfig> = {}): EvmDomainConfig {
  return {
    name: 'anvil',
    chainId: 31_337n,
    adapter: address(new Uint8Array(20).fill(0xad), 'adapter'),
    layout: { leafCountSlot: 1n, rootValuesSlot: 4n, nullifierPositionsSlot: 7n },
    logicRef: fill32(0x1c),
    providers: ['https://rpc-1.example', 'https://rpc-2.example', 'https://rpc-3.example'],
    agreement: 2,
    ...overrides
  };
}

export function checkpointAt(height: bigint, overrides: Partial<Checkpoint> = {}): Checkpoint {
  return {
    domainId: fill32(1),
    height,
    blockHash: fill32(Number(height % 251n)),
    root: fill32(7),
    leafCount: height,
    storageHash: fill32(8),
    acceptedAtNs: 1_700_000_000_000_000_000n + height,
    ...overrides
  };
}
