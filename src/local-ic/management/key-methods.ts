import { type Principal } from '@dfinity/principal';
import { CanisterFault, ERROR_CODE } from '../execution/canister-fault';
import { thresholdKeyCost } from '../execution/cycles-schedule';
import { principalText } from '../replica/rejection';
import { type ManagementCall, type ManagementHost, takeFee } from './management-host';
import { type Arguments, encodeResult, optional, type Optional } from './management-wire';
import { type KeyRequest, type SchnorrAlgorithm } from './threshold-keys';

/** Methods of threshold ECDSA and Schnorr, and of vetKD. */

/** Last byte of canister ids. */
const OPAQUE_ID_CLASS = 1;

export function ecdsaPublicKey(
  host: ManagementHost,
  call: ManagementCall,
  args: Arguments['ecdsa_public_key']
): Uint8Array {
  const { publicKey, chainCode } = host.thresholdKeys.ecdsaPublicKey(
    keyRequest(keyOwner(call, args.canister_id), args)
  );
  return encodeResult('ecdsa_public_key', { public_key: publicKey, chain_code: chainCode });
}

export function signWithEcdsa(
  host: ManagementHost,
  call: ManagementCall,
  args: Arguments['sign_with_ecdsa']
): Uint8Array {
  const messageHash = Uint8Array.from(args.message_hash);
  const signature = host.thresholdKeys.signWithEcdsa({ ...keyRequest(call.caller, args), messageHash });
  payForKey(call, { method: 'sign_with_ecdsa', keyName: args.key_id.name });
  return encodeResult('sign_with_ecdsa', { signature });
}

export function schnorrPublicKey(
  host: ManagementHost,
  call: ManagementCall,
  args: Arguments['schnorr_public_key']
): Uint8Array {
  const { publicKey, chainCode } = host.thresholdKeys.schnorrPublicKey({
    ...keyRequest(keyOwner(call, args.canister_id), args),
    algorithm: algorithmOf(args.key_id)
  });
  return encodeResult('schnorr_public_key', { public_key: publicKey, chain_code: chainCode });
}

export function signWithSchnorr(
  host: ManagementHost,
  call: ManagementCall,
  args: Arguments['sign_with_schnorr']
): Uint8Array {
  const aux = optional(args.aux);
  const signature = host.thresholdKeys.signWithSchnorr({
    ...keyRequest(call.caller, args),
    algorithm: algorithmOf(args.key_id),
    message: Uint8Array.from(args.message),
    ...(aux ? { merkleRootHash: Uint8Array.from(aux.bip341.merkle_root_hash) } : {})
  });
  payForKey(call, { method: 'sign_with_schnorr', keyName: args.key_id.name });
  return encodeResult('sign_with_schnorr', { signature });
}

export function vetkdPublicKey(
  host: ManagementHost,
  call: ManagementCall,
  args: Arguments['vetkd_public_key']
): Uint8Array {
  const canisterId = keyOwner(call, args.canister_id);
  if (canisterId.at(-1) !== OPAQUE_ID_CLASS) {
    throw new CanisterFault(
      ERROR_CODE.canisterRejected,
      `${principalText(canisterId)} is not the id of a canister`
    );
  }
  const publicKey = host.thresholdKeys.vetkdPublicKey({
    canisterId,
    context: Uint8Array.from(args.context),
    keyName: args.key_id.name
  });
  return encodeResult('vetkd_public_key', { public_key: publicKey });
}

export function vetkdDeriveKey(
  host: ManagementHost,
  call: ManagementCall,
  args: Arguments['vetkd_derive_key']
): Uint8Array {
  const encryptedKey = host.thresholdKeys.vetkdDeriveKey({
    canisterId: call.caller,
    context: Uint8Array.from(args.context),
    keyName: args.key_id.name,
    input: Uint8Array.from(args.input),
    transportPublicKey: Uint8Array.from(args.transport_public_key)
  });
  payForKey(call, { method: 'vetkd_derive_key', keyName: args.key_id.name });
  return encodeResult('vetkd_derive_key', { encrypted_key: encryptedKey });
}

/** The canister named, wherever it may be; without a name, the caller. */
function keyOwner(call: ManagementCall, named: Optional<Principal>): Uint8Array {
  return optional(named)?.toUint8Array() ?? call.caller;
}

function keyRequest(
  canisterId: Uint8Array,
  args: { readonly derivation_path: readonly Uint8Array[]; readonly key_id: { readonly name: string } }
): KeyRequest {
  const derivationPath = args.derivation_path.map((element) => Uint8Array.from(element));
  return { canisterId, derivationPath, keyName: args.key_id.name };
}

/** Only a request that holds is paid for; the fee is that of the subnet which has the key. */
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
