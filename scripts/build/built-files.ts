/** Where built canisters are, and whether they are what the sources say. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { listFiles, projectRoot } from '../project-files';
import { type Variant, chosenVariant } from './variant';

/** Whatever can change a Wasm; azle, binaryen and the libraries are pinned by the lockfile. */
const INPUTS = [
  'src/core',
  'src/api',
  'src/canisters',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'dfx.json',
  'scripts/build-canisters.ts',
  'scripts/build'
];

/** The link step, and by what it reads, writes and checks modules. */
const LINK_INPUTS = ['scripts/link', 'src/local-ic/execution'];

export type BuiltFiles = Readonly<
  Record<'folder' | 'bundle' | 'wasm' | 'gzip' | 'candid' | 'stamp' | 'lock', string>
>;

/** A canister's files: below `.azle`, or `.azle/plain`. `bundle` is the JavaScript in the Wasm. */
export function builtFiles(name: string, variant: Variant = chosenVariant()): BuiltFiles {
  const folder = join(projectRoot, '.azle', ...(variant === 'plain' ? ['plain'] : []), name);
  const file = (suffix: string): string => join(folder, `${name}.${suffix}`);
  return {
    folder,
    bundle: join(folder, 'main.js'),
    wasm: file('wasm'),
    gzip: file('wasm.gz'),
    candid: file('did'),
    stamp: file('inputs.sha256'),
    lock: join(dirname(folder), `${name}.lock`)
  };
}

/** Whether all files are there, made of the inputs with this digest. */
export function isFresh({ stamp, bundle, wasm, gzip, candid }: BuiltFiles, digest: string): boolean {
  return [stamp, bundle, wasm, gzip, candid].every(existsSync) && readFileSync(stamp, 'utf8') === digest;
}

/** SHA-256, in hex, of names and contents of what a build of the variant is made of. */
export function digestInputs(variant: Variant): string {
  const hash = createHash('sha256');
  for (const file of [...INPUTS, ...(variant === 'native' ? LINK_INPUTS : [])].flatMap(listFiles)) {
    const content = readFileSync(join(projectRoot, file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}
