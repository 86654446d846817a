/** The walk-through of docs/cli.md, as it is written there. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '../../../scripts/project-files';
import { CliNetwork } from './cli-network';

const DEADLINE_MS = 180_000;

let network: CliNetwork;
beforeAll(async () => {
  network = await CliNetwork.start();
}, 240_000);
afterAll(() => network.stop(), 60_000);

const shellBlocks = (markdown: string): string[] =>
  [...markdown.matchAll(/```sh\n(.*?)```/gs)].map(([, script = '']) => script);

describe('docs/cli.md', () => {
  it(
    'can be followed to the end',
    async () => {
      const blocks = shellBlocks(readFileSync(join(projectRoot, 'docs', 'cli.md'), 'utf8'));
      expect(blocks).toHaveLength(5);

      const script = ['set -euo pipefail', ...blocks, 'echo "followed to the end"'].join('\n');
      const { stdout } = await promisify(execFile)('bash', ['-c', script], {
        cwd: projectRoot,
        env: { ...process.env, HYPHA_NETWORK: network.seat('anyone').network },
        timeout: DEADLINE_MS,
        killSignal: 'SIGKILL'
      });

      expect(stdout.endsWith('refused, exit code 1\nfollowed to the end\n')).toBe(true);
      expect(stdout).toMatch(/^verdict +holds$/m);
    },
    DEADLINE_MS
  );
});
