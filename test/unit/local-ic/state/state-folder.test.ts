import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serialize } from 'node:v8';
import { openStateStore } from '../../../../src/local-ic/state/lmdb-state-store';
import { resetStateFolder } from '../../../../src/local-ic/state/state-folder';
import { StateFolderError, type StateFolderFault } from '../../../../src/local-ic/state/state-folder-error';
import { type Outcome } from './open-damaged';

const MARKER = 'local-ic-state.json';
const runScript = (...args: string[]): readonly string[] => ['-r', 'ts-node/register', ...args];

function faultOf(action: () => unknown): { fault: StateFolderFault; message: string } | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (error instanceof StateFolderError) return { fault: error.fault, message: error.message };
    throw error;
  }
}

describe('a state folder', () => {
  let parent: string;
  let folder: string;

  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'local-ic-folder-'));
    folder = join(parent, 'made', 'here');
  });

  afterEach(() => rmSync(parent, { recursive: true }));

  const fill = async (values = 40): Promise<void> => {
    const store = openStateStore(folder);
    for (let i = 0; i < values; i++) {
      await store.write([
        { key: `large/${i}`, value: new Uint8Array(5000).fill(i) },
        { key: `small/${i}`, value: new Uint8Array(100).fill(i) }
      ]);
    }
    await store.close();
  };

  const openingFault = (): ReturnType<typeof faultOf> => faultOf(() => openStateStore(folder));

  it('says what it is and in which format', async () => {
    await fill(1);
    expect(JSON.parse(readFileSync(join(folder, MARKER), 'utf8'))).toEqual({
      what: 'state of a local Internet Computer',
      formatVersion: 1,
      recordFormat: serialize(0)[1],
      node: process.version,
      isReady: true
    });
    expect(readdirSync(folder).sort()).toEqual(['data.mdb', 'data.mdb-lock', 'local-ic-state.json']);
  });

  it('of a newer version is refused, with what was found and expected', async () => {
    await fill(1);
    const newer = { what: 'state of a local Internet Computer', formatVersion: 2, isReady: true };
    writeFileSync(join(folder, MARKER), JSON.stringify(newer));
    const before = readFileSync(join(folder, 'data.mdb'));
    expect(openingFault()?.fault).toBe('newer-version');
    expect(openingFault()?.message).toMatch(/newer version.*found format 2, expected 1.*--reset/);
    expect(readFileSync(join(folder, 'data.mdb'))).toEqual(before);
  });

  it('written by a Node whose records this one cannot read is refused, with both versions', async () => {
    await fill(1);
    const marker = JSON.parse(readFileSync(join(folder, MARKER), 'utf8')) as { recordFormat: number };
    const newer = { ...marker, recordFormat: marker.recordFormat + 1, node: 'v99.1.2' };
    writeFileSync(join(folder, MARKER), JSON.stringify(newer));
    expect(openingFault()?.fault).toBe('newer-version');
    expect(openingFault()?.message).toContain('written by Node v99.1.2');
    expect(openingFault()?.message).toContain(process.version);
    expect(JSON.parse(readFileSync(join(folder, MARKER), 'utf8'))).toEqual(newer);
  });

  it('written by an older Node is taken, and from then on refused by that one', async () => {
    await fill(1);
    const marker = JSON.parse(readFileSync(join(folder, MARKER), 'utf8')) as { recordFormat: number };
    const older = { ...marker, recordFormat: marker.recordFormat - 1, node: 'v1.2.3' };
    writeFileSync(join(folder, MARKER), JSON.stringify(older));
    const store = openStateStore(folder);
    expect(store.get('small/0')).toHaveLength(100);
    expect(JSON.parse(readFileSync(join(folder, MARKER), 'utf8'))).toEqual(marker);
    await store.close();
  });

  it.each(['', '{', 'null', '[]', '{"what":"something"}', '{"what":"state of a local Internet Computer"}'])(
    'with the marker %j is refused',
    async (text) => {
      await fill(1);
      writeFileSync(join(folder, MARKER), text);
      expect(openingFault()?.fault).toBe('damaged');
      expect(existsSync(join(folder, 'data.mdb'))).toBe(true);
    }
  );

  it('of something else is refused and left as it is, also by a reset', () => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'thesis.txt'), 'years of work');
    expect(openingFault()?.fault).toBe('not-a-state-folder');
    expect(openingFault()?.message).toContain("'thesis.txt'");
    expect(faultOf(() => resetStateFolder(folder))?.fault).toBe('not-a-state-folder');
    expect(readdirSync(folder)).toEqual(['thesis.txt']);
  });

  it('without its marker is not taken for an empty one', async () => {
    await fill(1);
    rmSync(join(folder, MARKER));
    expect(openingFault()?.fault).toBe('not-a-state-folder');
    expect(existsSync(join(folder, 'data.mdb'))).toBe(true);
  });

  it('without its data is not taken for a new one', async () => {
    await fill(1);
    rmSync(join(folder, 'data.mdb'));
    expect(openingFault()?.fault).toBe('damaged');
    expect(openingFault()?.message).toContain('--reset');
    expect(readdirSync(folder)).toEqual([MARKER]);
  });

  it('whose making was interrupted is made again', () => {
    mkdirSync(folder, { recursive: true });
    const unfinished = { what: 'state of a local Internet Computer', formatVersion: 1, isReady: false };
    writeFileSync(join(folder, MARKER), JSON.stringify(unfinished));
    writeFileSync(join(folder, 'data.mdb'), 'half a header');
    return openStateStore(folder).close();
  });

  it('full of garbage is refused', async () => {
    await fill(1);
    writeFileSync(join(folder, 'data.mdb'), Buffer.alloc(100_000, 0xa5));
    expect(openingFault()?.fault).toBe('damaged');
  });

  it.each(['truncate', 'zero'])(
    'damaged anywhere (%s) is refused or whole, and never ends the process',
    async (damage) => {
      await fill();
      const script = join(__dirname, 'open-damaged.ts');
      const child = spawnSync(process.execPath, runScript(script, folder, join(parent, 'copies'), damage), {
        encoding: 'utf8'
      });
      expect(child.stderr).toBe('');
      expect({ status: child.status, signal: child.signal }).toEqual({ status: 0, signal: null });
      const outcomes = JSON.parse(child.stdout) as Outcome[];
      const results = new Set(outcomes.map(({ result }) => result));
      expect([...results].filter((result) => result !== 'damaged' && result !== 'opened with 80')).toEqual(
        []
      );
      expect(results).toContain('damaged');
      expect(outcomes.length).toBeGreaterThan(50);
    }
  );

  it('is held by one store at a time', async () => {
    const store = openStateStore(folder);
    expect(openingFault()?.fault).toBe('in-use');
    expect(openingFault()?.message).toContain(`${process.pid}`);
    expect(faultOf(() => resetStateFolder(folder))?.fault).toBe('in-use');
    await store.close();
    await openStateStore(folder).close();
  });

  it('is held by one process at a time, until that is dead', async () => {
    await fill(3);
    const source = join(__dirname, '../../../../src/local-ic/state/lmdb-state-store');
    const hold = `require(${JSON.stringify(source)}).openStateStore(process.argv[1]); process.stdout.write('held'); setInterval(() => {}, 1000);`;
    const holder = spawn(process.execPath, ['-r', 'ts-node/register', '-e', hold, folder]);
    await once(holder.stdout, 'data');
    expect(openingFault()?.fault).toBe('in-use');
    expect(openingFault()?.message).toContain(`${holder.pid}`);
    const ended = once(holder, 'exit');
    holder.kill('SIGKILL');
    await ended;
    expect(readdirSync(folder)).toContain(`in-use.${holder.pid}`);
    const store = openStateStore(folder);
    expect([...store.entries('')]).toHaveLength(6);
    await store.close();
    expect(readdirSync(folder).filter((name) => name.startsWith('in-use'))).toEqual([]);
  });

  it('is not held by a process that only has the number of a dead one', async () => {
    await fill(1);
    writeFileSync(join(folder, `in-use.${process.ppid}`), 'another boot 1');
    await openStateStore(folder).close();
    writeFileSync(join(folder, `in-use.${process.pid}`), 'another boot 1');
    await openStateStore(folder).close();
  });

  it('that the disk refuses is an error of its own', () => {
    writeFileSync(join(parent, 'made'), 'a file where a folder should be');
    expect(openingFault()?.fault).toBe('disk-refused');
    expect(openingFault()?.message).toContain(folder);
  });

  it('on a full disk keeps what was acknowledged and takes nothing more', async () => {
    const script = runScript(join(__dirname, 'fill-disk.ts'), folder);
    const limited = ['-c', 'ulimit -f 16000; exec "$0" "$@"', process.execPath, ...script];
    const child = spawnSync('/bin/sh', limited, { encoding: 'utf8' });
    const { acknowledged, refusal, next } = JSON.parse(child.stdout) as Record<string, unknown>;
    expect(child.status).toBe(0);
    expect(refusal).toMatch(/^StateFolderError: The state folder .* cannot be used: .* MiB left$/);
    expect(next).toBe(refusal);
    const store = openStateStore(folder);
    expect([...store.entries('')]).toHaveLength(100 * Number(acknowledged));
    expect(acknowledged).toBeGreaterThan(2);
    await store.close();
  });

  it('is gone after a reset, with nothing else that is in it', async () => {
    await fill(1);
    resetStateFolder(folder);
    expect(existsSync(folder)).toBe(false);
    resetStateFolder(folder);
    await fill(1);
    writeFileSync(join(folder, 'notes.txt'), 'mine');
    resetStateFolder(folder);
    expect(readdirSync(folder)).toEqual(['notes.txt']);
  });

  it('can be reset whatever state it is in', async () => {
    for (const [name, text] of [
      ['data.mdb', 'garbage'],
      [MARKER, 'garbage'],
      [MARKER, '{"what":"state of a local Internet Computer","formatVersion":9}']
    ] as const) {
      await fill(1);
      writeFileSync(join(folder, name), text);
      expect(openingFault()).toBeDefined();
      resetStateFolder(folder);
      await fill(1);
    }
  });
});
