import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { StateFolderError } from './state-folder-error';

const LOCK_FILE = /^in-use\.(\d+)$/;

/** Folders this thread holds. */
const held = new Set<string>();

export const isLockFile = (name: string): boolean => LOCK_FILE.test(name);

/**
 * Holds a folder for this process until the function it returns is called or the process ends. Every process first
 * announces itself with a file of its own and then looks for others, so two never hold one folder at once.
 *
 * @throws {StateFolderError} 'in-use' while another living process, or this one, holds it.
 */
export function lockFolder(folder: string): () => void {
  const path = resolve(folder);
  const ownFile = `in-use.${process.pid}`;
  const birth = birthOf(process.pid);
  // The file alone may also be of another thread.
  const isHeld = held.has(path) || (birth !== '' && readOrEmpty(join(folder, ownFile)) === birth);
  if (isHeld) throw inUse(folder, process.pid);
  announce(join(folder, ownFile), birth);
  const others = readdirSync(folder).filter((name) => isLockFile(name) && name !== ownFile);
  const living = others.find((name) => isAlive(folder, name));
  if (living !== undefined) {
    rmSync(join(folder, ownFile));
    throw inUse(folder, pidOf(living));
  }
  for (const name of others) rmSync(join(folder, name), { force: true });
  held.add(path);
  return () => {
    held.delete(path);
    rmSync(join(folder, ownFile), { force: true });
  };
}

/** On a full disk the name alone is enough: what fills the disk may be the state that is to be reset. */
function announce(path: string, birth: string): void {
  try {
    writeFileSync(path, birth);
  } catch (error) {
    const isFull = error instanceof Error && 'code' in error && error.code === 'ENOSPC';
    if (!isFull || !existsSync(path)) throw error;
  }
}

function inUse(folder: string, pid: number): StateFolderError {
  return new StateFolderError(
    'in-use',
    `The state folder ${folder} is in use by process ${pid}. Stop it, or choose another folder`
  );
}

const pidOf = (name: string): number => Number(LOCK_FILE.exec(name)?.[1]);

function isAlive(folder: string, name: string): boolean {
  const pid = pidOf(name);
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  const announced = readOrEmpty(join(folder, name));
  const actual = birthOf(pid);
  return announced === '' || actual === '' || announced === actual;
}

/** Boot and time of a process's start, which tell it from another one with the same number; '' where not known. */
function birthOf(pid: number): string {
  const stat = readOrEmpty(`/proc/${pid}/stat`);
  const fieldsAfterName = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const startTime = fieldsAfterName[19];
  const boot = readOrEmpty('/proc/sys/kernel/random/boot_id').trim();
  return startTime === undefined ? '' : `${boot} ${startTime}`;
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
