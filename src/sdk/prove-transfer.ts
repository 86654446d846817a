/** From an approved plan to the calldata of the protocol adapter's `execute`. */
import { type Bytes32, toHex } from '../core/bytes';
import { type ComposedTransfer, encodeTransferPayloads } from '../core/proof/compose-transfer';
import { type Prover, type UnitPlan, buildAction, proveTransaction } from '../core/resource/build-action';
import { type AppData, DELETE_NEVER, NO_APP_DATA } from '../core/resource/logic';
import { type Transaction } from '../core/resource/transaction';
import { encodeExecuteCall } from '../core/resource/transaction-abi';
import { requireApprovals } from './plan-approvals';
import { type TransferPlan, composePlan } from './transfer-plan';

/**
 * The proven transaction of a plan that every party has approved. `consumedRoot` is a historical root of the adapter's
 * tree over the consumed heads; its initial root serves where only ephemeral resources are consumed.
 * @throws {ProtocolError} `transfer/unapproved`, `transfer/approval-invalid`, those of `composePlan`; `delta/mismatch`
 * when a head is of another kind than its successor; the prover's errors.
 */
export async function proveTransfer(
  plan: TransferPlan,
  means: { readonly prover: Prover; readonly consumedRoot: Bytes32 }
): Promise<Transaction> {
  const composed = composePlan(plan);
  const payloads = encodeTransferPayloads(composed, requireApprovals(plan));
  const action = buildAction(unitPlans(composed, { plan, root: means.consumedRoot }));
  const payloadOf = new Map(
    composed.units.map(({ created }, index) => [toHex(created.commitment), payloads[index]])
  );
  const appDataOf = (tag: Bytes32): AppData => {
    const blob = payloadOf.get(toHex(tag));
    if (blob === undefined) return NO_APP_DATA;
    return { ...NO_APP_DATA, applicationPayload: [{ blob, deletionCriterion: DELETE_NEVER }] };
  };
  return proveTransaction(means.prover, [{ action, appDataOf }]);
}

/** Calldata of `execute(transaction)`. */
export const encodeTransferTransaction = (transaction: Transaction): Uint8Array =>
  encodeExecuteCall(transaction);

function unitPlans(
  composed: ComposedTransfer,
  { plan, root }: { readonly plan: TransferPlan; readonly root: Bytes32 }
): UnitPlan[] {
  return composed.units.flatMap(({ consumed, created }, index) => {
    const rcv = plan.units[index]?.given?.rcv;
    if (rcv === undefined) throw new Error('BUG: a composed unit without its contribution');
    return [{ consumed: { resource: consumed.resource, nk: consumed.nk, root }, created, rcv }];
  });
}
