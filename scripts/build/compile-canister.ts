/**
 * From TypeScript to Wasm. azle bundles with options of its own, so it is run in a staging folder: links to the sources,
 * and a package.json whose `imports` say which engine is behind the doors of `src/core/crypto`. azle's bundler does not
 * follow links to where they lead, so for it that package.json is the nearest to every source.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AZLE_TEMPLATE, LIBRARIES, readPinned } from '../link/libraries';
import { projectRoot } from '../project-files';
import { type Variant } from './variant';

/** azle waits for ever when its folder is deleted under it; alone it takes a few seconds. */
const AZLE_DEADLINE_MS = 120_000;
const NATIVE_ENGINE = './src/canisters/runtime/native-engine.ts';

export type CompiledCanister = {
  /** Linked when the variant is `native`. */
  readonly wasm: Uint8Array;
  readonly bundle: Buffer;
  readonly candid: Buffer;
};

/**
 * Builds the canister whose class is the default export of `main`, a path in the project. `folder`, for the staging, is
 * made anew and is gone afterwards. @throws when azle or the link step fails.
 */
export async function compileCanister(canister: {
  readonly name: string;
  readonly main: string;
  readonly variant: Variant;
  readonly folder: string;
}): Promise<CompiledCanister> {
  const { name, variant, folder } = canister;
  // Before azle runs: of a broken template it says nothing that helps.
  if (variant === 'native') for (const pinned of [AZLE_TEMPLATE, ...LIBRARIES]) readPinned(pinned);
  stage(canister);
  try {
    await runAzle(canister);
    const read = (file: string): Buffer => readFileSync(join(folder, '.azle', name, file));
    const wasm = Uint8Array.from(read(`${name}.wasm`));
    const finished = variant === 'native' ? await link(name, wasm) : wasm;
    return { wasm: finished, bundle: read('main.js'), candid: read(`${name}.did`) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The linker's libraries are loaded when they are needed: most often, everything is built. */
async function link(name: string, wasm: Uint8Array): Promise<Uint8Array> {
  const { linkNative } = await import('../link/link-native');
  try {
    return await linkNative(wasm);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`linking native code into ${name}: ${reason}`, { cause: error });
  }
}

function stage({ name, main, variant, folder }: Parameters<typeof compileCanister>[0]): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const linked of ['src', 'test', 'node_modules', 'tsconfig.json'])
    symlinkSync(join(projectRoot, linked), join(folder, linked));
  const write = (file: string, content: object): void =>
    writeFileSync(join(folder, file), JSON.stringify(content));
  write('dfx.json', { canisters: { [name]: { type: 'custom', main } } });
  write('package.json', { imports: importsOf(variant) });
}

function importsOf(variant: Variant): Readonly<Record<string, string>> {
  const { imports } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as {
    imports: Record<string, string>;
  };
  return variant === 'native' ? { ...imports, '#crypto-engine': NATIVE_ENGINE } : imports;
}

function runAzle({ name, main, folder }: Parameters<typeof compileCanister>[0]): Promise<void> {
  const packageFile = (...path: string[]): string => join(projectRoot, 'node_modules', ...path);
  const child = spawn(
    process.execPath,
    [packageFile('tsx', 'dist', 'cli.mjs'), packageFile('azle', 'src', 'build.ts'), 'build', name],
    {
      cwd: folder,
      env: {
        ...process.env,
        CANISTER_CANDID_PATH: join(folder, '.azle', name, `${name}.did`),
        // Relative, with `src/*` mapped in tsconfig.json: azle would write the folder's path into the Wasm, and its hash
        // would differ from checkout to checkout. Fixtures lie elsewhere; nobody compares theirs.
        AZLE_DFX_ROOT: main.startsWith('src/') ? '.' : folder
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: AZLE_DEADLINE_MS
    }
  );
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      // Told to stop, its starter exits with a code, so that no signal is seen here.
      const how = child.killed ? `was stopped after ${AZLE_DEADLINE_MS / 1000} s` : `ended with ${code}`;
      reject(new Error(`azle build ${name} ${how}:\n${Buffer.concat(output).toString()}`));
    });
  });
}
