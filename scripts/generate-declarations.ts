/**
 * Writes `declarations/<canister>/`: the Candid interface as built, and its JavaScript and TypeScript bindings.
 * `--check` writes nothing and fails when what is committed is not what would be written. Names as arguments choose some.
 */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildCanisters, canisterNames } from './build-canisters';
import { builtFiles } from './build/built-files';
import { takeVariant } from './build/variant';
import { projectRoot } from './project-files';

const declarationsOf = (name: string): string => join(projectRoot, 'declarations', name);

/** The files of one canister's declarations, by name. */
function renderDeclarations(name: string): Map<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'hypha-declarations-'));
  try {
    const candid = join(folder, `${name}.did`);
    copyFileSync(builtFiles(name).candid, candid);
    runGenerator(candid, folder);
    return new Map(
      readdirSync(folder)
        .sort()
        .map((file) => [file, useOurPackages(readFileSync(join(folder, file), 'utf8'))])
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** As a program of its own: the package's CommonJS build does not find its Wasm. */
function runGenerator(candid: string, folder: string): void {
  const program = join(projectRoot, 'node_modules/@icp-sdk/bindgen/dist/esm/cli/icp-bindgen.js');
  execFileSync(
    process.execPath,
    [
      program,
      '--did-file',
      candid,
      '--out-dir',
      folder,
      '--force',
      '--actor-disabled',
      '--declarations-flat'
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] }
  );
}

/** The generator writes for the successor of the packages this project is on; both have the same exports. */
const useOurPackages = (text: string): string =>
  text.replaceAll(/@icp-sdk\/core\/(agent|candid|principal)/g, '@dfinity/$1');

function findStale(name: string, files: ReadonlyMap<string, string>): string[] {
  const committed = existsSync(declarationsOf(name)) ? readdirSync(declarationsOf(name)) : [];
  return [...new Set([...committed, ...files.keys()])].filter(
    (file) =>
      !committed.includes(file) || readFileSync(join(declarationsOf(name), file), 'utf8') !== files.get(file)
  );
}

function writeDeclarations(name: string, files: ReadonlyMap<string, string>): void {
  rmSync(declarationsOf(name), { recursive: true, force: true });
  mkdirSync(declarationsOf(name), { recursive: true });
  for (const [file, text] of files) writeFileSync(join(declarationsOf(name), file), text);
}

async function main(): Promise<void> {
  const checkOnly = process.argv.includes('--check');
  const chosen = takeVariant(process.argv.slice(2)).filter((arg) => arg !== '--check');
  const names = chosen.length === 0 ? canisterNames() : chosen;
  await buildCanisters(names);
  for (const name of names) {
    const files = renderDeclarations(name);
    const stale = findStale(name, files);
    if (!checkOnly && stale.length > 0) writeDeclarations(name, files);
    if (checkOnly && stale.length > 0) {
      console.error(`declarations/${name} is stale (${stale.join(', ')}): run \`npm run build\``);
      process.exitCode = 1;
    }
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
