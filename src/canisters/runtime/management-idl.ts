/**
 * Candid types of the management canister's methods that our canisters call (ic.did of the interface specification).
 * Records of answers name only the fields we read: Candid subtyping skips the others.
 */
import { IDL } from '@dfinity/candid';

const Blob = IDL.Vec(IDL.Nat8);

const EcdsaKeyIdIdl = IDL.Record({ curve: IDL.Variant({ secp256k1: IDL.Null }), name: IDL.Text });

export const EcdsaPublicKeyArgsIdl = IDL.Record({
  canister_id: IDL.Opt(IDL.Principal),
  derivation_path: IDL.Vec(Blob),
  key_id: EcdsaKeyIdIdl
});
export const EcdsaPublicKeyReplyIdl = IDL.Record({ public_key: Blob, chain_code: Blob });

export const SignWithEcdsaArgsIdl = IDL.Record({
  message_hash: Blob,
  derivation_path: IDL.Vec(Blob),
  key_id: EcdsaKeyIdIdl
});
export const SignWithEcdsaReplyIdl = IDL.Record({ signature: Blob });

export const CanisterInfoArgsIdl = IDL.Record({
  canister_id: IDL.Principal,
  num_requested_changes: IDL.Opt(IDL.Nat64)
});
export const CanisterInfoReplyIdl = IDL.Record({
  module_hash: IDL.Opt(Blob),
  controllers: IDL.Vec(IDL.Principal)
});

const HttpHeaderIdl = IDL.Record({ name: IDL.Text, value: IDL.Text });

export const HttpResponseIdl = IDL.Record({
  status: IDL.Nat,
  headers: IDL.Vec(HttpHeaderIdl),
  body: Blob
});
export type HttpResponseWire = {
  status: bigint;
  headers: { name: string; value: string }[];
  body: Uint8Array;
};

/** What a transform query is called with. */
export const HttpTransformArgsIdl = IDL.Record({ response: HttpResponseIdl, context: Blob });
export type HttpTransformArgsWire = { response: HttpResponseWire; context: Uint8Array };

export const HttpRequestArgsIdl = IDL.Record({
  url: IDL.Text,
  max_response_bytes: IDL.Opt(IDL.Nat64),
  method: IDL.Variant({ get: IDL.Null, head: IDL.Null, post: IDL.Null }),
  headers: IDL.Vec(HttpHeaderIdl),
  body: IDL.Opt(Blob),
  transform: IDL.Opt(
    IDL.Record({
      function: IDL.Func([HttpTransformArgsIdl], [HttpResponseIdl], ['query']),
      context: Blob
    })
  )
});
