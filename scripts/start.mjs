// `npm start`: installs when needed, then plays the main job (scripts/demo/main.ts).
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ensureInstalled, root } from './bootstrap.mjs';

const startedAt = Date.now();
ensureInstalled();
const ownGroup = process.platform !== 'win32';
// A group of its own: Ctrl-C reaches this process alone, which passes it on once, and the story ends its services in
// order. The channel tells the story when this process is gone.
const child = spawn(
  process.execPath,
  [
    join(root, 'node_modules', 'ts-node', 'dist', 'bin.js'),
    join(root, 'scripts', 'demo', 'main.ts'),
    ...process.argv.slice(2)
  ],
  {
    cwd: root,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    detached: ownGroup,
    env: { ...process.env, HYPHA_INSTALL_MS: String(Date.now() - startedAt) }
  }
);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));

// npm hands a SIGTERM to its shell only, which dies of it and says nothing to us.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) child.kill('SIGTERM');
}, 500).unref();

child.on('exit', (code, signal) => {
  if (ownGroup) endGroup();
  process.exit(code ?? (signal === null ? 1 : 130));
});

/** Services outlive a story that was killed. */
function endGroup() {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Nobody is left in it.
  }
}
