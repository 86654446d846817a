import { numberedAccountId } from '../../../../src/core/account/account-id';
import { errorCode } from '../error-code';
import { referenceTaggedHash } from '../proof/reference-transfer';

const signerCanisterId = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 7, 1, 1);

describe('numberedAccountId', () => {
  it('is the tagged hash of signer and counter', () => {
    expect(numberedAccountId({ signerCanisterId, counter: 258n })).toEqual(
      referenceTaggedHash(
        'hypha/account-id/numbered/v1',
        signerCanisterId,
        Uint8Array.of(0, 0, 0, 0, 0, 0, 1, 2)
      )
    );
  });

  it('differs between signers and between counters', () => {
    const ids = [
      numberedAccountId({ signerCanisterId, counter: 0n }),
      numberedAccountId({ signerCanisterId, counter: 1n }),
      numberedAccountId({ signerCanisterId: Uint8Array.of(7), counter: 0n })
    ];

    expect(new Set(ids.map((id) => id.join())).size).toBe(3);
  });

  it.each([-1n, 2n ** 64n])('refuses the counter %p', (counter) => {
    expect(errorCode(() => numberedAccountId({ signerCanisterId, counter }))).toBe('bytes/integer-range');
  });
});
