import { IN_FLIGHT_EXPIRY_NS, createInFlight } from '../../../../src/canisters/domains/in-flight';
import { MAX_CHECKPOINTS } from '../../../../src/canisters/domains/store';
import { acceptEvmCheckpoint } from '../../../../src/canisters/domains/use-cases/accept-evm-checkpoint';
import { registerEvmDomain } from '../../../../src/canisters/domains/use-cases/register-evm-domain';
import { type EvmCheckpointEvidence } from '../../../../src/api/domains-wire';
import { type RecordedBlockName, recordedBlock } from '../../../fixtures/domains/adapter-chain';
import { FAULTY_RESPONSES } from '../../../support/json-rpc-stub';
import { rejectionCode } from '../../../support/rejection-code';
import { checkpointAt, fill32 } from './domain-records';
import {
  DOMAIN_ID,
  DomainWorld,
  type ScriptedProvider,
  evidenceOf,
  honestProvider,
  recordedConfig
} from './domain-world';

const ANONYMOUS = Uint8Array.of(4);
const honest = honestProvider(['early', 'middle', 'late', 'unchanged']);
const unreachable: ScriptedProvider = () => 'unreachable';
const lying = honestProvider(['early', 'middle', 'lateFork', 'unchanged']);
const lagging = honestProvider(['early', 'middle', 'late'], recordedBlock('middle').height);

/** The code of the refusal of `name`, having checked that it left the state as it was. */
async function refusal(
  world: DomainWorld,
  name: RecordedBlockName,
  change: Partial<EvmCheckpointEvidence> = {}
): Promise<string | undefined> {
  const before = world.dump();
  const code = await rejectionCode(world.accept(name, change));
  expect(world.dump()).toEqual(before);
  return code;
}

describe('acceptEvmCheckpoint', () => {
  it('keeps the state that the proofs show at a block that the providers call final', async () => {
    const world = new DomainWorld();
    const { height, blockHash, root, leafCount, storageHash } = recordedBlock('early');
    const expected = { domainId: DOMAIN_ID, height, blockHash, root, leafCount, storageHash };

    const checkpoint = await world.accept('early');

    expect(checkpoint).toEqual({ ...expected, acceptedAtNs: world.runtime.nowNs });
    expect(world.context.store.findLatest(DOMAIN_ID)).toEqual(checkpoint);
    expect(world.outcallCount()).toBe(3);
  });

  it('answers a block it has accepted from memory, whatever else comes with it', async () => {
    const world = new DomainWorld();
    const first = await world.accept('early');
    const before = world.dump();
    world.runtime.nowNs += 1n;
    world.setProviders(unreachable);

    const again = await world.accept('early', { accountProof: [] });

    expect(again).toEqual(first);
    expect(world.outcallCount()).toBe(3);
    expect(world.dump()).toEqual(before);
  });

  it('takes an older block between the ones it has', async () => {
    const world = new DomainWorld();
    for (const name of ['unchanged', 'early', 'late', 'middle'] as const) await world.accept(name);

    const heights = ['early', 'middle', 'late', 'unchanged'] as const;
    expect(
      heights.map(
        (name) => world.context.store.findCheckpoint(DOMAIN_ID, recordedBlock(name).height)?.leafCount
      )
    ).toEqual([2n, 4n, 6n, 6n]);
    expect(world.context.store.findLatest(DOMAIN_ID)?.height).toBe(recordedBlock('unchanged').height);
  });
});

