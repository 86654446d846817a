import fc from 'fast-check';
import { type Bytes32, bytes32 } from '../../../../src/core/bytes';
import { isProtocolError } from '../../../../src/core/error';
import {
  type TransitionClaim,
  type VerifiedTransition,
  verifyTransition
} from '../../../../src/core/proof/transition';
import { ed25519Party } from './reference-transfer';
import { alice, bob, freshAccount, sealedAccount, settle, settleOne } from './transfer-scenario';

type Evidence = TransitionClaim['evidence'];
type Verdict = { readonly refused: string } | { readonly verified: VerifiedTransition };

const carol = ed25519Party('carol');

/** Every refusal of a mutant must be a typed one: anything else thrown fails the test. */
function verdictOf(claim: TransitionClaim, change: Partial<Evidence>): Verdict {
  try {
    return { verified: verifyTransition({ ...claim, evidence: { ...claim.evidence, ...change } }) };
  } catch (error) {
    if (isProtocolError(error)) return { refused: error.code };
    throw error;
  }
}

const isRefused = (verdict: Verdict): boolean => 'refused' in verdict;

const outcomeOf = (verdict: Verdict) =>
  'verified' in verdict && verdict.verified.purpose === 'transition' ? verdict.verified.outcome : undefined;

function flipBit(bytes: Uint8Array, place: { readonly at: number; readonly bit: number }): Uint8Array {
  return bytes.map((byte, index) => (index === place.at ? byte ^ (1 << place.bit) : byte));
}

const flipIn = (
  list: readonly Bytes32[],
  place: { readonly element: number; readonly at: number; readonly bit: number }
) =>
  list.map((element, index) =>
    index === place.element ? bytes32(flipBit(element, place), 'flipped') : element
  );

/** Bytes that one approval takes in a payload. */
const approvalLength = (publicKeyDer: Uint8Array): number => 2 + publicKeyDer.length + 2 + 64 + 2 + 64;

describe('verifyTransition of a mutated proof', () => {
  const transfer = settleOne({ account: sealedAccount('a', alice), to: bob });
  const binding = settleOne({ account: freshAccount('a', alice), to: alice });
  const acceptanceLength = approvalLength(bob.publicKeyDer);

  it('refuses every payload with a byte changed, but for the acceptance, without which it quarantines', () => {
    const { payload } = transfer.evidence;
    const padding = (4 - ((payload.length - acceptanceLength) % 4)) % 4;
    for (let at = 0; at < payload.length; at += 1) {
      const verdict = verdictOf(transfer, { payload: flipBit(payload, { at, bit: at % 8 }) });
      const isBeforeAcceptance = at < payload.length - acceptanceLength - padding;

      if (isBeforeAcceptance) expect([at, isRefused(verdict)]).toEqual([at, true]);
      else if (!isRefused(verdict)) {
        expect([at, outcomeOf(verdict)]).toEqual([at, { type: 'quarantined', reason: 'not-accepted' }]);
      }
    }
  });

  it('refuses every payload of a binding with a byte changed', () => {
    const { payload } = binding.evidence;
    for (let at = 0; at < payload.length; at += 1) {
      const verdict = verdictOf(binding, { payload: flipBit(payload, { at, bit: at % 8 }) });

      expect([at, isRefused(verdict)]).toEqual([at, true]);
    }
  });

  it('refuses any bit changed in the tags and in the path', () => {
    const byteOf = (list: readonly Bytes32[]) =>
      fc.record({
        element: fc.nat(list.length - 1),
        at: fc.nat(31),
        bit: fc.nat(7)
      });
    const { tags, path } = transfer.evidence;
    fc.assert(
      fc.property(byteOf(tags), byteOf(path), (inTags, inPath) => {
        expect(isRefused(verdictOf(transfer, { tags: flipIn(tags, inTags) }))).toBe(true);
        expect(isRefused(verdictOf(transfer, { path: flipIn(path, inPath) }))).toBe(true);
      }),
      { numRuns: 300 }
    );
  });

  it('refuses any other index', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 65n), max: 2n ** 65n }), fc.integer(), (leafIndex, unitIndex) => {
        fc.pre(leafIndex !== transfer.evidence.leafIndex && unitIndex !== transfer.evidence.unitIndex);

        expect(isRefused(verdictOf(transfer, { leafIndex }))).toBe(true);
        expect(isRefused(verdictOf(transfer, { unitIndex }))).toBe(true);
      }),
      { numRuns: 200 }
    );
  });

  it('refuses a payload with bytes added, dropped or repeated anywhere', () => {
    const { payload } = transfer.evidence;
    const beforeAcceptance = payload.length - acceptanceLength;
    const place = fc.record({ at: fc.nat(beforeAcceptance - 4), length: fc.integer({ min: 1, max: 40 }) });
    fc.assert(
      fc.property(place, fc.uint8Array({ minLength: 1, maxLength: 40 }), ({ at, length }, added) => {
        const [head, tail] = [payload.slice(0, at), payload.slice(at)];
        const mutants = [
          [...head, ...added, ...tail],
          [...head, ...payload.slice(at + length)],
          [...head, ...payload.slice(at, at + length), ...tail],
          [...payload, ...added],
          [...head]
        ];
        for (const mutant of mutants.map((bytes) => Uint8Array.from(bytes))) {
          if (Buffer.from(mutant).equals(payload)) continue;
          expect(isRefused(verdictOf(transfer, { payload: mutant }))).toBe(true);
        }
      }),
      { numRuns: 200 }
    );
  });

  it('refuses arbitrary bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1500 }), (noise) => {
        const behindHeader = Uint8Array.from([...transfer.evidence.payload.slice(0, 7), ...noise]);

        expect(isRefused(verdictOf(transfer, { payload: noise }))).toBe(true);
        expect(isRefused(verdictOf(transfer, { payload: behindHeader }))).toBe(true);
      }),
      { numRuns: 300 }
    );
  });

  it('refuses parts of two true proofs put together', () => {
    const other = settleOne({ account: sealedAccount('b', bob), to: alice }, { leavesBefore: 6 });
    const keys = ['tags', 'payload', 'leafIndex', 'path'] as const;
    for (let choice = 1; choice < 2 ** keys.length; choice += 1) {
      const fromOther = keys.filter((_, index) => ((choice >> index) & 1) === 1);
      const change = Object.fromEntries(fromOther.map((key) => [key, other.evidence[key]]));

      expect([fromOther, isRefused(verdictOf(transfer, change))]).toEqual([fromOther, true]);
    }
  });

  it('lets approvals of strangers pass, which say nothing', () => {
    const withStranger = settleOne(
      { account: sealedAccount('a', alice), to: bob },
      { parties: [alice, bob, carol] }
    );
    const { payload } = withStranger.evidence;
    const changed = flipBit(payload, { at: payload.length - 20, bit: 0 });

    expect(verdictOf(withStranger, { payload: changed })).toEqual(verdictOf(withStranger, {}));
  });

  it('refuses the proof of one side of a swap for the other', () => {
    const [first, second] = settle([
      { account: sealedAccount('a', alice), to: bob },
      { account: sealedAccount('b', bob), to: alice }
    ]);
    if (first === undefined || second === undefined) throw new Error('two claims expected');

    expect(verdictOf({ ...first, account: second.account }, {})).toEqual({ refused: 'account/unknown' });
    expect(verdictOf(first, { unitIndex: second.evidence.unitIndex })).toEqual({
      refused: 'transition/commitment'
    });
  });
});
