import {
  decodeTransitionPayload,
  encodeTransitionPayload
} from '../../../../src/core/account/transition-payload';
import { type Bytes32 } from '../../../../src/core/bytes';
import { ProtocolError } from '../../../../src/core/error';
import { type AdapterEvent, type BlockRange, type EvmChain } from '../../../../src/relayer/chains/evm-chain';
import { digest, naiveRoot } from '../../../support/relayer/fake-chain';
import { RelayerWorld } from '../../../support/relayer/relayer-world';
import { FakeAccount, plainUnit, tellStory } from '../../../support/relayer/story';
import { settleRelayer } from '../../../support/relayer/test-relayer';

const worlds: RelayerWorld[] = [];
type Events = readonly AdapterEvent[];

function storyWorld(): { readonly world: RelayerWorld; readonly accounts: readonly FakeAccount[] } {
  const { chain, accounts } = tellStory();
  chain.finalizeAll();
  return { world: openWorld(new RelayerWorld(chain)), accounts };
}

function openWorld(world: RelayerWorld): RelayerWorld {
  worlds.push(world);
  return world;
}

/** The chain, but a part of its port answers otherwise. */
const chainWith = (world: RelayerWorld, part: Partial<EvmChain>): EvmChain =>
  Object.create(
    world.chain,
    Object.fromEntries(Object.entries(part).map(([name, value]) => [name, { value }]))
  ) as EvmChain;

/** A node whose first `times` answers about logs are spoilt. */
const spoilLogs = (world: RelayerWorld, spoil: (events: Events) => AdapterEvent[], times = 1): EvmChain => {
  let answers = 0;
  return chainWith(world, {
    readEvents: async (range: BlockRange) => {
      const events = await world.chain.readEvents(range);
      answers += 1;
      return answers > times ? events : spoil(events);
    }
  });
};

function expectWholeStory(world: RelayerWorld, accounts: readonly FakeAccount[]): void {
  for (const account of accounts) {
    expect(world.network.headsOf(account.id)).toEqual(
      account.commitments.map((commitment) => Buffer.from(commitment).toString('hex'))
    );
  }
  expect(world.network.effects).toHaveLength(accounts.flatMap(({ commitments }) => commitments).length);
}

const eventsOf = async (world: RelayerWorld): Promise<AdapterEvent[]> =>
  world.chain.readEvents({ from: 0n, to: world.chain.tip });

afterEach(async () => {
  for (const world of worlds.splice(0)) await world.end();
});

describe('following a domain', () => {
  it.each([1n, 2n, 3n, 100n])('comes to the same end in ranges of %s blocks', async (maxRange) => {
    const { world, accounts } = storyWorld();

    const { ledger, relayer } = await world.runToEnd({ maxRange });

    expectWholeStory(world, accounts);
    expect(ledger.rootAt(ledger.leafCount)).toEqual(naiveRoot(world.chain.leaves));
    expect(relayer.status()).toMatchObject({
      cursor: world.chain.tip,
      finalized: world.chain.tip,
      lag: 0n,
      leafCount: BigInt(world.chain.leaves.length),
      lastError: { code: 'transition/quantity' }
    });
  });

  it('reads nothing above the finalized block', async () => {
    const { world } = storyWorld();
    world.chain.finalizedHeight = 2n;
    const asked: BlockRange[] = [];
    const chain = chainWith(world, {
      readEvents: (range: BlockRange) => {
        asked.push(range);
        return world.chain.readEvents(range);
      }
    });

    const { relayer } = await world.runToEnd({ chain });

    expect(asked).toEqual([{ from: 1n, to: 2n }]);
    expect(relayer.status()).toMatchObject({ cursor: 2n, lag: 0n });
  });

  it('tries no job before the tree has been compared with the chain', async () => {
    const { world } = storyWorld();
    const { relayer } = await world.start({ maxRange: 3n });

    expect(await relayer.step()).toBe(true);

    expect(world.jobs().length).toBeGreaterThan(0);
    expect(world.network.checkpointCalls + world.network.applyCalls).toBe(0);
  });

  it('ignores payloads that are not ours, and says so of those that claim to be', async () => {
    const world = openWorld(new RelayerWorld());
    const hypha = Buffer.from('HYPHA');
    world.chain.addBlock([
      [
        plainUnit('a', digest('foreign')),
        plainUnit('b', Uint8Array.from([...hypha, 1, 1])),
        { ...plainUnit('c'), consumedPayloads: new FakeAccount('anna').bind().payloads ?? [] }
      ]
    ]);
    world.chain.finalizeAll();

    const { lines } = await world.runToEnd();

    expect(world.jobs()).toEqual([]);
    expect(lines.filter(({ event }) => event === 'payload-ignored').map(({ code }) => code)).toEqual([
      'bytes/truncated'
    ]);
  });

  it('ignores a payload that does not open the commitment of its unit', async () => {
    const world = openWorld(new RelayerWorld());
    const { payloads = [] } = new FakeAccount('anna').bind();
    world.chain.addBlock([[plainUnit('a', ...payloads)]]);
    world.chain.finalizeAll();

    const { lines } = await world.runToEnd();

    expect(world.jobs()).toEqual([]);
    expect(lines.filter(({ event }) => event === 'payload-ignored').map(({ code }) => code)).toEqual([
      'transition/commitment'
    ]);
  });

  it('ignores a payload that moves an account without a consent for it', async () => {
    const world = openWorld(new RelayerWorld());
    const unit = new FakeAccount('anna').bind();
    const payload = decodeTransitionPayload(unit.payloads?.[0] ?? new Uint8Array());
    const consents = payload.consents.map((consent) => ({ ...consent, accountId: digest('another') }));
    world.chain.addBlock([[{ ...unit, payloads: [encodeTransitionPayload({ ...payload, consents })] }]]);
    world.chain.finalizeAll();

    const { lines } = await world.runToEnd();

    expect(world.jobs()).toEqual([]);
    expect(lines.filter(({ event }) => event === 'payload-ignored').map(({ code }) => code)).toEqual([
      'authority/consent'
    ]);
  });

  it('runs past an action without units and a transaction without actions', async () => {
    const world = openWorld(new RelayerWorld());
    const anna = new FakeAccount('anna');
    world.chain.addBlock([], [[]], [[], [anna.bind()], []]);
    world.chain.finalizeAll();

    await world.runToEnd();

    expect(world.network.headsOf(anna.id)).toHaveLength(1);
  });
});

