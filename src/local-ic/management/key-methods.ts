import { type Principal } from '@dfinity/principal';
import { thresholdKeyCost } from '../execution/cycles-schedule';
import { type ManagementCall, type ManagementHost, takeFee } from './management-host';
import { type Arguments, encodeResult, optional, type Optional } from './management-wire';
import { type KeyRequest, type SchnorrAlgorithm } from './threshold-keys';

/** Methods of threshold ECDSA and Schnorr. */

export function ecdsaPublicKey(
  host: ManagementHost,
  call: ManagementCall,
  args: Arguments['ecdsa_public_key']
): Uint8Array {
  const { publicKey, chainCode } = host.thresholdKeys.ecdsaPublicKey(
    keyRequest(keyOwner(host, call, args.canister_id), args)
  );
  return encodeResult('ecdsa_public_key', { public_key: publicKey, chain_code: chainCode });
}

export function signWithEcdsa(
  host: ManagementHost,
  call: ManagementCall,
  args: Arguments['sign_with_ecdsa']
): Uint8Array {
  payForKey(call, { method: 'sign_with_ecdsa', keyName: args.key_id.name });
  const messageHash = Uint8Array.from(args.message_hash);
  const signature = host.thresholdKeys.signWithEcdsa({ ...keyRequest(call.caller, args), messageHash });
  return encodeResult('sign_with_ecdsa', { signature });
}

export function schnorrPublicKey(
  host: ManagementHost,
  call: ManagementCall,
  args: Arguments['schnorr_public_key']
): Uint8Array {
  const { publicKey, chainCode } = host.thresholdKeys.schnorrPublicKey({
    ...keyRequest(keyOwner(host, call, args.canister_id), args),
    algorithm: algorithmOf(args.key_id)
  });
  return encodeResult('schnorr_public_key', { public_key: publicKey, chain_code: chainCode });
}

export function signWithSchnorr(
  host: ManagementHost,
  call: ManagementCall,
  args: Arguments['sign_with_schnorr']
): Uint8Array {
  payForKey(call, { method: 'sign_with_schnorr', keyName: args.key_id.name });
  const aux = optional(args.aux);
  const signature = host.thresholdKeys.signWithSchnorr({
    ...keyRequest(call.caller, args),
    algorithm: algorithmOf(args.key_id),
    message: Uint8Array.from(args.message),
    ...(aux ? { merkleRootHash: Uint8Array.from(aux.bip341.merkle_root_hash) } : {})
  });
  return encodeResult('sign_with_schnorr', { signature });
}

/** The canister named, which must exist; without a name, the caller. */
function keyOwner(host: ManagementHost, call: ManagementCall, named: Optional<Principal>): Uint8Array {
  const id = optional(named)?.toUint8Array();
  return id ? host.registry.get(id).id : call.caller;
}

function keyRequest(
  canisterId: Uint8Array,
  args: { readonly derivation_path: readonly Uint8Array[]; readonly key_id: { readonly name: string } }
): KeyRequest {
  const derivationPath = args.derivation_path.map((element) => Uint8Array.from(element));
  return { canisterId, derivationPath, keyName: args.key_id.name };
}

/** An unknown key costs nothing: the keys refuse it themselves. */
function payForKey(
  call: ManagementCall,
  { method, keyName }: { readonly method: string; readonly keyName: string }
): void {
  const required = thresholdKeyCost(keyName);
  if (required !== undefined) takeFee(call, { method, required });
}

function algorithmOf({ algorithm }: Arguments['schnorr_public_key']['key_id']): SchnorrAlgorithm {
  return 'ed25519' in algorithm ? 'ed25519' : 'bip340secp256k1';
}