describe('acceptEvmCheckpoint refuses without asking anybody', () => {
  const other = recordedBlock('otherContract');
  const middle = recordedBlock('middle');
  const early = recordedBlock('early');
  const [firstNode = new Uint8Array(), ...furtherNodes] = early.accountProof;

  it.each<[string, string, RecordedBlockName, Partial<EvmCheckpointEvidence>]>([
    ['a domain nobody registered', 'domain/unknown', 'early', { domainId: fill32(9) }],
    ['a root never written', 'checkpoint/zero-root', 'zeroRoot', {}],
    ['the root of the empty tree', 'checkpoint/empty-root', 'empty', {}],
    ['an adapter without roots', 'adapter/no-roots', 'untouched', {}],
    ['the evidence of another contract', 'mpt/node-hash', 'otherContract', {}],
    [
      'storage proofs of another contract',
      'mpt/node-hash',
      'otherContract',
      { accountProof: recordedBlock('otherContract').accountProof, header: recordedBlock('rewritten').header }
    ],
    ['the header of another block', 'mpt/node-hash', 'early', { header: middle.header }],
    ['an account proof of another block', 'mpt/node-hash', 'early', { accountProof: middle.accountProof }],
    [
      'a leaf count proof of another block',
      'mpt/node-hash',
      'early',
      { leafCountProof: middle.leafCountProof }
    ],
    [
      'a root count proof of another block',
      'mpt/node-hash',
      'early',
      { rootCountProof: middle.rootCountProof }
    ],
    ['a root proof of another block', 'mpt/node-hash', 'early', { latestRootProof: middle.latestRootProof }],
    [
      'a leaf count proof of another contract',
      'mpt/node-hash',
      'early',
      { leafCountProof: other.leafCountProof }
    ],
    ['a proof without nodes', 'mpt/node-missing', 'early', { leafCountProof: [] }],
    [
      'a proof that ends early',
      'mpt/node-missing',
      'early',
      { leafCountProof: early.leafCountProof.slice(0, -1) }
    ],
    [
      'a proof with a node too many',
      'mpt/node-unused',
      'early',
      { accountProof: [...early.accountProof, firstNode] }
    ],
    ['a proof in another order', 'mpt/node-hash', 'early', { accountProof: [...furtherNodes, firstNode] }],
    ['a header cut short', 'header/rlp', 'early', { header: early.header.slice(0, -1) }],
    ['a header with a byte too many', 'header/rlp', 'early', { header: Uint8Array.of(...early.header, 0) }],
    ['no header', 'header/rlp', 'early', { header: new Uint8Array() }]
  ])('%s', async (_, code, name, change) => {
    const world = new DomainWorld();

    expect(await refusal(world, name, change)).toBe(code);

    expect(world.outcallCount()).toBe(0);
  });

  it('proofs of one slot offered for another', async () => {
    const world = new DomainWorld();
    const swapped = { leafCountProof: early.rootCountProof, rootCountProof: early.leafCountProof };

    expect(await refusal(world, 'early', swapped)).toMatch(/^mpt\//);

    expect(world.outcallCount()).toBe(0);
  });

  it('the anonymous caller', async () => {
    const world = new DomainWorld();
    world.runtime.callerBytes = ANONYMOUS;

    expect(await refusal(world, 'early')).toBe('caller/anonymous');

    expect(world.outcallCount()).toBe(0);
  });

  it('a halted domain', async () => {
    const world = new DomainWorld({ status: { status: 'halted', reason: 'two blocks' } });

    expect(await refusal(world, 'early')).toBe('domain/halted');

    expect(world.outcallCount()).toBe(0);
  });

  it('a block below a full history', async () => {
    const world = new DomainWorld();
    for (let n = 0n; n < BigInt(MAX_CHECKPOINTS); n += 1n) {
      world.context.store.addCheckpoint(checkpointAt(100n + n, { domainId: DOMAIN_ID }));
    }

    expect(await refusal(world, 'early')).toBe('checkpoint/too-old');

    expect(world.outcallCount()).toBe(0);
  });

  it('a change of any byte of any proof', async () => {
    const world = new DomainWorld();
    const before = world.dump();
    const proofs = ['accountProof', 'leafCountProof', 'rootCountProof', 'latestRootProof'] as const;
    for (const proof of proofs) {
      for (const [nodeIndex, node] of early[proof].entries()) {
        for (let byte = 0; byte < node.length; byte += 1) {
          const changed = early[proof].with(nodeIndex, node.with(byte, (node[byte] ?? 0) ^ 0x01));
          expect(await rejectionCode(world.accept('early', { [proof]: changed }))).toBe('mpt/node-hash');
        }
      }
    }
    expect(world.dump()).toEqual(before);
    expect(world.outcallCount()).toBe(0);
  });
});

describe('acceptEvmCheckpoint refuses what the providers do not confirm', () => {
  it('a change of any byte of the header', async () => {
    const world = new DomainWorld();
    const { header } = recordedBlock('early');
    const codes = new Set<string | undefined>();
    const before = world.dump();
    for (let byte = 0; byte < header.length; byte += 1) {
      const changed = header.with(byte, (header[byte] ?? 0) ^ 0x01);
      codes.add(await rejectionCode(world.accept('early', { header: changed })));
    }

    expect(world.dump()).toEqual(before);
    expect(codes).not.toContain(undefined);
    expect(codes).toContain('domain/header-mismatch');
  });

  it.each<[string, string, [ScriptedProvider, ...ScriptedProvider[]]]>([
    ['all providers are down', 'domain/providers-too-few', [unreachable]],
    ['fewer than the agreed number answer', 'domain/providers-too-few', [honest, unreachable]],
    ['one provider names another block', 'domain/providers-disagree', [honest, lying, honest]],
    ['one provider is not there yet', 'domain/providers-disagree', [honest, honest, lagging]],
    ['one names another block and one is down', 'domain/providers-disagree', [lying, unreachable, honest]],
    ['all providers name another block', 'domain/header-mismatch', [lying]],
    ['the block is not final', 'domain/not-final', [lagging]],
    ['no provider knows the block', 'domain/providers-too-few', [honestProvider(['early', 'middle'])]],
    [
      'the block is below the finalized one but unknown',
      'domain/providers-too-few',
      [honestProvider(['early', 'unchanged'])]
    ]
  ])('%s', async (_, code, scripts) => {
    const world = new DomainWorld();
    world.setProviders(...scripts);

    expect(await refusal(world, 'late')).toBe(code);

    expect(world.outcallCount()).toBe(3);
  });

  it.each(Object.entries(FAULTY_RESPONSES))('two of three answer with %s', async (_, response) => {
    const world = new DomainWorld();
    world.setProviders(
      () => response,
      honest,
      () => response
    );

    expect(await refusal(world, 'late')).toBe('domain/providers-too-few');
  });

  it('and says of each provider by its host what came of it', async () => {
    const world = new DomainWorld();
    world.setProviders(honest, lying, unreachable);
    const hex = (name: RecordedBlockName): string =>
      Buffer.from(recordedBlock(name).blockHash).toString('hex');

    const refused = world.accept('late');

    await expect(refused).rejects.toThrow(
      `rpc-1.example says final ${hex('late')}; rpc-2.example says final ${hex('lateFork')}; rpc-3.example failed (connection refused)`
    );
  });
});

describe('acceptEvmCheckpoint with enough providers', () => {
  it('does without one that is down', async () => {
    const world = new DomainWorld();
    world.setProviders(honest, unreachable, honest);

    expect((await world.accept('late')).leafCount).toBe(6n);
  });

  it.each(Object.entries(FAULTY_RESPONSES))('does without one that answers with %s', async (_, response) => {
    const world = new DomainWorld();
    world.setProviders(() => response, honest);

    expect((await world.accept('late')).leafCount).toBe(6n);
  });
});

describe('acceptEvmCheckpoint while its question is open', () => {
  it('refuses a second question for the domain, and takes one again after the answer', async () => {
    const world = new DomainWorld();
    const hold = world.runtime.hold('httpOutcall');
    const slow = world.accept('early');
    await hold.made;

    expect(await refusal(world, 'middle')).toBe('domain/busy');

    hold.release();
    await slow;
    expect((await world.accept('middle')).leafCount).toBe(4n);
  });

  it('frees the domain after a refusal by the providers', async () => {
    const world = new DomainWorld();
    world.setProviders(unreachable);
    expect(await refusal(world, 'early')).toBe('domain/providers-too-few');
    world.setProviders(honest);

    expect(await rejectionCode(world.accept('early'))).toBeUndefined();
  });

  it('frees the domain when the answer never reached the code, after a while', async () => {
    const world = new DomainWorld();
    const lost = world.runtime.hold('httpOutcall');
    void world.accept('early');
    await lost.made;
    world.runtime.nowNs += IN_FLIGHT_EXPIRY_NS - 1n;
    expect(await refusal(world, 'early')).toBe('domain/busy');

    world.runtime.nowNs += 1n;

    expect((await world.accept('early')).leafCount).toBe(2n);
  });

  it('is not stuck after an upgrade in between', async () => {
    const world = new DomainWorld();
    const lost = world.runtime.hold('httpOutcall');
    void world.accept('early');
    await lost.made;
    const upgraded = { ...world.context, inFlight: createInFlight() };

    const checkpoint = await acceptEvmCheckpoint(upgraded, evidenceOf('early'));

    expect(checkpoint.leafCount).toBe(2n);
  });

  it('refuses when the domain was halted meanwhile', async () => {
    const world = new DomainWorld();
    const hold = world.runtime.hold('httpOutcall');
    const slow = world.accept('early');
    await hold.made;
    world.context.store.saveDomain({
      id: DOMAIN_ID,
      config: recordedConfig,
      status: { status: 'halted', reason: 'meanwhile' }
    });
    const before = world.dump();

    hold.release();

    expect(await rejectionCode(slow)).toBe('domain/halted');
    expect(world.dump()).toEqual(before);
  });

  it('refuses when the domain got other providers meanwhile', async () => {
    const world = new DomainWorld();
    const hold = world.runtime.hold('httpOutcall');
    const slow = world.accept('early');
    await hold.made;
    world.runtime.isController = true;
    registerEvmDomain(world.context, { ...recordedConfig, providers: ['https://new.example'], agreement: 1 });
    const before = world.dump();

    hold.release();

    expect(await rejectionCode(slow)).toBe('domain/changed');
    expect(world.dump()).toEqual(before);
  });

  it('answers the same checkpoint to two messages that both came through', async () => {
    const world = new DomainWorld();
    const hold = world.runtime.hold('httpOutcall');
    const slow = world.accept('early');
    await hold.made;
    world.runtime.nowNs += IN_FLIGHT_EXPIRY_NS;
    const fast = await world.accept('early');
    const before = world.dump();
    world.runtime.nowNs += 1n;

    hold.release();

    expect(await slow).toEqual(fast);
    expect(world.dump()).toEqual(before);
  });
});

describe('acceptEvmCheckpoint halts the domain', () => {
  it('when the providers call another block final at an accepted height', async () => {
    const world = new DomainWorld();
    await world.accept('late');
    world.setProviders(lying);

    expect(await rejectionCode(world.accept('lateFork'))).toBe('checkpoint/conflicting-block');

    expect(world.status()).toMatchObject({
      status: 'halted',
      reason: expect.stringContaining('checkpoint/conflicting-block') as string
    });
    expect(await refusal(world, 'late')).toBe('domain/halted');
  });

  it('but not on the word of the relayer alone', async () => {
    const world = new DomainWorld();
    await world.accept('late');

    expect(await refusal(world, 'lateFork')).toBe('domain/header-mismatch');

    expect(world.status()).toEqual({ status: 'running' });
  });

  it.each<[string, string, RecordedBlockName, RecordedBlockName]>([
    ['a higher block has fewer leaves', 'checkpoint/leaf-count-decreased', 'unchanged', 'shrunk'],
    ['a lower block has more leaves', 'checkpoint/leaf-count-decreased', 'shrunk', 'unchanged'],
    [
      'a higher block has another root of as many leaves',
      'checkpoint/root-rewritten',
      'unchanged',
      'rewritten'
    ],
    [
      'a lower block has another root of as many leaves',
      'checkpoint/root-rewritten',
      'rewritten',
      'unchanged'
    ]
  ])('when %s', async (_, code, first, second) => {
    const world = new DomainWorld();
    world.setProviders(honestProvider(['late', 'unchanged', 'shrunk', 'rewritten']));
    const accepted = await world.accept(first);

    expect(await rejectionCode(world.accept(second))).toBe(code);

    expect(world.status()).toMatchObject({
      status: 'halted',
      reason: expect.stringContaining(code) as string
    });
    expect(world.context.store.findLatest(DOMAIN_ID)).toEqual(accepted);
    expect(world.context.store.findCheckpoint(DOMAIN_ID, recordedBlock(second).height)).toBeUndefined();
  });

  it('and no other', async () => {
    const world = new DomainWorld();
    const other = { ...recordedConfig, chainId: 1n };
    world.runtime.isController = true;
    const otherId = registerEvmDomain(world.context, other);
    await world.accept('late');
    world.setProviders(lying);

    await rejectionCode(world.accept('lateFork'));

    expect(world.context.store.findDomain(otherId)?.status).toEqual({ status: 'running' });
  });
});
