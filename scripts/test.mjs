// `npm test`: installs when needed, builds the canisters, runs every level, ends with `N passed, N failed`.
import { ensureInstalled, runTypeScript } from './bootstrap.mjs';
import { runJest } from './jest-run.mjs';

ensureInstalled();
const built = runTypeScript('scripts/build-canisters.ts', []);
if (built !== 0) process.exit(built);
process.exit(runJest(process.argv.slice(2)));
