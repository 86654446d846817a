import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStateStore } from '../../../../src/local-ic/state/lmdb-state-store';
import { type StateStore } from '../../../../src/local-ic/state/state-store';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const listed = (store: StateStore, prefix: string): string[] =>
  [...store.entries(prefix)].map(([key, value]) => `${key}=${value.join()}`);

describe('the state in a folder', () => {
  let folder: string;
  let store: StateStore;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'local-ic-state-'));
    store = openStateStore(folder);
  });

  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });

  const reopen = async (): Promise<void> => {
    await store.close();
    store = openStateStore(folder);
  };

  it('is there again after it was closed', async () => {
    await store.write([
      { key: 'a/1', value: bytes(1) },
      { key: 'a/2', value: bytes() },
      { key: 'b', value: new Uint8Array(300_000).fill(7) }
    ]);
    await reopen();
    expect(store.get('a/1')).toEqual(bytes(1));
    expect(store.get('a/2')).toEqual(bytes());
    expect(store.get('b')?.every((byte) => byte === 7)).toBe(true);
    expect(store.get('b')).toHaveLength(300_000);
    expect(store.get('c')).toBeUndefined();
  });

  it('shows what is written at once, before and after it is durable', async () => {
    await store.write([
      { key: 'a/1', value: bytes(1) },
      { key: 'a/3', value: bytes(3) },
      { key: 'a/5', value: bytes(5) }
    ]);
    const durable = store.write([
      { key: 'a/0', value: bytes(0) },
      { key: 'a/3', value: undefined },
      { key: 'a/4', value: bytes(4) },
      { key: 'a/5', value: bytes(55) },
      { key: 'a/6', value: bytes(6) },
      { key: 'b', value: bytes(9) }
    ]);
    const expected = ['a/0=0', 'a/1=1', 'a/4=4', 'a/5=55', 'a/6=6'];
    expect(store.get('a/3')).toBeUndefined();
    expect(store.get('a/5')).toEqual(bytes(55));
    expect(listed(store, 'a/')).toEqual(expected);
    expect([...store.keys('a/')]).toEqual(['a/0', 'a/1', 'a/4', 'a/5', 'a/6']);
    await durable;
    expect([...store.keys('a/')]).toEqual(['a/0', 'a/1', 'a/4', 'a/5', 'a/6']);
    expect(store.get('a/3')).toBeUndefined();
    expect(listed(store, 'a/')).toEqual(expected);
    expect(listed(store, '')).toEqual([...expected, 'b=9']);
  });

  it('keeps the last of several changes of a key, in one write and over writes on their way', async () => {
    const first = store.write([
      { key: 'k', value: bytes(1) },
      { key: 'k', value: bytes(2) }
    ]);
    await new Promise(setImmediate);
    const second = store.write([{ key: 'k', value: bytes(3) }]);
    const third = store.write([{ key: 'k', value: undefined }]);
    expect(store.get('k')).toBeUndefined();
    await Promise.all([first, second, third]);
    await reopen();
    expect(store.get('k')).toBeUndefined();
  });

  it('lists in the order of bytes, and only what begins with the prefix', async () => {
    const keys = ['a', 'a ', 'a/', 'a/b', 'a0', 'A', 'aa', '~', ' ', 'a/~'];
    await store.write(keys.map((key) => ({ key, value: bytes(1) })));
    const found = (prefix: string): string[] => [...store.entries(prefix)].map(([key]) => key);
    expect(found('')).toEqual([...keys].sort());
    expect(found('a/')).toEqual(['a/', 'a/b', 'a/~']);
    expect(found('b')).toEqual([]);
  });

  it('lists what was there when the listing began', async () => {
    await store.write(Array.from({ length: 100 }, (_, i) => ({ key: `k${100 + i}`, value: bytes(i) })));
    const seen: number[] = [];
    for (const [key, value] of store.entries('k')) {
      if (seen.length === 10) await store.write([{ key: 'k150', value: bytes(255) }]);
      seen.push(Number(value[0]));
      if (key === 'k199') await store.write([{ key: 'k2', value: bytes(1) }]);
    }
    expect(seen).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  it('hands out values that stay as they are', async () => {
    await store.write(Array.from({ length: 50 }, (_, i) => ({ key: `k${10 + i}`, value: bytes(i, i) })));
    const got = Array.from({ length: 50 }, (_, i) => store.get(`k${10 + i}`));
    const entries = [...store.entries('k')];
    await store.write(entries.map(([key]) => ({ key, value: bytes(255, 255) })));
    expect(got.map((value) => value?.[0])).toEqual(entries.map((_, i) => i));
    expect(entries.map(([, value]) => value[1])).toEqual(entries.map((_, i) => i));
  });

  it('hands out plain bytes, of which a slice is a copy', async () => {
    await store.write([{ key: 'k', value: bytes(1) }]);
    for (const value of [store.get('k'), ...[...store.entries('k')].map(([, entry]) => entry)]) {
      value?.slice().fill(9);
      expect(value).toEqual(bytes(1));
    }
  });

  it('takes no key that its order is not made for', async () => {
    for (const key of ['', 'ä', 'a\n', 'x'.repeat(201)]) {
      await expect(store.write([{ key, value: bytes(1) }])).rejects.toThrow('is no key of the state');
    }
    await store.write([{ key: 'x'.repeat(200), value: bytes(1) }]);
  });

  it('takes nothing of a write with a wrong key', async () => {
    const refused = store.write([
      { key: 'fine', value: bytes(1) },
      { key: '', value: bytes(1) }
    ]);
    await expect(refused).rejects.toThrow();
    expect(store.get('fine')).toBeUndefined();
  });

  it('stores everything that was written before it is closed', async () => {
    const writes = Array.from({ length: 200 }, (_, i) => store.write([{ key: `k${i}`, value: bytes(i) }]));
    await reopen();
    await Promise.all(writes);
    expect([...store.entries('k')]).toHaveLength(200);
  });
});
