// `npm start`: installs when needed, then plays the main job (scripts/demo/main.ts).
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ensureInstalled, root } from './bootstrap.mjs';

const startedAt = Date.now();
ensureInstalled();
const child = spawn(
  process.execPath,
  [
    join(root, 'node_modules', 'ts-node', 'dist', 'bin.js'),
    join(root, 'scripts', 'demo', 'main.ts'),
    ...process.argv.slice(2)
  ],
  { cwd: root, stdio: 'inherit', env: { ...process.env, HYPHA_INSTALL_MS: String(Date.now() - startedAt) } }
);
// The story shuts its own services down; this process only waits for it.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 130)));
