/**
 * The runtime port on azle: the one file that calls into it. A call's failure comes back as a value. Azle also runs
 * the code behind an `await` as the IC's cleanup callback, after that code has trapped on a *successful* call: this
 * is thrown on as it is, past every handler of refusals, and azle ends the message there.
 */
import { IDL } from '@dfinity/candid';
import {
  type CallError,
  type CanisterMethod,
  type MethodDecorator,
  Principal,
  StableBTreeMap,
  call,
  canisterSelf,
  certifiedDataSet,
  dataCertificate,
  init,
  isController,
  msgArgData,
  msgCaller,
  msgReply,
  postUpgrade,
  query,
  time,
  update
} from 'azle';
import { type Result, toErr } from '../../api/errors';
import { type CandidCodec, createCandidCodec } from './candid/candid-codec';
import { type CallOutcome, type CanisterRuntime, type HttpOutcall, type StableMap } from './canister-runtime';
import {
  CanisterInfoArgsIdl,
  CanisterInfoReplyIdl,
  EcdsaPublicKeyArgsIdl,
  EcdsaPublicKeyReplyIdl,
  HttpRequestArgsIdl,
  HttpResponseIdl,
  SignWithEcdsaArgsIdl,
  SignWithEcdsaReplyIdl
} from './management-idl';

/** Price of one signature with `key_1`, the dearest key; what a cheaper key leaves over is refunded (IC cycle costs). */
const SIGN_WITH_ECDSA_CYCLES = 26_153_846_153n;

/** Replicas to pay an outcall for: the largest application subnet; a smaller one refunds the rest. */
const OUTCALL_REPLICAS = 34n;
/** Bytes of headers, method names and the like that count as request but are no part of URL, body and context. */
const OUTCALL_OVERHEAD_BYTES = 1_024n;

/** Reject code of a call that never left this canister: the IC calls such failures transient. */
const NOT_SENT = 2;

const MANAGEMENT_CANISTER = Principal.fromUint8Array(new Uint8Array());

type Method = readonly [params: readonly IDL.Type[], result: IDL.Type, mode: 'query' | 'update'];

/**
 * Decorator that exports a class method under its entry in a table of `src/api`. Arguments and replies go through
 * codecs made here, at load: azle would have the library describe the types again in every message.
 */
export function serve([params, result, mode]: Method): MethodDecorator {
  const expose = mode === 'query' ? query : update;
  const decorate = expose([...params], result, { manual: true });
  const argsCodec = createCandidCodec(params);
  const replyCodec = createCandidCodec([result]);
  return <This, Args extends unknown[], Return>(
    method: CanisterMethod<This, Args, Return>,
    context: ClassMethodDecoratorContext<This, CanisterMethod<This, Args, Return>>
  ) =>
    decorate(async function (this: This): Promise<void> {
      const reply = await method.apply(this, decodeArgs<Args>(argsCodec));
      msgReply(replyCodec.encode([reply]));
    }, context);
}

/** The decoder checks the message against the types; the cast only names what they stand for. */
function decodeArgs<Args>(codec: CandidCodec): Args {
  try {
    return codec.decode(msgArgData()) as Args;
  } catch (cause) {
    throw new Error(`Failed to decode Candid arguments: ${String(cause)}`, { cause });
  }
}

/** Decorators of the two lifecycle methods; azle wants the same parameters for both. */
export const lifecycle = (
  params: readonly IDL.Type[]
): { init: MethodDecorator; postUpgrade: MethodDecorator } => ({
  init: init([...params]),
  postUpgrade: postUpgrade([...params])
});

/** The value of `work` as a Result; only typed refusals become `Err`, anything else traps. */
export async function answer<T>(work: () => T | Promise<T>): Promise<Result<T>> {
  try {
    return { Ok: await work() };
  } catch (error) {
    return toErr(error);
  }
}

const rawBytes = { toBytes: (bytes: Uint8Array) => bytes, fromBytes: (bytes: Uint8Array) => bytes };
const openedMemoryIds = new Set<number>();

