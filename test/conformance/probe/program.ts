import { Principal } from '@dfinity/principal';
import { type OperationName } from './operations';
import { CALLBACK_INDEX, type Hook, HOOKS, OPCODES } from './probe-module';
import { type SystemApiName } from './system-api';

/** Data that the System API gives by `_size` and `_copy`. */
type Readable = {
  [Name in SystemApiName]: Name extends `${infer Stem}_copy` ? Stem : never;
}[SystemApiName];

export type CallOptions = {
  readonly to: Uint8Array | Principal;
  /** `update` by default. */
  readonly method?: string;
  /** Argument: a program for a probe, or bytes. */
  readonly arg?: Program | Uint8Array;
  /** By default the answer of the call becomes the answer of this message; see {@link relayReply}. */
  readonly onReply?: Program;
  readonly onReject?: Program;
  readonly onCleanup?: Program;
  readonly cycles?: bigint;
  /** Makes it a bounded-wait call. */
  readonly timeoutSeconds?: number;
};

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/**
 * A program for the probe canister, for its stack machine: methods append operations, which take what earlier ones
 * left on the stack. Literals given to {@link ic0} are pushed before it.
 */
export class Program {
  readonly #parts: Uint8Array[] = [];

  toBytes(): Uint8Array {
    return Uint8Array.from(Buffer.concat(this.#parts));
  }

  op(name: OperationName | SystemApiName): this {
    const code = OPCODES.get(name);
    if (code === undefined) throw new Error(`no operation ${name}`);
    this.#parts.push(Uint8Array.of(code));
    return this;
  }

  int(value: number | bigint): this {
    this.op('int');
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, BigInt(value)), true);
    this.#parts.push(bytes);
    return this;
  }

