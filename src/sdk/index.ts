/** The public door of the SDK. */
export { type ConnectOptions, connectAgent, createDomainsClient, createSignerClient } from './client';
export { type EvmIntent, prepareEvmTransaction, signEvmTransaction } from './evm-transfer';
export { createIdentity, decodeIdentityPem, encodeIdentityPem } from './identity';
export { deriveNullifierKey } from './nullifier-key';
export { proposeBinding, proposeTransfer } from './propose-transfer';
export { encodeTransferTransaction, proveTransfer } from './prove-transfer';
export {
  type TransferPlan,
  type TransferUnit,
  approvePlan,
  composePlan,
  contributeToPlan,
  planParties,
  platformRandom
} from './transfer-plan';
export { decodeTransferPlan, encodeTransferPlan } from './transfer-plan-codec';
