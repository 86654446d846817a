import { toHex } from '../../../../src/core/bytes';
import { receiptClaimDigest } from '../../../../src/core/resource/claim';
import { deltaMessage } from '../../../../src/core/resource/delta';
import { DELETE_NEVER } from '../../../../src/core/resource/logic';
import { complianceReceipts, logicReceipts } from '../../../../src/core/resource/receipt';
import { type Action, type Transaction, transactionTags } from '../../../../src/core/resource/transaction';
import { ARM_V1_CIRCUIT_KEYS, transactionReceipts } from '../../../../src/core/resource/transaction-receipts';
import { proveUnits } from '../../../fixtures/arm/mock-prover';
import { creationPlan, sampleWord } from '../../../fixtures/arm/sample-units';
import { errorCode } from '../error-code';

const blob = (byte: number) => ({ blob: new Uint8Array(4).fill(byte), deletionCriterion: DELETE_NEVER });
const APP_DATA = {
  resourcePayload: [blob(1)],
  discoveryPayload: [blob(2)],
  externalPayload: [blob(3)],
  applicationPayload: [blob(4), blob(5)]
};

let transaction: Transaction;
let action: Action;

beforeAll(async () => {
  transaction = await proveUnits([creationPlan(sampleWord(10)), creationPlan(sampleWord(11), 120)], APP_DATA);
  const [first] = transaction.actions;
  if (first === undefined) throw new Error('expected an action');
  action = first;
});

/** Everything proofs are about: the claims of all receipts and the message of the delta proof; or the refusal. */
function provenBy(changed: Transaction): string[] {
  let claims: string[] = [];
  const refusal = errorCode(() => {
    claims = transactionReceipts(changed, ARM_V1_CIRCUIT_KEYS).map((receipt) =>
      toHex(receiptClaimDigest(receipt))
    );
  });
  return [refusal ?? '', ...claims, toHex(deltaMessage(transactionTags(changed)))];
}

/** Variants of `value` with one of its bytes32, blobs or deletion criteria changed, and where; proofs are left alone. */
function variantsOf(value: unknown, path = ''): [string, unknown][] {
  if (value instanceof Uint8Array)
    return [[path, value.map((byte, index) => (index === 0 ? byte ^ 1 : byte))]];
  if (typeof value === 'number') return [[path, 1 - value]];
  if (Array.isArray(value)) {
    return value.flatMap((element, index) =>
      variantsOf(element, `${path}[${index}]`).map(([where, variant]): [string, unknown] => [
        where,
        value.with(index, variant)
      ])
    );
  }
  return Object.entries(value as object).flatMap(([name, member]) =>
    /proof/i.test(name)
      ? []
      : variantsOf(member, `${path}.${name}`).map(([where, variant]): [string, unknown] => [
          where,
          { ...(value as object), [name]: variant }
        ])
  );
}

describe('transactionReceipts', () => {
  it('cover every field, seal by seal and aggregated', () => {
    for (const original of [transaction, { ...transaction, aggregationProof: new Uint8Array(36) }]) {
      const variants = variantsOf(original);
      expect(variants).toHaveLength(2 * 7 + 4 * (2 + 5 * 2));
      for (const [where, variant] of variants) {
        expect({ where, same: provenBy(variant as Transaction) }).not.toEqual({
          where,
          same: provenBy(original)
        });
      }
    }
  });

  it('of an aggregated transaction are one', () => {
    const aggregationProof = Uint8Array.of(1);
    const receipts = transactionReceipts({ ...transaction, aggregationProof }, ARM_V1_CIRCUIT_KEYS);
    expect(receipts.map(({ imageId, seal }) => [imageId, seal])).toEqual([
      [ARM_V1_CIRCUIT_KEYS.batchAggregation, aggregationProof]
    ]);
  });

  it('put units before tags, with the seal of each', () => {
    const receipts = transactionReceipts(transaction, ARM_V1_CIRCUIT_KEYS);
    const seals = [...action.complianceUnits, ...action.logicInputs].map(({ proof }) => proof);
    expect(receipts.map(({ seal }) => seal)).toEqual(seals);
    expect(complianceReceipts(action, sampleWord(1)).map(({ imageId }) => imageId)).toEqual([
      sampleWord(1),
      sampleWord(1)
    ]);
  });
});

describe('logicReceipts', () => {
  it('follow the tags, whatever the order of the inputs', () => {
    const shuffled = { ...action, logicInputs: [...action.logicInputs].reverse() };
    expect(logicReceipts(shuffled)).toEqual(logicReceipts(action));
  });

  it('refuse another number of inputs than tags', () => {
    const logicInputs = action.logicInputs.slice(1);
    expect(errorCode(() => logicReceipts({ ...action, logicInputs }))).toBe('action/tag-count');
  });

  it('refuse a tag without an input', () => {
    const logicInputs = action.logicInputs.map((input) => ({ ...input, tag: sampleWord(5) }));
    expect(errorCode(() => logicReceipts({ ...action, logicInputs }))).toBe('action/tag-not-found');
  });

  it("refuse a key that is not the unit's logic ref", () => {
    const logicInputs = action.logicInputs.map((input) => ({ ...input, verifyingKey: sampleWord(5) }));
    expect(errorCode(() => logicReceipts({ ...action, logicInputs }))).toBe('action/logic-ref-mismatch');
  });

  it('refuse an action without units', () => {
    expect(errorCode(() => logicReceipts({ complianceUnits: [], logicInputs: [] }))).toBe('action/no-tags');
  });
});
