import { toHex } from '../../../src/core/bytes';
import { deriveLastingNullifierKey, deriveNullifierKey } from '../../../src/sdk/nullifier-key';
import { sampleWord } from '../../fixtures/arm/sample-units';
import { HedgedIdentity, alice, bob, carol, delegatedByAlice } from './parties';
import { refusalCode } from './refusal-code';

const accountId = sampleWord(1);

describe('deriveNullifierKey', () => {
  it.each([
    ['Ed25519', alice],
    ['secp256k1', bob]
  ])('gives an %s identity the same key each time', async (_name, identity) => {
    const first = await deriveNullifierKey(identity, { accountId, epoch: 3n });

    expect(await deriveNullifierKey(identity, { accountId, epoch: 3n })).toEqual(first);
    expect(first).toHaveLength(32);
  });

  it('gives each identity, account and epoch another key', async () => {
    const keys = await Promise.all([
      ...[alice, bob, carol].map((identity) => deriveNullifierKey(identity, { accountId, epoch: 0n })),
      deriveNullifierKey(alice, { accountId: sampleWord(2), epoch: 0n }),
      deriveNullifierKey(alice, { accountId, epoch: 1n }),
      deriveNullifierKey(alice, { accountId, epoch: 2n ** 64n - 1n })
    ]);

    expect(new Set(keys.map(toHex)).size).toBe(6);
  });

  it('refuses an identity that signs with another key than its own', async () => {
    const identity = await delegatedByAlice();
    expect(await refusalCode(() => deriveNullifierKey(identity, { accountId, epoch: 0n }))).toBe(
      'identity/unsupported'
    );
  });
});

describe('deriveLastingNullifierKey', () => {
  it('agrees with deriveNullifierKey', async () => {
    const head = { accountId, epoch: 5n };
    expect(await deriveLastingNullifierKey(bob, head)).toEqual(await deriveNullifierKey(bob, head));
  });

  it('refuses an identity that signs at random', async () => {
    const attempt = (): Promise<unknown> =>
      deriveLastingNullifierKey(new HedgedIdentity(), { accountId, epoch: 0n });
    expect(await refusalCode(attempt)).toBe('identity/not-deterministic');
  });
});
