/**
 * Cost of each Wasm operator, in the replica's instructions, and the form of its immediates.
 * Source: dfinity/ic `rs/embedders/src/wasm_utils/instrumentation.rs` at 002d5530, `instruction_to_cost`.
 */

/** Forms of immediates. `none` is 0 so that the commonest case tests fast. */
export const IMMEDIATE = {
  none: 0,
  leb: 1,
  lebPair: 2,
  block: 3,
  labelTable: 4,
  bytes4: 5,
  bytes8: 6,
  typeVector: 7,
  bulk: 8,
  vector: 9,
  memarg: 10,
  unknown: 255
} as const;

export const OPCODE = {
  unreachable: 0x00,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  brTable: 0x0e,
  return: 0x0f,
  returnCall: 0x12,
  returnCallIndirect: 0x13,
  select: 0x1b,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  globalGet: 0x23,
  globalSet: 0x24,
  tableSet: 0x26,
  i64Const: 0x42,
  i64LessSigned: 0x53,
  i64LessUnsigned: 0x54,
  i64Sub: 0x7d,
  i64ExtendI32Unsigned: 0xad
} as const;

export type OpcodeTable = { readonly immediates: Uint8Array; readonly weights: Uint16Array };

type Row = readonly [opcodes: readonly number[], weight: number, immediate: number];

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function buildTable(size: number, rows: readonly Row[]): OpcodeTable {
  const immediates = new Uint8Array(size).fill(IMMEDIATE.unknown);
  const weights = new Uint16Array(size);
  for (const [opcodes, weight, immediate] of rows) {
    for (const opcode of opcodes) {
      immediates[opcode] = immediate;
      weights[opcode] = weight;
    }
  }
  return { immediates, weights };
}

const { none, leb, lebPair } = IMMEDIATE;

/** One-byte operators. Later rows overrule earlier ones. */
export const OPERATORS = buildTable(256, [
  [[0x00, 0x01, 0x0f, 0x1a, 0x1b], 1, none], // unreachable nop return drop select
  [[0x02, 0x03], 0, IMMEDIATE.block], // block loop
  [[0x04], 2, IMMEDIATE.block], // if
  [[0x05, 0x0b], 0, none], // else end
  [[0x0c, 0x0d], 2, leb], // br br_if
  [[0x0e], 2, IMMEDIATE.labelTable], // br_table
  [[0x10], 5, leb], // call
  [[0x11], 10, lebPair], // call_indirect
  [[0x12], 3, leb], // return_call
  [[0x13], 60, lebPair], // return_call_indirect
  [[0x1c], 1, IMMEDIATE.typeVector], // select t
  [[0x20, 0x21, 0x22], 1, leb], // local.get set tee
  [[0x23, 0x24], 2, leb], // global.get set
  [[0x25, 0x26], 5, leb], // table.get set
  [range(0x28, 0x3e), 1, IMMEDIATE.memarg], // loads and stores
  [[0x3f], 20, leb], // memory.size
  [[0x40], 300, leb], // memory.grow
  [[0x41, 0x42], 1, leb], // i32.const i64.const
  [[0x43], 1, IMMEDIATE.bytes4], // f32.const
  [[0x44], 1, IMMEDIATE.bytes8], // f64.const
  [range(0x45, 0x5a), 1, none], // integer comparisons
  [range(0x5b, 0x66), 3, none], // float comparisons
  [range(0x67, 0x8a), 1, none], // integer arithmetic
  [[...range(0x6d, 0x70), ...range(0x7f, 0x82)], 10, none], // integer div and rem
  [[0x8b, 0x8c, 0x99, 0x9a], 1, none], // f abs neg
  [[...range(0x8d, 0x90), ...range(0x9b, 0x9e)], 2, none], // f ceil floor trunc nearest
  [[0x91], 5, none], // f32.sqrt
  [[0x9f], 8, none], // f64.sqrt
  [[...range(0x92, 0x94), ...range(0xa0, 0xa2)], 2, none], // f add sub mul
  [[0x95], 3, none], // f32.div
  [[0xa3], 5, none], // f64.div
  [[0x96, 0x97, 0xa4, 0xa5], 18, none], // f min max
  [[0x98], 2, none], // f32.copysign
  [[0xa6], 3, none], // f64.copysign
  [[0xa7, 0xac, 0xad, 0xb6, 0xbb], 1, none], // wrap, extend, demote, promote
  [[...range(0xa8, 0xab), ...range(0xae, 0xb1)], 20, none], // trunc
  [[0xb2, 0xb4, 0xb7, 0xb9], 3, none], // convert signed
  [[0xb3, 0xb5, 0xb8, 0xba], 16, none], // convert unsigned
  [range(0xbc, 0xc4), 1, none], // reinterpret, sign extension
  [[0xd0], 1, leb], // ref.null
  [[0xd1], 5, none], // ref.is_null
  [[0xd2], 130, leb], // ref.func
  [[0xfc], 0, IMMEDIATE.bulk],
  [[0xfd], 0, IMMEDIATE.vector]
]);

