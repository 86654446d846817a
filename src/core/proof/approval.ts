/**
 * What a party signs to transfer accounts, and the check of it (docs/protocol/account-transfer.md, "Approvals").
 *
 * The action message is the one that resource logics verify (`anoma/arm-risc0` v1.1.1, `arm_gadgets/src/authority.rs`)
 * under a domain of this protocol. The consent message binds the same party to the accounts, passports and epochs, and
 * to this signer and domain, under every resource logic.
 */
import { type Bytes32, ascii, bytesKey, concat } from '../bytes';
import { type PrincipalBytes, principalOfPublicKey } from '../account/principal';
import { type Approval, type Consent, encodeConsents } from '../account/transition-payload';
import { verifyIdentitySignature } from '../crypto/identity-signature';
import { isProtocolError } from '../error';
import { actionTreeRoot } from '../resource/action';
import { taggedHash } from '../tagged-hash';

const ACTION_PREFIX = ascii('ARM_AUTH_V1HyphaAccountAuthorization');
const CONSENT_PREFIX = ascii('\x0Dhypha-consent');

/** Where and to what the parties of an action consent. */
export type ConsentScope = {
  readonly signerCanisterId: PrincipalBytes;
  readonly domainId: Bytes32;
  readonly actionTreeRoot: Bytes32;
  readonly consents: readonly Consent[];
};

/** The two messages that each party signs with its identity key. */
export type ApprovalMessages = { readonly action: Uint8Array; readonly consent: Uint8Array };

/** The messages for all parties of the action with this scope. */
export const approvalMessages = (scope: ConsentScope): ApprovalMessages => ({
  action: concat(ACTION_PREFIX, scope.actionTreeRoot),
  consent: concat(
    CONSENT_PREFIX,
    taggedHash(
      'hypha/consent/v1',
      scope.signerCanisterId,
      scope.domainId,
      scope.actionTreeRoot,
      encodeConsents(scope.consents)
    )
  )
});

/** `valid`; `invalid` when one of the two signatures does not hold; `unknown-key` when the key is of no known type. */
export type ApprovalVerdict = 'valid' | 'invalid' | 'unknown-key';

/**
 * Checks approvals and remembers what it found, as the transitions of one batch mostly belong to one action, approved
 * by the same parties in the same words. Make one for each batch.
 */
export class ApprovalVerifier {
  private readonly messages = new Map<string, ApprovalMessages>();
  private readonly principals = new Map<string, PrincipalBytes>();
  private readonly verdicts = new Map<string, ApprovalVerdict>();

  /** {@link approvalMessages} of the action with these tags. */
  messagesOf(
    scope: Omit<ConsentScope, 'actionTreeRoot'> & { readonly tags: readonly Bytes32[] }
  ): ApprovalMessages {
    const { tags, ...rest } = scope;
    const key = bytesKey(scope.signerCanisterId, scope.domainId, encodeConsents(scope.consents), ...tags);
    return remember(this.messages, key, () =>
      approvalMessages({ ...rest, actionTreeRoot: actionTreeRoot(tags) })
    );
  }

  /** The principal whose approval this claims to be. */
  principalOf(approval: Approval): PrincipalBytes {
    return remember(this.principals, bytesKey(approval.publicKeyDer), () =>
      principalOfPublicKey(approval.publicKeyDer)
    );
  }

  /** Whether both signatures hold over the messages. */
  verify(approval: Approval, messages: ApprovalMessages): ApprovalVerdict {
    const { publicKeyDer, actionSignature, consentSignature } = approval;
    const key = bytesKey(publicKeyDer, actionSignature, consentSignature, messages.action, messages.consent);
    return remember(this.verdicts, key, () => verifyApproval(approval, messages));
  }
}

function verifyApproval(approval: Approval, messages: ApprovalMessages): ApprovalVerdict {
  const { publicKeyDer, actionSignature, consentSignature } = approval;
  try {
    const isValid =
      verifyIdentitySignature({ publicKeyDer, message: messages.action, signature: actionSignature }) &&
      verifyIdentitySignature({ publicKeyDer, message: messages.consent, signature: consentSignature });
    return isValid ? 'valid' : 'invalid';
  } catch (error) {
    if (isProtocolError(error, 'authority/key-type')) return 'unknown-key';
    throw error;
  }
}

function remember<T>(known: Map<string, T>, key: string, make: () => T): T {
  const found = known.get(key);
  if (found !== undefined) return found;
  const made = make();
  known.set(key, made);
  return made;
}
