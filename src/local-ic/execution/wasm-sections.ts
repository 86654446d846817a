import { invalidWasm, WasmReader } from './wasm-reader';

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

export const VALUE_TYPE = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const;

export const EXPORT_KIND = { function: 0, table: 1, memory: 2, global: 3 } as const;

/** Parameter and result types, one byte per value. */
export type FunctionType = { readonly params: Uint8Array; readonly results: Uint8Array };

export type FunctionImport = { readonly module: string; readonly name: string; readonly type: FunctionType };

export type GlobalDeclaration = { readonly type: number; readonly isMutable: boolean };

export type ExportEntry = { readonly name: string; readonly kind: number; readonly index: number };

export type CustomSection = { readonly name: string; readonly content: Uint8Array };

export type RawSection = { readonly id: number; readonly from: number; readonly to: number };

/** What the host needs to know of a module before it compiles it. */
export type WasmSections = {
  readonly raw: readonly RawSection[];
  readonly types: readonly FunctionType[];
  readonly imports: readonly FunctionImport[];
  /** Type index of every function the module defines. */
  readonly functionTypeIndices: readonly number[];
  readonly tableCount: number;
  readonly memoryCount: number;
  readonly globals: readonly GlobalDeclaration[];
  readonly exports: readonly ExportEntry[];
  readonly startFunction: number | undefined;
  readonly customSections: readonly CustomSection[];
};

const MAGIC_AND_VERSION = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const FUNCTION_TYPE_TAG = 0x60;
const REFERENCE_TYPES: ReadonlySet<number> = new Set([0x70, 0x6f]);

/** Reads the sections of a module; does not look into code and data. @throws IC0505 when malformed. */
export function parseSections(bytes: Uint8Array): WasmSections {
  if (MAGIC_AND_VERSION.some((byte, index) => bytes[index] !== byte))
    throw invalidWasm('magic header not detected');
  const raw = readRawSections(new WasmReader(bytes, MAGIC_AND_VERSION.length));
  const find = (id: number): WasmReader | undefined => {
    const matches = raw.filter((section) => section.id === id);
    if (matches.length > 1) throw invalidWasm('unexpected duplicate section');
    const [section] = matches;
    return section && new WasmReader(bytes, section.from, section.to);
  };
  const types = readVector(find(SECTION.type), readFunctionType);
  return {
    raw,
    types,
    imports: readVector(find(SECTION.import), (reader) => readImport(reader, types)),
    functionTypeIndices: readVector(find(SECTION.function), (reader) => reader.u32()),
    tableCount: find(SECTION.table)?.u32() ?? 0,
    memoryCount: find(SECTION.memory)?.u32() ?? 0,
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
  const imported = sections.imports[functionIndex];
  if (imported) return imported.type;
  const typeIndex = sections.functionTypeIndices[functionIndex - sections.imports.length];
  const type = typeIndex === undefined ? undefined : sections.types[typeIndex];
  if (!type) throw invalidWasm(`unknown function ${functionIndex}`);
  return type;
}

function readRawSections(reader: WasmReader): RawSection[] {
  const sections: RawSection[] = [];
  while (!reader.done) {
    const id = reader.u8();
    const size = reader.u32();
    const from = reader.position;
    reader.take(size);
    sections.push({ id, from, to: from + size });
  }
  return sections;
}

function readVector<T>(reader: WasmReader | undefined, readItem: (reader: WasmReader) => T): T[] {
  if (!reader) return [];
  const count = reader.u32();
  const items: T[] = [];
  for (let index = 0; index < count; index++) items.push(readItem(reader));
  if (!reader.done) throw invalidWasm('section size mismatch');
  return items;
}

function readFunctionType(reader: WasmReader): FunctionType {
  if (reader.u8() !== FUNCTION_TYPE_TAG) throw invalidWasm('only function types are supported');
  return { params: reader.take(reader.u32()), results: reader.take(reader.u32()) };
}

function readImport(reader: WasmReader, types: readonly FunctionType[]): FunctionImport {
  const module = reader.name();
  const name = reader.name();
  if (reader.u8() !== EXPORT_KIND.function) {
    throw invalidWasm(
      `Only functions can be imported. Expected import from ${module} ${name} to be a function`
    );
  }
  const type = types[reader.u32()];
  if (!type) throw invalidWasm('unknown type');
  return { module, name, type };
}

function readGlobal(reader: WasmReader): GlobalDeclaration {
  const type = reader.u8();
  const isMutable = reader.u8() === 1;
  skipConstantExpression(reader);
  return { type, isMutable };
}

function skipConstantExpression(reader: WasmReader): void {
  for (;;) {
    const opcode = reader.u8();
    if (opcode === 0x0b) return;
    if (opcode === 0x43) reader.take(4);
    else if (opcode === 0x44) reader.take(8);
    else if (opcode === 0xfd) {
      reader.skipLeb();
      reader.take(16);
    } else if (opcode === 0xd0) reader.u8();
    else if ([0x41, 0x42, 0x23, 0xd2].includes(opcode)) reader.skipLeb();
    else if (![0x6a, 0x6b, 0x6c, 0x7c, 0x7d, 0x7e].includes(opcode)) {
      throw invalidWasm('constant expression required');
    }
  }
}

function readExport(reader: WasmReader): ExportEntry {
  return { name: reader.name(), kind: reader.u8(), index: reader.u32() };
}

function readCustomSection(reader: WasmReader): CustomSection {
  return { name: reader.name(), content: reader.bytes.slice(reader.position, reader.end) };
}

/** True of types whose values JavaScript cannot copy out of one instance and into another. */
export function isReferenceType(type: number): boolean {
  return REFERENCE_TYPES.has(type);
}
