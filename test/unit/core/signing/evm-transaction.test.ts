import fc from 'fast-check';
import {
  type Hex,
  type TransactionSerializableEIP1559,
  hexToBytes,
  keccak256,
  parseTransaction,
  recoverTransactionAddress,
  serializeTransaction,
  toHex as toPrefixedHex
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { bytes32, toHex } from '../../../../src/core/bytes';
import {
  type EvmTransaction,
  type EvmTransactionFields,
  MAX_DATA_BYTES,
  digestEvmTransaction,
  encodeSignedEvmTransaction,
  encodeUnsignedEvmTransaction,
  hashSignedEvmTransaction,
  parseEvmTransaction
} from '../../../../src/core/signing/evm-transaction';
import { errorCode } from '../error-code';

const SAMPLE: EvmTransactionFields = {
  chainId: 31337n,
  nonce: 3n,
  maxPriorityFeePerGas: 1_000_000_000n,
  maxFeePerGas: 30_000_000_000n,
  gasLimit: 21_000n,
  to: new Uint8Array(20).fill(0x42),
  value: 10n ** 18n,
  data: new Uint8Array(),
  accessList: []
};

const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const uint = (bits: bigint) =>
  fc.oneof(fc.bigInt({ min: 0n, max: 2n ** bits - 1n }), fc.bigInt({ min: 0n, max: 300n }));
const transaction: fc.Arbitrary<EvmTransactionFields> = fc
  .record({
    chainId: fc.bigInt({ min: 1n, max: 2n ** 53n - 1n }),
    nonce: fc.bigInt({ min: 0n, max: 2n ** 53n - 1n }),
    fees: fc.tuple(uint(200n), uint(200n)),
    gasLimit: fc.bigInt({ min: 21_000n, max: 2n ** 64n - 1n }),
    to: fc.option(bytesOf(20), { nil: undefined }),
    value: uint(256n),
    data: fc.uint8Array({ maxLength: 300 }),
    accessList: fc.array(
      fc.record({ address: bytesOf(20), storageKeys: fc.array(bytesOf(32), { maxLength: 3 }) }),
      {
        maxLength: 3
      }
    )
  })
  .filter(({ to, data }) => to !== undefined || data.length > 0)
  .map(({ fees: [a, b], ...fields }) => ({
    ...fields,
    maxPriorityFeePerGas: a < b ? a : b,
    maxFeePerGas: a < b ? b : a
  }));

const toViem = (fields: EvmTransaction): TransactionSerializableEIP1559 => ({
  type: 'eip1559',
  chainId: Number(fields.chainId),
  nonce: Number(fields.nonce),
  maxPriorityFeePerGas: fields.maxPriorityFeePerGas,
  maxFeePerGas: fields.maxFeePerGas,
  gas: fields.gasLimit,
  ...(fields.to === undefined ? {} : { to: toPrefixedHex(fields.to) }),
  value: fields.value,
  data: toPrefixedHex(fields.data),
  accessList: fields.accessList.map((entry) => ({
    address: toPrefixedHex(entry.address),
    storageKeys: entry.storageKeys.map((key) => toPrefixedHex(key))
  }))
});

const serialize = (fields: EvmTransaction): Hex => serializeTransaction(toViem(fields));

describe('encoding', () => {
  it('equals viem: unsigned bytes and digest', () => {
    fc.assert(
      fc.property(transaction, (fields) => {
        const parsed = parseEvmTransaction(fields);
        const expected = serialize(parsed);

        expect(toPrefixedHex(encodeUnsignedEvmTransaction(parsed))).toBe(expected);
        expect(toPrefixedHex(digestEvmTransaction(parsed))).toBe(keccak256(expected));
      }),
      { numRuns: 150 }
    );
  });

  it('equals viem: signed bytes and transaction hash, with r and s of any length', () => {
    const scalar = fc.oneof(
      fc.bigInt({ min: 1n, max: 2n ** 256n - 1n }),
      fc.bigInt({ min: 1n, max: 2n ** 240n })
    );
    const word = (value: bigint): Hex => toPrefixedHex(value, { size: 32 });
    fc.assert(
      fc.property(
        transaction,
        scalar,
        scalar,
        fc.constantFrom(0 as const, 1 as const),
        (fields, r, s, yParity) => {
          const parsed = parseEvmTransaction(fields);
          const signature = {
            r: bytes32(hexToBytes(word(r)), 'r'),
            s: bytes32(hexToBytes(word(s)), 's'),
            yParity
          };
          const raw = encodeSignedEvmTransaction(parsed, signature);
          const expected = serializeTransaction(toViem(parsed), { r: word(r), s: word(s), yParity });

          expect(toPrefixedHex(raw)).toBe(expected);
          expect(toPrefixedHex(hashSignedEvmTransaction(raw))).toBe(keccak256(expected));
        }
      ),
      { numRuns: 100 }
    );
  });

  it('is read back by viem, and recovers to the key that signed the digest', async () => {
    const account = privateKeyToAccount(`0x${'11'.repeat(32)}`);
    const parsed = parseEvmTransaction({ ...SAMPLE, data: Uint8Array.of(1, 2, 3) });
    const signature = await account.sign({ hash: toPrefixedHex(digestEvmTransaction(parsed)) });
    const [r, s] = [hexToBytes(signature).slice(0, 32), hexToBytes(signature).slice(32, 64)];
    const raw = toPrefixedHex(
      encodeSignedEvmTransaction(parsed, {
        r: bytes32(r, 'r'),
        s: bytes32(s, 's'),
        yParity: signature.endsWith('1c') ? 1 : 0
      })
    );

    expect(await recoverTransactionAddress({ serializedTransaction: raw as `0x02${string}` })).toBe(
      account.address
    );
    expect(parseTransaction(raw as `0x02${string}`)).toMatchObject({
      chainId: 31337,
      nonce: 3,
      data: '0x010203'
    });
  });

  it('depends on every field', () => {
    const other: { [Field in keyof EvmTransactionFields]: EvmTransactionFields[Field] } = {
      chainId: 1n,
      nonce: 4n,
      maxPriorityFeePerGas: 1_000_000_001n,
      maxFeePerGas: 30_000_000_001n,
      gasLimit: 21_001n,
      to: new Uint8Array(20).fill(0x43),
      value: 10n ** 18n + 1n,
      data: Uint8Array.of(0),
      accessList: [{ address: new Uint8Array(20), storageKeys: [] }]
    };
    const names = Object.keys(other) as (keyof EvmTransactionFields)[];
    const digests = names.map((name) =>
      toHex(digestEvmTransaction(parseEvmTransaction({ ...SAMPLE, [name]: other[name] })))
    );
    expect(new Set([...digests, toHex(digestEvmTransaction(parseEvmTransaction(SAMPLE)))]).size).toBe(
      names.length + 1
    );
  });
});

describe('parseEvmTransaction', () => {
  const refusals: [string, string, Partial<EvmTransactionFields>][] = [
    ['chain id zero', 'signing/chain-id', { chainId: 0n }],
    ['a chain id of 2^53', 'signing/chain-id', { chainId: 2n ** 53n }],
    ['a negative chain id', 'signing/chain-id', { chainId: -1n }],
    ['a nonce of 2^64 - 1', 'signing/nonce-range', { nonce: 2n ** 64n - 1n }],
    ['a negative nonce', 'signing/nonce-range', { nonce: -1n }],
    ['a priority fee above the fee', 'signing/fee', { maxPriorityFeePerGas: SAMPLE.maxFeePerGas + 1n }],
    ['a negative priority fee', 'signing/fee', { maxPriorityFeePerGas: -1n }],
    ['a fee of 2^256', 'signing/fee', { maxFeePerGas: 2n ** 256n }],
    ['less gas than any transaction takes', 'signing/gas-limit', { gasLimit: 20_999n }],
    ['a gas limit of 2^64', 'signing/gas-limit', { gasLimit: 2n ** 64n }],
    ['a recipient of 19 bytes', 'signing/to', { to: new Uint8Array(19) }],
    ['a recipient of 21 bytes', 'signing/to', { to: new Uint8Array(21) }],
    ['an empty recipient', 'signing/to', { to: new Uint8Array() }],
    ['neither recipient nor code', 'signing/to', { to: undefined }],
    ['a value of 2^256', 'signing/value-range', { value: 2n ** 256n }],
    ['a negative value', 'signing/value-range', { value: -1n }],
    ['data above the limit', 'signing/data-too-large', { data: new Uint8Array(MAX_DATA_BYTES + 1) }],
    [
      'an access list address of 19 bytes',
      'signing/access-list',
      { accessList: [{ address: new Uint8Array(19), storageKeys: [] }] }
    ],
    [
      'a storage key of 31 bytes',
      'signing/access-list',
      { accessList: [{ address: new Uint8Array(20), storageKeys: [new Uint8Array(31)] }] }
    ],
    [
      'an access list above the limit',
      'signing/access-list',
      {
        accessList: [
          { address: new Uint8Array(20), storageKeys: Array.from({ length: 1024 }, () => new Uint8Array(32)) }
        ]
      }
    ]
  ];
  it.each(refusals)('refuses %s: %s', (_name, code, change) => {
    expect(errorCode(() => parseEvmTransaction({ ...SAMPLE, ...change }))).toBe(code);
  });

  it('takes every field at its limit', () => {
    const limits: EvmTransactionFields = {
      chainId: 2n ** 53n - 1n,
      nonce: 2n ** 64n - 2n,
      maxPriorityFeePerGas: 2n ** 256n - 1n,
      maxFeePerGas: 2n ** 256n - 1n,
      gasLimit: 2n ** 64n - 1n,
      to: undefined,
      value: 2n ** 256n - 1n,
      data: new Uint8Array(MAX_DATA_BYTES),
      accessList: [
        { address: new Uint8Array(20), storageKeys: Array.from({ length: 1023 }, () => new Uint8Array(32)) }
      ]
    };
    expect(errorCode(() => parseEvmTransaction(limits))).toBeUndefined();
  });
});
