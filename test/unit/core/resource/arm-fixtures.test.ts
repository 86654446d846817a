/**
 * Real transactions of Anoma's protocol adapter v1.1.0 (`anoma/evm-protocol-adapter` contracts/v1.1.0,
 * `test/examples/transactions`), whose test logic publishes its resources in the clear. viem decodes them.
 */
import { decodeAbiParameters, toHex as toPrefixedHex } from 'viem';
import { bytes32, fromHex, hex32, toHex } from '../../../../src/core/bytes';
import { actionTreeRoot } from '../../../../src/core/resource/action';
import { commitResource, decodeResourceAbi, deriveNullifier } from '../../../../src/core/resource/resource';
import {
  ARM_VECTOR_NAMES,
  type ArmVectorName,
  describeWithArmVectors,
  readArmVector
} from '../../../fixtures/arm/outside-vectors';

const BLOBS = [
  { name: 'deletionCriterion', type: 'uint8' },
  { name: 'blob', type: 'bytes' }
] as const;

const TRANSACTION_ABI = [
  {
    type: 'tuple',
    components: [
      {
        name: 'actions',
        type: 'tuple[]',
        components: [
          {
            name: 'logicVerifierInputs',
            type: 'tuple[]',
            components: [
              { name: 'tag', type: 'bytes32' },
              { name: 'verifyingKey', type: 'bytes32' },
              {
                name: 'appData',
                type: 'tuple',
                components: [
                  { name: 'resourcePayload', type: 'tuple[]', components: BLOBS },
                  { name: 'discoveryPayload', type: 'tuple[]', components: BLOBS },
                  { name: 'externalPayload', type: 'tuple[]', components: BLOBS },
                  { name: 'applicationPayload', type: 'tuple[]', components: BLOBS }
                ]
              },
              { name: 'proof', type: 'bytes' }
            ]
          },
          {
            name: 'complianceVerifierInputs',
            type: 'tuple[]',
            components: [
              { name: 'proof', type: 'bytes' },
              {
                name: 'instance',
                type: 'tuple',
                components: [
                  {
                    name: 'consumed',
                    type: 'tuple',
                    components: [
                      { name: 'nullifier', type: 'bytes32' },
                      { name: 'logicRef', type: 'bytes32' },
                      { name: 'commitmentTreeRoot', type: 'bytes32' }
                    ]
                  },
                  {
                    name: 'created',
                    type: 'tuple',
                    components: [
                      { name: 'commitment', type: 'bytes32' },
                      { name: 'logicRef', type: 'bytes32' }
                    ]
                  },
                  { name: 'unitDeltaX', type: 'bytes32' },
                  { name: 'unitDeltaY', type: 'bytes32' }
                ]
              }
            ]
          }
        ]
      },
      { name: 'deltaProof', type: 'bytes' },
      { name: 'aggregationProof', type: 'bytes' }
    ]
  }
] as const;

/** The fixtures' resources all have the zero nullifier key. */
const ZERO_KEY = hex32('00'.repeat(32));

function readActions(name: ArmVectorName) {
  const [transaction] = decodeAbiParameters(TRANSACTION_ABI, toPrefixedHex(readArmVector(name)));
  return transaction.actions;
}

describeWithArmVectors('ARM v1 transactions', () => {
  it.each(ARM_VECTOR_NAMES)('%s: recomputes every commitment and nullifier', (name) => {
    for (const action of readActions(name)) {
      const resources = new Map(
        action.logicVerifierInputs.map(({ tag, appData }) => [
          tag,
          decodeResourceAbi(fromHex(appData.resourcePayload[0]?.blob ?? '0x'))
        ])
      );
      expect(resources.size).toBe(2 * action.complianceVerifierInputs.length);
      for (const { instance } of action.complianceVerifierInputs) {
        const consumed = resources.get(instance.consumed.nullifier);
        const created = resources.get(instance.created.commitment);
        if (consumed === undefined || created === undefined) throw new Error('fixture without its resource');

        expect(`0x${toHex(deriveNullifier(consumed, ZERO_KEY))}`).toBe(instance.consumed.nullifier);
        expect(`0x${toHex(commitResource(created))}`).toBe(instance.created.commitment);
        expect(`0x${toHex(created.nonce)}`).toBe(instance.consumed.nullifier);
      }
    }
  });

  it('have the published action tree root', () => {
    const [action] = readActions('reg_01_01');
    const [unit] = action?.complianceVerifierInputs ?? [];
    const tags = [unit?.instance.consumed.nullifier, unit?.instance.created.commitment];

    expect(toHex(actionTreeRoot(tags.map((tag) => bytes32(fromHex(tag ?? ''), 'tag'))))).toBe(
      '4bc8a7d4dd71e5c2f28733f22b9dfdc9616f07c7394087294d7adf1cfabdc2bc'
    );
  });
});
