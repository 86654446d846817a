// `npm test`: installs when needed, builds the canisters, runs every level, ends with `N passed, N failed`.
import { join } from 'node:path';
import { ensureInstalled, root, run, runTypeScript } from './bootstrap.mjs';

ensureInstalled();
const built = runTypeScript('scripts/build-canisters.ts', []);
if (built !== 0) process.exit(built);
const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
const summary = join(root, 'scripts', 'summary-reporter.cjs');
process.exit(
  run(process.execPath, [jest, '--reporters=default', `--reporters=${summary}`, ...process.argv.slice(2)])
);
