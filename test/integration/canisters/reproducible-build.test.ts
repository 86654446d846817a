/** Passports carry the module hash: whoever builds the same sources elsewhere must get the same bytes. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buildCanisters, builtFiles, canisterNames } from '../../../scripts/build-canisters';
import { listFiles, projectRoot } from '../../../scripts/project-files';

const hashOf = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

function copySources(folder: string): void {
  for (const file of [
    'src',
    'scripts',
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'dfx.json'
  ].flatMap(listFiles)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(projectRoot, file), join(folder, file));
  }
  symlinkSync(join(projectRoot, 'node_modules'), join(folder, 'node_modules'));
  execFileSync('git', ['init', '--quiet'], { cwd: folder });
}

describe('a build in another folder', () => {
  it('makes the same Wasm, to the byte', async () => {
    await buildCanisters(canisterNames());
    const folder = mkdtempSync(join(tmpdir(), 'hypha-build-'));
    try {
      copySources(folder);
      const tsNode = join(projectRoot, 'node_modules', 'ts-node', 'dist', 'bin.js');
      execFileSync(process.execPath, [tsNode, 'scripts/build-canisters.ts'], { cwd: folder, stdio: 'pipe' });

      for (const name of canisterNames()) {
        const elsewhere = join(folder, '.azle', name, `${name}.wasm.gz`);
        expect(hashOf(elsewhere)).toBe(hashOf(builtFiles(name).gzip));
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
