/** From an approved plan to the calldata of the protocol adapter's `execute`. */
import { toHex } from '../core/bytes';
import { type Bytes32, equalBytes } from '../core/bytes';
import { ProtocolError } from '../core/error';
import { principalOfPublicKey } from '../core/account/principal';
import { type Prover, buildAction, proveTransaction } from '../core/resource/build-action';
import { type AppData, DELETE_NEVER, NO_APP_DATA } from '../core/resource/logic';
import { type Transaction } from '../core/resource/transaction';
import { encodeExecuteCall } from '../core/resource/transaction-abi';
import { type TransferPlan, composePlan, planParties } from './transfer-plan';

/**
 * The proven transaction of a plan that every party has approved. `consumedRoot` is a historical root of the adapter's
 * tree over the consumed heads; its initial root serves where only ephemeral resources are consumed.
 * @throws {ProtocolError} `transfer/unapproved` naming who is missing; the prover's errors.
 */
export async function proveTransfer(
  plan: TransferPlan,
  means: { readonly prover: Prover; readonly consumedRoot: Bytes32 }
): Promise<Transaction> {
  assertApproved(plan);
  const composed = composePlan(plan);
  const action = buildAction(composed.units.map((unit) => unit.plan(means.consumedRoot)));
  const payloads = new Map(
    composed.units.map((unit) => [toHex(unit.commitment), unit.payload(plan.approvals)])
  );
  const appDataOf = (tag: Bytes32): AppData => {
    const payload = payloads.get(toHex(tag));
    if (payload === undefined) return NO_APP_DATA;
    return { ...NO_APP_DATA, applicationPayload: [{ blob: payload, deletionCriterion: DELETE_NEVER }] };
  };
  return proveTransaction(means.prover, [{ action, appDataOf }]);
}

/** Calldata of `execute(transaction)`. */
export const encodeTransferTransaction = (transaction: Transaction): Uint8Array =>
  encodeExecuteCall(transaction);

function assertApproved(plan: TransferPlan): void {
  const approved = plan.approvals.map(({ publicKeyDer }) => principalOfPublicKey(publicKeyDer));
  const missing = planParties(plan).find((party) => !approved.some((other) => equalBytes(other, party)));
  if (missing !== undefined) {
    throw new ProtocolError('transfer/unapproved', `party 0x${toHex(missing)} has not approved`, {
      party: missing
    });
  }
}
