/** Envelopes as a client builds them: request ids by @dfinity/agent, CBOR by @dfinity/cbor. */
import { requestIdOf } from '@dfinity/agent';
import { encodeWithSelfDescribedTag } from '@dfinity/cbor';
import { type TestSigner } from './test-signer';

export const ANONYMOUS = Uint8Array.of(4);

export type Content = Readonly<Record<string, unknown>>;

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

export const payloadOf = (domain: string, hash: Uint8Array): Uint8Array =>
  Uint8Array.from([domain.length, ...utf8(domain), ...hash]);

export type SignedDelegation = {
  readonly delegation: Readonly<Record<string, unknown>>;
  readonly signature: Uint8Array;
};

/** A delegation from `from` to `to`. `fields` are added, or replace its own. */
export function delegate(
  from: TestSigner,
  to: TestSigner,
  fields: Readonly<Record<string, unknown>>
): SignedDelegation {
  const delegation = { pubkey: to.publicKeyDer, ...fields };
  const signature = from.sign(payloadOf('ic-request-auth-delegation', requestIdOf(delegation)));
  return { delegation, signature };
}

export type EnvelopeFields = {
  readonly content: Content;
  readonly sender_pubkey?: Uint8Array;
  readonly sender_sig?: Uint8Array;
  readonly sender_delegation?: readonly SignedDelegation[];
};

/** `content` signed by `signer`, or by the last key of a chain of delegations that begins at `sender`. */
export function signContent(
  content: Content,
  signer: TestSigner,
  chain?: { readonly from: TestSigner; readonly delegations: readonly SignedDelegation[] }
): EnvelopeFields {
  return {
    content,
    sender_pubkey: (chain?.from ?? signer).publicKeyDer,
    sender_sig: signer.sign(payloadOf('ic-request', requestIdOf(content))),
    ...(chain && { sender_delegation: chain.delegations })
  };
}

export const encodeEnvelope = (fields: EnvelopeFields): Uint8Array =>
  encodeWithSelfDescribedTag(fields as never);

export const requestIdOfContent = (content: Content): Uint8Array => Uint8Array.from(requestIdOf(content));
