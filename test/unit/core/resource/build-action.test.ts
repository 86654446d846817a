import {
  sampleResource,
  SAMPLE_NK,
  creationPlan,
  sampleWord,
  successionPlan
} from '../../../fixtures/arm/sample-units';
import { mockProver, proveUnits } from '../../../fixtures/arm/mock-prover';
import { type Bytes32, bytes32, encodeBigEndian } from '../../../../src/core/bytes';
import { multiplyGenerator } from '../../../../src/core/crypto/secp256k1-client';
import { actionTreeRoot } from '../../../../src/core/resource/action';
import {
  type Prover,
  type UnitPlan,
  buildAction,
  proveTransaction
} from '../../../../src/core/resource/build-action';
import { unitDeltaOf } from '../../../../src/core/resource/compliance';
import { DELETE_NEVER, NO_APP_DATA } from '../../../../src/core/resource/logic';
import { commitResource, deriveNullifier } from '../../../../src/core/resource/resource';
import { transactionTags } from '../../../../src/core/resource/transaction';
import { ARM_V1_CIRCUIT_KEYS, transactionReceipts } from '../../../../src/core/resource/transaction-receipts';
import { errorCode } from '../error-code';

const PLAN = creationPlan(sampleWord(10));
const OTHER = creationPlan(sampleWord(11), 120);

/** The code an asynchronous refusal carries. */
async function rejectionCode(action: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await action();
    return undefined;
  } catch (error) {
    return errorCode(() => {
      throw error;
    });
  }
}

describe('buildAction', () => {
  it('computes instances and tags from the openings', () => {
    const action = buildAction([PLAN, OTHER]);

    expect(action.tags).toEqual(
      [PLAN, OTHER].flatMap(({ consumed, created }) => [
        deriveNullifier(consumed.resource, SAMPLE_NK),
        commitResource(created.resource)
      ])
    );
    expect(action.actionTreeRoot).toEqual(actionTreeRoot(action.tags));
    expect(action.units.map(({ instance }) => instance.consumed.commitmentTreeRoot)).toEqual([
      PLAN.consumed.root,
      OTHER.consumed.root
    ]);
  });

  it('leaves only the randomness in the delta of a unit that keeps kind and quantity', () => {
    const deltas = buildAction([PLAN]).units.map(({ instance }) => unitDeltaOf(instance));
    expect(deltas).toEqual([multiplyGenerator(PLAN.rcv)]);
  });

  it('refuses a created nonce that is not the nullifier consumed beside it', () => {
    const crossed: UnitPlan[] = [
      { ...PLAN, created: OTHER.created },
      { ...OTHER, created: PLAN.created }
    ];
    expect(errorCode(() => buildAction(crossed))).toBe('action/nonce-link');
  });

  it('refuses a nullifier key that is not the one committed to', () => {
    const plan = { ...PLAN, consumed: { ...PLAN.consumed, nk: sampleWord(1) } };
    expect(errorCode(() => buildAction([plan]))).toBe('resource/nullifier-key');
  });

  it('refuses randomness out of range', () => {
    const zero: Bytes32 = bytes32(encodeBigEndian(0n, 32), 'rcv');
    expect(errorCode(() => buildAction([{ ...PLAN, rcv: zero }]))).toBe('secp256k1/scalar-range');
  });

  it('refuses an action of nothing', () => {
    expect(errorCode(() => buildAction([]))).toBe('action/no-tags');
  });
});

describe('proveTransaction', () => {
  it('asks the prover for exactly the receipts of the transaction, and places the seals', async () => {
    const seen: Uint8Array[] = [];
    const seal = (journal: Uint8Array): Promise<Uint8Array> =>
      Promise.resolve(Uint8Array.of(seen.push(journal)));
    const numbering: Prover = { proveCompliance: seal, proveLogic: seal };
    const appDataOf = (tag: Bytes32) => ({
      ...NO_APP_DATA,
      applicationPayload: [{ blob: tag, deletionCriterion: DELETE_NEVER }]
    });

    const transaction = await proveTransaction(
      numbering,
      [PLAN, OTHER].map((plan) => ({ action: buildAction([plan]), appDataOf }))
    );

    const receipts = transactionReceipts(transaction, ARM_V1_CIRCUIT_KEYS);
    expect(receipts).toHaveLength(6);
    for (const { journal, seal: placed } of receipts) expect(seen[(placed[0] ?? 0) - 1]).toEqual(journal);
    expect(transaction.actions[1]?.logicInputs[0]?.appData).toEqual(
      appDataOf(transactionTags(transaction)[2] ?? sampleWord(0))
    );
  });

  it('tells the prover who is consumed', async () => {
    const witnesses: boolean[] = [];
    await proveTransaction(
      {
        ...mockProver,
        proveLogic: (journal, witness) => {
          witnesses.push(witness.nk !== undefined, journal[32] === 1);
          return mockProver.proveLogic(journal, witness);
        }
      },
      [{ action: buildAction([PLAN]), appDataOf: () => NO_APP_DATA }]
    );
    expect(witnesses).toEqual([true, true, false, false]);
  });

  it('balances over all actions, not within each', async () => {
    const [one, two] = [
      sampleResource({ nonce: sampleWord(50) }),
      sampleResource({ nonce: sampleWord(51), labelRef: sampleWord(9) })
    ];
    const swapped = [
      successionPlan(one, { root: sampleWord(60), valueRef: sampleWord(61), seed: 70 }),
      successionPlan(two, { root: sampleWord(60), valueRef: sampleWord(62), seed: 71 })
    ].map((plan, index) => ({
      ...plan,
      created: { resource: { ...plan.created.resource, labelRef: (index === 0 ? two : one).labelRef } }
    }));
    const prove = (plans: UnitPlan[]) =>
      proveTransaction(
        mockProver,
        plans.map((plan) => ({ action: buildAction([plan]), appDataOf: () => NO_APP_DATA }))
      );

    expect((await prove(swapped)).actions).toHaveLength(2);
    expect(await rejectionCode(() => prove(swapped.slice(1)))).toBe('delta/mismatch');
  });

  it('refuses to create more than is consumed', async () => {
    const plan = { ...PLAN, created: { resource: { ...PLAN.created.resource, quantity: 2n } } };
    expect(await rejectionCode(() => proveUnits([plan]))).toBe('delta/mismatch');
  });

  it('refuses application data of broken words', async () => {
    const appData = {
      ...NO_APP_DATA,
      applicationPayload: [{ blob: new Uint8Array(3), deletionCriterion: DELETE_NEVER }]
    };
    expect(await rejectionCode(() => proveUnits([PLAN], appData))).toBe('logic/blob-length');
  });
});
