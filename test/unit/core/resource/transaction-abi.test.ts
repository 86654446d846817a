import fc from 'fast-check';
import { type AbiParameter, encodeAbiParameters, encodeFunctionData, toHex as viemHex } from 'viem';
import { type Bytes32, bytes32, concat, encodeBigEndian, fromHex, toHex } from '../../../../src/core/bytes';
import type { AppData, DeletionCriterion, ExpirableBlob } from '../../../../src/core/resource/logic';
import type { Transaction } from '../../../../src/core/resource/transaction';
import {
  MAX_TRANSACTION_BYTES,
  decodeTransaction,
  encodeExecuteCall,
  encodeTransaction
} from '../../../../src/core/resource/transaction-abi';
import { errorCode } from '../error-code';

const BLOBS = (name: string): AbiParameter => ({
  name,
  type: 'tuple[]',
  components: [
    { name: 'deletionCriterion', type: 'uint8' },
    { name: 'blob', type: 'bytes' }
  ]
});
const WORD = (name: string): AbiParameter => ({ name, type: 'bytes32' });
/** Section 5.1 of the adapter's interface, written for viem. */
const TRANSACTION: AbiParameter = {
  name: 'transaction',
  type: 'tuple',
  components: [
    {
      name: 'actions',
      type: 'tuple[]',
      components: [
        {
          name: 'logicInputs',
          type: 'tuple[]',
          components: [
            WORD('tag'),
            WORD('verifyingKey'),
            {
              name: 'appData',
              type: 'tuple',
              components: [
                'resourcePayload',
                'discoveryPayload',
                'externalPayload',
                'applicationPayload'
              ].map(BLOBS)
            },
            { name: 'proof', type: 'bytes' }
          ]
        },
        {
          name: 'complianceUnits',
          type: 'tuple[]',
          components: [
            { name: 'proof', type: 'bytes' },
            {
              name: 'instance',
              type: 'tuple',
              components: [
                {
                  name: 'consumed',
                  type: 'tuple',
                  components: ['nullifier', 'logicRef', 'commitmentTreeRoot'].map(WORD)
                },
                { name: 'created', type: 'tuple', components: ['commitment', 'logicRef'].map(WORD) },
                WORD('unitDeltaX'),
                WORD('unitDeltaY')
              ]
            }
          ]
        }
      ]
    },
    { name: 'deltaProof', type: 'bytes' },
    { name: 'aggregationProof', type: 'bytes' }
  ]
};

const word: fc.Arbitrary<Bytes32> = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => bytes32(bytes, 'word'));
const bytes = fc.uint8Array({ maxLength: 70 });
const blobs: fc.Arbitrary<ExpirableBlob[]> = fc.array(
  fc.record({ blob: bytes, deletionCriterion: fc.constantFrom<DeletionCriterion>(0, 1) }),
  { maxLength: 3 }
);
const appData: fc.Arbitrary<AppData> = fc.record({
  resourcePayload: blobs,
  discoveryPayload: blobs,
  externalPayload: blobs,
  applicationPayload: blobs
});
const transactions: fc.Arbitrary<Transaction> = fc.record({
  actions: fc.array(
    fc.record({
      logicInputs: fc.array(fc.record({ tag: word, verifyingKey: word, appData, proof: bytes }), {
        maxLength: 3
      }),
      complianceUnits: fc.array(
        fc.record({
          proof: bytes,
          instance: fc.record({
            consumed: fc.record({ nullifier: word, logicRef: word, commitmentTreeRoot: word }),
            created: fc.record({ commitment: word, logicRef: word }),
            unitDeltaX: word,
            unitDeltaY: word
          })
        }),
        { maxLength: 2 }
      )
    }),
    { maxLength: 2 }
  ),
  deltaProof: bytes,
  aggregationProof: bytes
});

/** Every byte string as `0x` hex, which is how viem takes them. */
function forViem(value: unknown): unknown {
  if (value instanceof Uint8Array) return viemHex(value);
  if (Array.isArray(value)) return value.map(forViem);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, forViem(member)]));
}

