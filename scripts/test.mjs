// `npm test`: installs when needed, builds the canisters, runs every level, ends with `N passed, N failed`.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureInstalled, root, run, runTypeScript } from './bootstrap.mjs';

ensureInstalled();
const built = runTypeScript('scripts/build-canisters.ts', []);
if (built !== 0) process.exit(built);

const folder = mkdtempSync(join(tmpdir(), 'hypha-test-'));
const summary = join(folder, 'summary.txt');
const status = run(
  process.execPath,
  [
    join(root, 'node_modules', 'jest', 'bin', 'jest.js'),
    ...process.argv.slice(2),
    '--reporters=default',
    `--reporters=${join(root, 'scripts', 'summary-reporter.cjs')}`
  ],
  { env: { ...process.env, HYPHA_TEST_SUMMARY: summary } }
);
// Without a summary jest has ended before any test, and has said why.
if (existsSync(summary)) process.stdout.write(readFileSync(summary, 'utf8'));
rmSync(folder, { recursive: true, force: true });
process.exit(status);
