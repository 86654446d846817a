import { ByteWriter } from './byte-writer';
import { EXPORT_KIND, VALUE_TYPE } from './wasm-declarations';
import { BodyMeter, type BodySize } from './wasm-metering';
import { invalidWasm, malformedWasm, WasmReader } from './wasm-reader';
import { functionType, SECTION, SECTION_ORDER, type RawSection, type WasmSections } from './wasm-sections';

/** Names under which the rewritten module exports what the host must reach. */
export const HOST_EXPORT = {
  gas: 'local-ic gas',
  /** Not zero when code changed a table or dropped a segment. */
  transient: 'local-ic transient',
  memory: 'local-ic memory',
  table: 'local-ic table',
  start: 'local-ic start',
  global: (index: number): string => `local-ic global ${index}`
} as const;

export type RewrittenModule = {
  readonly bytes: Uint8Array;
  /** Indices of the module's own mutable globals, all exported. */
  readonly mutableGlobals: readonly number[];
};

const HEADER_BYTES = 8;

/**
 * A module that behaves as the given one and lets the host meter it, roll it back and call its table:
 * the memory, table 0 and every mutable global are exported, code counts down a gas global (trapping below zero),
 * tells of tables it changes and segments it drops, and the start function is exported in place of running at instantiation. Custom sections are left out.
 *
 * A 64-bit memory gets a maximum of 4 GiB: JavaScript engines of today address no more.
 *
 * @throws IC0505 when its code is malformed, or more complex than the network takes.
 */
export function rewriteModule(original: Uint8Array, sections: WasmSections): RewrittenModule {
  const gasGlobal = sections.globals.length;
  const mutableGlobals = findMutableGlobals(sections);
  const code = meterCode(original, sections, gasGlobal);
  const replaced = new Map<number, Uint8Array>([
    [SECTION.global, writeGlobals(original, sections)],
    [SECTION.export, writeExports(original, sections, { gasGlobal, mutableGlobals })]
  ]);
  if (code) replaced.set(SECTION.code, code);
  if (sections.is64Bit) replaced.set(SECTION.memory, writeMemory(sections));
  return {
    bytes: assemble(original, sections, replaced),
    mutableGlobals
  };
}

function assemble(
  original: Uint8Array,
  sections: WasmSections,
  replaced: ReadonlyMap<number, Uint8Array>
): Uint8Array {
  const out = new ByteWriter(original.length * 2);
  out.copy(original, 0, HEADER_BYTES);
  for (const id of SECTION_ORDER) {
    if (id === SECTION.start) continue;
    const payload = replaced.get(id) ?? payloadOf(original, sections, id);
    if (!payload) continue;
    out.u8(id);
    out.u32(payload.length);
    out.bytes(payload);
  }
  return out.view();
}

function rawSection(sections: WasmSections, id: number): RawSection | undefined {
  return sections.raw.find((section) => section.id === id);
}

function payloadOf(original: Uint8Array, sections: WasmSections, id: number): Uint8Array | undefined {
  const section = rawSection(sections, id);
  return section && original.subarray(section.from, section.to);
}

function findMutableGlobals({ globals }: WasmSections): number[] {
  return globals.flatMap(({ type, isMutable }, index) => {
    if (!isMutable) return [];
    if (type === VALUE_TYPE.v128) {
      throw invalidWasm('mutable globals of vector type are not supported by this network');
    }
    return [index];
  });
}

function appendEntries(
  payload: Uint8Array | undefined,
  added: number,
  write: (out: ByteWriter) => void
): Uint8Array {
  const out = new ByteWriter((payload?.length ?? 0) + 256);
  const reader = new WasmReader(payload ?? new Uint8Array(1));
  out.u32(reader.u32() + added);
  out.copy(reader.bytes, reader.position, reader.end);
  write(out);
  return out.view();
}

const MEMORY64_WITH_MAXIMUM = 5;
const MAX_PAGES = 65_536;