/** Operators behind prefix 0xfc. */
export const BULK_OPERATORS = buildTable(18, [
  [range(0, 7), 20, none], // trunc_sat
  [[8, 12], 100, lebPair], // memory.init table.init
  [[9, 13], 300, leb], // data.drop elem.drop
  [[10, 14], 100, lebPair], // memory.copy table.copy
  [[11, 17], 100, leb], // memory.fill table.fill
  [[15], 300, leb], // table.grow
  [[16], 100, leb] // table.size
]);

/** Those of prefix 0xfc that cost one instruction more per byte or element; the count is on top of the stack. */
export const SIZED_BULK_OPCODES: ReadonlySet<number> = new Set([8, 10, 11, 12, 14, 17]);

/** Of those, the ones whose count is as wide as addresses are. */
export const WIDE_SIZED_OPCODES: ReadonlySet<number> = new Set([10, 11]);

/** Those of prefix 0xfc that change a table or drop a segment. */
export const TRANSIENT_BULK_OPCODES: ReadonlySet<number> = new Set([9, 12, 13, 14, 15, 17]);

/** What a load or store costs more with a 64-bit memory. */
export const MEMORY64_ACCESS_WEIGHT = 1;

export const VECTOR_IMMEDIATE = { memarg: 1, lane: 2, memargLane: 3, bytes16: 4 } as const;

/** Operators behind prefix 0xfd; the immediates are of {@link VECTOR_IMMEDIATE}, 0 for none. */
export const VECTOR_OPERATORS = buildTable(256, [
  [range(0, 255), 1, none],
  [[...range(0, 11), 92, 93], 1, VECTOR_IMMEDIATE.memarg],
  [range(84, 91), 1, VECTOR_IMMEDIATE.memargLane],
  [range(21, 34), 1, VECTOR_IMMEDIATE.lane],
  [[12], 1, VECTOR_IMMEDIATE.bytes16], // v128.const
  [[13], 3, VECTOR_IMMEDIATE.bytes16], // i8x16.shuffle
  [[38, 40, 48, 50, 58, 60], 2, none], // lt_u gt_u
  [[98, 107, 108, 127, 204], 3, none], // i8x16 popcnt shl shr_s, i32x4.extadd_pairwise_u, i64x2.shr_s
  [[109, 125, 139, 140, 141, 157, 159], 2, none], // i8x16.shr_u, i16x8 extadd_u shl shr extmul_high
  [[171, 172, 173, 181, 188, 189, 190, 191, 203, 205], 2, none], // i32x4 shl shr mul extmul, i64x2 shl shr_u
  [[213], 4, none], // i64x2.mul
  [[103, 104, 105, 106, 116, 117, 122, 148, 224, 225, 236, 237], 2, none], // f ceil floor trunc nearest abs neg
  [[227], 5, none], // f32x4.sqrt
  [[239], 14, none], // f64x2.sqrt
  [[228, 229, 230, 240, 241, 242, 248, 252], 2, none], // f add sub mul, i32x4.trunc_sat signed
  [[231], 10, none], // f32x4.div
  [[243], 12, none], // f64x2.div
  [[232, 233, 244, 249, 251], 4, none], // f min, f32x4.max, conversions of unsigned
  [[245], 5, none], // f64x2.max
  [[253], 3, none] // i32x4.trunc_sat_f64x2_u_zero
]);
