/**
 * The probe canister: a stack machine that runs the program in a message's argument, each operation at most one call
 * of the System API. What a canister does is thereby written down where it is tested.
 */
import loadWabt from 'wabt';
import { OPERATION_NAMES, OPERATIONS } from './operations';
import { SYSTEM_API, SYSTEM_API_NAMES, type SystemApiName } from './system-api';

/** Kept slots whose program an entry point runs. */
export const HOOKS = {
  canister_pre_upgrade: 1,
  canister_heartbeat: 2,
  canister_global_timer: 3,
  canister_inspect_message: 4,
  canister_on_low_wasm_memory: 5
} as const;

export type Hook = keyof typeof HOOKS;
/** First slot that no hook uses; there are 64. */
export const FREE_SLOT = 8;

/** Index in the table of the callback that runs its environment, and of a function of a callback's wrong type. */
export const CALLBACK_INDEX = 0;
export const WRONG_TYPE_INDEX = 1;
const FIRST_OPERATION_INDEX = 2;

export type ProbeOptions = {
  /** Hooks that the module exports. By default `canister_pre_upgrade` and `canister_global_timer`. */
  readonly hooks?: readonly Hook[];
  /** Further exports that run the program of a kept slot, such as `canister_query http_request`. */
  readonly methods?: Readonly<Record<string, number>>;
  /** Program of the Wasm start function. */
  readonly start?: Uint8Array;
  /** Custom sections by name, such as `icp:public note`. */
  readonly customSections?: readonly (readonly [name: string, content: Uint8Array])[];
  /** System API functions that the module shall not import; their operation traps. */
  readonly without?: readonly SystemApiName[];
};

const REGISTERS = 0x100;
const KEPT_SLOTS = 0x400;
const STACK = 0x1000;
const HEAP = 0x1_0000;
/** Where the end of what is kept is stored; in memory, so that it lives as long as what it bounds. */
const KEPT_END = 0x10;

/** Opcode of a System API function or operation: the order of both tables. */
export const OPCODES: ReadonlyMap<string, number> = new Map(
  [...SYSTEM_API_NAMES, ...OPERATION_NAMES].map((name, index) => [name, index])
);

const TYPES = { i: 'i32', l: 'i64' } as const;
const typesOf = (letters: string): string =>
  [...letters].map((letter) => TYPES[letter as 'i' | 'l']).join(' ');

function importField(name: SystemApiName): string {
  const [params, result] = SYSTEM_API[name];
  return `(import "ic0" "${name}" (func $${name} (param ${typesOf(params)}) (result ${typesOf(result)})))`;
}

function systemApiOperation(name: SystemApiName, isImported: boolean): string {
  if (!isImported) return `(func $op_${name} (unreachable))`;
  const [params, result] = SYSTEM_API[name];
  const letters = [...params];
  const locals = letters.map((letter, index) => `(local $p${index} ${TYPES[letter as 'i' | 'l']})`);
  const pops = letters.map(
    (letter, index) => `(local.set $p${index} (call $pop${letter === 'i' ? 'i' : ''}))`
  );
  const call = `(call $${name} ${letters.map((_, index) => `(local.get $p${index})`).join(' ')})`;
  const wide = result === 'i' ? `(i64.extend_i32_u ${call})` : call;
  return `(func $op_${name} ${locals.join(' ')} ${pops.reverse().join(' ')}
    ${result === '' ? call : `(call $push ${wide})`})`;
}

