/**
 * Moves a module to another place in memory, so that several share one memory without a word to each other. Its
 * addresses are settled when it is compiled; here every access gets the distance added to its immediate offset, which
 * costs nothing when it runs, and the data segments move along. Its table of functions, through which it calls what
 * pointers point to, becomes a part of the canister's in the same way, for two additions to a call: a canister may have
 * one memory and one table.
 *
 * The module must neither grow its memory nor reach outside of its pages: it sees a memory of `pages`, and growing
 * fails. Globals, and addresses handed to it and got from it, stay counted from the region's own start.
 */
import loadWabt from 'wabt';

export const PAGE_BYTES = 65_536;

/** Where a module is moved to: its first byte, its size in pages, and its first entry of the canister's table. */
export type Region = { readonly base: number; readonly pages: number; readonly firstEntry: number };

export type RelocatedModule = {
  /** Imports `canister.memory`, and `canister.table` when it has a table. */
  readonly wasm: Uint8Array;
  /** Entries of the canister's table that it takes. */
  readonly entryCount: number;
};

/** Instructions that reach memory, or a table, otherwise than by those that are moved; the libraries have none of them. */
const UNKNOWN_ACCESS =
  /^\s*(v128|memory\.init|memory\.discard|data\.drop|memory\.atomic|\w+\.atomic|table\.|elem\.|ref\.func|return_call)/m;

/** `wasm` moved to `region`. @throws when it cannot be. */
export async function relocate(wasm: Uint8Array, region: Region): Promise<RelocatedModule> {
  const wabt = await loadWabt();
  const parsed = wabt.readWasm(wasm, { readDebugNames: false });
  const text = parsed.toText({ foldExprs: false, inlineExport: false });
  parsed.destroy();
  const entryCount = countEntries(text);
  const moved = wabt.parseWat('relocated.wat', relocateText(text, { ...region, hasTable: entryCount > 0 }));
  const { buffer } = moved.toBinary({});
  moved.destroy();
  return { wasm: buffer, entryCount };
}

/** Entries of the module's one table; 0 when it has none. */
function countEntries(text: string): number {
  const tables = text.match(/^\s*\((?:import "[^"]*" "[^"]*" \()?table .*/gm) ?? [];
  if (tables.length === 0) return 0;
  const [, entries] = /^\s*\(table \(;0;\) (\d+)(?: \d+)? funcref\)/.exec(tables[0] ?? '') ?? [];
  if (tables.length > 1 || entries === undefined)
    throw new Error(`expected one table of the module's own, got ${tables.join(' ').trim()}`);
  return Number(entries);
}

/** The same for wabt's flat text, in which every instruction has a line of its own. */
function relocateText(
  text: string,
  { base, pages, firstEntry, hasTable }: Region & { readonly hasTable: boolean }
): string {
  if (UNKNOWN_ACCESS.test(text)) throw new Error(`cannot relocate ${UNKNOWN_ACCESS.exec(text)?.[0] ?? ''}`);
  const moved = text
    .replace(
      /^(\s*[if](?:32|64)\.(?:load|store)(?:8|16|32)?(?:_[su])?)(?: offset=(\d+))?/gm,
      (_, access: string, offset = '0') => `${access} offset=${Number(offset) + base}`
    )
    .replace(/^(\s*)memory\.(copy|fill|grow)\b/gm, '$1call $region_$2')
    .replace(/^(\s*)memory\.size\b/gm, `$1i32.const ${pages}`)
    .replace(/^(\s*)call_indirect\b/gm, `$1i32.const ${firstEntry}\n$1i32.add\n$1call_indirect`)
    .replace(
      /^(\s*\((data|elem) \(;\d+;\)) (.{0,40})/gm,
      (_, head: string, kind: string, offset: string) =>
        `${head} ${moveSegment(offset, kind === 'data' ? base : firstEntry)}`
    )
    // Whatever they start with is the zeroing of memory that is zero.
    .replace(/^\s*\(start \d+\)/gm, '')
    .replace(/^\s*\(export "[^"]*" \((?:memory|table) 0\)\)/gm, '')
    .replace(/^\s*\((?:memory|table) \(;0;\).*\)(?=\)?$)/gm, '')
    .replace(/^\s*\(import "[^"]*" "[^"]*" \(memory .*\)\)/gm, '');
  const end = moved.lastIndexOf(')');
  const table = hasTable ? '(import "canister" "table" (table 0 funcref))' : '';
  return `(module\n  (import "canister" "memory" (memory 0))${table}${moved.slice('(module'.length, end)}${bulkOperations(base)})`;
}

function moveSegment(start: string, base: number): string {
  const [matched, offset] = /^\(i32\.const (\d+)\)/.exec(start) ?? [];
  if (matched === undefined) throw new Error(`expected a segment at a constant place, got ${start}`);
  return start.replace(matched, `(i32.const ${Number(offset) + base})`);
}

/** These have no immediate offset. */
const bulkOperations = (base: number): string => `
  (func $region_copy (param i32 i32 i32)
    (memory.copy (i32.add (local.get 0) (i32.const ${base})) (i32.add (local.get 1) (i32.const ${base})) (local.get 2)))
  (func $region_fill (param i32 i32 i32)
    (memory.fill (i32.add (local.get 0) (i32.const ${base})) (local.get 1) (local.get 2)))
  (func $region_grow (param i32) (result i32) (i32.const -1))
`;
