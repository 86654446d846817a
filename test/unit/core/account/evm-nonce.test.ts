import fc from 'fast-check';
import { type EvmNonce, MAX_EVM_CHAINS, useEvmNonce } from '../../../../src/core/account/evm-nonce';
import { errorCode } from '../error-code';

const nonces: readonly EvmNonce[] = [
  { chainId: 1n, nextNonce: 4n },
  { chainId: 10n, nextNonce: 1n }
];

const codeOf = (use: { chainId: bigint; nonce: bigint; isReplacement: boolean }) =>
  errorCode(() => useEvmNonce(nonces, use));

describe('useEvmNonce', () => {
  it('raises the next nonce of the chain alone', () => {
    expect(useEvmNonce(nonces, { chainId: 1n, nonce: 4n, isReplacement: false })).toEqual([
      { chainId: 1n, nextNonce: 5n },
      { chainId: 10n, nextNonce: 1n }
    ]);
  });

  it('begins a chain at zero, in ascending order of chain ids', () => {
    expect(useEvmNonce(nonces, { chainId: 5n, nonce: 0n, isReplacement: false })).toEqual([
      { chainId: 1n, nextNonce: 4n },
      { chainId: 5n, nextNonce: 1n },
      { chainId: 10n, nextNonce: 1n }
    ]);
  });

  it('keeps the next nonce when an earlier one is replaced', () => {
    expect(useEvmNonce(nonces, { chainId: 1n, nonce: 2n, isReplacement: true })).toEqual(nonces);
  });

  it.each([
    [{ chainId: 1n, nonce: 5n, isReplacement: false }, 'account/nonce-gap'],
    [{ chainId: 1n, nonce: 5n, isReplacement: true }, 'account/nonce-gap'],
    [{ chainId: 5n, nonce: 1n, isReplacement: false }, 'account/nonce-gap'],
    [{ chainId: 1n, nonce: 3n, isReplacement: false }, 'account/nonce-used']
  ])('refuses %p as %s', (use, code) => {
    expect(codeOf(use)).toBe(code);
  });

  it('refuses one chain too many', () => {
    const full = Array.from({ length: MAX_EVM_CHAINS }, (_, index) => ({
      chainId: BigInt(index),
      nextNonce: 1n
    }));

    expect(errorCode(() => useEvmNonce(full, { chainId: 99n, nonce: 0n, isReplacement: false }))).toBe(
      'account/too-many-chains'
    );
    expect(useEvmNonce(full, { chainId: 3n, nonce: 1n, isReplacement: false })).toHaveLength(MAX_EVM_CHAINS);
  });

  it('never leaves a gap and never goes back, whatever is asked', () => {
    const use = fc.record({
      chainId: fc.bigInt({ min: 1n, max: 3n }),
      nonce: fc.bigInt({ min: 0n, max: 6n }),
      isReplacement: fc.boolean()
    });
    fc.assert(
      fc.property(fc.array(use, { maxLength: 40 }), (uses) => {
        const signed = new Map<bigint, Set<bigint>>();
        let state: readonly EvmNonce[] = [];
        for (const next of uses) {
          if (errorCode(() => useEvmNonce(state, next)) !== undefined) continue;
          state = useEvmNonce(state, next);
          signed.set(next.chainId, (signed.get(next.chainId) ?? new Set()).add(next.nonce));
        }
        for (const { chainId, nextNonce } of state) {
          const expected = Array.from({ length: Number(nextNonce) }, (_, nonce) => BigInt(nonce));
          expect([...(signed.get(chainId) ?? [])].sort()).toEqual(expected);
        }
        expect(state.length).toBe(signed.size);
      })
    );
  });
});
