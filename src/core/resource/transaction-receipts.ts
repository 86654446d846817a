/** Everything that must be proven about a transaction. */
import { type Bytes32, hex32 } from '../bytes';
import { encodeAggregationJournal } from './aggregation';
import { type Receipt, complianceReceipts, logicReceipts } from './receipt';
import type { Transaction } from './transaction';

/** Image ids of the circuits every transaction uses; they change with the resource machine's version. */
export type CircuitKeys = { readonly compliance: Bytes32; readonly batchAggregation: Bytes32 };

/** The circuits of arm-risc0 v1.0.0 to v1.1.1 (`arm/src/constants.rs`), which protocol adapters v1.x pin. */
export const ARM_V1_CIRCUIT_KEYS: CircuitKeys = {
  compliance: hex32('919e13001cd3319be5a5a7cb189203be083674acb3fff23d05aae9c3ed86314d'),
  batchAggregation: hex32('213b3f40d7c113c1a012072fcd791fa44bf5166a2300121630bd3228e2b00827')
};

/**
 * The one aggregation receipt of an aggregated transaction; otherwise, action by action, one receipt for each
 * compliance unit and then one for each tag.
 * @throws {ProtocolError} as {@link logicReceipts}.
 */
export function transactionReceipts(transaction: Transaction, keys: CircuitKeys): Receipt[] {
  if (transaction.aggregationProof.length > 0) {
    const journal = encodeAggregationJournal(transaction, keys.compliance);
    return [{ imageId: keys.batchAggregation, journal, seal: transaction.aggregationProof }];
  }
  return transaction.actions.flatMap((action) => [
    ...complianceReceipts(action, keys.compliance),
    ...logicReceipts(action)
  ]);
}
