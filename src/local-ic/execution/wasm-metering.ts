import { type ByteWriter } from './byte-writer';
import {
  BULK_OPERATORS,
  IMMEDIATE,
  OPCODE,
  OPERATORS,
  MEMORY64_ACCESS_WEIGHT,
  SIZED_BULK_OPCODES,
  TRANSIENT_BULK_OPCODES,
  VECTOR_IMMEDIATE,
  VECTOR_OPERATORS,
  WIDE_SIZED_OPCODES
} from './instruction-weights';
import { OPERATOR_COMPLEXITY, BULK_COMPLEXITY } from './operator-complexity';
import { assertValueType } from './wasm-declarations';
import { disabledFeature, malformedWasm, type WasmReader } from './wasm-reader';

const EMPTY_BLOCK_TYPE = 0x40;
const I32_TYPE = 0x7f;
const I64_TYPE = 0x7e;

/** What limits how large functions may be. */
export type BodySize = { readonly complexity: number; readonly operatorCount: number };

type Frame = { readonly opcode: number; targeted: boolean };

type SizedOperator = { readonly start: number; readonly isWide: boolean };

const MAX_WIDE_CHARGE = 2 ** 32;

/**
 * Rewrites function bodies so that a global counts down the cost of what runs: the cost of a straight run of
 * code is taken at its start; at function entries and loop heads a count below zero traps (`unreachable`).
 *
 * Totals are those of the replica's instrumentation. One difference without effect on them: the code after the
 * `end` of a block that no branch leaves is one run with the code before it.
 */
export class BodyMeter {
  #reader: WasmReader;
  #out: ByteWriter;
  #gasGlobal: number;
  #transientGlobal: number;
  #frames: Frame[] = [];
  #runStart = 0;
  #cost = 0;
  #atReentrantStart = true;
  /** Whether the run changes a table or drops a segment. */
  #isTransient = false;
  #sizedOperators: SizedOperator[] = [];
  /** Local of type i32; the next one is of type i64. */
  #scratchLocal = 0;
  #complexity = 0;
  #operatorCount = 0;
  readonly #is64Bit: boolean;
  /** What an operator costs on top of its weight because it uses a 64-bit memory. */
  readonly #memoryAccessExtra: number;

  constructor(options: {
    readonly reader: WasmReader;
    readonly out: ByteWriter;
    readonly gasGlobal: number;
    /** Set to 1 before code changes a table or drops a segment. */
    readonly transientGlobal: number;
    readonly is64Bit: boolean;
  }) {
    this.#reader = options.reader;
    this.#out = options.out;
    this.#gasGlobal = options.gasGlobal;
    this.#transientGlobal = options.transientGlobal;
    this.#is64Bit = options.is64Bit;
    this.#memoryAccessExtra = options.is64Bit ? MEMORY64_ACCESS_WEIGHT : 0;
  }

