import { hashValue as hashByAgent } from '@dfinity/agent';
import { IDL } from '@dfinity/candid';
import fc from 'fast-check';
import { Icrc3ValueIdl, type Icrc3ValueWire } from '../../../../src/api/signer-idl';
import { concat, fromHex, toHex } from '../../../../src/core/bytes';
import {
  type Icrc3Value,
  MAX_VALUE_BYTES,
  MAX_VALUE_DEPTH,
  decodeValue,
  encodeValue,
  hashValue
} from '../../../../src/core/log/icrc3-value';
import { errorCode } from '../error-code';

/** Test vectors of the ICRC-3 standard, also in dfinity/ic `icrc_ledger_types::icrc::generic_value`. */
const ICRC3_VECTORS: readonly [string, Icrc3Value, string][] = [
  ['Nat', { Nat: 42n }, '684888c0ebb17f374298b65ee2807526c066094c701bcc7ebbe1c1095f494fc1'],
  ['Int', { Int: -42n }, 'de5a6f78116eca62d7fc5ce159d23ae6b889b365a1739ad2cf36f925a140d0cc'],
  ['Text', { Text: 'Hello, World!' }, 'dffd6021bb2bd5b0af676290809ec3a53191dd81c7f70a4b28688a362182986f'],
  ['Blob', { Blob: fromHex('01020304') }, '9f64a747e1b97f131fabb6b447296c9b6f0201e79fb3c5356e6c77e89b6a806a'],
  [
    'Array',
    { Array: [{ Nat: 3n }, { Text: 'foo' }, { Blob: fromHex('0506') }] },
    '514a04011caa503990d446b7dec5d79e19c221ae607fb08b2848c67734d468d6'
  ],
  [
    'Map',
    {
      Map: [
        ['from', { Blob: fromHex('00abcdef0012340056789a00bcdef000012345678900abcdef01') }],
        ['to', { Blob: fromHex('00ab0def0012340056789a00bcdef000012345678900abcdef01') }],
        ['amount', { Nat: 42n }],
        ['created_at', { Nat: 1_699_218_263n }],
        ['memo', { Nat: 0n }]
      ]
    },
    'c56ece650e1de4269c5bdeff7875949e3e2033f85b2d193c2ff4f7f78bdcfc75'
  ]
];

const text = fc.string({ maxLength: 12, unit: 'grapheme' });
const leaf: fc.Arbitrary<Icrc3Value> = fc.oneof(
  fc.record({ Blob: fc.uint8Array({ maxLength: 200 }) }),
  fc.record({ Text: text }),
  fc.record({ Nat: fc.bigInt({ min: 0n, max: 2n ** 256n }) }),
  fc.record({ Int: fc.bigInt({ min: -(2n ** 256n), max: 2n ** 256n }) })
);
const { value } = fc.letrec<{ value: Icrc3Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'value' },
    leaf,
    fc.record({ Array: fc.array(tie('value'), { maxLength: 4, depthIdentifier: 'value' }) }),
    fc.record({
      Map: fc.uniqueArray(fc.tuple(text, tie('value')), {
        maxLength: 4,
        selector: ([key]) => key,
        depthIdentifier: 'value'
      })
    })
  )
}));

const nested = (depth: number): Icrc3Value =>
  Array.from({ length: depth - 1 }).reduce<Icrc3Value>((inner) => ({ Array: [inner] }), { Nat: 1n });

describe('hashValue', () => {
  it.each(ICRC3_VECTORS)('equals the vector of ICRC-3: %s', (_name, vector, digest) => {
    expect(toHex(hashValue(vector))).toBe(digest);
  });

  it("equals the agent library's representation-independent hash", () => {
    fc.assert(
      fc.property(
        value.filter((candidate) => !containsInt(candidate)),
        (candidate) => {
          expect(toHex(hashValue(candidate))).toBe(toHex(hashByAgent(toAgent(candidate))));
        }
      ),
      { numRuns: 150 }
    );
  });

  it('does not depend on the order of a map', () => {
    const entries: [string, Icrc3Value][] = [
      ['a', { Nat: 1n }],
      ['b', { Nat: 2n }],
      ['c', { Nat: 3n }]
    ];
    expect(toHex(hashValue({ Map: [...entries].reverse() }))).toBe(toHex(hashValue({ Map: entries })));
  });

  it('refuses values nested too deep and negative naturals', () => {
    expect(errorCode(() => hashValue(nested(MAX_VALUE_DEPTH)))).toBeUndefined();
    expect(errorCode(() => hashValue(nested(MAX_VALUE_DEPTH + 1)))).toBe('log/depth');
    expect(errorCode(() => hashValue({ Nat: -1n }))).toBe('log/negative-nat');
  });
});

