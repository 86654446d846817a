/**
 * How much a function's operators count towards the limit on its complexity.
 * Source: dfinity/ic `rs/embedders/src/wasm_utils/validation.rs`, `wasm_function_complexity`.
 */

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function buildTable(
  size: number,
  rows: readonly (readonly [opcodes: readonly number[], complexity: number])[]
) {
  const table = new Uint8Array(size).fill(1);
  for (const [opcodes, complexity] of rows) for (const opcode of opcodes) table[opcode] = complexity;
  return table;
}

/** Of one-byte operators; 1 where nothing is said. Prefixes count nothing themselves. */
export const OPERATOR_COMPLEXITY = buildTable(256, [
  [[0x02, 0x03, 0x04, 0x0c, 0x0d, 0x0e, 0x10, 0x11, 0x40], 50], // control, calls, memory.grow
  [[0x25], 14], // table.get
  [[0xd2], 8], // ref.func
  [[0x26], 7], // table.set
  [[0xd1], 6], // ref.is_null
  [[...range(0xa8, 0xb6), 0xb7, 0xb8, 0xb9, 0xba], 5], // trunc, extend, convert, demote
  [[0x8b, 0x8c, 0x99, 0x9a], 4], // f abs neg
  [[0x98, 0xa6, 0x61, ...range(0x6d, 0x70), ...range(0x7f, 0x82), ...range(0x28, 0x35)], 3], // copysign, f64.eq, div, load
  [[0x23, 0x69, 0x7b, 0x1b, 0x3f, ...range(0x36, 0x3e)], 2], // global.get popcnt select memory.size store
  [[...range(0x45, 0x60), ...range(0x62, 0x66)], 2], // comparisons
  [[0x8d, 0x8e, 0x8f, 0x91, 0x9b, 0x9c, 0x9d, 0x9f], 2], // f ceil floor trunc sqrt
  [[...range(0xbc, 0xbf), 0xa7, ...range(0xc0, 0xc4), 0xbb], 2], // reinterpret wrap sign extension promote
  [[0xfc, 0xfd], 0]
]);

/** Of operators behind prefix 0xfc. */
export const BULK_COMPLEXITY = buildTable(18, [
  [range(0, 7), 3], // trunc_sat
  [[11], 3], // memory.fill
  [[10, 12, 14], 4], // memory.copy table.init table.copy
  [[15], 50], // table.grow
  [[17], 5] // table.fill
]);
