/** What a linked canister has to be, against the canister it was made from. */
import { wasm } from '../../src/local-ic/execution/webassembly';
import { validateModule } from '../../src/local-ic/execution/wasm-validation';
import { type WasmSections, parseSections } from '../../src/local-ic/execution/wasm-sections';
import { initialPages, tableEntries } from './edit-module';
import { type Place } from './native-modules';

/**
 * The module must not have grown an import or an export, must have a memory and a table that end at `size`, and break no
 * limit. One table: the replica makes instances in a store of one, and its check of modules does not tell.
 * @throws what is wrong.
 */
export function assertLinked(made: {
  readonly canister: Uint8Array;
  readonly linked: Uint8Array;
  readonly size: Place;
}): void {
  const before = parseSections(made.canister);
  const after = parseSections(made.linked);
  assertSame('imports', importsOf(before), importsOf(after));
  assertSame('exports', exportsOf(before), exportsOf(after));
  assertSame('start functions', [String(before.startFunction)], [String(after.startFunction)]);
  assertSame('pages', [String(made.size.page)], [String(initialPages(made.linked))]);
  assertSame('table entries', [String(made.size.entry)], [String(tableEntries(made.linked))]);
  // The structural limits of the replica, and the features its engine lacks.
  validateModule(after);
  new wasm.Module(made.linked);
}

const importsOf = (sections: WasmSections): string[] =>
  sections.importedFunctions.map(({ module, name }) => `${module}.${name}`).sort();

const exportsOf = (sections: WasmSections): string[] =>
  sections.exports.map(({ name, kind }) => `${kind} ${name}`).sort();

function assertSame(what: string, expected: readonly string[], actual: readonly string[]): void {
  if (JSON.stringify(expected) === JSON.stringify(actual)) return;
  const missing = expected.filter((entry) => !actual.includes(entry));
  const added = actual.filter((entry) => !expected.includes(entry));
  throw new Error(
    `the linked module's ${what} differ: without ${missing.join(', ')}; with ${added.join(', ')}; ${expected.length} before, ${actual.length} now`
  );
}
