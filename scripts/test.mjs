// `npm test`: installs when needed, builds the canisters, runs every level, ends with `N passed, N failed`. With
// `--plain` the canisters are those without native code; other arguments go to jest.
import { ensureInstalled, runTypeScript } from './bootstrap.mjs';
import { runJest } from './jest-run.mjs';

const args = process.argv.slice(2);
// What it means, also to the programs that the tests start: scripts/build/variant.ts.
if (args.includes('--plain')) process.env.HYPHA_CANISTERS = 'plain';
ensureInstalled();
const built = runTypeScript('scripts/build-canisters.ts', []);
if (built !== 0) process.exit(built);
process.exit(runJest(args.filter((arg) => arg !== '--plain')));