const MACHINE = `
  (func $ptr (param $blob i64) (result i32) (i32.wrap_i64 (i64.shr_u (local.get $blob) (i64.const 32))))
  (func $len (param $blob i64) (result i32) (i32.wrap_i64 (local.get $blob)))
  (func $push (param i64)
    (if (i32.ge_u (global.get $sp) (i32.const ${HEAP})) (then (unreachable)))
    (i64.store (global.get $sp) (local.get 0))
    (global.set $sp (i32.add (global.get $sp) (i32.const 8))))
  (func $push_blob (param $ptr i32) (param $len i32)
    (call $push (i64.or
      (i64.shl (i64.extend_i32_u (local.get $ptr)) (i64.const 32)) (i64.extend_i32_u (local.get $len)))))
  (func $pop (result i64)
    (if (i32.le_u (global.get $sp) (i32.const ${STACK})) (then (unreachable)))
    (global.set $sp (i32.sub (global.get $sp) (i32.const 8)))
    (i64.load (global.get $sp)))
  (func $popi (result i32) (i32.wrap_i64 (call $pop)))
  (func $peek (param $depth i32) (result i64)
    (i64.load (i32.sub (global.get $sp) (i32.mul (i32.add (local.get $depth) (i32.const 1)) (i32.const 8)))))
  (func $skip (param i32) (global.set $pc (i32.add (global.get $pc) (local.get 0))))
  (func $alloc (param $size i32) (result i32) (local $at i32) (local $missing i32)
    (local.set $at (global.get $top))
    (global.set $top (i32.add (global.get $top) (local.get $size)))
    (local.set $missing (i32.sub
      (i32.shr_u (i32.add (global.get $top) (i32.const 65535)) (i32.const 16)) (memory.size)))
    (if (i32.gt_s (local.get $missing) (i32.const 0))
      (then (if (i32.eq (memory.grow (local.get $missing)) (i32.const -1)) (then (unreachable)))))
    (memory.fill (local.get $at) (i32.const 0) (local.get $size))
    (local.get $at))
  (func $keep (i32.store (i32.const ${KEPT_END}) (global.get $top)))
  (func $register (param i32) (result i32)
    (i32.add (i32.const ${REGISTERS}) (i32.shl (i32.and (local.get 0) (i32.const 63)) (i32.const 3))))
  (func $kept_slot (param i32) (result i32)
    (i32.add (i32.const ${KEPT_SLOTS}) (i32.shl (i32.and (local.get 0) (i32.const 63)) (i32.const 3))))
  (func $run_blob (param $program i64) (local $pc i32) (local $end i32)
    (local.set $pc (global.get $pc))
    (global.set $pc (call $ptr (local.get $program)))
    (local.set $end (i32.add (global.get $pc) (call $len (local.get $program))))
    (block $done (loop $next
      (br_if $done (i32.ge_u (global.get $pc) (local.get $end)))
      (call $skip (i32.const 1))
      (call_indirect (type $nothing) (i32.add (i32.const ${FIRST_OPERATION_INDEX})
        (i32.load8_u (i32.sub (global.get $pc) (i32.const 1)))))
      (br $next)))
    (global.set $pc (local.get $pc)))
  (func $recurse (param i64) (call $recurse (i64.add (local.get 0) (i64.const 1))) (call $push (local.get 0)))
  (func $enter
    (global.set $sp (i32.const ${STACK}))
    (global.set $top (i32.load (i32.const ${KEPT_END})))
    (if (i32.eqz (global.get $top)) (then (global.set $top (i32.const ${HEAP})))))
  (func $run_argument (local $at i32)
    (call $enter)
    (local.set $at (call $alloc (call $msg_arg_data_size)))
    (call $msg_arg_data_copy (local.get $at) (i32.const 0) (call $msg_arg_data_size))
    (call $push_blob (local.get $at) (call $msg_arg_data_size))
    (call $run_blob (call $pop)))
  (func $run_kept (param $slot i32)
    (call $enter) (call $run_blob (i64.load (call $kept_slot (local.get $slot)))))
  (func $callback (param $environment i32)
    (call $enter) (call $run_blob (i64.load align=1 (local.get $environment))))
  (func $wrong_type (param i64))`;

const ARGUMENT_ENTRIES = [
  'canister_init',
  'canister_post_upgrade',
  'canister_update update',
  'canister_query query',
  'canister_composite_query composite'
];

const escapeBytes = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('');

/** The module as text. */
function probeSource(options: ProbeOptions): string {
  const {
    hooks = ['canister_pre_upgrade', 'canister_global_timer'],
    methods = {},
    without = [],
    start
  } = options;
  const imported = SYSTEM_API_NAMES.filter((name) => !without.includes(name));
  const operations = [...OPCODES.keys()].map((name) => `$op_${name}`).join(' ');
  const slots = { ...Object.fromEntries(hooks.map((hook) => [hook, HOOKS[hook]])), ...methods };
  const startField =
    start === undefined
      ? ''
      : `(data (i32.const ${HEAP}) "${escapeBytes(start)}")
    (func $start (i32.store (i32.const ${KEPT_END}) (i32.const ${HEAP + start.length}))
      (call $enter) (call $push_blob (i32.const ${HEAP}) (i32.const ${start.length})) (call $run_blob (call $pop)))
    (start $start)`;
  return `(module
    (type $nothing (func))
    ${imported.map(importField).join('\n    ')}
    (memory (export "memory") 2)
    (global $pc (mut i32) (i32.const 0))
    (global $sp (mut i32) (i32.const ${STACK}))
    (global $top (mut i32) (i32.const ${HEAP}))
    (table ${OPCODES.size + FIRST_OPERATION_INDEX} funcref)
    (elem (i32.const 0) $callback $wrong_type ${operations})
    ${MACHINE}
    ${SYSTEM_API_NAMES.map((name) => systemApiOperation(name, imported.includes(name))).join('\n')}
    ${OPERATION_NAMES.map((name) => `(func $op_${name} ${OPERATIONS[name]})`).join('\n')}
    ${ARGUMENT_ENTRIES.map((name) => `(func (export "${name}") (call $run_argument))`).join('\n')}
    ${Object.entries(slots)
      .map(([name, slot]) => `(func (export "${name}") (call $run_kept (i32.const ${slot})))`)
      .join('\n')}
    ${startField})`;
}

/** Wasm of a module in text. */
export async function assemble(source: string): Promise<Uint8Array> {
  const wabt = await loadWabt();
  const module = wabt.parseWat('probe.wat', source, { bulk_memory: true, memory64: true });
  try {
    return new Uint8Array(module.toBinary({}).buffer);
  } finally {
    module.destroy();
  }
}

function leb128(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...leb128(value >>> 7)];
}

/** `module` with a custom section at its end. */
export function withCustomSection(module: Uint8Array, name: string, content: Uint8Array): Uint8Array {
  const nameBytes = new TextEncoder().encode(name);
  const payload = [...leb128(nameBytes.length), ...nameBytes, ...content];
  return Uint8Array.from([...module, 0, ...leb128(payload.length), ...payload]);
}

/** Wasm of the probe canister. */
export async function buildProbe(options: ProbeOptions = {}): Promise<Uint8Array> {
  const plain = await assemble(probeSource(options));
  return (options.customSections ?? []).reduce(
    (module, [name, content]) => withCustomSection(module, name, content),
    plain
  );
}
