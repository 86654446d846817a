/** A lock between processes: a file with the number of the process that holds it. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';

const DEADLINE_MS = 120_000;
const POLL_MS = 100;

/** Waits until nobody holds the lock; resolves to its release. A lock whose process is gone is nobody's. */
export async function takeLock(file: string): Promise<() => void> {
  mkdirSync(dirname(file), { recursive: true });
  const deadline = performance.now() + DEADLINE_MS;
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if (!isAlreadyThere(error)) throw error;
      if (!isHeld(file)) rmSync(file, { force: true });
      else if (performance.now() > deadline) throw error;
      else await setTimeout(POLL_MS);
    }
  }
}

/** Not by `instanceof Error`: under jest, what Node throws is of another realm. */
const isAlreadyThere = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 'EEXIST';

/** Whether the process that wrote the lock still runs; for a moment there is no number in it yet. */
function isHeld(file: string): boolean {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    return pid === 0 || process.kill(pid, 0);
  } catch {
    return false;
  }
}
