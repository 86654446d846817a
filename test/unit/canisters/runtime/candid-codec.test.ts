/** The canisters' Candid against the library's, for every message they take, send or answer. */
import { IDL } from '@dfinity/candid';
import { Principal } from '@dfinity/principal';
import fc from 'fast-check';
import { domainsMethods } from '../../../../src/api/domains-idl';
import { signerMethods } from '../../../../src/api/signer-idl';
import { createCandidCodec } from '../../../../src/canisters/runtime/candid/candid-codec';
import * as management from '../../../../src/canisters/runtime/management-idl';
import { concat } from '../../../../src/core/bytes';
import { valuesOf } from './candid-values';

const methods = { ...domainsMethods, ...signerMethods };
const messages: [name: string, types: readonly IDL.Type[]][] = [
  ...Object.entries(methods).flatMap(([name, [params, result]]): [string, readonly IDL.Type[]][] => [
    [`arguments of ${name}`, params],
    [`reply of ${name}`, [result]]
  ]),
  ...Object.entries(management).map(([name, type]): [string, IDL.Type[]] => [name, [type]])
];

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

  // Not the description of types: with another one, the library may be told to make 2^28 values of no bytes.
  it('are judged as the library judges them when a byte of the values is changed, dropped or added', () => {
    const faults = fc.record({
      at: fc.nat(),
      byte: fc.integer({ min: 0, max: 255 }),
      kind: fc.constantFrom('change', 'drop', 'add')
    });
    fc.assert(
      fc.property(values, faults, (sent, { at, byte, kind }) => {
        const message = codec.encode(sent);
        const valueBytes = types.reduce((sum, type, place) => sum + type.encodeValue(sent[place]).length, 0);
        const index = message.length - (at % (valueBytes + 1));
        const broken = concat(
          message.subarray(0, index),
          kind === 'drop' ? new Uint8Array() : Uint8Array.of(byte),
          message.subarray(kind === 'add' ? index : index + 1)
        );
        expect(outcomeOf(() => codec.decode(broken))).toEqual(outcomeOf(() => decodeByLibrary(broken)));
      }),
      { numRuns: 100 }
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