describe('a node that leaves something out or changes it', () => {
  it('is found out by any one missing event, and nothing is lost once it is well', async () => {
    const events = await eventsOf(storyWorld().world);
    for (const [missing, event] of events.entries()) {
      // No root depends on a payload, and nothing at all on a transaction without tags.
      const isUnseen = event.type === 'TransactionExecuted' && event.tags.length === 0;
      if (isUnseen || event.type === 'ApplicationPayload') continue;
      const { world, accounts } = storyWorld();

      const { lines } = await world.runToEnd({
        chain: spoilLogs(world, (all) => all.filter((_, index) => index !== missing))
      });

      expect(lines.filter(({ event }) => event === 'follow-failed').map(({ code }) => code)).toEqual([
        expect.stringMatching(/^chain\/(incomplete-logs|other-tree)$/)
      ]);
      expectWholeStory(world, accounts);
    }
  });

  it('is found out by a cut-off end of any length', async () => {
    const events = await eventsOf(storyWorld().world);
    for (let kept = 0; kept < events.length; kept += 3) {
      const { world, accounts } = storyWorld();

      const { relayer } = await world.runToEnd({ chain: spoilLogs(world, (all) => all.slice(0, kept)) });

      expect(relayer.status().lastError).toBeDefined();
      expectWholeStory(world, accounts);
    }
  });

  it.each<[string, (event: AdapterEvent) => AdapterEvent, string]>([
    [
      'a tag',
      (event) => ('tags' in event ? { ...event, tags: [...event.tags].reverse() } : event),
      'incomplete-logs'
    ],
    [
      'an action root',
      (event) => ('actionTreeRoot' in event ? { ...event, actionTreeRoot: digest('x') } : event),
      'incomplete-logs'
    ],
    [
      'a tag count',
      (event) => ('tagCount' in event ? { ...event, tagCount: event.tagCount + 2 } : event),
      'incomplete-logs'
    ],
    [
      'an odd tag count',
      (event) => ('tagCount' in event ? { ...event, tagCount: event.tagCount - 1 } : event),
      'incomplete-logs'
    ],
    ['a root', (event) => ('root' in event ? { ...event, root: digest('x') } : event), 'other-tree'],
    ['a block hash', (event) => ({ ...event, blockHash: digest('x') }), 'foreign-log'],
    ['a height below', (event) => ({ ...event, height: 0n }), 'foreign-log'],
    ['a height above', (event) => ({ ...event, height: 1_000n }), 'foreign-log'],
    [
      'a transaction',
      (event) => ('root' in event ? { ...event, txHash: digest('x') } : event),
      'incomplete-logs'
    ]
  ])('is found out by %s that is not the true one', async (_what, spoil, reason) => {
    const { world, accounts } = storyWorld();

    const { lines } = await world.runToEnd({ chain: spoilLogs(world, (all) => all.map(spoil)) });

    expect(lines.filter(({ event }) => event === 'follow-failed').map(({ code }) => code)).toEqual([
      `chain/${reason}`
    ]);
    expectWholeStory(world, accounts);
  });

  it('is found out by events told twice', async () => {
    const { world, accounts } = storyWorld();

    const { lines } = await world.runToEnd({
      chain: spoilLogs(world, (all) => all.flatMap((event) => [event, event]))
    });

    expect(lines.filter(({ event }) => event === 'follow-failed').map(({ code }) => code)).toEqual([
      'chain/incomplete-logs'
    ]);
    expectWholeStory(world, accounts);
  });

  it('and hides a whole transaction: all since the last comparison is read again', async () => {
    const { world, accounts } = storyWorld();
    const [first] = await eventsOf(world);
    const hidden = first?.txHash as Bytes32;

    const { lines, ledger } = await world.runToEnd({
      maxRange: 1n,
      chain: spoilLogs(world, (all) => all.filter(({ txHash }) => txHash !== hidden))
    });

    expect(lines.map(({ event }) => event)).toContain('rewound');
    expect(ledger.leafCount).toBe(BigInt(world.chain.leaves.length));
    expectWholeStory(world, accounts);
  });

  it('fails for long: the relayer waits longer and longer, up to the limit, and asks for less', async () => {
    const { world } = storyWorld();
    const ranges: bigint[] = [];
    const chain = chainWith(world, {
      readEvents: ({ from, to }: BlockRange) => {
        ranges.push(to - from + 1n);
        return Promise.reject(new ProtocolError('chain/rpc', 'query returned more than 10000 results'));
      }
    });
    const { relayer, clock } = await world.start({ chain });
    const times: number[] = [];
    while (ranges.length < 12) {
      const before = ranges.length;
      await relayer.step();
      if (ranges.length > before) times.push(clock.nowMs());
      await clock.sleep(500, new AbortController().signal);
    }

    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(ranges).toEqual([9n, 9n, 9n, 9n, 6n, 3n, 1n, 1n, 1n, 1n, 1n, 1n]);
    expect(gaps.every((gap, index) => gap >= Math.min(500 * 2 ** index, 30_000))).toBe(true);
    expect(gaps.every((gap) => gap <= 60_500)).toBe(true);
  });
});

