/**
 * The operations of the probe's stack machine that are not calls of the System API, as WebAssembly text.
 *
 * A slot of the stack is an i64: a number, or a blob as address × 2^32 + length. `$pop`, `$popi` and `$push` move
 * slots; `$here` reads the program at `$pc`.
 */
export const OPERATIONS = {
  /** Literal number: 8 bytes, little endian. */
  int: `(call $push (i64.load align=1 (global.get $pc))) (call $skip (i32.const 8))`,
  /** Literal blob: 4 bytes of length, then the bytes, which stay where they are. */
  blob: `(local $length i32)
    (local.set $length (i32.load align=1 (global.get $pc))) (call $skip (i32.const 4))
    (call $push_blob (global.get $pc) (local.get $length)) (call $skip (local.get $length))`,
  drop: `(drop (call $pop))`,
  dup: `(call $push (call $peek (i32.const 0)))`,
  swap: `(local $top i64) (local $below i64)
    (local.set $top (call $pop)) (local.set $below (call $pop))
    (call $push (local.get $top)) (call $push (local.get $below))`,
  /** Depth (0 is the top) -> a copy of that slot. */
  pick: `(call $push (call $peek (call $popi)))`,

  add: `(call $push (i64.add (call $pop) (call $pop)))`,
  subtract: `(local $right i64) (local.set $right (call $pop))
    (call $push (i64.sub (call $pop) (local.get $right)))`,
  multiply: `(call $push (i64.mul (call $pop) (call $pop)))`,
  /** Traps when the divisor is 0. */
  divide: `(local $right i64) (local.set $right (call $pop))
    (call $push (i64.div_u (call $pop) (local.get $right)))`,
  equal: `(call $push (i64.extend_i32_u (i64.eq (call $pop) (call $pop))))`,
  less: `(local $right i64) (local.set $right (call $pop))
    (call $push (i64.extend_i32_u (i64.lt_u (call $pop) (local.get $right))))`,
  not: `(call $push (i64.extend_i32_u (i64.eqz (call $pop))))`,

  /** Blob -> address, length. */
  split: `(local $blob i64) (local.set $blob (call $pop))
    (call $push (i64.shr_u (local.get $blob) (i64.const 32)))
    (call $push (i64.and (local.get $blob) (i64.const 0xffffffff)))`,
  /** Length -> blob of zeros. */
  alloc: `(local $length i32) (local.set $length (call $popi))
    (call $push_blob (call $alloc (local.get $length)) (local.get $length))`,
  /** Length, byte -> blob of that byte. */
  fill: `(local $byte i32) (local $length i32) (local $at i32)
    (local.set $byte (call $popi)) (local.set $length (call $popi))
    (local.set $at (call $alloc (local.get $length)))
    (memory.fill (local.get $at) (local.get $byte) (local.get $length))
    (call $push_blob (local.get $at) (local.get $length))`,
  concat: `(local $right i64) (local $left i64) (local $at i32)
    (local.set $right (call $pop)) (local.set $left (call $pop))
    (local.set $at (call $alloc (i32.add (call $len (local.get $left)) (call $len (local.get $right)))))
    (memory.copy (local.get $at) (call $ptr (local.get $left)) (call $len (local.get $left)))
    (memory.copy (i32.add (local.get $at) (call $len (local.get $left)))
      (call $ptr (local.get $right)) (call $len (local.get $right)))
    (call $push_blob (local.get $at) (i32.add (call $len (local.get $left)) (call $len (local.get $right))))`,
  /** Blob, offset, length -> that part of it, unchecked. */
  slice: `(local $length i32) (local $offset i32)
    (local.set $length (call $popi)) (local.set $offset (call $popi))
    (call $push_blob (i32.add (call $ptr (call $pop)) (local.get $offset)) (local.get $length))`,
  /** Number -> its 8 bytes, little endian. */
  to_bytes: `(local $value i64) (local $at i32)
    (local.set $value (call $pop)) (local.set $at (call $alloc (i32.const 8)))
    (i64.store align=1 (local.get $at) (local.get $value))
    (call $push_blob (local.get $at) (i32.const 8))`,
  /** Blob of at least 8 bytes -> the number in its first 8, little endian. */
  from_bytes: `(call $push (i64.load align=1 (call $ptr (call $pop))))`,

  /** Condition, program: runs it unless the condition is 0. */
  if: `(local $program i64) (local.set $program (call $pop))
    (if (i64.ne (call $pop) (i64.const 0)) (then (call $run_blob (local.get $program))))`,
  /** Count, program: runs it so often. */
  repeat: `(local $program i64) (local $left i64)
    (local.set $program (call $pop)) (local.set $left (call $pop))
    (block $done (loop $again
      (br_if $done (i64.eqz (local.get $left)))
      (local.set $left (i64.sub (local.get $left) (i64.const 1)))
      (call $run_blob (local.get $program)) (br $again)))`,
  /** Condition program, program: runs the second as long as the first leaves a number other than 0. */
  while: `(local $body i64) (local $condition i64)
    (local.set $body (call $pop)) (local.set $condition (call $pop))
    (block $done (loop $again
      (call $run_blob (local.get $condition)) (br_if $done (i64.eqz (call $pop)))
      (call $run_blob (local.get $body)) (br $again)))`,
  run: `(call $run_blob (call $pop))`,

  /** Register number -> its value. Registers live in the heap. */
  load_register: `(call $push (i64.load (call $register (call $popi))))`,
  /** Value, register number. */
  store_register: `(local $at i32) (local.set $at (call $register (call $popi)))
    (i64.store (local.get $at) (call $pop))`,
  /** Slot number -> the blob kept there, empty at first. */
  load_kept: `(call $push (i64.load (call $kept_slot (call $popi))))`,
  /** Blob, slot number: kept for later messages. */
  store_kept: `(local $at i32) (local.set $at (call $kept_slot (call $popi)))
    (i64.store (local.get $at) (call $pop)) (call $keep)`,
  /** Program -> environment with which function 0 of the table runs it. */
  environment: `(local $at i32) (local.set $at (call $alloc (i32.const 8)))
    (i64.store align=1 (local.get $at) (call $pop)) (call $keep)
    (call $push (i64.extend_i32_u (local.get $at)))`,

  /** Address -> the byte there. */
  load_byte: `(call $push (i64.load8_u (call $popi)))`,
  /** Byte, address. */
  store_byte: `(local $at i32) (local.set $at (call $popi)) (i64.store8 (local.get $at) (call $pop))`,
  memory_size: `(call $push (i64.extend_i32_u (memory.size)))`,
  /** Pages -> former size, or 2^32 - 1. */
  memory_grow: `(call $push (i64.extend_i32_u (memory.grow (call $popi))))`,
  unreachable: `(unreachable)`,
  /** Calls a function that the table does not have. */
  call_outside_table: `(call_indirect (type $nothing) (i32.const 100000))`,
  recurse_for_ever: `(call $recurse (i64.const 0))`,
  loop_for_ever: `(loop $again (br $again))`
} as const satisfies Readonly<Record<string, string>>;

export type OperationName = keyof typeof OPERATIONS;

export const OPERATION_NAMES = Object.keys(OPERATIONS) as OperationName[];
