import fc from 'fast-check';
import type * as Bn254Door from '../../../../src/core/crypto/bn254';
import type * as Ed25519Door from '../../../../src/core/crypto/ed25519';
import { type CryptoEngine } from '../../../../src/core/crypto/engine';
import type * as GroupDoor from '../../../../src/core/crypto/secp256k1-group';
import type * as Secp256k1Door from '../../../../src/core/crypto/secp256k1';

/** What engines are promised of secp256k1's scalars, written with big integers here. */
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const ED25519_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

const integer = (bytes: Uint8Array): bigint => bytes.reduce((value, byte) => 256n * value + BigInt(byte), 0n);
const isScalar = (bytes: Uint8Array): boolean => integer(bytes) > 0n && integer(bytes) < ORDER;
const word = (value: bigint): number[] =>
  Array.from({ length: 32 }, (_, index) => Number((value >> BigInt(8 * (31 - index))) & 0xffn));

let calls = 0;

/** Counts a call, and fails the test unless all of `shapes` hold. */
function expectShapes(shapes: Readonly<Record<string, boolean>>): void {
  calls += 1;
  expect(Object.keys(shapes).filter((name) => shapes[name] !== true)).toEqual([]);
}

const isKey = (key: Uint8Array): boolean =>
  key.length === 33 ? key[0] === 2 || key[0] === 3 : key.length === 65 && key[0] === 4;
const isSignature = (signature: Uint8Array): boolean =>
  signature.length === 64 && isScalar(signature.slice(0, 32)) && isScalar(signature.slice(32));
const isLow = (signature: Uint8Array): boolean => integer(signature.slice(32)) <= ORDER / 2n;

function expectClaim(key: Uint8Array, digest: Uint8Array, signature: Uint8Array): void {
  const isWhole = isSignature(signature) && isLow(signature);
  expectShapes({ key: isKey(key), digest: digest.length === 32, signature: isWhole });
}

/** Answers nothing, but looks at what it is asked. */
const engine: Omit<CryptoEngine, 'hash'> = {
  secp256k1: {
    verifyEcdsa: (key, digest, signature) => (expectClaim(key, digest, signature), true),
    findYParity: (key, digest, signature) => (expectClaim(key, digest, signature), 1),
    recover(digest, signature, recoveryId) {
      const isId = [0, 1, 2, 3].includes(recoveryId);
      expectShapes({ digest: digest.length === 32, signature: isSignature(signature), recoveryId: isId });
      return undefined;
    },
    verifySchnorr(key, digest, signature) {
      expectShapes({
        key: key.length === 32,
        digest: digest.length === 32,
        signature: signature.length === 64
      });
      return true;
    },
    decompress: (key) => (expectShapes({ key: isKey(key) }), undefined),
    addTweak(key, tweak) {
      expectShapes({ key: isKey(key), tweak: tweak.length === 32 && integer(tweak) < ORDER });
      return undefined;
    },
    addPoints: () => undefined
  },
  ed25519: {
    verify(key, message, signature) {
      const isReduced = integer(signature.slice(32).reverse()) < ED25519_ORDER;
      expectShapes({ key: key.length === 32, signature: signature.length === 64, isReduced });
      expectShapes({ message: message.length <= 65_536 });
      return true;
    }
  },
  bn254: {
    verifyGroth16(key, proof, inputs) {
      const count = inputs.length / 32;
      expectShapes({
        inputs: Number.isInteger(count) && count <= 16,
        key: key.length === 512 + 64 * count,
        proof: proof.length === 256
      });
      return true;
    }
  },
  warmUp: () => undefined
};

/** Byte strings of about these lengths, with prefixes and scalars at the ends of their ranges more often than not. */
const bytesAbout = (...lengths: readonly number[]) =>
  fc.oneof(
    fc.constantFrom(...lengths).chain((length) => fc.uint8Array({ minLength: length, maxLength: length })),
    fc
      .constantFrom(...lengths)
      .chain((length) => fc.uint8Array({ minLength: length - 1, maxLength: length + 1 }))
  );
