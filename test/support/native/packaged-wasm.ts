/** The Wasm of libraries that are linked into canisters. */
import { LIBRARIES, readPinned } from '../../../scripts/link/libraries';

/** That of the file at `path` under `node_modules`. @throws unless it is one that is linked, as it is pinned. */
export function readPackagedWasm(path: string): Uint8Array {
  const library = LIBRARIES.find(({ package: name, file }) => `${name}/${file}` === path);
  if (library === undefined) throw new Error(`${path}: not among the linked libraries`);
  return readPinned(library);
}
