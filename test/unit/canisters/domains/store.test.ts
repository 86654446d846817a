import fc from 'fast-check';
import {
  DOMAINS_MEMORY,
  MAX_CHECKPOINTS,
  MAX_DOMAINS,
  createDomainStore
} from '../../../../src/canisters/domains/store';
import { type DomainRecord } from '../../../../src/canisters/domains/stored-records';
import { errorCode } from '../../core/error-code';
import { checkpointAt, domainConfig, fill32, memoryMaps } from './domain-records';

const DOMAIN = fill32(1);

function record(n: number, overrides: Partial<DomainRecord> = {}): DomainRecord {
  return {
    id: fill32(n),
    config: domainConfig({ name: `domain ${n}` }),
    status: { status: 'running' },
    ...overrides
  };
}

describe('DOMAINS_MEMORY', () => {
  it('gives every map a memory of its own', () => {
    const ids = Object.values(DOMAINS_MEMORY);

    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('domains in the store', () => {
  it('come back as they were written, halted or running, in the order of registration', () => {
    const store = createDomainStore(memoryMaps().maps);
    const halted = record(9, { status: { status: 'halted', reason: 'checkpoint/root-rewritten: ...' } });
    const wide = record(3, {
      config: domainConfig({
        name: 'Grüße, 鎖',
        chainId: 2n ** 64n - 1n,
        layout: { leafCountSlot: 0n, rootValuesSlot: 2n ** 256n - 1n, nullifierPositionsSlot: 2n ** 255n },
        providers: Array.from({ length: 10 }, (_, index) => `https://${'x'.repeat(500)}.example/${index}`),
        agreement: 10
      })
    });

    store.saveDomain(halted);
    store.saveDomain(wide);

    expect(store.listDomains()).toMatchObject([halted, wide]);
    expect(store.findDomain(fill32(3))).toEqual({ ...wide, revision: 1n });
    expect(store.findDomain(fill32(4))).toBeUndefined();
  });

  it('are replaced in place under the next revision', () => {
    const store = createDomainStore(memoryMaps().maps);
    store.saveDomain(record(1));
    store.saveDomain(record(2));
    const renamed = record(1, { config: domainConfig({ name: 'renamed' }) });

    store.saveDomain(renamed);

    expect(store.listDomains()).toEqual([
      { ...renamed, revision: 2n },
      { ...record(2), revision: 1n }
    ]);
  });

  it('are bounded in number, and the last one refused leaves nothing', () => {
    const { maps, dump } = memoryMaps();
    const store = createDomainStore(maps);
    for (let n = 0; n < MAX_DOMAINS; n += 1) store.saveDomain(record(n));
    const before = dump();

    expect(errorCode(() => store.saveDomain(record(MAX_DOMAINS)))).toBe('domain/limit');

    expect(dump()).toEqual(before);
    expect(
      errorCode(() => store.saveDomain(record(0, { status: { status: 'halted', reason: 'x' } })))
    ).toBeUndefined();
  });
});

describe('checkpoints in the store', () => {
  it('come back as they were written, each under its domain', () => {
    const store = createDomainStore(memoryMaps().maps);
    const [mine, theirs] = [checkpointAt(5n), checkpointAt(5n, { domainId: fill32(2), root: fill32(9) })];

    store.addCheckpoint(mine);
    store.addCheckpoint(theirs);

    expect(store.findCheckpoint(DOMAIN, 5n)).toEqual(mine);
    expect(store.findCheckpoint(fill32(2), 5n)).toEqual(theirs);
    expect(store.findCheckpoint(DOMAIN, 6n)).toBeUndefined();
    expect(store.findLatest(fill32(3))).toBeUndefined();
  });

  it('have as neighbours the nearest below and above, whatever the order they came in', () => {
    const heights = fc.uniqueArray(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { maxLength: 30 });
    fc.assert(
      fc.property(heights, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (added, asked) => {
        const store = createDomainStore(memoryMaps().maps);
        for (const height of added)
          store.addCheckpoint(checkpointAt(height, { leafCount: 1n, acceptedAtNs: 1n }));
        const ascending = [...added].sort((a, b) => (a < b ? -1 : 1));

        const neighbours = store.findNeighbours(DOMAIN, asked);

        expect(neighbours.below?.height).toBe(ascending.filter((height) => height < asked).at(-1));
        expect(neighbours.above?.height).toBe(ascending.find((height) => height > asked));
        expect(store.findLatest(DOMAIN)?.height).toBe(ascending.at(-1));
      })
    );
  });

  it('are bounded in number: the lowest goes first, and none below a full history is kept', () => {
    const { maps, dump } = memoryMaps();
    const store = createDomainStore(maps);
    for (let n = 1n; n <= BigInt(MAX_CHECKPOINTS); n += 1n) store.addCheckpoint(checkpointAt(n * 10n));
    expect(store.keepsHeight(DOMAIN, 15n)).toBe(true);
    expect(store.keepsHeight(DOMAIN, 5n)).toBe(false);

    store.addCheckpoint(checkpointAt(1_000_000n));

    expect(store.findCheckpoint(DOMAIN, 10n)).toBeUndefined();
    expect(store.findCheckpoint(DOMAIN, 20n)).toEqual(checkpointAt(20n));
    expect(store.findNeighbours(DOMAIN, 20n).below).toBeUndefined();
    expect(maps.checkpoints.size()).toBe(BigInt(MAX_CHECKPOINTS));
    expect(store.keepsHeight(DOMAIN, 15n)).toBe(false);
    expect(dump()).toHaveProperty('heights.0.1.length', MAX_CHECKPOINTS * 16);
  });

  it('leave no trace at and above the height they are discarded from, and stay below it and in other domains', () => {
    const { maps, dump } = memoryMaps();
    const store = createDomainStore(maps);
    store.addCheckpoint(checkpointAt(1n));
    store.addCheckpoint(checkpointAt(50n, { domainId: fill32(2) }));
    const before = dump();
    for (const height of [10n, 20n, 30n]) store.addCheckpoint(checkpointAt(height));

    store.discardFrom(DOMAIN, 10n);

    expect(dump()).toEqual(before);
    expect(store.findLatest(DOMAIN)).toEqual(checkpointAt(1n));
  });
});
