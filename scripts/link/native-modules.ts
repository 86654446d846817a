/** The modules that become part of a linked canister, each library moved to its region of the canister's memory. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import loadWabt from 'wabt';
import { projectRoot } from '../project-files';
import { LIBRARIES, type Library, readPinned } from './libraries';
import { type NamedModule } from './merge';
import { PAGE_BYTES, type Region, relocate } from './relocate';

const SOURCES = join(projectRoot, 'src', 'canisters', 'native');

/** The switchboard's export, and how it imports the system call that it stands in for. */
export const SWITCHBOARD = { module: 'switchboard', name: 'certified_data_set' };
export const REAL_CALL = { module: 'system', name: 'certified_data_set' };

export type NativeModules = {
  readonly modules: readonly NamedModule[];
  /** What follows the last region. */
  readonly end: Place;
};

/** A page of the canister's memory, and an entry of its table of functions. */
export type Place = { readonly page: number; readonly entry: number };

/** Libraries, adapters and switchboard, with regions from `first` on; they import `canister.memory` and `canister.table`. */
export async function createNativeModules(first: Place): Promise<NativeModules> {
  const modules: NamedModule[] = [];
  const bases: Record<string, number> = {};
  let { page, entry } = first;
  for (const library of LIBRARIES) {
    const adapter = readSource(library.adapter);
    const region = {
      base: page * PAGE_BYTES,
      pages: pagesOf(adapter, library.adapter),
      firstEntry: entry
    };
    const { wasm, entryCount } = await relocate(readPinned(library), region);
    modules.push({ name: library.name, wasm }, ...(await companionsOf(library, { adapter, region })));
    bases[library.adapter] = region.base;
    page += region.pages;
    entry += entryCount;
  }
  modules.push({ name: 'region', wasm: await assemble(regionGlobals(bases)) });
  modules.push({ name: SWITCHBOARD.module, wasm: await assemble(readSource('switchboard')) });
  return { modules, end: { page, entry } };
}

/** The adapter, which is written in the library's addresses, and what the library imports. */
async function companionsOf(
  library: Library,
  { adapter, region }: { readonly adapter: string; readonly region: Region }
): Promise<NamedModule[]> {
  const offers = Object.entries(library.offers).map(async ([name, source]) => ({
    name,
    wasm: await assemble(readSource(source))
  }));
  const { wasm } = await relocate(await assemble(adapter), region);
  return [{ name: `adapter/${library.adapter}`, wasm }, ...(await Promise.all(offers))];
}

const readSource = (name: string): string => readFileSync(join(SOURCES, `${name}.wat`), 'utf8');

/** Pages that a library and its adapter need; the adapter says it in a global. */
function pagesOf(adapter: string, name: string): number {
  const [, pages] = /\(export "pages"\)\s+i32\s+\(i32\.const (\d+)\)/.exec(adapter) ?? [];
  if (pages === undefined) throw new Error(`${name}.wat: expected an exported global "pages"`);
  return Number(pages);
}

/** Module `region`: where each adapter's addresses count from. */
function regionGlobals(bases: Readonly<Record<string, number>>): string {
  const globals = Object.entries(bases).map(
    ([name, base]) => `(global (export "${name}") i32 (i32.const ${base}))`
  );
  return `(module ${globals.join(' ')})`;
}

/** Wasm of a module in text. */
export async function assemble(text: string): Promise<Uint8Array> {
  const module = (await loadWabt()).parseWat('module.wat', text);
  try {
    return Uint8Array.from(module.toBinary({}).buffer);
  } finally {
    module.destroy();
  }
}
