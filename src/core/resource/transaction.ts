/** Transactions of ARM v1 as Anoma's protocol adapter v1.1.0 takes them. */
import type { Bytes32 } from '../bytes';
import type { ComplianceInstance } from './compliance';
import type { AppData } from './logic';

/** `verifyingKey` is the logic ref. `proof` is a seal, empty in an aggregated transaction. */
export type LogicInput = {
  readonly tag: Bytes32;
  readonly verifyingKey: Bytes32;
  readonly appData: AppData;
  readonly proof: Uint8Array;
};
export type ComplianceUnit = { readonly proof: Uint8Array; readonly instance: ComplianceInstance };

/** Exactly one logic input for each of the two tags of each unit, in any order. */
export type Action = {
  readonly logicInputs: readonly LogicInput[];
  readonly complianceUnits: readonly ComplianceUnit[];
};
/** `deltaProof`: 65 bytes. `aggregationProof`: one seal for all proofs of the transaction, or empty. */
export type Transaction = {
  readonly actions: readonly Action[];
  readonly deltaProof: Uint8Array;
  readonly aggregationProof: Uint8Array;
};

/** The tags of an action in the order of its units: nullifier, commitment, nullifier, ... */
export function actionTags(action: Action): Bytes32[] {
  return action.complianceUnits.flatMap(({ instance }) => [
    instance.consumed.nullifier,
    instance.created.commitment
  ]);
}

/** The tags of all actions, in order: what the delta proof is about. */
export const transactionTags = (transaction: Transaction): Bytes32[] =>
  transaction.actions.flatMap(actionTags);
