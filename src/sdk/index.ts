/** The public door of the SDK. */
export { type Canisters } from './account-reading';
export {
  type ClientOptions,
  type ConnectOptions,
  type ReadOptions,
  connectAgent,
  createDomainsClient,
  createSignerClient
} from './client';
export { type EvmIntent, prepareEvmTransaction, signEvmTransaction } from './evm-transfer';
export { createIdentity, decodeIdentityPem, encodeIdentityPem } from './identity';
export { deriveNullifierKey } from './nullifier-key';
export { type ApprovalState, type PartyApproval, checkApprovals, requireApprovals } from './plan-approvals';
export { proposeBinding, proposeTransfer } from './propose-transfer';
export { encodeTransferTransaction, proveTransfer } from './prove-transfer';
export { decodeReceiptJson, verifyReceipt } from './receipt';
export {
  type TransferPlan,
  type TransferUnit,
  approvePlan,
  composePlan,
  contributeToPlan,
  isComplete,
  planParties,
  platformRandom
} from './transfer-plan';
export { decodeTransferPlan, encodeTransferPlan } from './transfer-plan-codec';
export { type PlanCheck, type PlanFault, assertPlanHolds, planFaults, verifyPlan } from './verify-plan';
