/**
 * Who approved of a proven transition, and so what it does to the account: the owner's word is needed for any effect, the
 * passport and the new owner's word for one that leaves the account active.
 */
import { type Account, type AccountTransition, type Head } from '../account/account';
import { type AccountValue } from '../account/account-value';
import { type PrincipalBytes } from '../account/principal';
import { type Approval, type Consent, type TransitionPayload } from '../account/transition-payload';
import { type Bytes32, equalBytes, ZERO_BYTES32 } from '../bytes';
import { ProtocolError, refuseUnless } from '../error';
import { type ApprovalMessages, type ApprovalVerifier } from './approval';

/** What the parties say of an account in an action with these tags. */
type ApprovedClaim = {
  readonly account: Account;
  readonly signerCanisterId: PrincipalBytes;
  readonly tags: readonly Bytes32[];
  readonly payload: TransitionPayload;
  readonly approvals: ApprovalVerifier;
};

/** The successor as it was proven, its value opened. */
export type ProvenSuccessor = {
  readonly head: Head;
  readonly value: AccountValue;
  readonly nullifier: Bytes32;
};

/**
 * What the transition does to the account as it is.
 * @throws {ProtocolError} `authority/missing`, `authority/signature`, `authority/key-type`, `authority/consent`,
 * `transition/owner`.
 */
export function decideEffect(claim: ApprovedClaim, proven: ProvenSuccessor): AccountTransition {
  const { account, payload } = claim;
  const { head, value, nullifier } = proven;
  const messages = claim.approvals.messagesOf({
    signerCanisterId: claim.signerCanisterId,
    domainId: head.domainId,
    tags: claim.tags,
    consents: payload.consents
  });
  assertAuthority(claim, messages);
  const consent = findConsent(account, payload);
  const common = { accountId: account.id, epoch: account.epoch, head, nullifier };
  if (payload.purpose === 'binding') {
    refuseUnless(equalBytes(value.owner, account.owner), {
      code: 'transition/owner',
      expectation: "the account's owner in the value of a binding"
    });
    return { ...common, purpose: 'binding' };
  }
  const isAccepted = findVerdict(claim, { party: value.owner, messages }) === 'valid';
  const outcome = decideOutcome(account, { consent, value, isAccepted });
  return { ...common, purpose: 'transition', owner: value.owner, outcome };
}

function assertAuthority(claim: ApprovedClaim, messages: ApprovalMessages): void {
  const verdict = findVerdict(claim, { party: claim.account.owner, messages });
  switch (verdict) {
    case 'valid':
      return;
    case undefined:
      throw new ProtocolError('authority/missing', "expected an approval by the account's owner");
    case 'invalid':
      throw new ProtocolError(
        'authority/signature',
        'expected both signatures of the owner to hold over this action and these consents'
      );
    case 'unknown-key':
      throw new ProtocolError('authority/key-type', 'expected the owner to sign with Ed25519 or secp256k1');
  }
}

/** The verdict on the first approval by `party`; undefined when there is none. */
function findVerdict(
  claim: ApprovedClaim,
  wanted: { readonly party: PrincipalBytes; readonly messages: ApprovalMessages }
): ReturnType<ApprovalVerifier['verify']> | undefined {
  const isByParty = (approval: Approval): boolean =>
    equalBytes(claim.approvals.principalOf(approval), wanted.party);
  const approval = claim.payload.approvals.find(isByParty);
  return approval === undefined ? undefined : claim.approvals.verify(approval, wanted.messages);
}

function findConsent(account: Account, payload: TransitionPayload): Consent {
  const consents = payload.consents.filter(({ accountId }) => equalBytes(accountId, account.id));
  const [consent] = consents;
  if (consent === undefined || consents.length > 1) {
    throw new ProtocolError(
      'authority/consent',
      `expected one consent for the account, got ${consents.length}`
    );
  }
  refuseUnless(consent.epoch === account.epoch, {
    code: 'authority/consent',
    expectation: `a consent for epoch ${account.epoch}, got ${consent.epoch}`
  });
  refuseUnless(payload.purpose === 'transition' || equalBytes(consent.passportDigest, ZERO_BYTES32), {
    code: 'authority/consent',
    expectation: 'a consent without a passport for a binding'
  });
  return consent;
}

type Outcome = Extract<AccountTransition, { readonly purpose: 'transition' }>['outcome'];

/** The head is consumed whatever the parties left out: the account follows it, and waits for its new owner. */
function decideOutcome(
  account: Account,
  facts: { readonly consent: Consent; readonly value: AccountValue; readonly isAccepted: boolean }
): Outcome {
  const { status } = account;
  if (status.type !== 'sealed') return { type: 'quarantined', reason: 'not-sealed' };
  const isConsented = [facts.consent, facts.value].every(({ passportDigest }) =>
    equalBytes(passportDigest, status.passportDigest)
  );
  if (!isConsented) return { type: 'quarantined', reason: 'passport-mismatch' };
  return facts.isAccepted ? { type: 'active' } : { type: 'quarantined', reason: 'not-accepted' };
}
