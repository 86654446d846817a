import { install, upgrade } from '../../../../src/canisters/signer/lifecycle';
import { createSignerStore } from '../../../../src/canisters/signer/store';
import { DOMAINS_ID, FakeRuntime } from '../../../support/fake-runtime';
import { alice } from '../../core/proof/transfer-scenario';
import { KEY_NAME, SignerWorld } from './signer-world';

const OTHER_DOMAINS = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 9, 1, 1);

describe('install', () => {
  it('refuses to start without configuration', () => {
    const { maps } = new SignerWorld();
    for (const map of Object.values(maps)) map.restore([]);
    const context = { runtime: new FakeRuntime(), store: createSignerStore(maps) };

    expect(() => install(context, undefined)).toThrow('configuration');
    expect(maps.settings.dump()).toEqual([]);
  });
});

describe('upgrade', () => {
  it('keeps every account, the log and the configuration', async () => {
    const world = new SignerWorld();
    await world.createSealed(alice);
    const before = world.dump();

    upgrade(world.context, undefined);

    expect(world.dump()).toEqual(before);
  });

  it('certifies the log again', async () => {
    const world = new SignerWorld();
    await world.create(alice);
    const certified = world.runtime.certifiedData;
    world.runtime.certifiedData = new Uint8Array();

    upgrade(world.context, undefined);

    expect(world.runtime.certifiedData).toEqual(certified);
  });

  it('takes new configuration', () => {
    const world = new SignerWorld();

    upgrade(world.context, { domainsCanister: OTHER_DOMAINS, keyName: 'key_1' });

    expect(world.context.store.config()).toEqual({ domainsCanister: OTHER_DOMAINS, keyName: 'key_1' });
  });

  it('takes another domains canister while accounts have keys', async () => {
    const world = new SignerWorld();
    await world.create(alice);

    upgrade(world.context, { domainsCanister: OTHER_DOMAINS, keyName: KEY_NAME });

    expect(world.context.store.config()).toEqual({ domainsCanister: OTHER_DOMAINS, keyName: KEY_NAME });
  });

  it('refuses another master key once accounts have keys below the first', async () => {
    const world = new SignerWorld();
    await world.create(alice);
    const before = world.dump();

    expect(() => upgrade(world.context, { domainsCanister: DOMAINS_ID, keyName: 'key_1' })).toThrow(KEY_NAME);
    expect(world.dump()).toEqual(before);
  });

  it.each([
    ['nothing', []],
    ['configuration of a later layout', [['01', '020a000000000000000801010004746573740000']]]
  ] as [string, [string, string][]][])('refuses stable memory with %s', (_, settings) => {
    const world = new SignerWorld();
    world.maps.settings.restore(settings);

    expect(() => upgrade(world.context, undefined)).toThrow(/configuration|layout 2/);
  });
});
