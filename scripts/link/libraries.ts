/**
 * What is linked into canisters: the libraries, where each lies in its npm package, pinned by the SHA-256 of its Wasm,
 * and the adapter that drives it. The lockfile pins the packages; this pins what is taken out of them.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../project-files';

/** A Wasm module in an npm package. */
export type PinnedWasm = {
  readonly package: string;
  readonly version: string;
  /** File in the package: Wasm, or JavaScript that has it as base64. */
  readonly file: string;
  /** Of the Wasm, in hex. */
  readonly sha256: string;
};

export type Library = PinnedWasm & {
  /** Module name under which the adapter imports it. */
  readonly name: string;
  readonly licence: string;
  /** `src/canisters/native/<adapter>.wat`, the module that the switchboard imports as `adapter/<adapter>`. */
  readonly adapter: string;
  /** Modules of `src/canisters/native` that offer what the library imports, by the name it imports them under. */
  readonly offers: Readonly<Record<string, string>>;
};

/**
 * What azle puts a canister's JavaScript into. The regions rely on how this module's allocators take memory, and the
 * switchboard on how it makes the system call (docs/native.md): both were read in this one.
 */
export const AZLE_TEMPLATE: PinnedWasm = {
  package: 'azle',
  version: '0.33.0',
  file: 'dist/canister_templates/stable.wasm',
  sha256: 'fa87d4ae38c8ce4ebc49f3cb05d0d3b1276eab19c5d26705d65fbf6e1c162806'
};

export const LIBRARIES: readonly Library[] = [
  {
    name: 'sha256',
    package: 'hash-wasm',
    version: '4.13.0',
    licence: 'MIT',
    file: 'dist/sha256.umd.min.js',
    sha256: '7ad88dae37c322722a047435058ffc5e4f3315762c7114dfa740e5db6b474c87',
    adapter: 'sha256',
    offers: {}
  },
  {
    name: 'sha512',
    package: 'hash-wasm',
    version: '4.13.0',
    licence: 'MIT',
    file: 'dist/sha512.umd.min.js',
    sha256: '74192e46a85fdbfb223f98c6701c492078bae21ea90d0fff5c803aaac9087b5d',
    adapter: 'sha512',
    offers: {}
  },
  {
    name: 'keccak',
    package: 'hash-wasm',
    version: '4.13.0',
    licence: 'MIT',
    file: 'dist/keccak.umd.min.js',
    sha256: 'fae7904eb164ea6bee813237d272a648356feb2153d043f969d010aca207d2dc',
    adapter: 'keccak',
    offers: {}
  },
  {
    name: 'ripemd160',
    package: 'hash-wasm',
    version: '4.13.0',
    licence: 'MIT',
    file: 'dist/ripemd160.umd.min.js',
    sha256: 'e3b7dc5f62f13906388ee400d7813428d22230c78e9dede5aa8f814ec06aec1c',
    adapter: 'ripemd160',
    offers: {}
  },
  {
    name: 'secp256k1',
    package: 'tiny-secp256k1',
    version: '2.2.4',
    licence: 'MIT',
    file: 'lib/secp256k1.wasm',
    sha256: '5cbbcb8adc7acc3b78a3fd31c76d573302705ff5fd714d03f5a2602591197cb5',
    adapter: 'secp256k1',
    offers: { './rand.js': 'secp256k1-imports', './validate_error.js': 'secp256k1-imports' }
  },
  {
    name: 'sodium',
    package: 'libsodium-sumo',
    version: '0.8.4',
    licence: 'ISC',
    file: 'dist/modules-sumo/libsodium-sumo.js',
    sha256: '29dd7daf12daec2afdf7b73101e50679bfe9c38861aa1f0de50ae505ccba99bd',
    adapter: 'ed25519',
    offers: { a: 'sodium-imports' }
  },
  {
    name: 'mcl',
    package: 'mcl-wasm',
    version: '2.4.1',
    licence: 'BSD-3-Clause',
    file: 'dist/mcl_c.js',
    sha256: '99e25601f2eed784d994aa5c8c1733989350255f78bbbd18571e8df8b65b8f60',
    adapter: 'bn254',
    offers: {}
  }
];

/** Base64 of a Wasm module: it begins with the magic `\0asm` and the version. */
const BASE64_WASM = /["'](AGFzbQ[A-Za-z0-9+/]+=*)["']/;

const ADVICE = '`npm ci` installs what is pinned';

/** The pinned bytes. @throws unless the package is there with the version, and the bytes, that are pinned. */
export function readPinned(library: PinnedWasm): Uint8Array {
  const folder = join(projectRoot, 'node_modules', library.package);
  const files = [join(folder, 'package.json'), join(folder, library.file)] as const;
  const missing = files.find((file) => !existsSync(file));
  if (missing !== undefined) throw new Error(`${missing} is missing; ${ADVICE}`);
  const { version } = JSON.parse(readFileSync(files[0], 'utf8')) as { version: string };
  if (version !== library.version)
    throw new Error(`${library.package}: expected version ${library.version}, found ${version}; ${ADVICE}`);
  const wasm = extractWasm(files[1]);
  const digest = createHash('sha256').update(wasm).digest('hex');
  if (digest !== library.sha256)
    throw new Error(
      `${library.package}/${library.file}: expected SHA-256 ${library.sha256}, found ${digest}; ${ADVICE}`
    );
  return wasm;
}

function extractWasm(path: string): Uint8Array {
  const content = readFileSync(path);
  if (path.endsWith('.wasm')) return Uint8Array.from(content);
  const [, base64] = BASE64_WASM.exec(content.toString('latin1')) ?? [];
  if (base64 === undefined) throw new Error(`${path}: no Wasm in base64`);
  return Uint8Array.from(Buffer.from(base64, 'base64'));
}
