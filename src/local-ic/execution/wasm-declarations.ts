import { disabledFeature, invalidWasm, malformedWasm, type WasmReader } from './wasm-reader';

export const VALUE_TYPE = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const;

const FUNCTION_REFERENCE = 0x70;
const EXTERNAL_REFERENCE = 0x6f;

export const EXPORT_KIND = { function: 0, table: 1, memory: 2, global: 3 } as const;

/** Parameter and result types, one byte per value. */
export type FunctionType = { readonly params: Uint8Array; readonly results: Uint8Array };

export type FunctionImport = { readonly module: string; readonly name: string; readonly type: FunctionType };

export type MemoryDeclaration = {
  readonly is64Bit: boolean;
  readonly minimumPages: number;
  readonly maximumPages: number | undefined;
};

export type GlobalDeclaration = { readonly type: number; readonly isMutable: boolean };

export type ExportEntry = { readonly name: string; readonly kind: number; readonly index: number };

const FUNCTION_TYPE_TAG = 0x60;

/** True of the types of values that the network's engine has; none of them takes more than a byte. */
function isValueType(type: number): boolean {
  return (type >= VALUE_TYPE.v128 && type <= VALUE_TYPE.i32) || isReferenceType(type);
}

/** True of types whose values JavaScript cannot copy out of one instance and into another. */
function isReferenceType(type: number): boolean {
  return type === FUNCTION_REFERENCE || type === EXTERNAL_REFERENCE;
}

export function readFunctionType(reader: WasmReader): FunctionType {
  if (reader.u8() !== FUNCTION_TYPE_TAG) throw disabledFeature('gc types require the `gc` proposal');
  return { params: readValueTypes(reader), results: readValueTypes(reader) };
}

function readValueTypes(reader: WasmReader): Uint8Array {
  const types = reader.take(reader.u32());
  for (const type of types) assertValueType(type);
  return types;
}

export function assertValueType(type: number): void {
  if (!isValueType(type)) {
    throw disabledFeature(`invalid value type 0x${type.toString(16)}: function references are not enabled`);
  }
}

const IMPORT_REFUSALS: Readonly<Record<number, string>> = {
  [EXPORT_KIND.table]: 'Only tables imported from env.table are allowed.',
  [EXPORT_KIND.memory]: 'Only memory imported from env.memory is allowed.',
  [EXPORT_KIND.global]: 'Importing globals is not allowed.'
};

export function readImport(reader: WasmReader, types: readonly FunctionType[]): FunctionImport {
  const module = reader.name();
  const name = reader.name();
  const kind = reader.u8();
  if (kind !== EXPORT_KIND.function) {
    const refusal = IMPORT_REFUSALS[kind] ?? 'Importing tags is not allowed.';
    throw invalidWasm(`Wasm module has an invalid import section. ${refusal}`);
  }
  const type = types[reader.u32()];
  if (!type) throw malformedWasm('unknown type');
  return { module, name, type };
}

const LIMITS = { hasMaximum: 1, isShared: 2, is64Bit: 4, known: 7 } as const;

export function readMemory(reader: WasmReader): MemoryDeclaration {
  const flags = reader.u8();
  if (flags > LIMITS.known) throw disabledFeature('the custom page sizes proposal must be enabled');
  if ((flags & LIMITS.isShared) !== 0) throw disabledFeature('threads must be enabled for shared memories');
  return {
    is64Bit: (flags & LIMITS.is64Bit) !== 0,
    minimumPages: reader.u64(),
    maximumPages: (flags & LIMITS.hasMaximum) !== 0 ? reader.u64() : undefined
  };
}

export function readTable(reader: WasmReader): void {
  const type = reader.u8();
  if (!isReferenceType(type)) {
    throw disabledFeature('function references required for tables with initializers and index references');
  }
  const flags = reader.u8();
  if ((flags & LIMITS.isShared) !== 0) throw disabledFeature('threads must be enabled for shared tables');
  reader.u64();
  if ((flags & LIMITS.hasMaximum) !== 0) reader.u64();
}

export function readGlobal(reader: WasmReader): GlobalDeclaration {
  const type = reader.u8();
  if (isReferenceType(type)) {
    throw invalidWasm('Wasm module has an invalid global section. Unsupported global type: Ref');
  }
  const isMutable = reader.u8() === 1;
  readConstant(reader);
  return { type, isMutable };
}

const OPCODE = { i32Const: 0x41, i64Const: 0x42, f32Const: 0x43, f64Const: 0x44, end: 0x0b } as const;
const REF_NULL = 0xd0;
const REF_FUNC = 0xd2;
const VECTOR_PREFIX = 0xfd;

/** Reads a constant expression, of one constant: the network has no extended ones. Its opcode. */
function readConstant(reader: WasmReader): number {
  const opcode = reader.u8();
  switch (opcode) {
    case OPCODE.i32Const:
    case OPCODE.i64Const:
    case REF_FUNC:
      reader.skipLeb();
      break;
    case OPCODE.f32Const:
      reader.take(4);
      break;
    case OPCODE.f64Const:
      reader.take(8);
      break;
    case REF_NULL:
      reader.u8();
      break;
    case VECTOR_PREFIX:
      reader.skipLeb();
      reader.take(16);
      break;
    default:
      throw disabledFeature(`constant expression required: found operator 0x${opcode.toString(16)}`);
  }
  if (reader.u8() !== OPCODE.end)
    throw disabledFeature('constant expression required: found a second operator');
  return opcode;
}

export function readExport(reader: WasmReader): ExportEntry {
  return { name: reader.name(), kind: reader.u8(), index: reader.u32() };
}

const ELEMENT = { isPassive: 1, hasIndex: 2, hasExpressions: 4 } as const;

export function readElementSegment(reader: WasmReader): void {
  const flags = reader.u32();
  if (flags > 7) throw malformedWasm('invalid flags of an element segment');
  const isActive = (flags & ELEMENT.isPassive) === 0;
  if (isActive && (flags & ELEMENT.hasIndex) !== 0) reader.u32();
  if (isActive) readConstant(reader);
  if ((flags & (ELEMENT.isPassive | ELEMENT.hasIndex)) !== 0) reader.u8();
  for (let count = reader.u32(); count > 0; count--) {
    if ((flags & ELEMENT.hasExpressions) !== 0) readConstant(reader);
    else reader.u32();
  }
}

const DATA = { active: 0, passive: 1, activeWithIndex: 2 } as const;

export function readDataSegment(reader: WasmReader, is64Bit: boolean): void {
  const flags = reader.u32();
  if (flags > DATA.activeWithIndex) throw malformedWasm('invalid flags of a data segment');
  if (flags === DATA.activeWithIndex) reader.u32();
  if (flags !== DATA.passive) {
    const expected = is64Bit ? OPCODE.i64Const : OPCODE.i32Const;
    if (readConstant(reader) !== expected) {
      throw invalidWasm(
        `Wasm module has an invalid data section. Invalid offset expression in data segment for ${is64Bit ? 64 : 32}bit memory`
      );
    }
  }
  reader.take(reader.u32());
}
