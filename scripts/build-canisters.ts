/**
 * Builds the canisters of dfx.json: `.azle/<name>/<name>.{wasm,wasm.gz,did}`, with native code linked in; `--plain`
 * builds them without, in `.azle/plain`. One whose inputs did not change is left as it is. Names as arguments choose
 * some; without, all are built, side by side.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BuiltFiles, builtFiles, digestInputs, isFresh } from './build/built-files';
import { compileCanister } from './build/compile-canister';
import { takeLock } from './build/file-lock';
import { gzipDeterministically } from './build/gzip';
import { type Variant, chosenVariant, takeVariant } from './build/variant';
import { projectRoot } from './project-files';

type BuiltCanister = { readonly name: string; readonly built: boolean; readonly ms: number };

/** Names of the canisters that dfx.json builds from TypeScript. */
export const canisterNames = (): string[] => [...readSourceFiles().keys()];

/** The source file of each canister, by name. */
function readSourceFiles(): Map<string, string> {
  const config = JSON.parse(readFileSync(join(projectRoot, 'dfx.json'), 'utf8')) as {
    canisters: Record<string, { main?: string }>;
  };
  return new Map(
    Object.entries(config.canisters).flatMap(([name, { main }]) => (main === undefined ? [] : [[name, main]]))
  );
}

/** Builds `names` that are out of date. @throws when one is not in dfx.json, or azle or the link step fails. */
export async function buildCanisters(
  names: readonly string[],
  variant: Variant = chosenVariant()
): Promise<BuiltCanister[]> {
  const sources = readSourceFiles();
  const digest = digestInputs(variant);
  const canisters = names.map((name) => {
    const main = sources.get(name);
    if (main === undefined)
      throw new Error(`dfx.json has no canister "${name}"; it has ${[...sources.keys()].join(', ')}`);
    return { name, main, variant };
  });
  return Promise.all(canisters.map((canister) => buildCanister(canister, digest)));
}

async function buildCanister(
  canister: { readonly name: string; readonly main: string; readonly variant: Variant },
  digest: string
): Promise<BuiltCanister> {
  const startedAt = performance.now();
  const { name, variant } = canister;
  const files = builtFiles(name, variant);
  if (isFresh(files, digest)) return { name, built: false, ms: 0 };
  const release = await takeLock(files.lock);
  try {
    // Another process may have built it while this one waited.
    if (isFresh(files, digest)) return { name, built: false, ms: 0 };
    await makeFiles(canister, files);
    writeFileSync(files.stamp, digest);
    return { name, built: true, ms: Math.round(performance.now() - startedAt) };
  } finally {
    release();
  }
}

/** What was there goes first: a build that fails leaves nothing that passes for its result. */
async function makeFiles(
  canister: { readonly name: string; readonly main: string; readonly variant: Variant },
  files: BuiltFiles
): Promise<void> {
  rmSync(files.folder, { recursive: true, force: true });
  const staging = join(projectRoot, '.azle', 'staging', canister.variant, canister.name);
  const { wasm, bundle, candid } = await compileCanister({ ...canister, folder: staging });
  mkdirSync(files.folder, { recursive: true });
  writeFileSync(files.bundle, bundle);
  writeFileSync(files.candid, candid);
  writeFileSync(files.wasm, wasm);
  writeFileSync(files.gzip, gzipDeterministically(wasm));
}

async function main(): Promise<void> {
  const names = takeVariant(process.argv.slice(2));
  const unknown = names.find((name) => name.startsWith('-'));
  if (unknown !== undefined)
    throw new Error(`unknown option ${unknown}; npm run build [-- [--plain] [names]]`);
  for (const { name, built, ms } of await buildCanisters(names.length === 0 ? canisterNames() : names)) {
    const { wasm, gzip } = builtFiles(name);
    const [wasmBytes, gzipBytes] = [readFileSync(wasm).length, readFileSync(gzip).length];
    console.log(
      `${name} (${chosenVariant()}): ${built ? `built in ${ms} ms` : 'up to date'}, ${wasmBytes} bytes, ${gzipBytes} gzipped`
    );
  }
}

if (require.main === module) {
  main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}
