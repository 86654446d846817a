import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { keccak as keccakWasm } from 'hash-wasm';
import { ascii, concat, fromHex, toHex } from '../../../../src/core/bytes';
import { hmacSha512, keccak256, ripemd160, sha224, sha256, sha512 } from '../../../../src/core/crypto/hash';

type Door = (...parts: Uint8Array[]) => Uint8Array;

const parts = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 });

/** FIPS 180-4's examples, ISO/IEC 10118-3's, and Keccak's of an empty message and of `abc` as Ethereum knows them. */
const KNOWN_ANSWERS: readonly (readonly [string, Door, string, string])[] = [
  ['sha256', sha256, '', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['sha256', sha256, 'abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  ['sha224', sha224, 'abc', '23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7'],
  [
    'sha512',
    sha512,
    'abc',
    'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a' +
      '2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f'
  ],
  ['keccak256', keccak256, '', 'c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470'],
  ['keccak256', keccak256, 'abc', '4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45'],
  ['ripemd160', ripemd160, '', '9c1185a5c5e9fc54612808977ee8f548b2258d31'],
  ['ripemd160', ripemd160, 'abc', '8eb208f7e05d987a9b044a8e98c6b087f15a0bfc']
];

describe('the hashes', () => {
  it.each(KNOWN_ANSWERS)('%s has its known answer', (_, door, message, digest) => {
    expect(toHex(door(ascii(message)))).toBe(digest);
  });

  it.each([
    ['sha256', sha256],
    ['sha224', sha224],
    ['sha512', sha512],
    ['ripemd160', ripemd160]
  ] as const)('%s of parts is that of OpenSSL over all of them', (name, door) => {
    fc.assert(
      fc.property(parts, (list) => {
        expect(toHex(door(...list))).toBe(
          createHash(name)
            .update(concat(...list))
            .digest('hex')
        );
      }),
      { numRuns: 100 }
    );
  });

  it('keccak256 of parts is that of another library over all of them', async () => {
    await fc.assert(
      fc.asyncProperty(parts, async (list) => {
        expect(toHex(keccak256(...list))).toBe(await keccakWasm(concat(...list), 256));
      }),
      { numRuns: 100 }
    );
  });

  it('hash messages around the ends of their blocks, and long ones', () => {
    for (const length of [55, 56, 63, 64, 65, 111, 112, 127, 128, 129, 135, 136, 137, 70_000]) {
      const message = new Uint8Array(length).fill(0xa5);
      const [short, long] = [createHash('sha256'), createHash('sha512')];
      expect(toHex(sha256(message))).toBe(short.update(message).digest('hex'));
      expect(toHex(sha512(message))).toBe(long.update(message).digest('hex'));
    }
  });

  it('leave what they are given as it is, and answer in a buffer of their own', () => {
    const message = ascii('abc');
    const first = sha256(message);
    first.fill(0);

    expect(toHex(message)).toBe('616263');
    expect(toHex(sha256(message))).not.toBe(toHex(first));
  });
});

describe('hmacSha512', () => {
  it.each([
    // RFC 4231, test cases 2 and 6.
    [
      ascii('Jefe'),
      ascii('what do ya want for nothing?'),
      '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554' +
        '9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737'
    ],
    [
      new Uint8Array(131).fill(0xaa),
      ascii('Test Using Larger Than Block-Size Key - Hash Key First'),
      '80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352' +
        '6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598'
    ]
  ])('has the answer of RFC 4231', (key, message, expected) => {
    expect(toHex(hmacSha512(key, message))).toBe(expected);
  });

  it('is that of OpenSSL, for keys of any length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 300 }), (key, message) => {
        expect(toHex(hmacSha512(key, message))).toBe(createHmac('sha512', key).update(message).digest('hex'));
      }),
      { numRuns: 150 }
    );
  });

  it('takes a key that is a part of a larger buffer', () => {
    const buffer = fromHex('ff0102030405ff');
    expect(hmacSha512(buffer.subarray(1, 6), buffer)).toEqual(hmacSha512(buffer.slice(1, 6), buffer));
  });
});
