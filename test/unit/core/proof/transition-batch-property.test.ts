import fc from 'fast-check';
import { toHex } from '../../../../src/core/bytes';
import { errorCode } from '../error-code';
import {
  type Flaws,
  LOGIC,
  type Part,
  SIGNER,
  alice,
  bob,
  freshAccount,
  mallory,
  sealedAccount,
  settleAction
} from './transfer-scenario';
import { type BroughtBatch, verifyBroughtBatch } from './verify-action';

const swapParts: Part[] = [
  { account: sealedAccount('a', alice), to: bob },
  { account: sealedAccount('b', bob), to: alice }
];
const ringParts: Part[] = [
  { account: sealedAccount('a', alice), to: bob },
  { account: sealedAccount('b', bob), to: mallory },
  { account: sealedAccount('c', mallory), to: alice },
  { account: freshAccount('d', alice), to: alice }
];
const actions: [Part[], Flaws][] = [
  [swapParts, {}],
  [swapParts.slice(0, 1), { paymentsBefore: 1 }],
  [swapParts, { paymentsBefore: 1, paymentsAfter: 2 }],
  [ringParts, { paymentsBefore: 2, paymentsAfter: 3, leavesBefore: 2 }]
];

function batchOf([parts, flaws]: [Part[], Flaws]): BroughtBatch {
  const { checkpoint, action } = settleAction(parts, flaws);
  const accounts = parts.map(({ account }) => account);
  return {
    signerCanisterId: SIGNER,
    findApplied: () => undefined,
    checkpoint,
    logicRef: LOGIC,
    findAccount: (id) => accounts.find((account) => toHex(account.id) === toHex(id)),
    action,
    nullifiersPresent: action.units.map(() => true)
  };
}

const batches = actions.map(batchOf);
const anyBatch = fc.constantFrom(...batches);
const isRefused = (batch: BroughtBatch): boolean => errorCode(() => verifyBroughtBatch(batch)) !== undefined;
const isBinding = ({ action }: BroughtBatch, at: number): boolean => action.units[at]?.payload?.[6] === 0;

/** A batch and one of its units. */
const anyUnit = anyBatch.chain((batch) =>
  fc.tuple(fc.constant(batch), fc.nat(batch.action.units.length - 1))
);
/** A batch and an order of its units that is not theirs. */
const otherOrder = anyBatch.chain((batch) => {
  const indexes = batch.action.units.map((_unit, index) => index);
  const orders = fc.shuffledSubarray(indexes, { minLength: indexes.length });
  return fc.tuple(
    fc.constant(batch),
    orders.filter((order) => order.some((from, to) => from !== to))
  );
});

const pick = <T>(list: readonly T[], order: readonly number[]): T[] =>
  order.flatMap((index) => list.slice(index, index + 1));
const without = <T>(list: readonly T[], at: number, count = 1): T[] => [
  ...list.slice(0, at),
  ...list.slice(at + count)
];

describe('verifyTransitionBatch of any action', () => {
  it('takes it as it is', () => {
    for (const batch of batches) expect(isRefused(batch)).toBe(false);
  });

  it('refuses it without any one unit, whether its tags are shown or not', () => {
    fc.assert(
      fc.property(anyUnit, ([batch, at]) => {
        const { tags, units } = batch.action;
        const nullifiersPresent = without(batch.nullifiersPresent, at);
        const hidden = { units: without(units, at), tags: without(tags, 2 * at, 2) };

        expect(isRefused({ ...batch, action: { tags, units: hidden.units } })).toBe(true);
        expect(isRefused({ ...batch, nullifiersPresent, action: hidden })).toBe(true);
      })
    );
  });

  it('refuses it with the units in any other order, whether the tags follow or not', () => {
    fc.assert(
      fc.property(otherOrder, ([batch, order]) => {
        const { tags, units } = batch.action;
        const reordered = pick(units, order);
        const following = pick(
          tags,
          order.flatMap((index) => [2 * index, 2 * index + 1])
        );

        expect(isRefused({ ...batch, action: { tags, units: reordered } })).toBe(true);
        expect(isRefused({ ...batch, action: { tags: following, units: reordered } })).toBe(true);
      })
    );
  });

  it('refuses it with the place, or the payload, of any one unit in that of another', () => {
    fc.assert(
      fc.property(otherOrder, ([batch, order]) => {
        const { tags, units } = batch.action;
        const from = pick(units, order);
        const places = units.map(({ payload }, index) => ({
          path: [],
          leafIndex: 0n,
          ...from[index],
          payload
        }));
        const payloads = units.map((unit, index) => ({ ...unit, payload: from[index]?.payload }));
        const isSame = payloads.every(({ payload }, index) => payload === units[index]?.payload);

        expect(isRefused({ ...batch, action: { tags, units: places } })).toBe(true);
        expect(isRefused({ ...batch, action: { tags, units: payloads } })).toBe(!isSame);
      })
    );
  });

  it('refuses it when any one nullifier but that of a binding is missing', () => {
    fc.assert(
      fc.property(anyUnit, ([batch, at]) => {
        const nullifiersPresent = batch.nullifiersPresent.map((present, index) => present && index !== at);

        expect(isRefused({ ...batch, nullifiersPresent })).toBe(!isBinding(batch, at));
      })
    );
  });

  it('refuses it without any of its payloads', () => {
    const someUnits = anyBatch.chain((batch) => {
      const withPayload = batch.action.units.flatMap(({ payload }, index) =>
        payload === undefined ? [] : [index]
      );
      return fc.tuple(fc.constant(batch), fc.subarray(withPayload, { minLength: 1 }));
    });
    fc.assert(
      fc.property(someUnits, ([batch, left]) => {
        const units = batch.action.units.map((unit, index) =>
          left.includes(index) ? { ...unit, payload: undefined } : unit
        );

        expect(isRefused({ ...batch, action: { ...batch.action, units } })).toBe(true);
      })
    );
  });
});