/** The stable map in memory `memoryId` (0 to 253). Each id is opened once; two maps on one memory would destroy it. */
export function openStableMap(memoryId: number): StableMap {
  if (openedMemoryIds.has(memoryId)) throw new Error(`BUG: stable memory ${memoryId} opened twice`);
  openedMemoryIds.add(memoryId);
  const map = new StableBTreeMap<Uint8Array, Uint8Array>(memoryId, rawBytes, rawBytes);
  return {
    get: (key) => map.get(key),
    set: (key, value) => void map.insert(key, value),
    delete: (key) => void map.remove(key),
    has: (key) => map.containsKey(key),
    size: () => BigInt(map.len())
  };
}

/** The stable maps of a table of memory ids, under its names. */
export const openStableMaps = <Name extends string>(
  memoryIds: Readonly<Record<Name, number>>
): Readonly<Record<Name, StableMap>> =>
  Object.fromEntries(
    Object.entries<number>(memoryIds).map(([name, memoryId]) => [name, openStableMap(memoryId)])
  ) as Record<Name, StableMap>;

const management = {
  noArgs: createCandidCodec([]),
  ecdsaPublicKeyArgs: createCandidCodec([EcdsaPublicKeyArgsIdl]),
  ecdsaPublicKeyReply: createCandidCodec([EcdsaPublicKeyReplyIdl]),
  signWithEcdsaArgs: createCandidCodec([SignWithEcdsaArgsIdl]),
  signWithEcdsaReply: createCandidCodec([SignWithEcdsaReplyIdl]),
  canisterInfoArgs: createCandidCodec([CanisterInfoArgsIdl]),
  canisterInfoReply: createCandidCodec([CanisterInfoReplyIdl]),
  rawRandReply: createCandidCodec([IDL.Vec(IDL.Nat8)]),
  httpRequestArgs: createCandidCodec([HttpRequestArgsIdl]),
  httpResponse: createCandidCodec([HttpResponseIdl])
};

/** The Internet Computer, as the canister's messages meet it. */
export const azleRuntime: CanisterRuntime = {
  self: () => canisterSelf().toUint8Array(),
  caller: () => msgCaller().toUint8Array(),
  isCallerController: () => isController(msgCaller()),
  timeNs: () => time(),
  setCertifiedData: (data) => certifiedDataSet(data),
  dataCertificate: () => dataCertificate(),

  ecdsaPublicKey: async ({ keyName, path }) =>
    map(
      await callManagement<{ public_key: Uint8Array; chain_code: Uint8Array }>({
        method: 'ecdsa_public_key',
        args: management.ecdsaPublicKeyArgs,
        arg: { canister_id: [], derivation_path: path, key_id: ecdsaKeyId(keyName) },
        reply: management.ecdsaPublicKeyReply
      }),
      (reply) => ({ publicKey: bytes(reply.public_key), chainCode: bytes(reply.chain_code) })
    ),

  signWithEcdsa: async ({ keyName, path, messageHash, onTrap }) =>
    map(
      await callManagement<{ signature: Uint8Array }>({
        method: 'sign_with_ecdsa',
        args: management.signWithEcdsaArgs,
        arg: { message_hash: messageHash, derivation_path: path, key_id: ecdsaKeyId(keyName) },
        reply: management.signWithEcdsaReply,
        cycles: SIGN_WITH_ECDSA_CYCLES,
        onTrap
      }),
      (reply) => bytes(reply.signature)
    ),

  canisterInfo: async () =>
    map(
      await callManagement<{ module_hash: [] | [Uint8Array]; controllers: Principal[] }>({
        method: 'canister_info',
        args: management.canisterInfoArgs,
        arg: { canister_id: canisterSelf(), num_requested_changes: [] },
        reply: management.canisterInfoReply
      }),
      (reply) => ({
        moduleHash: bytes(installedModule(reply.module_hash)),
        controllers: reply.controllers.map((controller) => controller.toUint8Array())
      })
    ),

  rawRand: async () =>
    map(
      await callManagement<Uint8Array>({
        method: 'raw_rand',
        args: management.noArgs,
        reply: management.rawRandReply
      }),
      bytes
    ),

  httpOutcall: async (request) =>
    map(
      await callManagement<{ status: bigint; body: Uint8Array }>({
        method: 'http_request',
        args: management.httpRequestArgs,
        arg: httpRequestArgs(request),
        reply: management.httpResponse,
        cycles: outcallCycles(request)
      }),
      (reply) => ({ status: Number(reply.status), body: bytes(reply.body) })
    ),

  call: ({ canister, method, arg }) => settle(Principal.fromUint8Array(canister), { method, arg, cycles: 0n })
};

