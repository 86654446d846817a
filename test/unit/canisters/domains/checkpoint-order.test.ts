import { findContradiction } from '../../../../src/canisters/domains/checkpoint-order';
import { bytes32 } from '../../../../src/core/bytes';
import { type Checkpoint } from '../../../../src/core/domain/checkpoint';

const fill = (n: number) => bytes32(new Uint8Array(32).fill(n), 'filled');

function checkpoint(height: bigint, state: { leafCount: bigint; root: number }): Checkpoint {
  return {
    domainId: fill(1),
    height,
    blockHash: fill(2),
    root: fill(state.root),
    leafCount: state.leafCount,
    storageHash: fill(3),
    acceptedAtNs: 0n
  };
}

const alone = { below: undefined, above: undefined };
const candidate = checkpoint(20n, { leafCount: 4n, root: 4 });

describe('findContradiction', () => {
  it('finds none for a first checkpoint, nor between a smaller tree below and a larger one above', () => {
    const below = checkpoint(10n, { leafCount: 2n, root: 2 });
    const above = checkpoint(30n, { leafCount: 6n, root: 6 });

    expect(findContradiction(candidate, alone)).toBeUndefined();
    expect(findContradiction(candidate, { below, above })).toBeUndefined();
  });

  it('finds none where nothing was added in between', () => {
    const [below, above] = [
      { ...candidate, height: 10n },
      { ...candidate, height: 30n }
    ];

    expect(findContradiction(candidate, { below, above })).toBeUndefined();
  });

  it.each([
    ['below has more leaves', { below: checkpoint(10n, { leafCount: 5n, root: 5 }), above: undefined }],
    ['above has fewer leaves', { below: undefined, above: checkpoint(30n, { leafCount: 3n, root: 3 }) }]
  ])('finds a shrinking tree: %s', (_, neighbours) => {
    expect(findContradiction(candidate, neighbours)?.code).toBe('checkpoint/leaf-count-decreased');
  });

  it.each([
    ['below', { below: checkpoint(10n, { leafCount: 4n, root: 9 }), above: undefined }],
    ['above', { below: undefined, above: checkpoint(30n, { leafCount: 4n, root: 9 }) }]
  ])('finds another root of the same leaves: %s', (_, neighbours) => {
    expect(findContradiction(candidate, neighbours)?.code).toBe('checkpoint/root-rewritten');
  });
});
