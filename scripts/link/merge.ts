/** The merging of modules, by the command-line programs of binaryen. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '../project-files';

/** What the network's engine and this project's libraries use; binaryen writes newer encodings when it may. */
const FEATURES = [
  'mvp-features',
  'enable-bulk-memory',
  'enable-multivalue',
  'enable-mutable-globals',
  'enable-nontrapping-float-to-int',
  'enable-reference-types',
  'enable-sign-ext'
].map((feature) => `--${feature}`);

export type NamedModule = { readonly name: string; readonly wasm: Uint8Array };

/**
 * One module of many: what one imports under another's name is bound to that one's export. Exports of all are kept;
 * imports that no module offers stay imports.
 */
export function mergeModules(modules: readonly NamedModule[]): Promise<Uint8Array> {
  return inFolder(async (folder) => {
    const named = modules.flatMap(({ name, wasm }, index) => {
      const file = join(folder, `${index}.wasm`);
      writeFileSync(file, wasm);
      return [file, name];
    });
    return run(
      'wasm-merge',
      [...named, '--rename-export-conflicts', ...FEATURES],
      join(folder, 'merged.wasm')
    );
  });
}

/** `wasm` without the functions, globals and tables that nothing reaches from its exports. */
export function pruneModule(wasm: Uint8Array): Promise<Uint8Array> {
  return inFolder(async (folder) => {
    const file = join(folder, 'whole.wasm');
    writeFileSync(file, wasm);
    return run(
      'wasm-opt',
      [file, '--remove-unused-module-elements', ...FEATURES],
      join(folder, 'pruned.wasm')
    );
  });
}

async function run(program: string, args: readonly string[], output: string): Promise<Uint8Array> {
  const path = join(projectRoot, 'node_modules', 'binaryen', 'bin', program);
  await promisify(execFile)(process.execPath, [path, ...args, '-o', output]);
  return new Uint8Array(readFileSync(output));
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'hypha-link-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
