/** Wasm that packages carry as text. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Base64 of a module: `\0asm` and the version come first. */
const BASE64_WASM = /["'](AGFzbQEA[A-Za-z0-9+/]+=*)["']/;

export const readPackageText = (path: string): string =>
  readFileSync(join(__dirname, '../../../node_modules', path), 'utf8');

/** The Wasm within a JavaScript file of a package. @throws unless there is one. */
export function readPackagedWasm(path: string): Uint8Array {
  const base64 = BASE64_WASM.exec(readPackageText(path))?.[1];
  if (base64 === undefined) throw new Error(`${path}: no Wasm in base64`);
  return new Uint8Array(Buffer.from(base64, 'base64'));
}
