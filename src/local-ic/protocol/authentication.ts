/** Who sent a request: signature, delegation chain and sender of an envelope (interface specification, "Authentication"). */
import { bytesToHex } from '@noble/hashes/utils';
import { equalBytes } from './byte-order';
import { type CertificateVerifier } from './certificate-verification';
import { type SigningDomain, signedPayload } from './domain-separator';
import { type Delegation, type Envelope, type Request, type SignedSenderInfo } from './envelope';
import { isAnonymous, principalText, selfAuthenticating } from './principal';
import { assertSignature, parsePublicKey, SignatureError } from './public-key';
import { RequestError } from './request-error';

const DELEGATIONS_MAX = 20;
const TARGETS_MAX = 1000;

/** Canisters that a delegation chain may address: those in every `targets` list, or all when there is none. */
export type DelegationTargets = { readonly includes: (canisterId: Uint8Array) => boolean };

const refuse = (text: string, cause?: unknown): RequestError => new RequestError(400, text, { cause });

/** When a request is checked, and against which network's certificates. */
export type AuthenticationContext = {
  readonly timeNs: bigint;
  readonly certificates: CertificateVerifier;
};

type Signed = {
  readonly publicKeyDer: Uint8Array;
  readonly domain: SigningDomain;
  /** What is signed, behind the domain separator. */
  readonly content: Uint8Array;
  readonly signature: Uint8Array;
};

/** @throws {RequestError} with `label` in front when the signature does not hold. */
function assertSigned(
  { publicKeyDer, domain, content, signature }: Signed,
  label: 'Invalid signature' | 'Invalid delegation' | 'Invalid sender info',
  certificates: CertificateVerifier
): void {
  const payload = signedPayload(domain, content);
  try {
    assertSignature(parsePublicKey(publicKeyDer), { payload, signature }, certificates);
  } catch (cause) {
    if (!(cause instanceof SignatureError)) throw cause;
    throw refuse(`${label}: ${cause.message}`, cause);
  }
}

/**
 * Checks that the envelope's sender sent its request.
 *
 * @returns the canisters that the request may address by its delegations.
 * @throws {RequestError} 400 with the replica's text.
 */
export function authenticateEnvelope(envelope: Envelope, context: AuthenticationContext): DelegationTargets {
  const { request, senderPublicKeyDer, senderSignature, senderDelegations } = envelope;
  const senderInfo = senderInfoOf(request);
  if (isAnonymous(request.sender)) {
    if (senderPublicKeyDer ?? senderSignature ?? senderDelegations)
      throw refuse('Signature is not allowed for the anonymous user');
    if (senderInfo) throw refuse('Invalid sender info: the anonymous user cannot have one');
    return { includes: () => true };
  }
  if (senderPublicKeyDer === undefined || senderSignature === undefined)
    throw refuse(`Missing signature from user: ${principalText(request.sender)}`);
  if (!equalBytes(selfAuthenticating(senderPublicKeyDer), request.sender)) {
    const key = bytesToHex(senderPublicKeyDer);
    throw refuse(`The user id ${principalText(request.sender)} does not match the public key ${key}`);
  }
  const delegations = senderDelegations ?? [];
  assertChain(senderPublicKeyDer, delegations);
  for (const delegation of delegations)
    assertDelegation(delegation, { timeNs: context.timeNs, requestType: request.type });
  const { certificates } = context;
  const publicKeyDer = assertDelegationSignatures(senderPublicKeyDer, delegations, certificates);
  const signed = { publicKeyDer, content: request.requestId, signature: senderSignature };
  assertSigned({ ...signed, domain: 'ic-request' }, 'Invalid signature', certificates);
  if (senderInfo) assertSenderInfo(senderInfo, senderPublicKeyDer, certificates);
  return { includes: (canisterId) => delegations.every((delegation) => isTarget(delegation, canisterId)) };
}

const senderInfoOf = (request: Request): SignedSenderInfo | undefined =>
  request.type === 'read_state' ? undefined : request.senderInfo;

/** Sender info holds only with a canister's key as the sender's, signed by that key itself. */
function assertSenderInfo(
  { info, signer, signature }: SignedSenderInfo,
  senderPublicKeyDer: Uint8Array,
  certificates: CertificateVerifier
): void {
  const key = parsePublicKey(senderPublicKeyDer);
  if (key.scheme !== 'canister')
    throw refuse('Invalid sender info: sender_pubkey is not a canister signature public key');
  if (!equalBytes(key.canisterId, signer)) {
    throw refuse(
      `Invalid sender info: signer ${principalText(signer)} does not match canister ID ${principalText(key.canisterId)} in sender_pubkey`
    );
  }
  const signed = { publicKeyDer: senderPublicKeyDer, content: info, signature };
  assertSigned({ ...signed, domain: 'ic-sender-info' }, 'Invalid sender info', certificates);
}

function assertChain(first: Uint8Array, delegations: readonly Delegation[]): void {
  if (delegations.length > DELEGATIONS_MAX) {
    throw refuse(
      `Chain of delegations is too long: got ${delegations.length} delegations, but at most ${DELEGATIONS_MAX} are allowed`
    );
  }
  const seen = new Set([bytesToHex(first)]);
  for (const { publicKeyDer } of delegations) {
    const key = bytesToHex(publicKeyDer);
    if (seen.has(key)) {
      throw refuse(
        `Chain of delegations contains at least one cycle: first repeating public key encountered ${key}`
      );
    }
    seen.add(key);
  }
}

function assertDelegation(
  delegation: Delegation,
  context: { readonly timeNs: bigint; readonly requestType: string }
): void {
  const { expirationNs, targets, permissions } = delegation;
  if (expirationNs < context.timeNs) {
    throw refuse(
      `Invalid delegation expiry: Specified sender delegation has expired: Provided expiry: ${expirationNs}, Local replica time: ${context.timeNs}`
    );
  }
  if (targets !== undefined && targets.length > TARGETS_MAX) {
    throw refuse(
      `Invalid delegation: expected at most ${TARGETS_MAX} targets per delegation, but got ${targets.length}`
    );
  }
  if (permissions !== undefined && permissions !== 'all' && permissions !== 'queries')
    throw refuse(`Invalid delegation: unknown permissions "${permissions}"`);
  if (permissions === 'queries' && context.requestType === 'call')
    throw refuse('Invalid delegation: permissions "queries" do not allow calls');
}

/** The key that signs the request: the last of the chain, each link signed by the one before. */
function assertDelegationSignatures(
  first: Uint8Array,
  delegations: readonly Delegation[],
  certificates: CertificateVerifier
): Uint8Array {
  return delegations.reduce((publicKeyDer, { hash, signature, publicKeyDer: next }) => {
    const signed = { publicKeyDer, content: hash, signature };
    assertSigned({ ...signed, domain: 'ic-request-auth-delegation' }, 'Invalid delegation', certificates);
    return next;
  }, first);
}

const isTarget = (delegation: Delegation, canisterId: Uint8Array): boolean =>
  delegation.targets?.some((target) => equalBytes(target, canisterId)) ?? true;

/** @throws {RequestError} 400 when a delegation of the request does not cover this canister. */
export function assertTarget(targets: DelegationTargets, canisterId: Uint8Array): void {
  if (!targets.includes(canisterId))
    throw refuse(`Canister ${principalText(canisterId)} is not one of the delegation targets`);
}
