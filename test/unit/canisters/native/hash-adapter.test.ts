import { createHash } from 'node:crypto';
import { ripemd160 } from '@noble/hashes/legacy';
import { keccak_256 } from '@noble/hashes/sha3';
import fc from 'fast-check';
import { concat, fromHex, toHex } from '../../../../src/core/bytes';
import { type LoadedAdapter, loadAdapter } from '../../../support/native/load-adapter';
import { readPackagedWasm } from '../../../support/native/packaged-wasm';

type Algorithm = {
  readonly name: string;
  readonly adapter: string;
  readonly size: number;
  /** Digest of "abc", as published: FIPS 180-4 examples, the Keccak team's vectors, the RIPEMD-160 paper. */
  readonly ofAbc: string;
  readonly oracle: (message: Uint8Array) => Uint8Array;
};

const openSsl =
  (name: string) =>
  (message: Uint8Array): Uint8Array =>
    new Uint8Array(createHash(name).update(message).digest());

const ALGORITHMS: readonly Algorithm[] = [
  {
    name: 'sha256',
    adapter: 'sha256',
    size: 32,
    ofAbc: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    oracle: openSsl('sha256')
  },
  {
    name: 'sha224',
    adapter: 'sha256',
    size: 28,
    ofAbc: '23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7',
    oracle: openSsl('sha224')
  },
  {
    name: 'sha512',
    adapter: 'sha512',
    size: 64,
    ofAbc:
      'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
    oracle: openSsl('sha512')
  },
  {
    name: 'keccak256',
    adapter: 'keccak',
    size: 32,
    ofAbc: '4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45',
    oracle: keccak_256
  },
  {
    name: 'ripemd160',
    adapter: 'ripemd160',
    size: 20,
    ofAbc: '8eb208f7e05d987a9b044a8e98c6b087f15a0bfc',
    oracle: ripemd160
  }
];

const text = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => (index * 167 + 13) % 256);

describe.each(ALGORITHMS)('the adapter of $name', ({ name, adapter, size, ofAbc, oracle }) => {
  let loaded: LoadedAdapter;
  beforeAll(async () => {
    const library = readPackagedWasm(`hash-wasm/dist/${adapter}.umd.min.js`);
    loaded = await loadAdapter({ adapter, name: adapter, library });
  });

  function hash(...pieces: readonly Uint8Array[]): string {
    loaded.call(`${name}_begin`);
    for (const piece of pieces) loaded.call(`${name}_update`, piece);
    loaded.call(`${name}_end`);
    return toHex(loaded.output(size));
  }

  it('gives the published digest', () => {
    expect(hash(new TextEncoder().encode('abc'))).toBe(ofAbc);
  });

  it('agrees with another implementation on every length of the first blocks, whole or without any piece', () => {
    expect(hash()).toBe(toHex(oracle(new Uint8Array(0))));
    for (let length = 0; length <= 300; length++)
      expect(hash(text(length))).toBe(toHex(oracle(text(length))));
  });

  it('agrees however the message is cut', () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 6 });
    fc.assert(fc.property(pieces, (cut) => expect(hash(...cut)).toBe(toHex(oracle(concat(...cut))))));
  });

  it('takes pieces as large as its input area', () => {
    const whole = text(loaded.constant('input_size'));

    expect(whole).toHaveLength(16_384);
    expect(hash(whole)).toBe(toHex(oracle(whole)));
    expect(hash(text(1), whole, whole, text(77))).toBe(
      toHex(oracle(concat(text(1), whole, whole, text(77))))
    );
  });

  it('begins anew whatever was left unfinished', () => {
    loaded.call(`${name}_begin`);
    loaded.call(`${name}_update`, text(1_000));

    expect(hash(fromHex('616263'))).toBe(ofAbc);
  });

  it('says how many pages it needs', () => {
    expect(loaded.constant('pages') * 65_536).toBe(loaded.memory.buffer.byteLength);
  });
});