function writeMemory({ memories: [memory] }: WasmSections): Uint8Array {
  const out = new ByteWriter();
  out.u32(1);
  out.u8(MEMORY64_WITH_MAXIMUM);
  out.u32(memory?.minimumPages ?? 0);
  out.u32(Math.min(memory?.maximumPages ?? MAX_PAGES, MAX_PAGES));
  return out.view();
}

function writeGlobals(original: Uint8Array, sections: WasmSections): Uint8Array {
  const mutableZero = Uint8Array.of(VALUE_TYPE.i64, 1, 0x42, 0, 0x0b);
  return appendEntries(payloadOf(original, sections, SECTION.global), 2, (out) => {
    out.bytes(mutableZero);
    out.bytes(mutableZero);
  });
}

function writeExports(
  original: Uint8Array,
  sections: WasmSections,
  { gasGlobal, mutableGlobals }: { readonly gasGlobal: number; readonly mutableGlobals: readonly number[] }
): Uint8Array {
  const added: (readonly [name: string, kind: number, index: number])[] = [
    [HOST_EXPORT.gas, EXPORT_KIND.global, gasGlobal],
    [HOST_EXPORT.transient, EXPORT_KIND.global, gasGlobal + 1],
    ...mutableGlobals.map((index) => [HOST_EXPORT.global(index), EXPORT_KIND.global, index] as const)
  ];
  if (sections.memories.length > 0) added.push([HOST_EXPORT.memory, EXPORT_KIND.memory, 0]);
  if (sections.tableCount > 0) added.push([HOST_EXPORT.table, EXPORT_KIND.table, 0]);
  if (sections.startFunction !== undefined) {
    added.push([HOST_EXPORT.start, EXPORT_KIND.function, sections.startFunction]);
  }
  return appendEntries(payloadOf(original, sections, SECTION.export), added.length, (out) => {
    for (const [name, kind, index] of added) {
      out.name(name);
      out.u8(kind);
      out.u32(index);
    }
  });
}

function meterCode(original: Uint8Array, sections: WasmSections, gasGlobal: number): Uint8Array | undefined {
  const section = rawSection(sections, SECTION.code);
  if (!section) return undefined;
  const reader = new WasmReader(original, section.from, section.to);
  const out = new ByteWriter((section.to - section.from) * 2);
  const body = new ByteWriter(65_536);
  const meter = new BodyMeter({
    reader,
    out: body,
    gasGlobal,
    transientGlobal: gasGlobal + 1,
    is64Bit: sections.is64Bit
  });
  const count = reader.u32();
  if (count !== sections.functionTypeIndices.length) {
    throw malformedWasm('function and code section have inconsistent lengths');
  }
  out.u32(count);
  const importCount = sections.importedFunctions.length;
  for (let index = 0; index < count; index++) {
    const size = reader.u32();
    body.clear();
    const paramCount = functionType(sections, importCount + index).params.length;
    assertSimple(index, meter.meter(reader.position + size, paramCount));
    out.u32(body.length);
    out.bytes(body.view());
  }
  return out.view();
}

const MAX_FUNCTION_COMPLEXITY = 1_000_000;
const MAX_FUNCTION_OPERATORS = 1_000_000;

function assertSimple(index: number, { complexity, operatorCount }: BodySize): void {
  if (complexity > MAX_FUNCTION_COMPLEXITY) {
    throw invalidWasm(
      `Wasm module contains a function at index ${index} with complexity ${complexity} which exceeds the maximum complexity allowed ${MAX_FUNCTION_COMPLEXITY}.`
    );
  }
  if (operatorCount > MAX_FUNCTION_OPERATORS) {
    throw invalidWasm(
      `Wasm module contains a function at index ${index} of size ${operatorCount} that exceeds the maximum allowed size of ${MAX_FUNCTION_OPERATORS}.`
    );
  }
}
