/** The few methods of the management canister that a deployment needs, as `@dfinity/agent` actors. */
import { Actor, type HttpAgent } from '@dfinity/agent';
import { IDL } from '@dfinity/candid';
import { Principal } from '@dfinity/principal';

const Settings = IDL.Record({ controllers: IDL.Opt(IDL.Vec(IDL.Principal)) });
const InstallMode = IDL.Variant({
  install: IDL.Null,
  reinstall: IDL.Null,
  upgrade: IDL.Opt(IDL.Record({ skip_pre_upgrade: IDL.Opt(IDL.Bool) }))
});
const ChunkHash = IDL.Record({ hash: IDL.Vec(IDL.Nat8) });

const management = IDL.Service({
  provisional_create_canister_with_cycles: IDL.Func(
    [
      IDL.Record({
        amount: IDL.Opt(IDL.Nat),
        settings: IDL.Opt(Settings),
        specified_id: IDL.Opt(IDL.Principal)
      })
    ],
    [IDL.Record({ canister_id: IDL.Principal })],
    []
  ),
  install_code: IDL.Func(
    [
      IDL.Record({
        mode: InstallMode,
        canister_id: IDL.Principal,
        wasm_module: IDL.Vec(IDL.Nat8),
        arg: IDL.Vec(IDL.Nat8)
      })
    ],
    [],
    []
  ),
  upload_chunk: IDL.Func(
    [IDL.Record({ canister_id: IDL.Principal, chunk: IDL.Vec(IDL.Nat8) })],
    [ChunkHash],
    []
  ),
  install_chunked_code: IDL.Func(
    [
      IDL.Record({
        mode: InstallMode,
        target_canister: IDL.Principal,
        chunk_hashes_list: IDL.Vec(ChunkHash),
        wasm_module_hash: IDL.Vec(IDL.Nat8),
        arg: IDL.Vec(IDL.Nat8)
      })
    ],
    [],
    []
  ),
  clear_chunk_store: IDL.Func([IDL.Record({ canister_id: IDL.Principal })], [], [])
});

export type InstallModeWire = { install: null } | { reinstall: null } | { upgrade: [] };

type ChunkHashWire = { hash: Uint8Array | number[] };

export type ManagementService = {
  provisional_create_canister_with_cycles(args: {
    amount: [] | [bigint];
    settings: [];
    specified_id: [] | [Principal];
  }): Promise<{ canister_id: Principal }>;
  install_code(args: {
    mode: InstallModeWire;
    canister_id: Principal;
    wasm_module: Uint8Array;
    arg: Uint8Array;
  }): Promise<void>;
  upload_chunk(args: { canister_id: Principal; chunk: Uint8Array }): Promise<ChunkHashWire>;
  install_chunked_code(args: {
    mode: InstallModeWire;
    target_canister: Principal;
    chunk_hashes_list: ChunkHashWire[];
    wasm_module_hash: Uint8Array;
    arg: Uint8Array;
  }): Promise<void>;
  clear_chunk_store(args: { canister_id: Principal }): Promise<void>;
};

/** The management canister; `canister` is the canister the calls are about (any id where there is none yet). */
export function createManagementClient(agent: HttpAgent, canister: Principal): ManagementService {
  return Actor.createActor<ManagementService>(() => management, {
    agent,
    canisterId: Principal.managementCanister(),
    effectiveCanisterId: canister
  });
}
