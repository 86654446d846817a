/** Candid of the management methods that deploy a canister, for clients in tests. */
import { type IDL } from '@dfinity/candid';
import { type Principal } from '@dfinity/principal';

export type ManagementService = {
  provisional_create_canister_with_cycles: (arg: {
    amount: [] | [bigint];
    settings: [];
    specified_id: [] | [Principal];
    sender_canister_version: [];
  }) => Promise<{ canister_id: Principal }>;
  install_code: (arg: {
    mode: { install: null } | { reinstall: null } | { upgrade: [] };
    canister_id: Principal;
    wasm_module: Uint8Array;
    arg: Uint8Array;
    sender_canister_version: [];
  }) => Promise<undefined>;
  start_canister: (arg: { canister_id: Principal }) => Promise<undefined>;
  stop_canister: (arg: { canister_id: Principal }) => Promise<undefined>;
};

export const managementInterface: IDL.InterfaceFactory = ({ IDL: idl }) => {
  const blob = idl.Vec(idl.Nat8);
  const version = idl.Opt(idl.Nat64);
  const canister = idl.Record({ canister_id: idl.Principal });
  return idl.Service({
    provisional_create_canister_with_cycles: idl.Func(
      [
        idl.Record({
          amount: idl.Opt(idl.Nat),
          settings: idl.Opt(idl.Null),
          specified_id: idl.Opt(idl.Principal),
          sender_canister_version: version
        })
      ],
      [canister],
      []
    ),
    install_code: idl.Func(
      [
        idl.Record({
          mode: idl.Variant({ install: idl.Null, reinstall: idl.Null, upgrade: idl.Opt(idl.Null) }),
          canister_id: idl.Principal,
          wasm_module: blob,
          arg: blob,
          sender_canister_version: version
        })
      ],
      [],
      []
    ),
    start_canister: idl.Func([canister], [], []),
    stop_canister: idl.Func([canister], [], [])
  });
};
