/** The aggregation journal of ARM v1: all compliance and logic instances of a transaction, proven by one seal. */
import { type Bytes32, concat } from '../bytes';
import { encodeComplianceJournal } from './compliance';
import { u32LittleEndian } from './logic';
import type { Transaction } from './transaction';
import { logicReceipts } from './receipt';

/**
 * `n | n * compliance journal | complianceKey | 2n | (words | logic journal) * 2n | 2n | logicRef * 2n`, counts u32
 * little-endian, n the number of compliance units, logic instances in the order of the tags.
 * @throws {ProtocolError} as {@link logicReceipts}.
 */
export function encodeAggregationJournal(transaction: Transaction, complianceKey: Bytes32): Uint8Array {
  const units = transaction.actions.flatMap((action) => action.complianceUnits);
  const logics = transaction.actions.flatMap(logicReceipts);
  const tagCount = u32LittleEndian(2 * units.length);
  return concat(
    u32LittleEndian(units.length),
    ...units.map((unit) => encodeComplianceJournal(unit.instance)),
    complianceKey,
    tagCount,
    ...logics.flatMap(({ journal }) => [u32LittleEndian(journal.length / 4), journal]),
    tagCount,
    ...logics.map(({ imageId }) => imageId)
  );
}
