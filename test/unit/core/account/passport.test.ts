import {
  type Passport,
  hashControllers,
  hashLiabilities,
  hashPassport
} from '../../../../src/core/account/passport';
import { fromHex, hex32 } from '../../../../src/core/bytes';
import { referenceTaggedHash } from '../proof/reference-transfer';

const PASSPORT: Passport = {
  signerCanisterId: fromHex('00000000000000070101'),
  accountId: hex32('a1'.repeat(32)),
  epoch: 5n,
  mode: 'clean',
  generation: 2,
  logHead: hex32('b2'.repeat(32)),
  logCount: 9n,
  evmNonces: [
    { chainId: 1n, nextNonce: 3n },
    { chainId: 8453n, nextNonce: 0n }
  ],
  policyDigest: hex32('c3'.repeat(32)),
  moduleHash: hex32('d4'.repeat(32)),
  controllers: [fromHex('0a'), fromHex('0a00'), fromHex('0b')]
};

const LIABILITIES = referenceTaggedHash(
  'hypha/liabilities/evm/v1',
  fromHex('0000000000000001' + '0000000000000003'),
  fromHex('0000000000002105' + '0000000000000000')
);
const CONTROLLERS = referenceTaggedHash('hypha/controllers/v1', ...PASSPORT.controllers);

describe('hashPassport', () => {
  it('is the tagged hash that the protocol says', () => {
    expect(hashPassport(PASSPORT)).toEqual(
      referenceTaggedHash(
        'hypha/passport/v1',
        PASSPORT.signerCanisterId,
        PASSPORT.accountId,
        fromHex('0000000000000005'),
        fromHex('00'),
        fromHex('00000002'),
        PASSPORT.logHead,
        fromHex('0000000000000009'),
        LIABILITIES,
        PASSPORT.policyDigest,
        fromHex('00000000'),
        PASSPORT.moduleHash,
        CONTROLLERS
      )
    );
  });

  it.each<[keyof Passport, Partial<Passport>]>([
    ['signerCanisterId', { signerCanisterId: fromHex('01') }],
    ['accountId', { accountId: hex32('00'.repeat(32)) }],
    ['epoch', { epoch: 6n }],
    ['mode', { mode: 'unrestricted' }],
    ['generation', { generation: 3 }],
    ['logHead', { logHead: hex32('00'.repeat(32)) }],
    ['logCount', { logCount: 10n }],
    ['evmNonces', { evmNonces: [{ chainId: 1n, nextNonce: 3n }] }],
    ['policyDigest', { policyDigest: hex32('00'.repeat(32)) }],
    ['moduleHash', { moduleHash: hex32('00'.repeat(32)) }],
    ['controllers', { controllers: [fromHex('0a')] }]
  ])('depends on %s', (_, change) => {
    expect(hashPassport({ ...PASSPORT, ...change })).not.toEqual(hashPassport(PASSPORT));
  });
});

describe('hashLiabilities', () => {
  it('takes the chains in ascending order, however they come', () => {
    expect(hashLiabilities(PASSPORT.evmNonces)).toEqual(LIABILITIES);
    expect(hashLiabilities([...PASSPORT.evmNonces].reverse())).toEqual(LIABILITIES);
  });
});

describe('hashControllers', () => {
  it('takes the controllers in ascending order, however they come', () => {
    expect(hashControllers(PASSPORT.controllers)).toEqual(CONTROLLERS);
    expect(hashControllers([...PASSPORT.controllers].reverse())).toEqual(CONTROLLERS);
  });

  it('tells two controllers from one that is both joined', () => {
    expect(hashControllers([fromHex('0a'), fromHex('0b')])).not.toEqual(hashControllers([fromHex('0a0b')]));
  });
});
