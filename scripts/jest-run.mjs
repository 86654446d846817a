// Runs jest and prints its closing line `N passed, N failed` last, after everything jest says.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, run } from './bootstrap.mjs';

/** Returns jest's exit code. */
export function runJest(args) {
  const folder = mkdtempSync(join(tmpdir(), 'hypha-test-'));
  const summary = join(folder, 'summary.txt');
  const status = run(
    process.execPath,
    [
      join(root, 'node_modules', 'jest', 'bin', 'jest.js'),
      ...args,
      '--reporters=default',
      `--reporters=${join(root, 'scripts', 'summary-reporter.cjs')}`
    ],
    { env: { ...process.env, HYPHA_TEST_SUMMARY: summary } }
  );
  // Without a summary jest has ended before any test, and has said why.
  if (existsSync(summary)) process.stdout.write(readFileSync(summary, 'utf8'));
  rmSync(folder, { recursive: true, force: true });
  return status;
}
