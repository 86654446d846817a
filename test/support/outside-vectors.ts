/** Vectors of others, in a folder beside the repository where they are at hand. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const FOLDER = resolve(__dirname, '../../../shared/vectors');

/**
 * `describe` where `path` (a file or folder of the vectors) is present; elsewhere its tests are reported as skipped, with
 * the reason in the name. `body` runs in both cases: it must read the vectors within its tests.
 */
export function describeWithVectors(path: string, name: string, body: () => void): void {
  if (existsSync(join(FOLDER, path))) describe(name, body);
  else describe.skip(`${name} (skipped: no ../shared/vectors/${path})`, body);
}

/** The bytes of a file of the vectors. */
export const readVectors = (path: string): Uint8Array => new Uint8Array(readFileSync(join(FOLDER, path)));

/** The text of a file of the vectors. */
export const readVectorText = (path: string): string => readFileSync(join(FOLDER, path), 'utf8');

/** The text of a file of the vectors where they are at hand. */
export const findVectorText = (path: string): string | undefined =>
  existsSync(join(FOLDER, path)) ? readVectorText(path) : undefined;