  /** Meters the body at the reader's position, which ends at `end`. */
  meter(end: number, paramCount: number): BodySize {
    const reader = this.#reader;
    this.#complexity = 0;
    this.#operatorCount = 0;
    this.#writeLocals(paramCount);
    this.#frames = [{ opcode: OPCODE.block, targeted: true }];
    this.#startRun(true);
    this.#cost = 1;
    while (reader.position < end) this.#operator();
    if (this.#frames.length > 0 || reader.position !== end)
      throw malformedWasm('function body must end with end opcode');
    this.#flush();
    return { complexity: this.#complexity, operatorCount: this.#operatorCount };
  }

  #writeLocals(paramCount: number): void {
    const { bytes } = this.#reader;
    const groups = this.#reader.u32();
    const from = this.#reader.position;
    let count = paramCount;
    for (let group = 0; group < groups; group++) {
      count += this.#reader.u32();
      assertValueType(this.#reader.u8());
    }
    this.#scratchLocal = count;
    const scratchTypes = this.#is64Bit ? [I32_TYPE, I64_TYPE] : [I32_TYPE];
    this.#out.u32(groups + scratchTypes.length);
    this.#out.copy(bytes, from, this.#reader.position);
    for (const type of scratchTypes) {
      this.#out.u32(1);
      this.#out.u8(type);
    }
  }

  #operator(): void {
    const reader = this.#reader;
    const opcode = reader.u8();
    this.#cost += OPERATORS.weights[opcode] ?? 0;
    this.#complexity += OPERATOR_COMPLEXITY[opcode] ?? 0;
    this.#operatorCount++;
    switch (OPERATORS.immediates[opcode] ?? IMMEDIATE.unknown) {
      case IMMEDIATE.none:
        break;
      case IMMEDIATE.memarg:
        this.#cost += this.#memoryAccessExtra;
        reader.skipLeb();
        reader.skipLeb();
        break;
      case IMMEDIATE.lebPair:
        reader.skipLeb();
        reader.skipLeb();
        break;
      case IMMEDIATE.leb:
        if (opcode === OPCODE.br || opcode === OPCODE.brIf) this.#target(reader.u32());
        else reader.skipLeb();
        break;
      default:
        this.#rareImmediates(opcode);
    }
    if (opcode <= OPCODE.returnCallIndirect) this.#control(opcode);
    else if (opcode === OPCODE.tableSet) this.#isTransient = true;
  }

  #rareImmediates(opcode: number): void {
    const reader = this.#reader;
    switch (OPERATORS.immediates[opcode] ?? IMMEDIATE.unknown) {
      case IMMEDIATE.block:
        this.#skipBlockType();
        return;
      case IMMEDIATE.labelTable:
        for (let count = reader.u32() + 1; count > 0; count--) this.#target(reader.u32());
        return;
      case IMMEDIATE.bytes4:
        reader.position += 4;
        return;
      case IMMEDIATE.bytes8:
        reader.position += 8;
        return;
      case IMMEDIATE.typeVector:
        reader.take(reader.u32());
        return;
      case IMMEDIATE.bulk:
        this.#bulkOperator();
        return;
      case IMMEDIATE.vector:
        this.#vectorOperator();
        return;
      default:
        throw disabledFeature(`illegal or disabled opcode 0x${opcode.toString(16)}`);
    }
  }

