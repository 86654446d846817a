/**
 * The threshold keys of the management canister: public keys and signatures for a canister and a derivation path.
 *
 * The master secrets are those of PocketIC, public and the same on every machine: for development only.
 */

/** Algorithms of `schnorr_public_key` and `sign_with_schnorr`. */
export type SchnorrAlgorithm = 'bip340secp256k1' | 'ed25519';

/** Which key: the canister that owns it (principal bytes), the path below it (at most 255 items), the master key's name. */
export type KeyRequest = {
  readonly canisterId: Uint8Array;
  readonly derivationPath: readonly Uint8Array[];
  readonly keyName: string;
};

/** `publicKey`: 33 bytes SEC1 compressed, or 32 bytes for Ed25519. `chainCode`: 32 bytes. */
export type ExtendedPublicKey = { readonly publicKey: Uint8Array; readonly chainCode: Uint8Array };

/**
 * Port of the management canister to its threshold keys. Every method throws `RejectionError` with the replica's
 * codes and texts when the request is refused.
 */
export interface ThresholdKeys {
  /** Names of the master keys, for each of the three schemes. */
  readonly keyNames: readonly string[];
  ecdsaPublicKey(request: KeyRequest): ExtendedPublicKey;
  /** 64 bytes r‖s, low s, over a 32-byte hash. */
  signWithEcdsa(request: KeyRequest & { readonly messageHash: Uint8Array }): Uint8Array;
  schnorrPublicKey(request: KeyRequest & { readonly algorithm: SchnorrAlgorithm }): ExtendedPublicKey;
  /** 64 bytes. `merkleRootHash` is `aux.bip341.merkle_root_hash`, 0 or 32 bytes, and tweaks the key as BIP-341 says. */
  signWithSchnorr(
    request: KeyRequest & {
      readonly algorithm: SchnorrAlgorithm;
      readonly message: Uint8Array;
      readonly merkleRootHash?: Uint8Array;
    }
  ): Uint8Array;
}
