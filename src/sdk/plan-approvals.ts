/** Approvals of a plan: whose are there, and whether they hold over the action that the plan now makes. */
import { type PrincipalBytes } from '../core/account/principal';
import { type Approval } from '../core/account/transition-payload';
import { equalBytes, toHex } from '../core/bytes';
import { ProtocolError } from '../core/error';
import { ApprovalVerifier } from '../core/proof/approval';
import { type TransferPlan, composePlan, isComplete, planParties } from './transfer-plan';

/** `unchecked`: there, while the plan still waits for contributions, so that it can not be of this action. */
export type ApprovalState = 'missing' | 'valid' | 'invalid' | 'unchecked';

/** One party of the plan, its approval when there is one. */
export type PartyApproval = {
  readonly party: PrincipalBytes;
  readonly state: ApprovalState;
  readonly approval: Approval | undefined;
};

/** Every party with its approval, in the order of `planParties`; approvals by anybody else are passed over. */
export function checkApprovals(plan: TransferPlan): PartyApproval[] {
  const verifier = new ApprovalVerifier();
  const messages = isComplete(plan) ? composePlan(plan).messages : undefined;
  return planParties(plan).map((party) => {
    const approval = plan.approvals.find((candidate) => equalBytes(verifier.principalOf(candidate), party));
    if (approval === undefined) return { party, state: 'missing', approval };
    if (messages === undefined) return { party, state: 'unchecked', approval };
    const state = verifier.verify(approval, messages) === 'valid' ? 'valid' : 'invalid';
    return { party, state, approval };
  });
}

/**
 * The approvals of all parties, one each and no others.
 * @throws {ProtocolError} `transfer/unapproved`, `transfer/approval-invalid` with the first party concerned;
 * `transfer/incomplete`.
 */
export function requireApprovals(plan: TransferPlan): Approval[] {
  composePlan(plan);
  return checkApprovals(plan).map(({ party, state, approval }) => {
    if (approval === undefined) {
      throw new ProtocolError('transfer/unapproved', `party 0x${toHex(party)} has not approved`, { party });
    }
    if (state !== 'valid') {
      throw new ProtocolError(
        'transfer/approval-invalid',
        `the approval of party 0x${toHex(party)} is not of what the plan says now`,
        { party }
      );
    }
    return approval;
  });
}
