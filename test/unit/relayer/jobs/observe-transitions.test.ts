import fc from 'fast-check';
import { decodeTransitionPayload } from '../../../../src/core/account/transition-payload';
import { jobUnits } from '../../../../src/relayer/job';
import { type Execution } from '../../../../src/relayer/jobs/execution';
import { observeTransitions } from '../../../../src/relayer/jobs/observe-transitions';
import { createLog } from '../../../../src/relayer/log';
import { type FakeUnit, digest } from '../../../support/relayer/fake-chain';
import { FakeAccount, plainUnit, together } from '../../../support/relayer/story';

const log = createLog({ level: 'error', write: () => undefined, nowMs: () => 0 });

/** An execution of these actions, as the adapter's events tell of it. */
function executionOf(actions: readonly (readonly FakeUnit[])[]): Execution {
  const executed = actions.map((units, index) => ({
    actionTreeRoot: digest('action', String(index)),
    tags: units.flatMap(({ nullifier, commitment }) => [nullifier, commitment]),
    payloads: units.flatMap(({ payloads = [] }, unitIndex) => payloads.map((blob) => ({ unitIndex, blob })))
  }));
  const commitments = actions.flat().map(({ commitment }) => commitment);
  return { txHash: digest('tx'), height: 7n, actions: executed, commitments, root: digest('root') };
}

/** Units of an action by their agreement; those of agreement 0 are nobody's account. */
function unitsOf(agreements: readonly number[], name: string): FakeUnit[] {
  const units = agreements.map((agreement, index) =>
    agreement === 0 ? plainUnit(`${name} ${index}`) : new FakeAccount(`${name} ${index}`).bind()
  );
  return units.map((unit, index) => {
    const agreed = units.filter((_, other) => agreements[other] === agreements[index]);
    return agreements[index] === 0 ? unit : (together(...agreed)[agreed.indexOf(unit)] ?? unit);
  });
}

const consentsOf = (payload: Uint8Array): string[] =>
  decodeTransitionPayload(payload).consents.map(({ accountId }) => Buffer.from(accountId).toString('hex'));
const accountOf = (payload: Uint8Array): string =>
  Buffer.from(decodeTransitionPayload(payload).successor.labelRef).toString('hex');

describe('observeTransitions', () => {
  const agreements = fc.array(fc.nat(3), { minLength: 1, maxLength: 12 });

  it('makes one job of each agreement, with all units of the action and the payloads of that agreement', () => {
    fc.assert(
      fc.property(fc.array(agreements, { maxLength: 3 }), fc.nat(40), (actions, leaves) => {
        const units = actions.map((action, index) => unitsOf(action, `action ${index}`));
        const jobs = observeTransitions(executionOf(units), BigInt(leaves), log);

        const expected = actions.map((action) => new Set(action.filter((agreement) => agreement !== 0)).size);
        expect(jobs).toHaveLength(expected.reduce((sum, count) => sum + count, 0));
        expect(new Set(jobs.map(({ id }) => id)).size).toBe(jobs.length);
        for (const job of jobs) {
          const carried = jobUnits(job);
          expect(carried.flatMap(({ nullifier }) => nullifier)).toEqual(
            job.tags.filter((_tag, index) => index % 2 === 0)
          );
          const moved = carried.flatMap(({ payload }) => (payload === undefined ? [] : [payload]));
          for (const payload of moved) expect(consentsOf(payload)).toEqual(moved.map(accountOf));
        }
      }),
      { numRuns: 60 }
    );
  });

  it('knows where each commitment lies in the tree', () => {
    fc.assert(
      fc.property(fc.array(agreements, { maxLength: 3 }), fc.nat(40), (actions, leaves) => {
        const units = actions.map((action, index) => unitsOf(action, `action ${index}`));
        const execution = executionOf(units);

        for (const job of observeTransitions(execution, BigInt(leaves), log)) {
          for (const [index, { leafIndex }] of jobUnits(job).entries()) {
            expect(execution.commitments[Number(leafIndex) - leaves]).toEqual(job.tags[2 * index + 1]);
          }
        }
      }),
      { numRuns: 60 }
    );
  });

  it('makes the same job of an agreement, whatever a stranger puts beside it', () => {
    const swap = together(new FakeAccount('a').bind(), new FakeAccount('b').bind());
    const beside = (...payloads: Uint8Array[]): FakeUnit[] => [...swap, plainUnit('beside', ...payloads)];
    const [strange = new Uint8Array()] = new FakeAccount('c').bind().payloads ?? [];
    const alone = observeTransitions(executionOf([beside()]), 3n, log);

    expect(alone).toHaveLength(1);
    expect(observeTransitions(executionOf([beside(strange)]), 3n, log)).toEqual(alone);
  });

  it('leaves out a copy of a payload of the agreement that a stranger puts on another unit', () => {
    const swap = together(new FakeAccount('a').bind(), new FakeAccount('b').bind());
    const copies = swap.flatMap(({ payloads = [] }) => payloads);
    const alone = observeTransitions(executionOf([[...swap, plainUnit('beside')]]), 3n, log);

    expect(observeTransitions(executionOf([[...swap, plainUnit('beside', ...copies)]]), 3n, log)).toEqual(
      alone
    );
  });

  it('makes a job of its own of a unit that others agreed on in the same action', () => {
    const swap = together(new FakeAccount('a').bind(), new FakeAccount('b').bind());
    const [alone] = observeTransitions(executionOf([swap]), 3n, log);
    const other = new FakeAccount('c').bind();

    const both = observeTransitions(executionOf([[...swap, other]]), 3n, log);
    expect(both.map(({ transitions }) => transitions.length)).toEqual([2, 1]);
    expect(both[0]?.transitions).toEqual(alone?.transitions);
    expect(both[1]?.id).not.toBe(both[0]?.id);
  });
});