  blob(value: Uint8Array | Program): this {
    const bytes = value instanceof Program ? value.toBytes() : value;
    this.op('blob');
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, bytes.length, true);
    this.#parts.push(length, bytes);
    return this;
  }

  text(value: string): this {
    return this.blob(utf8(value));
  }

  /** Everything `program` does, here. */
  then(program: Program): this {
    this.#parts.push(...program.#parts);
    return this;
  }

  /** Calls the function with what is on the stack and `args`. Leaves its result, if it has one. */
  ic0(name: SystemApiName, ...args: readonly (number | bigint)[]): this {
    for (const arg of args) this.int(arg);
    return this.op(name);
  }

  /** Leaves the whole of what `_size` and `_copy` give; `args` go before those of both. */
  read(name: Readable, ...args: readonly number[]): this {
    this.ic0(`${name}_size`, ...args).op('alloc');
    for (const arg of args) this.int(arg);
    return this.pick(args.length).op('split').int(0).op('swap').op(`${name}_copy`);
  }

  /** Gives the blob on the stack, as address and size, to a function such as `msg_reject`. */
  give(name: SystemApiName): this {
    return this.op('split').op(name);
  }

  /** Leaves the 16 bytes that a function of 128-bit cycles writes to the address it is given after `args`. */
  wide(name: SystemApiName, ...args: readonly (number | bigint)[]): this {
    this.int(16).op('alloc');
    for (const arg of args) this.int(arg);
    return this.pick(args.length).op('split').op('drop').op(name);
  }

  /** Copies the slot this deep in the stack; 0 is the top. */
  pick(depth: number): this {
    return this.int(depth).op('pick');
  }

  argData(): this {
    return this.read('msg_arg_data');
  }

  caller(): this {
    return this.read('msg_caller');
  }

  self(): this {
    return this.read('canister_self');
  }

  rejectMessage(): this {
    return this.read('msg_reject_msg');
  }

  /** Appends the blob on the stack to the reply. */
  append(): this {
    return this.give('msg_reply_data_append');
  }

  /** Answers with the blob on the stack. */
  reply(): this {
    return this.append().op('msg_reply');
  }

  /** Answers with the 8 bytes, little endian, of the number on the stack. */
  replyInt(): this {
    return this.op('to_bytes').reply();
  }

  replyText(text: string): this {
    return this.text(text).reply();
  }

  reject(text: string): this {
    return this.text(text).give('msg_reject');
  }

  trap(text: string): this {
    return this.text(text).give('trap');
  }

  print(text: string): this {
    return this.text(text).give('debug_print');
  }

  /** Leaves a number of the heap that is 0 at first; there are 64. */
  register(number: number): this {
    return this.int(number).op('load_register');
  }

  setRegister(number: number, value: number | bigint): this {
    return this.int(value).int(number).op('store_register');
  }

  increment(register: number): this {
    return this.register(register).int(1).op('add').int(register).op('store_register');
  }

  /** Leaves the blob that an earlier message has kept in a slot. */
  kept(slot: number): this {
    return this.int(slot).op('load_kept');
  }

  /** Keeps a blob for later messages in a slot from {@link FREE_SLOT} to 63. */
  keep(slot: number, value: Uint8Array | Program): this {
    return this.blob(value).int(slot).op('store_kept');
  }

  /** Makes `program` what the entry point runs from now on. */
  onHook(hook: Hook, program: Program): this {
    return this.keep(HOOKS[hook], program);
  }

  stableGrow(pages: number): this {
    return this.ic0('stable64_grow', pages).op('drop');
  }

  stableWrite(offset: number, bytes: Uint8Array): this {
    return this.int(offset).blob(bytes).op('split').op('stable64_write');
  }

  /** Leaves `length` bytes of stable memory. */
  stableRead(offset: number, length: number): this {
    this.int(length).op('alloc').op('dup').op('split').op('drop');
    return this.int(offset).int(length).op('stable64_read');
  }

  /** Runs `body` if the number on the stack is not 0. */
  when(body: Program): this {
    return this.blob(body).op('if');
  }

  /** Runs `body` so many times. */
  repeat(times: number, body: Program): this {
    return this.int(times).blob(body).op('repeat');
  }

  /** Leaves an environment with which function `CALLBACK_INDEX` of the table runs `callback`. */
  environment(callback: Program): this {
    return this.blob(callback).op('environment');
  }

  /** `call_new` and what belongs to it, without `call_perform`. */
  startCall(options: CallOptions): this {
    const { to, method = 'update', arg = new Uint8Array(0), cycles, timeoutSeconds } = options;
    const { onReply = relayReply(), onReject = relayReject(), onCleanup } = options;
    this.blob(to instanceof Principal ? to.toUint8Array() : to).op('split');
    this.text(method).op('split');
    this.int(CALLBACK_INDEX).environment(onReply).int(CALLBACK_INDEX).environment(onReject).op('call_new');
    this.blob(arg).give('call_data_append');
    if (onCleanup) this.int(CALLBACK_INDEX).environment(onCleanup).op('call_on_cleanup');
    if (cycles !== undefined) this.ic0('call_cycles_add128', cycles >> 64n, cycles);
    if (timeoutSeconds !== undefined) this.ic0('call_with_best_effort_response', timeoutSeconds);
    return this;
  }

  /** Calls a canister and ignores whether the call could be queued. */
  call(options: CallOptions): this {
    return this.startCall(options).op('call_perform').op('drop');
  }
}

export const program = (): Program => new Program();

/** A reply callback that answers with the reply. */
export const relayReply = (): Program => program().argData().reply();

/** A reject callback that answers with the reject code, 8 bytes little endian, and the message; see `parseReject`. */
export const relayReject = (): Program =>
  program().ic0('msg_reject_code').op('to_bytes').append().rejectMessage().reply();

/** What {@link relayReject} has answered. */
export function parseReject(reply: Uint8Array): { readonly code: number; readonly message: string } {
  return { code: reply[0] ?? 0, message: new TextDecoder().decode(reply.subarray(8)) };
}
