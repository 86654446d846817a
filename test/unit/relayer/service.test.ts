import { type EvmChain } from '../../../src/relayer/chains/evm-chain';
import { FakeChain } from '../../support/relayer/fake-chain';
import { RelayerWorld } from '../../support/relayer/relayer-world';
import { tellStory } from '../../support/relayer/story';

let world: RelayerWorld;

afterEach(() => world.end());

/** Aborts at the `count`-th look at the chain. */
function abortAfter(count: number): { readonly signal: AbortSignal; readonly chain: EvmChain } {
  const stop = new AbortController();
  let looks = 0;
  const chain = Object.create(world.chain, {
    readFinalizedHeader: {
      value: () => {
        looks += 1;
        if (looks === count) stop.abort();
        return world.chain.readFinalizedHeader();
      }
    }
  }) as EvmChain;
  return { signal: stop.signal, chain };
}

describe('run', () => {
  it('works until it is told to stop', async () => {
    const { chain: told } = tellStory();
    told.finalizeAll();
    world = new RelayerWorld(told);
    const { signal, chain } = abortAfter(30);
    const { relayer, ledger } = await world.start({ chain });

    await relayer.run(signal);

    expect(ledger.openJobs()).toEqual([]);
    expect(relayer.status()).toMatchObject({ lag: 0n, jobs: { done: 6, refused: 1 } });
  });

  it('stops between two jobs, and leaves the rest for the next start', async () => {
    const { chain: told, accounts } = tellStory();
    told.finalizeAll();
    world = new RelayerWorld(told);
    const { signal, chain } = abortAfter(1);
    const { relayer, ledger } = await world.start({ chain });

    await relayer.run(signal);
    expect(ledger.openJobs().length).toBeGreaterThan(0);
    expect(world.network.effects).toEqual([]);

    await world.runToEnd();
    expect(world.network.effects).toHaveLength(accounts.flatMap(({ commitments }) => commitments).length);
  });

  it('does nothing when it was told before', async () => {
    world = new RelayerWorld(new FakeChain());
    const { relayer, ledger } = await world.start();

    await relayer.run(AbortSignal.abort());

    expect(ledger.cursor).toBeUndefined();
  });

  it('says every minute that it lives, and how far it is', async () => {
    world = new RelayerWorld(new FakeChain());
    world.chain.addBlocks(3);
    world.chain.finalizeAll();
    const { signal, chain } = abortAfter(200);
    const { relayer, lines } = await world.start({ chain });

    await relayer.run(signal);

    const said = lines.filter(({ event }) => event === 'status');
    expect(said).toHaveLength(4);
    expect(said[0]).toMatchObject({ cursor: '3', lag: '0', leafCount: '0', done: 0, lastError: 'none' });
  });
});