  /** A block type is a type index, nothing, or one value. */
  #skipBlockType(): void {
    const first = this.#reader.bytes[this.#reader.position] ?? 0;
    const isOneNegativeByte = first < 0x80 && (first & 0x40) !== 0;
    if (isOneNegativeByte && first !== EMPTY_BLOCK_TYPE) assertValueType(first);
    this.#reader.skipLeb();
  }

  #control(opcode: number): void {
    switch (opcode) {
      case OPCODE.loop:
        this.#frames.push({ opcode, targeted: false });
        this.#flush();
        this.#startRun(true);
        return;
      case OPCODE.block:
        this.#frames.push({ opcode, targeted: false });
        return;
      case OPCODE.if:
        this.#frames.push({ opcode, targeted: false });
        this.#boundary();
        return;
      case OPCODE.end: {
        const frame = this.#frames.pop();
        if (frame === undefined) throw malformedWasm('unexpected end');
        // A loop's label is its head: only falling through reaches its end.
        const joins = frame.opcode === OPCODE.if || (frame.opcode === OPCODE.block && frame.targeted);
        if (joins) this.#boundary();
        return;
      }
      case OPCODE.else:
      case OPCODE.br:
      case OPCODE.brIf:
      case OPCODE.brTable:
      case OPCODE.return:
      case OPCODE.unreachable:
      case OPCODE.returnCall:
      case OPCODE.returnCallIndirect:
        this.#boundary();
    }
  }

  #target(depth: number): void {
    const frame = this.#frames[this.#frames.length - 1 - depth];
    if (frame === undefined) throw malformedWasm('unknown label: branch depth too large');
    frame.targeted = true;
  }

  #bulkOperator(): void {
    const reader = this.#reader;
    const start = reader.position - 1;
    const opcode = reader.u32();
    this.#cost += BULK_OPERATORS.weights[opcode] ?? 0;
    this.#complexity += BULK_COMPLEXITY[opcode] ?? 1;
    if (SIZED_BULK_OPCODES.has(opcode)) {
      this.#sizedOperators.push({ start, isWide: this.#is64Bit && WIDE_SIZED_OPCODES.has(opcode) });
    }
    if (TRANSIENT_BULK_OPCODES.has(opcode)) this.#isTransient = true;
    switch (BULK_OPERATORS.immediates[opcode] ?? IMMEDIATE.unknown) {
      case IMMEDIATE.none:
        return;
      case IMMEDIATE.lebPair:
        reader.skipLeb();
        reader.skipLeb();
        return;
      case IMMEDIATE.leb:
        reader.skipLeb();
        return;
      default:
        throw disabledFeature(`illegal or disabled opcode 0xfc ${opcode}`);
    }
  }

  #vectorOperator(): void {
    const reader = this.#reader;
    const opcode = reader.u32();
    if (opcode >= VECTOR_OPERATORS.weights.length)
      throw disabledFeature(`relaxed SIMD support is not enabled: opcode 0xfd ${opcode}`);
    this.#cost += VECTOR_OPERATORS.weights[opcode] ?? 0;
    switch (VECTOR_OPERATORS.immediates[opcode] ?? IMMEDIATE.none) {
      case VECTOR_IMMEDIATE.bytes16:
        reader.position += 16;
        return;
      case VECTOR_IMMEDIATE.memargLane:
        this.#cost += this.#memoryAccessExtra;
        reader.skipLeb();
        reader.skipLeb();
        reader.position += 1;
        return;
      case VECTOR_IMMEDIATE.memarg:
        this.#cost += this.#memoryAccessExtra;
        reader.skipLeb();
        reader.skipLeb();
        return;
      case VECTOR_IMMEDIATE.lane:
        reader.position += 1;
        return;
    }
  }

  #boundary(): void {
    this.#flush();
    this.#startRun(false);
  }

  #startRun(reentrant: boolean): void {
    this.#runStart = this.#reader.position;
    this.#cost = 0;
    this.#atReentrantStart = reentrant;
    this.#isTransient = false;
  }

  /** Writes the run that ends here, its cost in front. */
  #flush(): void {
    const { bytes, position } = this.#reader;
    if (this.#atReentrantStart || this.#cost > 0) this.#charge();
    if (this.#isTransient) this.#tellTransient();
    let from = this.#runStart;
    if (this.#sizedOperators.length > 0) {
      for (const { start, isWide } of this.#sizedOperators) {
        this.#out.copy(bytes, from, start);
        this.#chargeTopOfStack(isWide);
        from = start;
      }
      this.#sizedOperators = [];
    }
    this.#out.copy(bytes, from, position);
  }

  #charge(): void {
    const out = this.#out;
    out.u8(OPCODE.globalGet);
    out.u32(this.#gasGlobal);
    out.u8(OPCODE.i64Const);
    out.s64(this.#cost);
    out.u8(OPCODE.i64Sub);
    out.u8(OPCODE.globalSet);
    out.u32(this.#gasGlobal);
    if (!this.#atReentrantStart) return;
    out.u8(OPCODE.globalGet);
    out.u32(this.#gasGlobal);
    out.u8(OPCODE.i64Const);
    out.u8(0);
    out.u8(OPCODE.i64LessSigned);
    out.u8(OPCODE.if);
    out.u8(EMPTY_BLOCK_TYPE);
    out.u8(OPCODE.unreachable);
    out.u8(OPCODE.end);
  }

  #tellTransient(): void {
    const out = this.#out;
    out.u8(OPCODE.i64Const);
    out.u8(1);
    out.u8(OPCODE.globalSet);
    out.u32(this.#transientGlobal);
  }

  /** Charges the count on top of the stack; one of 64 bits as at most 2^32, which no operator survives. */
  #chargeTopOfStack(isWide: boolean): void {
    const out = this.#out;
    const local = this.#scratchLocal + (isWide ? 1 : 0);
    out.u8(OPCODE.localTee);
    out.u32(local);
    out.u8(OPCODE.globalGet);
    out.u32(this.#gasGlobal);
    if (isWide) this.#clamped(local);
    else {
      out.u8(OPCODE.localGet);
      out.u32(local);
      out.u8(OPCODE.i64ExtendI32Unsigned);
    }
    out.u8(OPCODE.i64Sub);
    out.u8(OPCODE.globalSet);
    out.u32(this.#gasGlobal);
  }

  #clamped(local: number): void {
    const out = this.#out;
    out.u8(OPCODE.localGet);
    out.u32(local);
    out.u8(OPCODE.i64Const);
    out.s64(MAX_WIDE_CHARGE);
    out.u8(OPCODE.localGet);
    out.u32(local);
    out.u8(OPCODE.i64Const);
    out.s64(MAX_WIDE_CHARGE);
    out.u8(OPCODE.i64LessUnsigned);
    out.u8(OPCODE.select);
  }
}
