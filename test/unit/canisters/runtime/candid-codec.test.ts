/** The canisters' Candid against the library's, for every message they take, send or answer. */
import { isDeepStrictEqual } from 'node:util';
import { IDL } from '@dfinity/candid';
import { Principal } from '@dfinity/principal';
import fc from 'fast-check';
import { createCandidCodec } from '../../../../src/canisters/runtime/candid/candid-codec';
import { brokenMessages } from './broken-messages';
import { messages } from './candid-messages';
import { valuesOf } from './candid-values';

/** Of the broken messages: others with HYPHA_SEED, more of each type with HYPHA_RUNS. */
const seed = Number(process.env['HYPHA_SEED'] ?? 20_251);
const numRuns = Number(process.env['HYPHA_RUNS'] ?? 60);

type Outcome = { values: unknown[] } | 'refused';
function outcomeOf(decode: () => unknown[]): Outcome {
  try {
    return { values: decode() };
  } catch {
    return 'refused';
  }
}

describe.each(messages)('%s', (_name, types) => {
  const codec = createCandidCodec(types);
  const values = valuesOf(types);
  const decodeByLibrary = (message: Uint8Array): unknown[] => IDL.decode([...types], message);

  it('are the bytes that the library makes, and come back', () => {
    fc.assert(
      fc.property(values, (sent) => {
        const message = codec.encode(sent);
        expect(message).toEqual(IDL.encode([...types], sent));
        expect(codec.decode(message)).toEqual(decodeByLibrary(message));
      }),
      { numRuns: 50 }
    );
  });

  it(`are judged as the library judges them when their values are broken, by seed ${seed}`, () => {
    fc.assert(
      fc.property(brokenMessages(types), (message) => {
        const ours = outcomeOf(() => codec.decode(message));
        const theirs = outcomeOf(() => decodeByLibrary(message));
        if (!isDeepStrictEqual(ours, theirs)) expect({ ours }).toStrictEqual({ ours: theirs });
      }),
      { seed, numRuns }
    );
  });

  it('keep their values when the bytes they came in are written over', () => {
    fc.assert(
      fc.property(fc.oneof(values.map(codec.encode), brokenMessages(types)), (message) => {
        const bytes = message.slice();
        const kept = outcomeOf(() => codec.decode(bytes));
        bytes.fill(0x5a);
        expect(
          isDeepStrictEqual(
            kept,
            outcomeOf(() => codec.decode(message))
          )
        ).toBe(true);
      }),
      { seed, numRuns: 20 }
    );
  });
});

describe('messages with other types', () => {
  const codec = createCandidCodec([IDL.Record({ name: IDL.Text, count: IDL.Opt(IDL.Nat) })]);

  it('are converted as Candid has it', () => {
    const wider = IDL.Record({ name: IDL.Text, more: IDL.Nat64 });
    expect(codec.decode(IDL.encode([wider], [{ name: 'wide', more: 1n }]))).toEqual([
      { name: 'wide', count: [] }
    ]);
  });

  it('are refused when they are no subtype', () => {
    expect(() => codec.decode(IDL.encode([IDL.Record({ name: IDL.Nat })], [{ name: 1n }]))).toThrow();
    expect(() => codec.decode(new Uint8Array())).toThrow();
  });

  it('leave a byte order mark to the library', () => {
    const message = codec.encode([{ name: '\uFEFFname', count: [] }]);
    expect(codec.decode(message)).toEqual([{ name: 'name', count: [] }]);
  });
});

describe('flags', () => {
  const codec = createCandidCodec([IDL.Opt(IDL.Bool)]);
  const header = IDL.encode([IDL.Opt(IDL.Bool)], [[]]).slice(0, -1);

  it.each([
    [[2]],
    [[0x80, 0]],
    [[0x81, 0]],
    [[1, 2]],
    [[1, 0x80, 0]],
    [[1, 0x81, 0]],
    [[1, 1, 0]],
    [[1]],
    [[]]
  ])('of bytes %p are refused', (flags) => {
    expect(() => codec.decode(Uint8Array.from([...header, ...flags]))).toThrow();
  });
});

describe('values that are not of their type', () => {
  it.each<[IDL.Type, unknown]>([
    [IDL.Null, undefined],
    [IDL.Bool, 1],
    [IDL.Text, 1],
    [IDL.Nat, -1n],
    [IDL.Nat, 1],
    [IDL.Nat64, 2n ** 64n],
    [IDL.Nat64, -1n],
    [IDL.Nat32, 2 ** 32],
    [IDL.Nat32, 0.5],
    [IDL.Nat8, 256],
    [IDL.Principal, Principal.anonymous().toText()],
    [IDL.Vec(IDL.Nat8), '00'],
    [IDL.Vec(IDL.Text), 'text'],
    [IDL.Opt(IDL.Text), 'text'],
    [IDL.Opt(IDL.Text), ['one', 'two']],
    [IDL.Record({ name: IDL.Text }), {}],
    [IDL.Record({ name: IDL.Text }), null],
    [IDL.Tuple(IDL.Text, IDL.Nat), ['text']],
    [IDL.Variant({ one: IDL.Null }), { two: null }],
    [IDL.Variant({ one: IDL.Null, two: IDL.Null }), { one: null, two: null }],
    [IDL.Variant({ one: IDL.Null }), {}],
    [IDL.Int, 'text']
  ])('%p: %p is refused', (type, value) => {
    const codec = createCandidCodec([IDL.Vec(IDL.Opt(type))]);
    expect(() => codec.encode([[[value]]])).toThrow();
  });
});
