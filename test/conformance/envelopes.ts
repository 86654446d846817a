/** Requests as their bytes: whatever fields a test gives them, signed. */
import { encodeWithSelfDescribedTag } from '@dfinity/cbor';
import { requestIdOf } from '@icp-sdk/core/agent';
import { type Identity, type Signer } from './identities';

export type Fields = Readonly<Record<string, unknown>>;

type Delegation = { readonly delegation: Fields; readonly signature: Uint8Array };

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What is signed for a hash in a domain. */
export const signedPayload = (domain: string, hash: Uint8Array): Uint8Array =>
  Uint8Array.from([domain.length, ...utf8(domain), ...hash]);

export const requestId = (content: Fields): Uint8Array => Uint8Array.from(requestIdOf(content));

/** A delegation from one key to another; `fields` are added to it or replace its own. */
export function delegate(from: Signer, to: Signer, fields: Fields): Delegation {
  const delegation = { pubkey: to.publicKeyDer, ...fields };
  return {
    delegation,
    signature: from.sign(signedPayload('ic-request-auth-delegation', requestId(delegation)))
  };
}

/** An envelope around `content`: signed by `identity`, if it has a key, or by the last key of its delegations. */
export function envelope(content: Fields, identity: Identity, delegated?: Delegated): Fields {
  const key = delegated?.by ?? identity;
  if (key.sign === undefined || identity.publicKeyDer === undefined) return { content };
  return {
    content,
    sender_pubkey: identity.publicKeyDer,
    sender_sig: key.sign(signedPayload('ic-request', requestId(content))),
    ...(delegated && { sender_delegation: delegated.chain })
  };
}

/** Delegations from the sender's key on, and the key that they end at. */
export type Delegated = { readonly chain: readonly Delegation[]; readonly by: Signer };

export const encodeTagged = (fields: Fields): Uint8Array =>
  // The encoder's own type of values is not exported.
  Uint8Array.from(encodeWithSelfDescribedTag(fields as Parameters<typeof encodeWithSelfDescribedTag>[0]));