const EMPTY: Transaction = {
  actions: [],
  deltaProof: new Uint8Array(0),
  aggregationProof: new Uint8Array(0)
};
const withBlobs = (applicationPayload: ExpirableBlob[]): Transaction => ({
  ...EMPTY,
  actions: [
    {
      complianceUnits: [],
      logicInputs: [
        {
          tag: bytes32(new Uint8Array(32), 'tag'),
          verifyingKey: bytes32(new Uint8Array(32), 'key'),
          appData: { resourcePayload: [], discoveryPayload: [], externalPayload: [], applicationPayload },
          proof: new Uint8Array(0)
        }
      ]
    }
  ]
});

describe('encodeTransaction', () => {
  it('writes what viem writes, and decodes to what it was', () => {
    fc.assert(
      fc.property(transactions, (transaction) => {
        const encoded = encodeTransaction(transaction);
        expect(viemHex(encoded)).toBe(encodeAbiParameters([TRANSACTION], [forViem(transaction)]));
        expect(decodeTransaction(encoded)).toEqual(transaction);
      }),
      { numRuns: 60 }
    );
  });
});

describe('encodeExecuteCall', () => {
  const abi = [
    { type: 'function', name: 'execute', inputs: [TRANSACTION], outputs: [], stateMutability: 'nonpayable' }
  ];

  it('is the calldata of execute(Transaction)', () => {
    expect(viemHex(encodeExecuteCall(EMPTY))).toBe(
      encodeFunctionData({ abi, functionName: 'execute', args: [forViem(EMPTY)] })
    );
  });
});

describe('decodeTransaction', () => {
  const sample = encodeTransaction(withBlobs([{ blob: fromHex('01020304'), deletionCriterion: 1 }]));

  it('refuses every proper prefix', () => {
    for (let length = 0; length < sample.length; length += 1) {
      const code = errorCode(() => decodeTransaction(sample.slice(0, length)));
      expect(code).toMatch(/^abi\/(truncated|integer-range)$/);
    }
  });

  it('refuses a deletion criterion other than 0 and 1', () => {
    const blob = concat(encodeBigEndian(1n, 32), encodeBigEndian(64n, 32), encodeBigEndian(4n, 32));
    const at = toHex(sample).indexOf(toHex(blob)) / 2;
    const changed = sample.map((byte, index) => (index === at + 31 ? 2 : byte));
    expect(errorCode(() => decodeTransaction(changed))).toBe('abi/integer-range');
  });

  it('refuses more bytes than any transaction needs', () => {
    expect(errorCode(() => decodeTransaction(new Uint8Array(MAX_TRANSACTION_BYTES + 1)))).toBe('bytes/limit');
  });

  it('refuses a small input that unfolds to a large transaction', () => {
    const count = 200;
    const blobTuple = concat(encodeBigEndian(1n, 32), encodeBigEndian(64n, 32), encodeBigEndian(1024n, 32));
    const canonical = encodeTransaction(withBlobs([{ blob: new Uint8Array(1024), deletionCriterion: 1 }]));
    const text = toHex(canonical);
    const list = toHex(concat(encodeBigEndian(1n, 32), encodeBigEndian(32n, 32))) + toHex(blobTuple);
    const at = text.lastIndexOf(list);
    const offsets = Array.from({ length: count }, () => encodeBigEndian(BigInt(32 * count), 32));
    const shared = concat(
      canonical.slice(0, at / 2),
      encodeBigEndian(BigInt(count), 32),
      ...offsets,
      canonical.slice(at / 2 + 64)
    );
    expect(at).toBeGreaterThan(0);
    expect(errorCode(() => decodeTransaction(shared))).toBe('abi/budget');
  });

  it('answers noise with typed refusals only', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.nat(sample.length - 1), (noise, position) => {
        const inputs = [noise, sample.map((byte, index) => byte ^ (noise[index - position] ?? 0))];
        for (const input of inputs) errorCode(() => decodeTransaction(input));
      }),
      { numRuns: 300 }
    );
  });
});
