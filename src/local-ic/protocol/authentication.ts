/** Who sent a request: signature, delegation chain and sender of an envelope (interface specification, "Authentication"). */
import { bytesToHex } from '@noble/hashes/utils';
import { equalBytes } from './byte-order';
import { type SigningDomain, signedPayload } from './domain-separator';
import { type Delegation, type Envelope } from './envelope';
import { isAnonymous, principalText, selfAuthenticating } from './principal';
import { parsePublicKey, SignatureFormatError, verifySignature } from './public-key';
import { RequestError } from './request-error';

const DELEGATIONS_MAX = 20;
const TARGETS_MAX = 1000;

/** Canisters that a delegation chain may address: those in every `targets` list, or all when there is none. */
export type DelegationTargets = { readonly includes: (canisterId: Uint8Array) => boolean };

const refuse = (text: string, cause?: unknown): RequestError => new RequestError(400, text, { cause });

type Signed = {
  readonly publicKeyDer: Uint8Array;
  readonly domain: SigningDomain;
  readonly hash: Uint8Array;
  readonly signature: Uint8Array;
};

/** @throws {RequestError} with `label` in front when the signature does not hold. */
function assertSignature(signed: Signed, label: 'Invalid signature' | 'Invalid delegation'): void {
  const payload = signedPayload(signed.domain, signed.hash);
  let isValid: boolean;
  try {
    isValid = verifySignature(parsePublicKey(signed.publicKeyDer), { payload, signature: signed.signature });
  } catch (cause) {
    if (!(cause instanceof SignatureFormatError)) throw cause;
    throw refuse(`${label}: ${cause.message}`, cause);
  }
  if (!isValid) {
    const key = bytesToHex(signed.publicKeyDer);
    throw refuse(`${label}: signature could not be verified with public key ${key}`);
  }
}

/**
 * Checks that the envelope's sender sent its request.
 *
 * @returns the canisters that the request may address by its delegations.
 * @throws {RequestError} 400 with the replica's text.
 */
export function authenticateEnvelope(envelope: Envelope, timeNs: bigint): DelegationTargets {
  const { request, senderPublicKeyDer, senderSignature, senderDelegations } = envelope;
  if (isAnonymous(request.sender)) {
    if (senderPublicKeyDer ?? senderSignature ?? senderDelegations)
      throw refuse('Signature is not allowed for the anonymous user');
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
  for (const delegation of delegations) assertDelegation(delegation, { timeNs, requestType: request.type });
  assertSignature(
    {
      publicKeyDer: assertDelegationSignatures(senderPublicKeyDer, delegations),
      domain: 'ic-request',
      hash: request.requestId,
      signature: senderSignature
    },
    'Invalid signature'
  );
  return { includes: (canisterId) => delegations.every((delegation) => isTarget(delegation, canisterId)) };
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
function assertDelegationSignatures(first: Uint8Array, delegations: readonly Delegation[]): Uint8Array {
  return delegations.reduce((publicKeyDer, { hash, signature, publicKeyDer: next }) => {
    assertSignature(
      { publicKeyDer, domain: 'ic-request-auth-delegation', hash, signature },
      'Invalid delegation'
    );
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
