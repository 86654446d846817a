import {
  MAX_ACCOUNTS_PER_PAGE,
  listAccounts,
  readStatus
} from '../../../../src/canisters/signer/use-cases/read-account';
import {
  MAX_BLOCKS_PER_PAGE,
  MAX_PAGE_BYTES,
  readBlocks,
  readTipCertificate
} from '../../../../src/canisters/signer/use-cases/read-log';
import { bytes32 } from '../../../../src/core/bytes';
import { MAX_VALUE_BYTES, encodeValue } from '../../../../src/core/log/icrc3-value';
import { DOMAINS_ID } from '../../../support/fake-runtime';
import { alice, bob } from '../../core/proof/transfer-scenario';
import { KEY_NAME, SignerWorld } from './signer-world';

const ids = (page: { readonly blocks: readonly { readonly id: bigint }[] }): number[] =>
  page.blocks.map(({ id }) => Number(id));

function worldWithBlocks(count: number, bytes = 1): SignerWorld {
  const world = new SignerWorld();
  const block = encodeValue({ Blob: new Uint8Array(bytes) });
  for (let index = 0; index < count; index += 1) {
    world.context.store.appendBlock(block, bytes32(new Uint8Array(32).fill(index % 256), 'hash'));
  }
  return world;
}

describe('listAccounts', () => {
  const page = (world: SignerWorld, start: bigint, limit: number, owner = alice.principal) =>
    listAccounts(world.context.store, { owner, start, limit });

  it('pages through the accounts of an owner, and through nobody else’s', async () => {
    const world = new SignerWorld();
    const [a, , b] = [await world.create(alice), await world.create(bob), await world.create(alice)];

    expect(page(world, 0n, 1)).toEqual({ accounts: [a], next: 1n });
    expect(page(world, 1n, 1)).toEqual({ accounts: [b], next: undefined });
    expect(page(world, 0n, 4_294_967_295)).toEqual({ accounts: [a, b], next: undefined });
    expect(page(world, 2n ** 64n - 1n, 1)).toEqual({ accounts: [], next: undefined });
    expect(page(world, 0n, 10, Uint8Array.of(1))).toEqual({ accounts: [], next: undefined });
  });

  it('answers at most a page, whatever is asked for', async () => {
    const world = new SignerWorld();
    for (let count = 0; count <= MAX_ACCOUNTS_PER_PAGE; count += 1) await world.create(alice);

    const first = page(world, 0n, 1_000_000);

    expect(first.accounts).toHaveLength(MAX_ACCOUNTS_PER_PAGE);
    expect(first.next).toBe(BigInt(MAX_ACCOUNTS_PER_PAGE));
    expect(page(world, 0n, 0)).toEqual({ accounts: [], next: 0n });
  });
});

describe('readStatus', () => {
  it('says what the canister was installed with and how much it holds', async () => {
    const world = new SignerWorld();
    const fixed = { keyName: KEY_NAME, domainsCanister: DOMAINS_ID };
    expect(readStatus(world.context.store)).toEqual({
      ...fixed,
      isKeyReady: false,
      accountCount: 0n,
      logLength: 0n
    });

    await world.create(alice);

    expect(readStatus(world.context.store)).toEqual({
      ...fixed,
      isKeyReady: true,
      accountCount: 1n,
      logLength: 1n
    });
  });
});

describe('readBlocks', () => {
  it('answers the blocks there are, in the order asked for', () => {
    const { store } = worldWithBlocks(5).context;

    const page = readBlocks(store, [
      { start: 3n, length: 10n },
      { start: 0n, length: 2n },
      { start: 5n, length: 1n },
      { start: 10n ** 30n, length: 10n ** 30n }
    ]);

    expect(ids(page)).toEqual([3, 4, 0, 1]);
    expect(page.logLength).toBe(5n);
  });

  it('answers at most a page of blocks, and looks at no more ranges', () => {
    const { store } = worldWithBlocks(MAX_BLOCKS_PER_PAGE + 20).context;

    const one = readBlocks(store, [{ start: 10n, length: 10n ** 30n }]);
    const many = readBlocks(
      store,
      Array.from({ length: 10_000 }, () => ({ start: 0n, length: 60n }))
    );

    expect(ids(one)).toEqual(Array.from({ length: MAX_BLOCKS_PER_PAGE }, (_, index) => 10 + index));
    const late = readBlocks(store, [
      ...Array.from({ length: MAX_BLOCKS_PER_PAGE }, () => ({ start: 0n, length: 0n })),
      { start: 0n, length: 1n }
    ]);
    expect(many.blocks).toHaveLength(MAX_BLOCKS_PER_PAGE);
    expect(late.blocks).toEqual([]);
  });

  it('answers at most a page of bytes, which holds the largest block there can be', () => {
    const size = 128 * 1024;
    const { store } = worldWithBlocks(20, size).context;

    const page = readBlocks(store, [{ start: 0n, length: 20n }]);

    expect(page.blocks).toHaveLength(Math.floor(MAX_PAGE_BYTES / (size + 8)));
    expect(ids(readBlocks(store, [{ start: 19n, length: 20n }]))).toEqual([19]);
    expect(MAX_PAGE_BYTES).toBeGreaterThan(MAX_VALUE_BYTES);
  });
});

describe('readTipCertificate', () => {
  it('is nothing while the log is empty, and outside a query', async () => {
    const world = new SignerWorld();
    world.runtime.certificate = Uint8Array.of(1);
    expect(readTipCertificate(world.context)).toBeUndefined();

    await world.create(alice);
    expect(readTipCertificate(world.context)?.certificate).toEqual(Uint8Array.of(1));
    world.runtime.certificate = undefined;
    expect(readTipCertificate(world.context)).toBeUndefined();
  });
});