describe('a node that is behind or on another branch', () => {
  it('behind: nothing is forgotten and nothing is done until it has caught up', async () => {
    const { world, accounts } = storyWorld();
    const { relayer } = await world.runToEnd();
    world.chain.finalizedHeight = 3n;
    await relayer.step();

    expect(relayer.status()).toMatchObject({
      cursor: world.chain.tip,
      lastError: { code: 'chain/node-behind' }
    });
    expectWholeStory(world, accounts);
  });

  it('a final block replaced by another at its height: stops', async () => {
    const { world } = storyWorld();
    const { relayer } = await world.runToEnd();
    world.chain.replaceFrom(world.chain.tip, 'fork');

    await expect(relayer.step()).rejects.toMatchObject({ code: 'chain/reorg-below-finality' });
  });

  it('a final block replaced below new ones: stops, and a restart stops again', async () => {
    const { world } = storyWorld();
    const { relayer, ledger } = await world.runToEnd();
    const cursor = ledger.cursor;
    world.chain.replaceFrom(5n, 'fork');
    world.chain.addBlocks(4);
    world.chain.finalizeAll();

    await expect(relayer.run(new AbortController().signal)).rejects.toMatchObject({
      code: 'chain/reorg-below-finality'
    });
    const restarted = await world.start();
    expect(restarted.ledger.cursor).toEqual(cursor);
    await expect(restarted.relayer.step()).rejects.toMatchObject({ code: 'chain/reorg-below-finality' });
  });

  it('two nodes behind one address that disagree about a parent: asked again', async () => {
    const { world } = storyWorld();
    await world.runToEnd();
    world.chain.addBlocks(2);
    world.chain.finalizeAll();
    let answers = 0;
    const chain = chainWith(world, {
      readHeader: async (height: bigint) => {
        const header = await world.chain.readHeader(height);
        answers += 1;
        return answers === 1 ? { ...header, parentHash: digest('x') } : header;
      }
    });
    const restarted = await world.start({ chain });
    await restarted.relayer.step();
    expect(restarted.relayer.status().lastError?.code).toBe('chain/broken-chain');

    await settleRelayer(restarted);
    expect(restarted.relayer.status().cursor).toBe(world.chain.tip);
  });

  it('of another chain: stops before anything is read', async () => {
    const { world } = storyWorld();
    world.chain.chainId = 1n;
    const { relayer, ledger } = await world.start();

    await expect(relayer.step()).rejects.toMatchObject({ code: 'chain/wrong-chain' });
    expect(ledger.cursor).toBeUndefined();
  });
});
