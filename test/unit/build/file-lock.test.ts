import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { takeLock } from '../../../scripts/build/file-lock';

let folder: string;

beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'hypha-lock-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('takeLock', () => {
  it('waits for whoever holds the lock', async () => {
    const file = join(folder, 'below', 'lock');
    const order: string[] = [];
    const release = await takeLock(file);
    const second = takeLock(file).then((releaseSecond) => {
      order.push('taken again');
      releaseSecond();
    });

    // A lock that did not hold would be taken at once.
    await setImmediate();
    order.push('released');
    release();
    await second;

    expect(order).toEqual(['released', 'taken again']);
    expect(existsSync(file)).toBe(false);
  });

  it('takes the lock of a process that is gone', async () => {
    const file = join(folder, 'lock');
    // Numbers of processes end well below.
    writeFileSync(file, '999999999');
    (await takeLock(file))();
    expect(existsSync(file)).toBe(false);
  });
});
