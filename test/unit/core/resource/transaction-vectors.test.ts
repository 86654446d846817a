import { equalBytes, hex32, toHex } from '../../../../src/core/bytes';
import { sha256 } from '../../../../src/core/crypto/hash';
import { receiptClaimDigest } from '../../../../src/core/resource/claim';
import { buildAction, proveTransaction } from '../../../../src/core/resource/build-action';
import { EMPTY_HASH } from '../../../../src/core/resource/commitment-tree';
import { unitDeltaOf } from '../../../../src/core/resource/compliance';
import { assertDeltaProof } from '../../../../src/core/resource/delta';
import type { Receipt } from '../../../../src/core/resource/receipt';
import { commitResource, decodeResourceAbi, deriveNullifier } from '../../../../src/core/resource/resource';
import { type Transaction, transactionTags } from '../../../../src/core/resource/transaction';
import { decodeTransaction, encodeTransaction } from '../../../../src/core/resource/transaction-abi';
import { ARM_V1_CIRCUIT_KEYS, transactionReceipts } from '../../../../src/core/resource/transaction-receipts';
import { mockProver } from '../../../fixtures/arm/mock-prover';
import { resealTransaction } from '../../../fixtures/arm/mock-reseal';
import {
  ARM_VECTOR_NAMES,
  describeWithArmVectors,
  readArmVector
} from '../../../fixtures/arm/outside-vectors';
import { FIXTURE_CONSUMED, FIXTURE_CREATED, ZERO } from './resource-vectors';

/** Digests published with `test_tx_reg_01_01.bin` and `test_tx_agg_01_01.bin`: bytes, SHA-256, claim. */
const PUBLISHED_RECEIPTS = [
  [
    224,
    '208c85f56f5ff7ecb37df15e05dee2d6e7652440da316224ede3127adf0b8141',
    '2cb6c36543ad1fce5a6e92b98d8342f660fd4e6e6bd5273dfc582a2a9315904b'
  ],
  [
    492,
    '524049eb81fd8ccda92d81fa5c38be94fbe89c021e9809fd7c2039d3c9a6dbcc',
    '90d2ab388fe5cf9b49105f534dc6033af32acdc2037c84aea4d9434ae3a678b3'
  ],
  [
    492,
    'bc344289a84429da94302300eaa39fe8c2bf726d36a48e9e7a2a8b5eed4b6dae',
    '82511cc7f403945214b15fb30f28ba1db6b93b5355cb59a305569aca054900a5'
  ]
] as const;
const PUBLISHED_AGGREGATION_JOURNAL = '341515bbb67155e5dc734f70df4233d944a6029357fb620feadae2709b0b7266';

const receiptsOf = (transaction: Transaction): Receipt[] =>
  transactionReceipts(transaction, ARM_V1_CIRCUIT_KEYS);

function unitsOf(transaction: Transaction) {
  return transaction.actions.flatMap((action) =>
    action.complianceUnits.map(({ instance }) => ({ instance, inputs: action.logicInputs }))
  );
}

describeWithArmVectors('the published transactions', () => {
  it.each(ARM_VECTOR_NAMES)('%s decodes, and encodes to the same bytes', (name) => {
    const bytes = readArmVector(name);
    expect(equalBytes(encodeTransaction(decodeTransaction(bytes)), bytes)).toBe(true);
  });

  it.each(ARM_VECTOR_NAMES)('%s has the actions, units and seals of its name', (name) => {
    const transaction = decodeTransaction(readArmVector(name));
    const [kind, actions, units] = name.split('_');
    expect(transaction.actions).toHaveLength(Number(actions));
    for (const action of transaction.actions) {
      expect(action.complianceUnits).toHaveLength(Number(units));
      expect(action.logicInputs).toHaveLength(2 * Number(units));
    }
    const seals = receiptsOf(transaction).map(({ seal }) => [seal.length, toHex(seal.slice(0, 4))]);
    const sealCount = kind === 'agg' ? 1 : 3 * Number(actions) * Number(units);
    expect(seals).toEqual(Array.from({ length: sealCount }, () => [260, '73c457ba']));
  });

  it.each(ARM_VECTOR_NAMES)('%s has a valid delta proof', (name) => {
    const transaction = decodeTransaction(readArmVector(name));
    const unitDeltas = unitsOf(transaction).map(({ instance }) => unitDeltaOf(instance));
    const claim = { proof: transaction.deltaProof, tags: transactionTags(transaction), unitDeltas };
    expect(() => assertDeltaProof(claim)).not.toThrow();
  });

  it.each(ARM_VECTOR_NAMES)('%s has the tags of the resources it shows', (name) => {
    const units = unitsOf(decodeTransaction(readArmVector(name)));
    expect(units.length).toBeGreaterThan(0);
    for (const { instance, inputs } of units) {
      const shown = (tag: Uint8Array) => {
        const input = inputs.find((each) => equalBytes(each.tag, tag));
        return decodeResourceAbi(input?.appData.resourcePayload[0]?.blob ?? new Uint8Array(0));
      };
      const { nullifier } = instance.consumed;
      const { commitment } = instance.created;
      expect(deriveNullifier(shown(nullifier), ZERO)).toEqual(nullifier);
      expect(commitResource(shown(commitment))).toEqual(commitment);
      expect(shown(commitment).nonce).toEqual(nullifier);
    }
  });

  it('reg_01_01 has the published journals and claims', () => {
    const receipts = receiptsOf(decodeTransaction(readArmVector('reg_01_01')));
    const digests = receipts.map((receipt) => [
      receipt.journal.length,
      toHex(sha256(receipt.journal)),
      toHex(receiptClaimDigest(receipt))
    ]);
    expect(digests).toEqual(PUBLISHED_RECEIPTS);
  });

  it('agg_01_01 has the published aggregation journal', () => {
    const [receipt] = receiptsOf(decodeTransaction(readArmVector('agg_01_01')));
    expect(receipt?.journal).toHaveLength(1324);
    expect(toHex(sha256(receipt?.journal ?? ZERO))).toBe(PUBLISHED_AGGREGATION_JOURNAL);
    expect(receipt?.imageId).toEqual(ARM_V1_CIRCUIT_KEYS.batchAggregation);
  });

  it('reg_01_01 is what the builder makes of its resources', async () => {
    const published = decodeTransaction(readArmVector('reg_01_01'));
    const inputs = published.actions.flatMap((action) => action.logicInputs);
    const action = buildAction([
      {
        consumed: { resource: FIXTURE_CONSUMED.resource, nk: ZERO, root: EMPTY_HASH },
        created: { resource: FIXTURE_CREATED.resource },
        rcv: hex32('01'.padStart(64, '0'))
      }
    ]);
    const appDataOf = (tag: Uint8Array) => {
      const input = inputs.find((each) => equalBytes(each.tag, tag));
      if (input === undefined) throw new Error(`no input has the tag ${toHex(tag)}`);
      return input.appData;
    };

    const built = await proveTransaction(mockProver, [{ action, appDataOf }]);

    expect(toHex(action.actionTreeRoot)).toBe(FIXTURE_CREATED.actionTreeRoot);
    expect(built).toEqual(resealTransaction(published));
  });
});
