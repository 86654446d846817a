/**
 * Builds the canisters of dfx.json with azle: `.azle/<name>/<name>.{wasm,wasm.gz,did}`. One whose inputs did not
 * change is left as it is. Names as arguments choose some; without, all are built, side by side.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { listFiles, projectRoot } from './project-files';

/** Whatever can change a Wasm; azle itself is pinned by the lockfile. */
const INPUTS = [
  'src/core',
  'src/api',
  'src/canisters',
  'package-lock.json',
  'tsconfig.json',
  'dfx.json',
  'scripts/build-canisters.ts'
];

/** Offset of the operating system's number in a gzip header; 255 is "unknown" (RFC 1952). */
const GZIP_OS_OFFSET = 9;
const GZIP_OS_UNKNOWN = 255;

const LOCK_DEADLINE_MS = 120_000;
const LOCK_POLL_MS = 100;

type BuiltCanister = { readonly name: string; readonly built: boolean; readonly ms: number };

/** Where a built canister's files are. */
export function builtFiles(name: string): { wasm: string; gzip: string; candid: string; stamp: string } {
  const file = (suffix: string): string => join(projectRoot, '.azle', name, `${name}.${suffix}`);
  return { wasm: file('wasm'), gzip: file('wasm.gz'), candid: file('did'), stamp: file('inputs.sha256') };
}

/** Names of the canisters that dfx.json builds from TypeScript. */
export function canisterNames(): string[] {
  const config = JSON.parse(readFileSync(join(projectRoot, 'dfx.json'), 'utf8')) as {
    canisters: Record<string, { main?: string }>;
  };
  return Object.entries(config.canisters).flatMap(([name, { main }]) => (main === undefined ? [] : [name]));
}

/** Builds `names` that are out of date. @throws when azle fails. */
export async function buildCanisters(names: readonly string[]): Promise<BuiltCanister[]> {
  const digest = digestInputs();
  return Promise.all(names.map((name) => buildCanister(name, digest)));
}

async function buildCanister(name: string, digest: string): Promise<BuiltCanister> {
  const startedAt = performance.now();
  if (isFresh(name, digest)) return { name, built: false, ms: 0 };
  const release = await lockCanister(name);
  try {
    // Another process may have built it while this one waited.
    if (isFresh(name, digest)) return { name, built: false, ms: 0 };
    const files = builtFiles(name);
    await runAzle(name, files.candid);
    writeFileSync(files.gzip, gzipDeterministically(readFileSync(files.wasm)));
    writeFileSync(files.stamp, digest);
    return { name, built: true, ms: Math.round(performance.now() - startedAt) };
  } finally {
    release();
  }
}

/** One process builds a canister at a time: azle begins by deleting what is there. Resolves to the lock's release. */
async function lockCanister(name: string): Promise<() => void> {
  const lock = join(projectRoot, '.azle', `${name}.lock`);
  mkdirSync(join(projectRoot, '.azle'), { recursive: true });
  const deadline = performance.now() + LOCK_DEADLINE_MS;
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      return () => rmSync(lock, { force: true });
    } catch (error) {
      if (!isAlreadyThere(error)) throw error;
      if (!isHeld(lock)) rmSync(lock, { force: true });
      else if (performance.now() > deadline) throw error;
      else await setTimeout(LOCK_POLL_MS);
    }
  }
}

const isAlreadyThere = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'EEXIST';

/** Whether the process that wrote the lock still runs; for a moment there is no number in it yet. */
function isHeld(lock: string): boolean {
  try {
    const pid = Number(readFileSync(lock, 'utf8'));
    return pid === 0 || process.kill(pid, 0);
  } catch {
    return false;
  }
}

function isFresh(name: string, digest: string): boolean {
  const { stamp, wasm, gzip, candid } = builtFiles(name);
  return [stamp, wasm, gzip, candid].every(existsSync) && readFileSync(stamp, 'utf8') === digest;
}

function digestInputs(): string {
  const hash = createHash('sha256');
  for (const file of INPUTS.flatMap(listFiles)) {
    const content = readFileSync(join(projectRoot, file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

function runAzle(name: string, candidPath: string): Promise<void> {
  const packageFile = (...path: string[]): string => join(projectRoot, 'node_modules', ...path);
  const child = spawn(
    process.execPath,
    [packageFile('tsx', 'dist', 'cli.mjs'), packageFile('azle', 'src', 'build.ts'), 'build', name],
    {
      cwd: projectRoot,
      // Relative, with `src/*` mapped in tsconfig.json: azle would write this folder's path into the Wasm, and its hash
      // would differ from checkout to checkout.
      env: { ...process.env, CANISTER_CANDID_PATH: candidPath, AZLE_DFX_ROOT: '.' },
      stdio: ['ignore', 'pipe', 'pipe']
    }
  );
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`azle build ${name} ended with ${code}:\n${Buffer.concat(output).toString()}`));
    });
  });
}

/** Gzip without a time and without the operating system's number: equal on every machine. */
function gzipDeterministically(content: Buffer): Buffer {
  const compressed = gzipSync(content, { level: 9 });
  compressed[GZIP_OS_OFFSET] = GZIP_OS_UNKNOWN;
  return compressed;
}

async function main(): Promise<void> {
  const chosen = process.argv.slice(2);
  for (const { name, built, ms } of await buildCanisters(chosen.length === 0 ? canisterNames() : chosen)) {
    const { wasm, gzip } = builtFiles(name);
    const [wasmBytes, gzipBytes] = [readFileSync(wasm).length, readFileSync(gzip).length];
    console.log(
      `${name}: ${built ? `built in ${ms} ms` : 'up to date'}, ${wasmBytes} bytes, ${gzipBytes} gzipped`
    );
  }
}

if (require.main === module) {
  main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}