/** The agent's hash knows no signed integers. */
function containsInt(candidate: Icrc3Value): boolean {
  if ('Int' in candidate) return true;
  if ('Array' in candidate) return candidate.Array.some(containsInt);
  return 'Map' in candidate && candidate.Map.some(([, item]) => containsInt(item));
}

function toAgent(candidate: Icrc3Value): unknown {
  if ('Blob' in candidate) return candidate.Blob;
  if ('Text' in candidate) return candidate.Text;
  if ('Nat' in candidate) return candidate.Nat;
  if ('Array' in candidate) return candidate.Array.map(toAgent);
  if ('Map' in candidate) return Object.fromEntries(candidate.Map.map(([key, item]) => [key, toAgent(item)]));
  throw new Error('no signed integers here');
}

describe('the binary form', () => {
  it('is read back as it was', () => {
    fc.assert(
      fc.property(value, (candidate) => {
        expect(decodeValue(encodeValue(candidate))).toEqual(candidate);
      }),
      { numRuns: 200 }
    );
  });

  it('is the only one of its value: whatever is read is written the same', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
        let decoded: Icrc3Value | undefined;
        const code = errorCode(() => (decoded = decodeValue(bytes)));
        if (decoded === undefined) expect(code).toMatch(/^log\//);
        else expect(toHex(encodeValue(decoded))).toBe(toHex(bytes));
      }),
      { numRuns: 2000 }
    );
  });

  it('has the bytes of its table', () => {
    const golden: [Icrc3Value, string][] = [
      [{ Blob: fromHex('ff00') }, '0002ff00'],
      [{ Text: 'é' }, '0102c3a9'],
      [{ Nat: 624_485n }, '02e58e26'],
      [{ Int: -123_456n }, '03c0bb78'],
      [{ Int: 64n }, '03c000'],
      [{ Array: [{ Nat: 0n }, { Int: -1n }] }, '04020200037f'],
      [{ Map: [['k', { Blob: new Uint8Array() }]] }, '0501016b0000']
    ];
    for (const [candidate, hex] of golden) expect(toHex(encodeValue(candidate))).toBe(hex);
  });

  const refusals: [string, string, string][] = [
    ['nothing', '', 'log/truncated'],
    ['an unknown tag', '06', 'log/value-tag'],
    ['a blob that ends early', '0002ff', 'log/truncated'],
    ['a length of 2^70', '00ffffffffffffffffffff01', 'log/truncated'],
    ['bytes behind the value', '020000', 'log/trailing'],
    ['a natural with a padding byte', '028000', 'log/integer'],
    ['a positive integer with a padding byte', '03bf8000', 'log/integer'],
    ['a negative integer with a padding byte', '03ff7f', 'log/integer'],
    ['an integer that never ends', `02${'ff'.repeat(80)}`, 'log/integer'],
    ['an integer that ends early', '0280', 'log/truncated'],
    ['text that is not UTF-8', '0101ff', 'log/text'],
    ['a surrogate in UTF-8', '0103eda080', 'log/text'],
    ['a map key that is not UTF-8', '050101ff0200', 'log/text'],
    ['more items than any block has', '04818008', 'log/too-many-items'],
    ['nesting below the limit', `${'0401'.repeat(8)}0200`, 'log/depth']
  ];
  it.each(refusals)('refuses %s', (_name, hex, code) => {
    expect(errorCode(() => decodeValue(fromHex(hex)))).toBe(code);
  });

  it('refuses values above the size limit both ways', () => {
    const large = { Blob: new Uint8Array(MAX_VALUE_BYTES) };
    expect(errorCode(() => encodeValue(large))).toBe('log/value-too-large');
    expect(errorCode(() => decodeValue(concat(fromHex('00'), large.Blob)))).toBe('log/value-too-large');
  });

  it('keeps a byte order mark', () => {
    expect(decodeValue(encodeValue({ Text: '\ufeffx' }))).toEqual({ Text: '\ufeffx' });
  });
});

describe('the wire type', () => {
  it('is the same type, and passes Candid unchanged', () => {
    const wire: Icrc3ValueWire = { Map: [['a', { Array: [{ Int: -3n }, { Text: 'x' }] }]] };
    const core: Icrc3Value = wire;
    const [decoded] = IDL.decode([Icrc3ValueIdl], IDL.encode([Icrc3ValueIdl], [core]));
    expect(decoded).toEqual(core);
  });
});
