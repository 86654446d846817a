import fc from 'fast-check';
import { ascii, bytes32, concat, encodeBigEndian, fromHex, toHex } from '../../../../src/core/bytes';
import {
  GROUP_ORDER,
  decodeScalar,
  hashToCurvePoint,
  multiplyGenerator,
  multiplyPublic
} from '../../../../src/core/crypto/secp256k1-client';
import {
  type CurvePoint,
  IDENTITY,
  addPoints,
  curvePoint,
  negatePoint
} from '../../../../src/core/crypto/secp256k1-group';
import { errorCode } from '../error-code';

const scalar = (value: bigint) => bytes32(encodeBigEndian(value, 32), 'scalar');
const multiple = (value: bigint): CurvePoint => multiplyGenerator(scalar(value));
const scalars = fc.bigInt({ min: 1n, max: GROUP_ORDER - 1n });

/** SEC 2 section 2.4.1. */
const GENERATOR =
  '79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798' +
  '483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8';
const GENERATOR_DOUBLED =
  'c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5' +
  '1ae168fea63dc339a3c58419466ceaeef7f632653266d0e1236431a950cfe52a';
/** RFC 9380 appendix J.8.1. */
const RFC_9380_TAG = 'QUUX-V01-CS02-with-secp256k1_XMD:SHA-256_SSWU_RO_';
const RFC_9380 = [
  [
    '',
    'c1cae290e291aee617ebaef1be6d73861479c48b841eaba9b7b5852ddfeb1346',
    '64fa678e07ae116126f08b022a94af6de15985c996c3a91b64c406a960e51067'
  ],
  [
    'abc',
    '3377e01eab42db296b512293120c6cee72b6ecf9f9205760bd9ff11fb3cb2c4b',
    '7f95890f33efebd1044d382a01b1bee0900fb6116f94688d487c6c7b9c8371f6'
  ]
] as const;

describe('multiplyGenerator', () => {
  it('gives the published multiples', () => {
    expect(toHex(multiple(1n))).toBe(GENERATOR);
    expect(toHex(multiple(2n))).toBe(GENERATOR_DOUBLED);
  });

  it.each([0n, GROUP_ORDER, GROUP_ORDER + 1n])('refuses the scalar %s', (value) => {
    expect(errorCode(() => multiple(value))).toBe('secp256k1/scalar-range');
    expect(errorCode(() => decodeScalar(scalar(value)))).toBe('secp256k1/scalar-range');
  });
});

describe('addPoints', () => {
  it('adds like the scalars', () => {
    fc.assert(
      fc.property(scalars, scalars, (a, b) => {
        fc.pre((a + b) % GROUP_ORDER !== 0n);
        expect(addPoints(multiple(a), multiple(b))).toEqual(multiple((a + b) % GROUP_ORDER));
      }),
      { numRuns: 30 }
    );
  });

  it('doubles, cancels and takes the identity for nothing', () => {
    expect(toHex(addPoints(multiple(1n), multiple(1n)))).toBe(GENERATOR_DOUBLED);
    expect(addPoints(multiple(5n), negatePoint(multiple(5n)))).toEqual(IDENTITY);
    expect(addPoints(IDENTITY, multiple(5n))).toEqual(multiple(5n));
    expect(addPoints()).toEqual(IDENTITY);
    expect(negatePoint(IDENTITY)).toEqual(IDENTITY);
  });
});

describe('multiplyPublic', () => {
  it('multiplies like the scalars, zero included', () => {
    fc.assert(
      fc.property(scalars, fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }), (a, b) => {
        const expected = (a * b) % GROUP_ORDER;
        expect(multiplyPublic(multiple(a), b)).toEqual(expected === 0n ? IDENTITY : multiple(expected));
      }),
      { numRuns: 30 }
    );
    expect(multiplyPublic(multiple(7n), 0n)).toEqual(IDENTITY);
  });
});

describe('curvePoint', () => {
  const field = 2n ** 256n - 2n ** 32n - 977n;
  const x = fromHex(GENERATOR.slice(0, 64));
  const y = fromHex(GENERATOR.slice(64));
  /** y of a point with x = 1: a root of 8. */
  const yOfOne = fromHex('4218f20ae6c646b363db68605822fb14264ca8d2587fdd6fbc750d587e76a7ee');

  it('takes the point of its own bytes', () => {
    expect(toHex(curvePoint(fromHex(GENERATOR)))).toBe(GENERATOR);
  });

  it.each([
    ['another y', concat(x, encodeBigEndian(1n, 32))],
    ['another x', concat(encodeBigEndian(5n, 32), y)],
    ['the identity', new Uint8Array(64)],
    ['x not reduced', concat(encodeBigEndian(field + 1n, 32), yOfOne)],
    ['y not reduced', concat(x, encodeBigEndian(field, 32))]
  ])('refuses %s', (_, bytes) => {
    expect(errorCode(() => curvePoint(bytes))).toBe('secp256k1/not-on-curve');
  });

  it('refuses another length', () => {
    expect(errorCode(() => curvePoint(fromHex(`04${GENERATOR}`)))).toBe('bytes/length');
  });

  it('takes the same x when it is reduced', () => {
    expect(() => curvePoint(concat(encodeBigEndian(1n, 32), yOfOne))).not.toThrow();
  });
});

describe('hashToCurvePoint', () => {
  it.each(RFC_9380)('gives the point of RFC 9380 for "%s"', (message, x, y) => {
    expect(toHex(hashToCurvePoint(ascii(message), RFC_9380_TAG))).toBe(x + y);
  });
});
