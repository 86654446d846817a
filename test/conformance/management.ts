/** Calls of the management canister, by users and by probe canisters. */
import { IDL } from '@dfinity/candid';
import { Principal } from '@dfinity/principal';
import { replyOf, type Outcome, type RequestOptions, type Client } from './client';
import { MANAGEMENT_METHODS, type ManagementMethod } from './management-types';
import { type Probe } from './network';
import { type CallOptions, parseReject, program, relayReject, relayReply } from './probe/program';

export const MANAGEMENT = Principal.managementCanister();

export type Value = Readonly<Record<string, unknown>>;

/** Optional fields of the record that `value` does not have, as absent. */
function complete(type: IDL.Type, value: Value): Value {
  if (!(type instanceof IDL.RecordClass)) return value;
  const optional = type._fields.filter(([, field]) => field instanceof IDL.OptClass);
  return { ...Object.fromEntries(optional.map(([name]) => [name, []])), ...value };
}

/** The argument of a method, in Candid. Optional fields may be left out. */
export function encodeArgument(method: ManagementMethod, value: Value = {}): Uint8Array {
  const [argument] = MANAGEMENT_METHODS[method];
  const [type] = argument as readonly IDL.Type[];
  return Uint8Array.from(type ? IDL.encode([type], [complete(type, value)]) : IDL.encode([], []));
}

/** The settings record, with what it does not name absent. */
export function settings(value: Value): Value {
  const absent = {
    controllers: [],
    compute_allocation: [],
    memory_allocation: [],
    freezing_threshold: [],
    reserved_cycles_limit: [],
    minimum_incoming_canister_call_cycles: [],
    log_visibility: [],
    wasm_memory_limit: [],
    wasm_memory_threshold: [],
    environment_variables: []
  };
  return { ...absent, ...value };
}

export function decodeResult(method: ManagementMethod, reply: Uint8Array): unknown {
  const [, result] = MANAGEMENT_METHODS[method];
  return IDL.decode([...result], reply)[0];
}

/** The effective canister id of a call by a user: a field of its argument. */
function effectiveId(value: Value): Principal {
  const id = value.target_canister ?? value.canister_id;
  return id instanceof Principal ? id : MANAGEMENT;
}

/** A method called by a user, as an update. */
export function manage(
  client: Client,
  method: ManagementMethod,
  value: Value,
  options: RequestOptions = {}
): Promise<Outcome> {
  const effectiveCanisterId = effectiveId(value);
  return client.update(MANAGEMENT, method, encodeArgument(method, value), {
    effectiveCanisterId,
    ...options
  });
}

/** The decoded result; fails with the rejection's text. */
export const resultOf = (method: ManagementMethod, outcome: Outcome): unknown =>
  decodeResult(method, replyOf(outcome));

/** What a probe's program calls, see `Program.call`. */
export const managementCall = (method: ManagementMethod, value?: Value): CallOptions => ({
  to: MANAGEMENT,
  method,
  arg: encodeArgument(method, value)
});

const REPLIED = Uint8Array.of(0);
const REJECTED = Uint8Array.of(1);

/** A method called by a probe, with cycles. Rejections have no error code then. */
export async function manageFrom(
  probe: Probe,
  method: ManagementMethod,
  value: Value = {},
  cycles = 0n
): Promise<Outcome> {
  const run = program().call({
    ...managementCall(method, value),
    cycles,
    onReply: program().blob(REPLIED).append().then(relayReply()),
    onReject: program().blob(REJECTED).append().then(relayReject())
  });
  const answer = replyOf(await probe.update(run));
  const rest = answer.subarray(1);
  if (answer[0] === 0) return { kind: 'replied', reply: Uint8Array.from(rest), isCertified: true };
  return { kind: 'rejected', ...parseReject(rest), errorCode: undefined, isCertified: true };
}

/** The decoded result of a method called by a probe; fails with the rejection's text. */
export async function managedFrom(
  ...[probe, method, value, cycles]: Parameters<typeof manageFrom>
): Promise<unknown> {
  return resultOf(method, await manageFrom(probe, method, value, cycles));
}
