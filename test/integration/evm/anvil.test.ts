import { type Anvil, mineBlocks, startAnvil } from '../../fixtures/evm/anvil';
import { anvilClients } from '../../fixtures/evm/deploy';

const nodes: Anvil[] = [];
async function start(options: Parameters<typeof startAnvil>[0]): Promise<Anvil> {
  const node = await startAnvil(options);
  nodes.push(node);
  return node;
}
afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.stop()));
});

describe('startAnvil', () => {
  it('runs nodes side by side, each with its chain id', async () => {
    const [one, two] = await Promise.all([start({ chainId: 11 }), start({ chainId: 12 })]);
    expect(one.url).not.toBe(two.url);
    expect(await anvilClients(one).reader.getChainId()).toBe(11);
    expect(await anvilClients(two).reader.getChainId()).toBe(12);
  });

  it('says why it cannot start', async () => {
    const { url } = await start({});
    await expect(start({ port: Number(new URL(url).port) })).rejects.toThrow(/exited with code .*in use/s);
  });

  it('is gone once stopped, and stopping again does nothing', async () => {
    const node = await start({});
    await node.stop();
    await node.stop();
    await expect(fetch(node.url)).rejects.toThrow('fetch failed');
  });

  it.each([1, 2])(
    'finalizes two epochs behind the head, with %i slots in an epoch',
    async (slotsInAnEpoch) => {
      const node = await start({ slotsInAnEpoch });
      const { reader } = anvilClients(node);
      for (let height = 1; height <= 6; height += 1) {
        await mineBlocks(node.url, 1);
        const [latest, safe, finalized] = await Promise.all(
          (['latest', 'safe', 'finalized'] as const).map((blockTag) => reader.getBlock({ blockTag }))
        );
        expect(latest?.number).toBe(BigInt(height));
        expect(safe?.number).toBe(BigInt(Math.max(0, height - slotsInAnEpoch)));
        expect(finalized?.number).toBe(BigInt(Math.max(0, height - 2 * slotsInAnEpoch)));
      }
    }
  );
});
