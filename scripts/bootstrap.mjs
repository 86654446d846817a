// Runs before anything is installed: plain Node, no dependencies.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root folder of the project. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '..');

const oldestNode = [20, 20];
const stamp = join(root, 'node_modules', '.hypha-installed');

/** Runs a program in the project's folder with this terminal; returns its exit code. */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (result.error) throw result.error;
  return result.status ?? 1;
}

/** Installs the locked dependencies unless they are there. Progress goes to stderr, so `--json` output stays clean. */
export function ensureInstalled() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < oldestNode[0] || (major === oldestNode[0] && minor < oldestNode[1])) {
    throw new Error(`Node ${oldestNode.join('.')} or newer is needed, this is ${process.versions.node}`);
  }
  const locked = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === locked) return;
  process.stderr.write('Installing dependencies (once)\n');
  const status = run('npm', ['ci', '--no-audit', '--no-fund'], { stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error(`npm ci ended with ${status}`);
  writeFileSync(stamp, locked);
}

/** Runs a TypeScript program of ours. */
export function runTypeScript(program, args) {
  const tsNode = join(root, 'node_modules', 'ts-node', 'dist', 'bin.js');
  return run(process.execPath, [tsNode, join(root, program), ...args]);
}
