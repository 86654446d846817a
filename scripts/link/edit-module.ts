/** Changes to single sections of a Wasm module; all other sections are kept as they are, byte for byte. */
import { ByteWriter } from '../../src/local-ic/execution/byte-writer';
import { type ExportEntry } from '../../src/local-ic/execution/wasm-declarations';
import { WasmReader } from '../../src/local-ic/execution/wasm-reader';
import { SECTION, parseSections } from '../../src/local-ic/execution/wasm-sections';

const HEADER_BYTES = 8;
/** Kinds of imports and exports (Wasm binary format, externtype and exportdesc). */
const FUNCTION_KIND = 0;
const TABLE_KIND = 1;
const FUNCTION_REFERENCE = 0x70;

export type FunctionName = { readonly module: string; readonly name: string };

/** `wasm` with the import of one function under another name. @throws when there is no such import, or other kinds. */
export function renameImport(wasm: Uint8Array, from: FunctionName, to: FunctionName): Uint8Array {
  let found = false;
  const renamed = replaceSection(wasm, SECTION.import, (reader, writer) => {
    copyVector(reader, writer, () => {
      const name = { module: reader.name(), name: reader.name() };
      const isIt = name.module === from.module && name.name === from.name;
      found ||= isIt;
      writer.name(isIt ? to.module : name.module);
      writer.name(isIt ? to.name : name.name);
      if (reader.u8() !== FUNCTION_KIND) throw new Error(`${name.module}.${name.name}: expected a function`);
      writer.u8(FUNCTION_KIND);
      writer.u32(reader.u32());
    });
  });
  if (!found) throw new Error(`expected an import of ${from.module}.${from.name}`);
  return renamed;
}

/** Pages of memory that the module begins with. @throws when it has not exactly one memory without a maximum. */
export function initialPages(wasm: Uint8Array): number {
  const section = parseSections(wasm).raw.find(({ id }) => id === SECTION.memory);
  const reader = new WasmReader(wasm, section?.from ?? 0, section?.to ?? 0);
  const [count, flags] = [reader.u8(), reader.u8()];
  if (count !== 1 || flags !== 0) throw new Error('expected one memory of 32 bits without a maximum');
  return reader.u32();
}

/** `wasm` that begins with `pages` pages of memory. */
export function setInitialPages(wasm: Uint8Array, pages: number): Uint8Array {
  return replaceSection(wasm, SECTION.memory, (_reader, writer) => {
    writer.u32(1);
    writer.u8(0);
    writer.u32(pages);
  });
}

/** Entries of the module's table of functions. @throws when it has not exactly one, of a fixed size. */
export function tableEntries(wasm: Uint8Array): number {
  const section = parseSections(wasm).raw.find(({ id }) => id === SECTION.table);
  const reader = new WasmReader(wasm, section?.from ?? 0, section?.to ?? 0);
  const [count, type, flags] = [reader.u8(), reader.u8(), reader.u8()];
  const [minimum, maximum] = [reader.u32(), reader.u32()];
  if (count !== 1 || type !== FUNCTION_REFERENCE || flags !== 1 || minimum !== maximum)
    throw new Error('expected one table, of functions and of a fixed size');
  return minimum;
}

/** `wasm` whose one table has `entries` entries and is exported as `table`. */
export function exportLargerTable(wasm: Uint8Array, entries: number): Uint8Array {
  const larger = replaceSection(wasm, SECTION.table, (_reader, writer) => {
    writer.u32(1);
    writer.u8(FUNCTION_REFERENCE);
    writer.u8(1);
    writer.u32(entries);
    writer.u32(entries);
  });
  return writeExports(larger, [
    ...parseSections(larger).exports,
    { name: 'table', kind: TABLE_KIND, index: 0 }
  ]);
}

/** `wasm` without the exports whose name `keeps` does not want. */
export function filterExports(wasm: Uint8Array, keeps: (name: string) => boolean): Uint8Array {
  return writeExports(
    wasm,
    parseSections(wasm).exports.filter(({ name }) => keeps(name))
  );
}

function writeExports(wasm: Uint8Array, exports: readonly ExportEntry[]): Uint8Array {
  return replaceSection(wasm, SECTION.export, (_reader, writer) => {
    writer.u32(exports.length);
    for (const { name, kind, index } of exports) {
      writer.name(name);
      writer.u8(kind);
      writer.u32(index);
    }
  });
}

function copyVector(reader: WasmReader, writer: ByteWriter, copyItem: () => void): void {
  const count = reader.u32();
  writer.u32(count);
  for (let index = 0; index < count; index += 1) copyItem();
}

function replaceSection(
  wasm: Uint8Array,
  replacedId: number,
  write: (reader: WasmReader, writer: ByteWriter) => void
): Uint8Array {
  const output = new ByteWriter(wasm.length + 1_024);
  output.copy(wasm, 0, HEADER_BYTES);
  for (const { id, from, to } of parseSections(wasm).raw) {
    const content = new ByteWriter();
    if (id === replacedId) write(new WasmReader(wasm, from, to), content);
    else content.copy(wasm, from, to);
    output.u8(id);
    output.u32(content.length);
    output.bytes(content.view());
  }
  return output.view().slice();
}
