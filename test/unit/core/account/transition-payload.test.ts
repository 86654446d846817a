import fc from 'fast-check';
import {
  type TransitionPayload,
  decodeTransitionPayload,
  encodeConsents,
  encodeTransitionPayload
} from '../../../../src/core/account/transition-payload';
import { type Bytes32, bytes32, hex32, toHex } from '../../../../src/core/bytes';
import { errorCode } from '../error-code';
import { type ReferencePayload, referencePayload } from '../proof/reference-transfer';

const bytes = (maxLength: number, minLength = 0) => fc.uint8Array({ minLength, maxLength });
const digest: fc.Arbitrary<Bytes32> = bytes(32, 32).map((value) => bytes32(value, 'arbitrary'));
const ZERO = hex32('00'.repeat(32));
const ONE = hex32('01'.repeat(32));

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

const payload: fc.Arbitrary<TransitionPayload> = fc
  .record({
    purpose: fc.constantFrom('binding' as const, 'transition' as const),
    nullifierKey: digest,
    successor: resource,
    accountValue: bytes(256),
    consents: fc.array(
      fc.record({
        accountId: digest,
        passportDigest: digest,
        epoch: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
      }),
      { minLength: 1, maxLength: 16 }
    ),
    approvals: fc.array(
      fc.record({
        publicKeyDer: bytes(128, 1),
        actionSignature: bytes(64, 64),
        consentSignature: bytes(64, 64)
      }),
      { minLength: 1, maxLength: 16 }
    )
  })
  .map((value) => (value.purpose === 'binding' ? { ...value, nullifierKey: ZERO } : value));

const consent = { accountId: ONE, passportDigest: ZERO, epoch: 1n };
const approval = {
  publicKeyDer: Uint8Array.of(1),
  actionSignature: new Uint8Array(64),
  consentSignature: new Uint8Array(64)
};
const PLAIN: ReferencePayload = {
  purpose: 1,
  nullifierKey: ONE,
  successor: {
    logicRef: ONE,
    labelRef: ONE,
    quantity: 1n,
    valueRef: ONE,
    isEphemeral: false,
    nonce: ONE,
    nkCommitment: ONE,
    randSeed: ONE
  },
  accountValue: Uint8Array.of(1, 2, 3),
  consents: [consent],
  approvals: [approval]
};

const repeat = <T>(value: T, count: number): T[] => Array.from({ length: count }, () => value);

describe('encodeTransitionPayload and decodeTransitionPayload', () => {
  it('write what the reference writes, and read it back', () => {
    fc.assert(
      fc.property(payload, (value) => {
        const expected = referencePayload({ ...value, purpose: value.purpose === 'binding' ? 0 : 1 });

        expect(encodeTransitionPayload(value)).toEqual(expected);
        expect(decodeTransitionPayload(expected)).toEqual(value);
        expect(expected.length % 4).toBe(0);
      })
    );
  });

  it.each<[string, Partial<ReferencePayload>, string]>([
    ['another magic', { magic: 'HYPHB' }, 'payload/magic'],
    ['another version', { version: 2 }, 'payload/version'],
    ['an unknown purpose', { purpose: 2 }, 'payload/purpose'],
    ['a binding with a nullifier key', { purpose: 0 }, 'payload/nullifier-key'],
    ['an account value too long', { accountValue: new Uint8Array(257) }, 'bytes/limit'],
    ['no consents', { consents: [] }, 'payload/consents'],
    ['17 consents', { consents: repeat(consent, 17) }, 'payload/consents'],
    ['no approvals', { approvals: [] }, 'payload/approvals'],
    ['17 approvals', { approvals: repeat(approval, 17) }, 'payload/approvals'],
    ['an empty key', { approvals: [{ ...approval, publicKeyDer: new Uint8Array(0) }] }, 'payload/public-key'],
    ['a key too long', { approvals: [{ ...approval, publicKeyDer: new Uint8Array(129) }] }, 'bytes/limit'],
    [
      'a short signature',
      { approvals: [{ ...approval, actionSignature: new Uint8Array(63) }] },
      'payload/signature'
    ],
    [
      'no signature',
      { approvals: [{ ...approval, consentSignature: new Uint8Array(0) }] },
      'payload/signature'
    ],
    [
      'a long signature',
      { approvals: [{ ...approval, consentSignature: new Uint8Array(65) }] },
      'bytes/limit'
    ]
  ])('refuse %s', (_, change, code) => {
    expect(errorCode(() => decodeTransitionPayload(referencePayload({ ...PLAIN, ...change })))).toBe(code);
  });

  it.each([0, 1, 2, 3])(
    'refuse padding of %p bytes that is not zero, or another number of bytes',
    (length) => {
      const encoded = referencePayload({ ...PLAIN, accountValue: new Uint8Array(paddedBy(length)) });
      expect(errorCode(() => decodeTransitionPayload(encoded))).toBeUndefined();

      const body = encoded.slice(0, encoded.length - length);
      for (let other = 0; other < 8; other += 1) {
        const code = errorCode(() =>
          decodeTransitionPayload(Uint8Array.from([...body, ...new Uint8Array(other)]))
        );
        expect([other, code]).toEqual([
          other,
          other < length ? 'bytes/truncated' : other > length ? 'bytes/trailing' : undefined
        ]);
      }
      for (let at = 0; at < length; at += 1) {
        const dirty = encoded.map((byte, index) => (index === body.length + at ? 1 : byte));
        expect(errorCode(() => decodeTransitionPayload(dirty))).toBe('payload/padding');
      }
    }
  );

  it('refuse to write what they refuse to read', () => {
    const written = decodeTransitionPayload(referencePayload(PLAIN));
    const codes = [
      { purpose: 'binding' as const },
      { accountValue: new Uint8Array(257) },
      { consents: [] },
      { approvals: repeat(approval, 17) },
      { approvals: [{ ...approval, publicKeyDer: new Uint8Array(129) }] },
      { approvals: [{ ...approval, actionSignature: new Uint8Array(65) }] }
    ].map((change) => errorCode(() => encodeTransitionPayload({ ...written, ...change })));

    expect(codes).toEqual([
      'payload/nullifier-key',
      'payload/value-length',
      'payload/consents',
      'payload/approvals',
      'payload/public-key',
      'payload/signature'
    ]);
  });

  /** Length of an account value that makes the padding `length` bytes. */
  function paddedBy(length: number): number {
    const lengths = [0, 1, 2, 3];
    const body = (valueLength: number): number => 7 + 32 + 256 + 2 + valueLength + 1 + 72 + 1 + 3 + 66 + 66;
    const found = lengths.find((valueLength) => (body(valueLength) + length) % 4 === 0);
    if (found === undefined) throw new Error('no such length');
    return found;
  }
});

describe('encodeConsents', () => {
  it('writes 72 bytes each: account, passport, epoch', () => {
    expect(toHex(encodeConsents([consent, { ...consent, epoch: 2n ** 64n - 1n }]))).toBe(
      `${'01'.repeat(32)}${'00'.repeat(32)}0000000000000001${'01'.repeat(32)}${'00'.repeat(32)}ffffffffffffffff`
    );
  });
});
