import { IDL } from '@dfinity/candid';
import { Principal } from '@dfinity/principal';
import { hexToBytes } from '@noble/hashes/utils';
import fc from 'fast-check';
import {
  CandidError,
  decodeCandid,
  isAffordableCandid
} from '../../../../src/local-ic/protocol/candid-decoding';

const {
  Bool,
  Float64,
  Func,
  Int,
  Int16,
  Nat,
  Nat8,
  Nat64,
  Null,
  Opt,
  Record,
  Rec,
  Reserved,
  Service,
  Text,
  Variant,
  Vec
} = IDL;

const encode = (type: IDL.Type, value: unknown): Uint8Array => new Uint8Array(IDL.encode([type], [value]));
const principal = Principal.fromText('uzt4z-lp777-77774-qaabq-cai');
const named = Record({ canister_id: IDL.Principal });

function refusalReason(bytes: Uint8Array): string {
  try {
    decodeCandid([named], bytes);
  } catch (error) {
    if (error instanceof CandidError) return error.reason;
    throw error;
  }
  return 'none';
}

describe('a message within its means', () => {
  const list = Rec();
  list.fill(Opt(Record({ head: Nat, tail: list })));

  it.each<[string, IDL.Type, unknown]>([
    ['null', Null, null],
    ['bool', Bool, true],
    ['a large nat', Nat, 1n << 200n],
    ['a nat of 1024 bytes', Nat, 1n << 7167n],
    ['a negative int', Int, -(1n << 100n)],
    ['an int16', Int16, -5],
    ['a float', Float64, 1.5],
    ['text', Text, 'grüezi'],
    ['a principal', IDL.Principal, principal],
    ['a blob', Vec(Nat8), new Uint8Array(100_000).fill(7)],
    ['a vector of nat64', Vec(Nat64), BigUint64Array.of(1n, 2n)],
    ['a vector of text', Vec(Text), ['a', '', 'c']],
    ['an option', Opt(Text), ['x']],
    ['no option', Opt(Text), []],
    ['a variant', Variant({ a: Null, b: Nat }), { b: 7n }],
    [
      'a record',
      Record({ a: Text, b: Vec(Vec(Nat8)) }),
      { a: 'x', b: [Uint8Array.of(1), new Uint8Array(0)] }
    ],
    ['a recursive list', list, [{ head: 1n, tail: [{ head: 2n, tail: [] }] }]],
    ['a function', Func([Text], [Nat], ['query']), [principal, 'method']],
    ['a service', Service({ get: Func([], [], []) }), principal],
    ['a thousand nulls', Vec(Null), Array.from({ length: 1000 }, () => null)]
  ])('is decoded: %s', (_name, type, value) => {
    expect(decodeCandid([type], encode(type, value))).toEqual([value]);
  });

  it('is decoded with fields that nobody asked for', () => {
    const wide = Record({ canister_id: IDL.Principal, extra: Vec(Record({ a: Nat, b: Opt(Reserved) })) });
    const bytes = encode(wide, { canister_id: principal, extra: [{ a: 1n, b: [null] }] });
    expect(decodeCandid([named], bytes)).toEqual([{ canister_id: principal }]);
  });

  it('is decoded whatever it is', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ a: fc.bigInt(), b: fc.string(), c: fc.uint8Array() }, { noNullPrototype: true })
        ),
        (value) => {
          const type = Vec(Record({ a: Int, b: Text, c: Vec(Nat8) }));
          expect(decodeCandid([type], encode(type, value))).toEqual([value]);
        }
      )
    );
  });
});

describe('a message beyond its means', () => {
  // @dfinity/candid would make the values, and end the process.
  it.each([
    [
      'a vector of 2^27 nulls beside what is asked for',
      '4449444c026d7f6c02bafbf30200b3c4b1f20468010180808040' + '0100'
    ],
    ['a vector of 2^60 nulls', '4449444c016d7f010080808080808080801000'],
    ['a vector of 2^27 empty records', '4449444c026d016c00010080808040'],
    ['a record that holds itself', '4449444c016c0100000100'],
    ['options nested 1000 deep', `4449444c016e000100${'01'.repeat(1000)}`],
    ['a nat of a megabyte', `4449444c00017d${'80'.repeat(1 << 20)}01`],
    ['an int of a megabyte', `4449444c00017c${'80'.repeat(1 << 20)}01`],
    ['a length of a megabyte', `4449444c000171${'80'.repeat(1 << 20)}00`],
    ['a type of a megabyte', `4449444c0001${'ff'.repeat(1 << 20)}7f`]
  ])('is refused: %s', (_name, hex) => {
    expect(refusalReason(hexToBytes(hex))).toBe('too-expensive');
    expect(isAffordableCandid(hexToBytes(hex))).toBe(false);
  });
});

it('decodes a message within a longer buffer', () => {
  const message = encode(Nat, 7n);
  const around = Uint8Array.from([1, 2, 3, ...message, 4]);

  expect(decodeCandid([Nat], around.subarray(3, 3 + message.length))).toEqual([7n]);
  expect(decodeCandid([Nat], Buffer.from(around).subarray(3, 3 + message.length))).toEqual([7n]);
});

describe('a malformed message', () => {
  it.each([
    ['nothing', ''],
    ['another magic', '4449444d0000'],
    ['a type table longer than the message', '4449444cff7f'],
    ['an unknown type', '4449444c01600100'],
    ['a reference to a missing type', '4449444c000105'],
    ['text longer than the message', '4449444c000171ff01'],
    ['a blob longer than the message', '4449444c016d7b0100ff01'],
    ['a variant that does not exist', '4449444c016b01007f010005'],
    ['2^27 vectors that are not there', '4449444c026d016d7f010080808040'],
    ['no value', '4449444c00016b'],
    ['an unterminated number', '4449444c00017dff'],
    ['another type than expected', '4449444c00017d01']
  ])('is refused: %s', (_name, hex) => {
    expect(refusalReason(hexToBytes(hex))).toBe('malformed');
    expect(isAffordableCandid(hexToBytes(hex))).toBe(true);
  });

  it('is refused and never ends the process, whatever it is', () => {
    const valid = encode(Record({ canister_id: IDL.Principal, extra: Vec(Opt(Null)) }), {
      canister_id: principal,
      extra: [[null], []]
    });
    const change = fc.tuple(fc.nat({ max: valid.length - 1 }), fc.nat({ max: 255 }));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const mutated = valid.slice();
        for (const [index, byte] of changes) mutated[index] = byte;
        try {
          decodeCandid([named], mutated);
        } catch (error) {
          expect(error).toBeInstanceOf(CandidError);
        }
      }),
      { numRuns: 3000 }
    );
  });
});
