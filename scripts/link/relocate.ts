/**
 * Moves a module to another place in memory, so that several share one memory without a word to each other. Its
 * addresses are settled when it is compiled; here every access gets the distance added to its immediate offset, which
 * costs nothing when it runs, and the data segments move along.
 *
 * The module must neither grow its memory nor reach outside of its pages: it sees a memory of `pages`, and growing
 * fails. Globals, and addresses handed to it and got from it, stay counted from the region's own start.
 */
import loadWabt from 'wabt';

export const PAGE_BYTES = 65_536;

/** The region a module is moved to: where it begins, and its size in pages. */
export type Region = { readonly base: number; readonly pages: number };

/** Instructions that reach memory otherwise than by load and store; the libraries have none of these others. */
const UNKNOWN_ACCESS = /^\s*(v128|memory\.init|memory\.discard|data\.drop|memory\.atomic|\w+\.atomic)\b/m;

/** `wasm` with its memory imported as `canister.memory` and all of it moved to `region`. @throws when it cannot be. */
export async function relocate(wasm: Uint8Array, region: Region): Promise<Uint8Array> {
  const wabt = await loadWabt();
  const parsed = wabt.readWasm(wasm, { readDebugNames: false });
  const text = parsed.toText({ foldExprs: false, inlineExport: false });
  parsed.destroy();
  const moved = wabt.parseWat('relocated.wat', relocateText(text, region));
  const { buffer } = moved.toBinary({});
  moved.destroy();
  return buffer;
}

/** The same for wabt's flat text, in which every instruction has a line of its own. */
export function relocateText(text: string, { base, pages }: Region): string {
  if (UNKNOWN_ACCESS.test(text)) throw new Error(`cannot relocate ${UNKNOWN_ACCESS.exec(text)?.[0] ?? ''}`);
  const moved = text
    .replace(
      /^(\s*[if](?:32|64)\.(?:load|store)(?:8|16|32)?(?:_[su])?)(?: offset=(\d+))?/gm,
      (_, access: string, offset = '0') => `${access} offset=${Number(offset) + base}`
    )
    .replace(/^(\s*)memory\.(copy|fill|grow)\b/gm, '$1call $region_$2')
    .replace(/^(\s*)memory\.size\b/gm, `$1i32.const ${pages}`)
    .replace(
      /^(\s*\(data \(;\d+;\)) (.{0,40})/gm,
      (_, head: string, offset: string) => `${head} ${moveSegment(offset, base)}`
    )
    // Whatever they start with is the zeroing of memory that is zero.
    .replace(/^\s*\(start \d+\)/gm, '')
    .replace(/^\s*\(export "[^"]*" \(memory 0\)\)/gm, '')
    .replace(/^\s*\(memory \(;0;\).*\)(?=\)?$)/gm, '')
    .replace(/^\s*\(import "[^"]*" "[^"]*" \(memory .*\)\)/gm, '');
  const end = moved.lastIndexOf(')');
  return `(module\n  (import "canister" "memory" (memory 0))${moved.slice('(module'.length, end)}${bulkOperations(base)})`;
}

function moveSegment(start: string, base: number): string {
  const [matched, offset] = /^\(i32\.const (\d+)\)/.exec(start) ?? [];
  if (matched === undefined) throw new Error(`expected a data segment at a constant address, got ${start}`);
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
