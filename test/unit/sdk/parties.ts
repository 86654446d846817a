/** Identities for tests: an Ed25519 and a secp256k1 party to a transfer, a stranger, and some that cannot be parties. */
import { SignIdentity, type Signature } from '@dfinity/agent';
import { DelegationChain, DelegationIdentity } from '@dfinity/identity';
import { Secp256k1KeyIdentity } from '@dfinity/identity-secp256k1';
import { secp256k1 } from '@noble/curves/secp256k1';
import { sha256 } from '../../../src/core/crypto/hash';
import { createIdentity } from '../../../src/sdk/identity';

const seed = (name: string): Uint8Array => sha256(new TextEncoder().encode(name));

export const alice = createIdentity(seed('alice'));
export const bob: SignIdentity = Secp256k1KeyIdentity.fromSecretKey(seed('bob'));
export const carol = createIdentity(seed('carol'));

/** A session key that may speak as alice until 2100: its signatures are not by alice's key. */
export async function delegatedByAlice(): Promise<SignIdentity> {
  const session = createIdentity(seed('session'));
  const until = new Date(Date.UTC(2100));
  const chain = await DelegationChain.create(alice, session.getPublicKey(), until);
  return DelegationIdentity.fromDelegation(session, chain);
}

/** Signs every message right, and no message twice alike: ECDSA with extra entropy in its nonce. */
export class HedgedIdentity extends SignIdentity {
  private readonly secret = seed('hedged');

  getPublicKey(): ReturnType<SignIdentity['getPublicKey']> {
    return Secp256k1KeyIdentity.fromSecretKey(this.secret).getPublicKey();
  }

  sign(message: Uint8Array): Promise<Signature> {
    const signature = secp256k1.sign(sha256(message), this.secret, { lowS: true, extraEntropy: true });
    return Promise.resolve(signature.toCompactRawBytes() as Signature);
  }
}
