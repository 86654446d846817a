/** Calls of the management canister as a {@link RawClient} makes them. */
import { IDL } from '@dfinity/candid';
import { Principal } from '@dfinity/principal';
import { managementInterface } from './management-interface';
import { type RawCallOptions } from './raw-client';
import { ANONYMOUS } from './signed-envelope';

const MANAGEMENT = new Uint8Array(0);
const CREATED = IDL.Record({ canister_id: IDL.Principal });
const service = managementInterface({ IDL });

export type InstallMode = { readonly install: null } | { readonly upgrade: [] };

function managementCall(methodName: string, arg: unknown, effectiveCanisterId: Uint8Array): RawCallOptions {
  const type = service._fields.find(([name]) => name === methodName)?.[1];
  if (!type) throw new Error(`no method ${methodName}`);
  const encoded = new Uint8Array(IDL.encode(type.argTypes, [arg]));
  return { canisterId: MANAGEMENT, methodName, arg: encoded, effectiveCanisterId };
}

export const createCanisterCall = (): RawCallOptions =>
  managementCall(
    'provisional_create_canister_with_cycles',
    { amount: [], settings: [], specified_id: [], sender_canister_version: [] },
    ANONYMOUS
  );

/** The id in the reply to {@link createCanisterCall}. */
export function createdCanister(reply: Uint8Array): Uint8Array {
  const [created] = IDL.decode([CREATED], reply) as unknown as [{ canister_id: Principal }];
  return created.canister_id.toUint8Array();
}

export const installCall = (id: Uint8Array, wasmModule: Uint8Array, mode: InstallMode): RawCallOptions =>
  managementCall(
    'install_code',
    {
      mode,
      canister_id: Principal.fromUint8Array(id),
      wasm_module: wasmModule,
      arg: new Uint8Array(0),
      sender_canister_version: []
    },
    id
  );
