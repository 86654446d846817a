// `npm test`: installs when needed, builds the canisters, runs every level, ends with `N passed, N failed`. With
// `--plain` the canisters are those without native code; other arguments go to jest.
import { ensureInstalled, runTypeScript } from './bootstrap.mjs';
import { runJest } from './jest-run.mjs';
import { takePlainFlag } from './plain-flag.mjs';

const jestArgs = takePlainFlag(process.argv.slice(2));
ensureInstalled();
const built = runTypeScript('scripts/build-canisters.ts', []);
if (built !== 0) process.exit(built);
process.exit(runJest(jestArgs));