const edgeWord = fc
  .tuple(fc.constantFrom(0n, ORDER, ORDER / 2n, 2n ** 256n - 2n, ED25519_ORDER), fc.constantFrom(0n, 1n, -1n))
  .map(([edge, step]) => (edge + step < 0n ? 0n : edge + step));
const signature = fc.oneof(
  bytesAbout(64),
  fc.tuple(edgeWord, edgeWord).map(([r, s]) => Uint8Array.from([...word(r), ...word(s)])),
  fc.tuple(edgeWord, edgeWord).map(([r, s]) => Uint8Array.from([...word(r), ...word(s).reverse()]))
);
const key = fc
  .tuple(bytesAbout(33, 65), fc.constantFrom(0, 2, 3, 4, 6, 7))
  .map(([bytes, prefix]) => bytes.map((byte, index) => (index === 0 ? prefix : byte)));

/** Lets refusals pass; anything else that is thrown fails the test. */
function attempt(action: () => unknown): void {
  try {
    action();
  } catch (error) {
    // The doors here are loaded apart, and their class of errors with them.
    if (!(error instanceof Error) || error.name !== 'ProtocolError') throw error;
  }
}

describe('the doors', () => {
  let secp256k1: typeof Secp256k1Door;
  let group: typeof GroupDoor;
  let ed25519: typeof Ed25519Door;
  let bn254: typeof Bn254Door;

  beforeAll(() => {
    jest.isolateModules(() => {
      jest.doMock('#crypto-engine', () => ({ engine }));
      secp256k1 = jest.requireActual('../../../../src/core/crypto/secp256k1');
      group = jest.requireActual('../../../../src/core/crypto/secp256k1-group');
      ed25519 = jest.requireActual('../../../../src/core/crypto/ed25519');
      bn254 = jest.requireActual('../../../../src/core/crypto/bn254');
      jest.dontMock('#crypto-engine');
    });
  });

  beforeEach(() => {
    calls = 0;
  });

  it('of secp256k1 show an engine only what keeps its shapes', () => {
    const tweak = fc.oneof(
      bytesAbout(32),
      edgeWord.map((value) => Uint8Array.from(word(value)))
    );
    const recoveryId = fc.constantFrom(-1, 0, 1, 2, 3, 4, 0.5);
    const input = fc.record({ publicKey: key, digest: bytesAbout(32), signature, tweak, recoveryId });
    fc.assert(
      fc.property(input, (claim) => {
        attempt(() => secp256k1.verifyEcdsa(claim));
        attempt(() => secp256k1.findYParity(claim));
        attempt(() => secp256k1.recoverPublicKey(claim));
        attempt(() => secp256k1.verifySchnorr({ ...claim, publicKey: claim.tweak }));
        attempt(() => secp256k1.decompressPublicKey(claim.publicKey));
        attempt(() => secp256k1.addTweak(claim.publicKey, claim.tweak));
        attempt(() => group.curvePoint(claim.signature));
      }),
      { numRuns: 2000 }
    );
    expect(calls).toBeGreaterThan(2000);
  });

  it('of Ed25519 and BN254 too', () => {
    const message = fc.constantFrom(0, 1, 65_535, 65_536, 65_537).map((length) => new Uint8Array(length));
    const count = fc.integer({ min: 0, max: 20 });
    fc.assert(
      fc.property(bytesAbout(32), message, signature, (publicKey, text, scalars) => {
        ed25519.verifyEd25519({ publicKey, message: text, signature: scalars });
      }),
      { numRuns: 300 }
    );
    fc.assert(
      fc.property(count, fc.constantFrom(0, 0, 1, 32, 64), bytesAbout(256), (inputCount, extra, proof) => {
        const inputs = new Uint8Array(32 * inputCount + (extra % 64));
        bn254.verifyGroth16({ key: new Uint8Array(512 + 64 * inputCount + extra), proof, inputs });
        // Lengths in proportion, inputs cut off in the middle or not.
        bn254.verifyGroth16({ key: new Uint8Array(512 + 2 * inputs.length), proof, inputs });
      }),
      { numRuns: 500 }
    );
    expect(calls).toBeGreaterThan(100);
  });
});
