import { attestNullifiers } from '../../../../src/canisters/domains/use-cases/attest-nullifiers';
import { readCheckpoint, readDomain } from '../../../../src/canisters/domains/use-cases/read-domain';
import { resumeDomain } from '../../../../src/canisters/domains/use-cases/resume-domain';
import { recordedBlock } from '../../../fixtures/domains/adapter-chain';
import { rejectionCode } from '../../../support/rejection-code';
import { errorCode } from '../../core/error-code';
import { fill32 } from './domain-records';
import { DOMAIN_ID, DomainWorld, honestProvider } from './domain-world';

const late = recordedBlock('late');

/** A domain that accepted blocks of one branch before the providers turned to another. */
async function forkedWorld(): Promise<DomainWorld> {
  const world = new DomainWorld();
  for (const name of ['early', 'late', 'unchanged'] as const) await world.accept(name);
  world.setProviders(honestProvider(['early', 'lateFork']));
  expect(await rejectionCode(world.accept('lateFork'))).toBe('checkpoint/conflicting-block');
  return world;
}

describe('resumeDomain', () => {
  it('lets the domain go on with the other side when the wrong checkpoints are discarded', async () => {
    const world = await forkedWorld();
    world.runtime.isController = true;

    const view = resumeDomain(world.context, { domainId: DOMAIN_ID, discardFrom: late.height });

    expect(view).toMatchObject({
      status: { status: 'running' },
      latest: { height: recordedBlock('early').height }
    });
    expect((await world.accept('lateFork')).blockHash).toEqual(recordedBlock('lateFork').blockHash);
    const unchanged = { domainId: DOMAIN_ID, height: recordedBlock('unchanged').height };
    expect(errorCode(() => readCheckpoint(world.context.store, unchanged))).toBe('checkpoint/unknown');
  });

  it('lets the domain go on with what it has when nothing is discarded', async () => {
    const world = await forkedWorld();
    world.runtime.isController = true;

    resumeDomain(world.context, { domainId: DOMAIN_ID, discardFrom: undefined });

    const request = { domainId: DOMAIN_ID, height: late.height, nullifiers: [] };
    expect(attestNullifiers(world.context, request).checkpoint.blockHash).toEqual(late.blockHash);
  });

  it('refuses whoever is no controller, unknown domains and domains that run, and changes nothing', async () => {
    const world = await forkedWorld();
    const request = { domainId: DOMAIN_ID, discardFrom: 0n };
    const before = world.dump();

    expect(errorCode(() => resumeDomain(world.context, request))).toBe('caller/not-controller');
    world.runtime.isController = true;
    expect(errorCode(() => resumeDomain(world.context, { ...request, domainId: fill32(9) }))).toBe(
      'domain/unknown'
    );
    expect(world.dump()).toEqual(before);

    const running = new DomainWorld();
    running.runtime.isController = true;
    await running.accept('early');
    const runningBefore = running.dump();
    expect(errorCode(() => resumeDomain(running.context, request))).toBe('domain/not-halted');
    expect(running.dump()).toEqual(runningBefore);
  });

  it('makes answers worthless that were asked for before the halt', async () => {
    const world = new DomainWorld();
    world.runtime.isController = true;
    await world.accept('early');
    const hold = world.runtime.hold('httpOutcall');
    const slow = world.accept('late');
    await hold.made;
    const { id, config } = readDomain(world.context.store, DOMAIN_ID);
    world.context.store.saveDomain({ id, config, status: { status: 'halted', reason: 'meanwhile' } });
    resumeDomain(world.context, { domainId: DOMAIN_ID, discardFrom: late.height });
    const before = world.dump();

    hold.release();

    expect(await rejectionCode(slow)).toBe('domain/changed');
    expect(world.dump()).toEqual(before);
  });
});

describe('reading', () => {
  it('goes on while the domain is halted', async () => {
    const world = await forkedWorld();

    expect(readDomain(world.context.store, DOMAIN_ID)).toMatchObject({
      status: { status: 'halted' },
      latest: { height: recordedBlock('unchanged').height }
    });
    const checkpoint = readCheckpoint(world.context.store, { domainId: DOMAIN_ID, height: late.height });
    expect(checkpoint.blockHash).toEqual(late.blockHash);
  });

  it('says what is unknown', () => {
    const { store } = new DomainWorld().context;

    expect(errorCode(() => readDomain(store, fill32(9)))).toBe('domain/unknown');
    expect(errorCode(() => readCheckpoint(store, { domainId: fill32(9), height: 1n }))).toBe(
      'domain/unknown'
    );
    expect(errorCode(() => readCheckpoint(store, { domainId: DOMAIN_ID, height: 1n }))).toBe(
      'checkpoint/unknown'
    );
  });
});