type ManagementCall = {
  readonly method: string;
  readonly args: CandidCodec;
  readonly arg?: unknown;
  readonly reply: CandidCodec;
  readonly cycles?: bigint;
  readonly onTrap?: (() => void) | undefined;
};

async function callManagement<Reply>(request: ManagementCall): Promise<CallOutcome<Reply>> {
  const outcome = await settle(MANAGEMENT_CANISTER, {
    method: request.method,
    arg: request.args.encode([request.arg]),
    cycles: request.cycles ?? 0n,
    onTrap: request.onTrap
  });
  return map(outcome, (reply) => request.reply.decode(reply)[0] as Reply);
}

async function settle(
  canister: Principal,
  request: { method: string; arg: Uint8Array; cycles: bigint; onTrap?: (() => void) | undefined }
): Promise<CallOutcome<Uint8Array>> {
  try {
    return {
      replied: await call(canister, request.method, { raw: true, args: request.arg, cycles: request.cycles })
    };
  } catch (error) {
    if (!isCallError(error)) throw error;
    switch (error.type) {
      case 'CleanupCallback':
        request.onTrap?.();
        throw error;
      case 'CallRejected':
        return { rejected: { code: error.rejectCode, message: error.rejectMessage } };
      case 'CallPerformFailed':
      case 'InsufficientLiquidCycleBalance':
        return { rejected: { code: NOT_SENT, message: error.message } };
    }
  }
}

const CALL_ERROR_TYPES: readonly unknown[] = [
  'CallPerformFailed',
  'CallRejected',
  'CleanupCallback',
  'InsufficientLiquidCycleBalance'
] satisfies CallError['type'][];

const isCallError = (error: unknown): error is CallError =>
  error instanceof Error && 'type' in error && CALL_ERROR_TYPES.includes(error.type);

function map<From, To>(outcome: CallOutcome<From>, convert: (value: From) => To): CallOutcome<To> {
  return 'replied' in outcome ? { replied: convert(outcome.replied) } : outcome;
}

/** A copy, because Candid may answer views of the whole reply. */
const bytes = (value: Uint8Array): Uint8Array => new Uint8Array(value);

function installedModule([hash]: [] | [Uint8Array]): Uint8Array {
  if (hash === undefined) throw new Error('BUG: a canister without module runs');
  return hash;
}

const ecdsaKeyId = (name: string): unknown => ({ curve: { secp256k1: null }, name });

function httpRequestArgs(request: HttpOutcall): unknown {
  return {
    url: request.url,
    max_response_bytes: [request.maxResponseBytes],
    method: { post: null },
    headers: [{ name: 'Content-Type', value: 'application/json' }],
    body: [request.body],
    transform: [
      {
        function: [canisterSelf(), request.transform.method],
        context: request.transform.context
      }
    ]
  };
}

/** (3 M + 60 k n) n + (400 request bytes + 800 response bytes) n cycles for n replicas (IC cycle costs). */
function outcallCycles(request: HttpOutcall): bigint {
  const requestBytes =
    BigInt(request.url.length + request.body.length + request.transform.context.length) +
    OUTCALL_OVERHEAD_BYTES;
  const base = 3_000_000n + 60_000n * OUTCALL_REPLICAS;
  return (base + 400n * requestBytes + 800n * request.maxResponseBytes) * OUTCALL_REPLICAS;
}
