/**
 * A process that opens one damaged copy of a state folder after the other, reads and replaces everything in those that
 * open, and prints what happened: a copy that LMDB would not survive ends the process.
 *
 * Arguments: the folder to copy, where to put copies, and the damage: 'truncate' or 'zero'.
 */
import { copyFileSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStateStore } from '../../../../src/local-ic/state/lmdb-state-store';
import { StateFolderError } from '../../../../src/local-ic/state/state-folder-error';

const PAGE_BYTES = 4096;
const STEP_BYTES = 512;
const [, , whole = '', copies = '', damage = ''] = process.argv;

export type Outcome = { readonly at: number; readonly result: string };

async function useEverything(folder: string): Promise<string> {
  const store = openStateStore(folder);
  try {
    const found = [...store.entries('')];
    await store.write(found.map(([key]) => ({ key, value: undefined })));
    await store.write(found.map(([key, value]) => ({ key, value })));
    return `opened with ${found.length}`;
  } finally {
    await store.close();
  }
}

async function tryCopy(at: number, spoil: (dataFile: string) => void): Promise<Outcome> {
  const folder = join(copies, String(at));
  mkdirSync(folder, { recursive: true });
  for (const name of ['local-ic-state.json', 'data.mdb']) copyFileSync(join(whole, name), join(folder, name));
  spoil(join(folder, 'data.mdb'));
  try {
    return { at, result: await useEverything(folder) };
  } catch (error) {
    return { at, result: error instanceof StateFolderError ? error.fault : `unexpected: ${String(error)}` };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function main(): Promise<void> {
  const bytes = readFileSync(join(whole, 'data.mdb'));
  const outcomes: Outcome[] = [];
  const step = damage === 'truncate' ? STEP_BYTES : PAGE_BYTES;
  for (let at = 0; at < bytes.length; at += step) {
    const spoil =
      damage === 'truncate'
        ? (file: string): void => truncateSync(file, at)
        : (file: string): void => writeFileSync(file, Buffer.from(bytes).fill(0, at, at + PAGE_BYTES));
    outcomes.push(await tryCopy(at, spoil));
  }
  process.stdout.write(JSON.stringify(outcomes));
}

void main();
