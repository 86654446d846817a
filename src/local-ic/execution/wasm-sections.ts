import { malformedWasm, WasmReader } from './wasm-reader';
import {
  readDataSegment,
  readElementSegment,
  readExport,
  readFunctionType,
  readGlobal,
  readImport,
  readMemory,
  readTable,
  type ExportEntry,
  type FunctionImport,
  type FunctionType,
  type GlobalDeclaration,
  type MemoryDeclaration
} from './wasm-declarations';

/** Section ids of the Wasm binary format. */
export const SECTION = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12
} as const;

/** Order of sections in a module; the ids are not in order. */
export const SECTION_ORDER: readonly number[] = [
  SECTION.type,
  SECTION.import,
  SECTION.function,
  SECTION.table,
  SECTION.memory,
  SECTION.global,
  SECTION.export,
  SECTION.start,
  SECTION.element,
  SECTION.dataCount,
  SECTION.code,
  SECTION.data
];

export type CustomSection = { readonly name: string; readonly content: Uint8Array };

export type RawSection = { readonly id: number; readonly from: number; readonly to: number };

/** What the host needs to know of a module before it compiles it. */
export type WasmSections = {
  readonly raw: readonly RawSection[];
  readonly types: readonly FunctionType[];
  readonly importedFunctions: readonly FunctionImport[];
  /** Type index of every function the module defines. */
  readonly functionTypeIndices: readonly number[];
  readonly tableCount: number;
  readonly memories: readonly MemoryDeclaration[];
  /** Whether its memory has 64-bit addresses. */
  readonly is64Bit: boolean;
  readonly globals: readonly GlobalDeclaration[];
  readonly exports: readonly ExportEntry[];
  readonly startFunction: number | undefined;
  readonly customSections: readonly CustomSection[];
};

const MAGIC_AND_VERSION = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/**
 * Reads the sections of a module; does not look into code and data.
 *
 * @throws IC0505 when malformed, or when it declares what the network's engine does not have.
 */
export function parseSections(bytes: Uint8Array): WasmSections {
  if (MAGIC_AND_VERSION.some((byte, index) => bytes[index] !== byte)) {
    throw malformedWasm('magic header not detected: bad magic number or version');
  }
  const raw = readRawSections(new WasmReader(bytes, MAGIC_AND_VERSION.length));
  const find = (id: number): WasmReader | undefined => findSection(bytes, raw, id);
  const types = readVector(find(SECTION.type), readFunctionType);
  const memories = readVector(find(SECTION.memory), readMemory);
  const is64Bit = memories[0]?.is64Bit ?? false;
  readVector(find(SECTION.element), readElementSegment);
  readVector(find(SECTION.data), (reader) => {
    readDataSegment(reader, is64Bit);
  });
  return {
    raw,
    types,
    importedFunctions: readVector(find(SECTION.import), (reader) => readImport(reader, types)),
    functionTypeIndices: readVector(find(SECTION.function), (reader) => reader.u32()),
    tableCount: readVector(find(SECTION.table), readTable).length,
    memories,
    is64Bit,
    globals: readVector(find(SECTION.global), readGlobal),
    exports: readVector(find(SECTION.export), readExport),
    startFunction: find(SECTION.start)?.u32(),
    customSections: raw
      .filter((section) => section.id === SECTION.custom)
      .map((section) => readCustomSection(new WasmReader(bytes, section.from, section.to)))
  };
}

/** Type of a function by its index, imports first. */
export function functionType(sections: WasmSections, functionIndex: number): FunctionType {
  const imported = sections.importedFunctions[functionIndex];
  if (imported) return imported.type;
  const typeIndex = sections.functionTypeIndices[functionIndex - sections.importedFunctions.length];
  const type = typeIndex === undefined ? undefined : sections.types[typeIndex];
  if (!type) throw malformedWasm(`unknown function ${functionIndex}`);
  return type;
}

function findSection(bytes: Uint8Array, raw: readonly RawSection[], id: number): WasmReader | undefined {
  const section = raw.find((candidate) => candidate.id === id);
  return section && new WasmReader(bytes, section.from, section.to);
}

function readRawSections(reader: WasmReader): RawSection[] {
  const sections: RawSection[] = [];
  let latest = -1;
  while (!reader.done) {
    const id = reader.u8();
    const size = reader.u32();
    const from = reader.position;
    reader.take(size);
    sections.push({ id, from, to: from + size });
    if (id === SECTION.custom) continue;
    const place = SECTION_ORDER.indexOf(id);
    if (place < 0) throw malformedWasm(`malformed section id: ${id}`);
    if (place <= latest) throw malformedWasm('section out of order');
    latest = place;
  }
  return sections;
}

function readVector<T>(reader: WasmReader | undefined, readItem: (reader: WasmReader) => T): T[] {
  if (!reader) return [];
  const count = reader.u32();
  const items: T[] = [];
  for (let index = 0; index < count; index++) items.push(readItem(reader));
  if (!reader.done) throw malformedWasm('section size mismatch: unexpected data at the end of the section');
  return items;
}

function readCustomSection(reader: WasmReader): CustomSection {
  return { name: reader.name(), content: reader.bytes.slice(reader.position, reader.end) };
}
