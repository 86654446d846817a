/** Passports carry the module hash: whoever builds the same sources elsewhere must get the same bytes. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { buildCanisters, canisterNames } from '../../../scripts/build-canisters';
import { builtFiles } from '../../../scripts/build/built-files';
import { VARIANTS } from '../../../scripts/build/variant';
import { listFiles, projectRoot } from '../../../scripts/project-files';

const program = (...path: string[]): string => join(projectRoot, 'node_modules', ...path);
const hashOf = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hypha-build-'));
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
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('a build in another folder', () => {
  it.each(VARIANTS)('makes the same %s Wasm, to the byte', async (variant) => {
    await buildCanisters(canisterNames(), variant);

    execFileSync(
      process.execPath,
      [program('ts-node', 'dist', 'bin.js'), 'scripts/build-canisters.ts', `--${variant}`],
      { cwd: folder, stdio: 'pipe' }
    );

    for (const name of canisterNames()) {
      const { gzip } = builtFiles(name, variant);
      expect(hashOf(join(folder, relative(projectRoot, gzip)))).toBe(hashOf(gzip));
    }
  });
});

describe('a plain build', () => {
  it('is what azle makes of the sources, in which package.json leads to the JavaScript engine', async () => {
    await buildCanisters(canisterNames(), 'plain');

    for (const name of canisterNames()) {
      execFileSync(
        process.execPath,
        [program('tsx', 'dist', 'cli.mjs'), program('azle', 'src', 'build.ts'), 'build', name],
        {
          cwd: folder,
          stdio: 'pipe',
          env: { ...process.env, AZLE_DFX_ROOT: '.', CANISTER_CANDID_PATH: join(folder, `${name}.did`) }
        }
      );

      const azles = join(folder, '.azle', name, `${name}.wasm`);
      expect(hashOf(builtFiles(name, 'plain').wasm)).toBe(hashOf(azles));
    }
  });
});
