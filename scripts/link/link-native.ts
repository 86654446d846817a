/**
 * Links the native side of the doors into a canister: the libraries, their adapters and the switchboard become part of
 * its module, and each library gets a region of memory between the canister's own data and its heap.
 *
 * A canister's allocator takes what lies behind its data up to the end its compiler knew, and from then on what
 * `memory.grow` gives: pages that the module merely begins with in addition are never touched. See docs/native.md.
 */
import { parseSections } from '../../src/local-ic/execution/wasm-sections';
import { assertLinked } from './check-linked';
import { AZLE_TEMPLATE, readPinned } from './libraries';
import {
  exportLargerTable,
  filterExports,
  initialPages,
  renameImport,
  setInitialPages,
  tableEntries
} from './edit-module';
import { mergeModules, pruneModule } from './merge';
import { REAL_CALL, SWITCHBOARD, assemble, createNativeModules } from './native-modules';

const SYSTEM_CALL = { module: 'ic0', name: 'certified_data_set' };

/** `canister` (what azle builds) with the native code in it. @throws when anything is not as expected. */
export async function linkNative(canister: Uint8Array): Promise<Uint8Array> {
  readPinned(AZLE_TEMPLATE);
  const { modules, end } = await createNativeModules({
    page: initialPages(canister),
    entry: tableEntries(canister)
  });
  const roomy = exportLargerTable(setInitialPages(canister, end.page), end.entry);
  const prepared = renameImport(roomy, SYSTEM_CALL, SWITCHBOARD);
  const merged = await mergeModules([{ name: 'canister', wasm: prepared }, ...modules]);
  const own = new Set(parseSections(canister).exports.map(({ name }) => name));
  const pruned = await pruneModule(filterExports(merged, (name) => own.has(name)));
  const linked = renameImport(pruned, REAL_CALL, SYSTEM_CALL);
  assertLinked({ canister, linked, size: end });
  return linked;
}

/**
 * The native code by itself, for Node: it exports its `memory`, as a canister does, and
 * `certified_data_set`, and imports `system.certified_data_set`.
 */
export async function linkStandalone(): Promise<Uint8Array> {
  const { modules, end } = await createNativeModules({ page: 1, entry: 1 });
  const canister = await assemble(
    `(module (memory (export "memory") ${end.page}) (table (export "table") ${end.entry} ${end.entry} funcref))`
  );
  const merged = await mergeModules([{ name: 'canister', wasm: canister }, ...modules]);
  return pruneModule(filterExports(merged, (name) => name === 'memory' || name === SWITCHBOARD.name));
}
