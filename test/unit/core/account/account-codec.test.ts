import fc from 'fast-check';
import { type Account, type AccountStatus } from '../../../../src/core/account/account';
import { decodeAccount, encodeAccount } from '../../../../src/core/account/account-codec';
import { type Passport } from '../../../../src/core/account/passport';
import { type Bytes32, bytes32, hex32, toHex } from '../../../../src/core/bytes';
import { isProtocolError } from '../../../../src/core/error';
import { errorCode } from '../error-code';
import { alice, mallory, sealedAccount } from '../proof/transfer-scenario';

const bytes = (maxLength: number, minLength = 0) => fc.uint8Array({ minLength, maxLength });
const digest: fc.Arbitrary<Bytes32> = bytes(32, 32).map((value) => bytes32(value, 'arbitrary'));
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const mode = fc.constantFrom('clean' as const, 'unrestricted' as const);
const evmNonces = fc
  .uniqueArray(fc.record({ chainId: u64, nextNonce: u64 }), {
    maxLength: 64,
    selector: ({ chainId }) => chainId
  })
  .map((nonces) => nonces.sort((a, b) => (a.chainId < b.chainId ? -1 : 1)));

const passport: fc.Arbitrary<Passport> = fc.record({
  signerCanisterId: bytes(29, 1),
  accountId: digest,
  epoch: u64,
  mode,
  generation: u32,
  logHead: digest,
  logCount: u64,
  evmNonces,
  policyDigest: digest,
  moduleHash: digest,
  controllers: fc.array(bytes(29), { maxLength: 10 })
});

const status: fc.Arbitrary<AccountStatus> = fc.oneof(
  fc.constant({ type: 'active' } as const),
  fc.record({ type: fc.constant('sealed' as const), passport, passportDigest: digest }),
  fc.record({
    type: fc.constant('quarantined' as const),
    reason: fc.constantFrom('not-sealed' as const, 'passport-mismatch' as const, 'not-accepted' as const)
  })
);

const resource = fc.record({
  logicRef: digest,
  labelRef: digest,
  quantity: fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }),
  valueRef: digest,
  isEphemeral: fc.boolean(),
  nonce: digest,
  nkCommitment: digest,
  randSeed: digest
});

const account: fc.Arbitrary<Account> = fc.record({
  id: digest,
  owner: bytes(29, 1),
  epoch: u64,
  generation: u32,
  mode,
  status,
  head: fc.option(fc.record({ domainId: digest, resource, commitment: digest })),
  signing: fc.option(fc.record({ logIndex: u64, epoch: u64 })),
  evmNonces,
  logHead: digest,
  logCount: u64
});

const SMALL: Account = {
  id: hex32('a1'.repeat(32)),
  owner: Uint8Array.of(7, 2),
  epoch: 3n,
  generation: 1,
  mode: 'clean',
  status: { type: 'quarantined', reason: 'passport-mismatch' },
  head: null,
  signing: { logIndex: 5n, epoch: 2n },
  evmNonces: [{ chainId: 1n, nextNonce: 9n }],
  logHead: hex32('b2'.repeat(32)),
  logCount: 6n
};

/** Written by hand; what canisters have stored must stay readable. */
const SMALL_RECORD = [
  '01',
  'a1'.repeat(32),
  '020702',
  '0000000000000003',
  '00000001',
  '00',
  '0201',
  '00',
  '0100000000000000050000000000000002',
  '0100000000000000010000000000000009',
  'b2'.repeat(32),
  '0000000000000006'
].join('');

describe('encodeAccount and decodeAccount', () => {
  it('write the layout that is stored', () => {
    expect(toHex(encodeAccount(SMALL))).toBe(SMALL_RECORD);
    expect(decodeAccount(Buffer.from(SMALL_RECORD, 'hex'))).toEqual(SMALL);
  });

  it('go there and back', () => {
    fc.assert(
      fc.property(account, (value) => {
        expect(decodeAccount(encodeAccount(value))).toEqual(value);
      })
    );
  });

  it('have one encoding for each account', () => {
    fc.assert(
      fc.property(account, fc.nat(), fc.integer({ min: 1, max: 255 }), (value, seed, mask) => {
        const encoded = encodeAccount(value);
        const at = seed % encoded.length;
        const changed = encoded.map((byte, index) => (index === at ? byte ^ mask : byte));
        const decoded = decodeOrRefusal(changed);

        if (decoded !== undefined) expect(encodeAccount(decoded)).toEqual(changed);
      }),
      { numRuns: 500 }
    );
  });

  it('refuse every record that was cut short or went on', () => {
    const encoded = encodeAccount(sealedAccount('a', alice));
    for (let length = 0; length < encoded.length; length += 1) {
      expect([length, decodeOrRefusal(encoded.slice(0, length))]).toEqual([length, undefined]);
    }
    expect(errorCode(() => decodeAccount(Uint8Array.from([...encoded, 0])))).toBe('bytes/trailing');
  });

  it.each([
    ['version', 0, '02', 'account-record/version'],
    ['owner', 33, '00', 'principal/length'],
    ['mode', 48, '02', 'account-record/tag'],
    ['status', 49, '03', 'account-record/tag'],
    ['reason', 50, '03', 'account-record/tag'],
    ['head', 51, '02', 'account-record/tag'],
    ['signing', 52, '02', 'account-record/tag'],
    ['number of chains', 69, '41', 'bytes/truncated']
  ])('refuse a %s out of range', (_, at, byte, code) => {
    const changed = SMALL_RECORD.slice(0, 2 * at) + byte + SMALL_RECORD.slice(2 * at + 2);

    expect(errorCode(() => decodeAccount(Buffer.from(changed, 'hex')))).toBe(code);
  });

  it('refuse chains out of order, repeated or too many', () => {
    const [first, second] = [
      { chainId: 1n, nextNonce: 0n },
      { chainId: 2n, nextNonce: 0n }
    ];
    const many = Array.from({ length: 65 }, (_, index) => ({ chainId: BigInt(index), nextNonce: 0n }));
    const codes = [[second, first], [first, first], many].map((nonces) =>
      errorCode(() => encodeAccount({ ...SMALL, evmNonces: nonces }))
    );

    expect(codes).toEqual(['account-record/order', 'account-record/order', 'account-record/limit']);
  });
});

describe('decodeAccount', () => {
  it('refuses more chains than an account may have', () => {
    const chains = Array.from(
      { length: 65 },
      (_, chain) => chain.toString(16).padStart(16, '0') + '0'.repeat(16)
    );
    const [before, after] = [SMALL_RECORD.slice(0, 2 * 69), SMALL_RECORD.slice(2 * (69 + 17))];
    const record = `${before}41${chains.join('')}${after}`;

    expect(errorCode(() => decodeAccount(Buffer.from(record, 'hex')))).toBe('account-record/limit');
  });

  it('refuses a controller of 30 bytes', () => {
    const encoded = encodeAccount(sealedAccount('a', alice));
    const hex = toHex(encoded);
    const controller = `1d${toHex(mallory.principal)}`;

    expect(hex.split(controller)).toHaveLength(2);
    const record = hex.replace(controller, `1e${toHex(mallory.principal)}00`);
    expect(errorCode(() => decodeAccount(Buffer.from(record, 'hex')))).toBe('account-record/limit');
  });
});

function decodeOrRefusal(encoded: Uint8Array): Account | undefined {
  try {
    return decodeAccount(encoded);
  } catch (error) {
    if (isProtocolError(error)) return undefined;
    throw error;
  }
}
