// `npm test`: installs when needed, builds the canisters, runs every level, ends with `N passed, N failed`.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
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
    '--reporters=default',
    `--reporters=${join(root, 'scripts', 'summary-reporter.cjs')}`,
    ...process.argv.slice(2)
  ],
  { env: { ...process.env, HYPHA_TEST_SUMMARY: summary } }
);
try {
  process.stdout.write(readFileSync(summary, 'utf8'));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(status);
