/** Signers of every kind the interface knows, made with Node's crypto, apart from the code that verifies them. */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { encodeWithSelfDescribedTag } from '@dfinity/cbor';
import { Principal } from '@dfinity/principal';
import { createTestCertificate, rootHash, treeAt, type WireTree } from './test-certificate';

export type TestSigner = {
  readonly publicKeyDer: Uint8Array;
  readonly sender: Uint8Array;
  readonly sign: (payload: Uint8Array) => Uint8Array;
};

export const SIGNER_KINDS = [
  'ed25519',
  'p256',
  'secp256k1',
  'webauthn-es256',
  'webauthn-rs256',
  'webauthn-eddsa',
  'canister'
] as const;
export type SignerKind = (typeof SIGNER_KINDS)[number];

const plain = (buffer: Buffer): Uint8Array => Uint8Array.from(buffer);

const withSender = (publicKeyDer: Uint8Array, signPayload: TestSigner['sign']): TestSigner => ({
  publicKeyDer,
  sender: Principal.selfAuthenticating(publicKeyDer).toUint8Array(),
  sign: signPayload
});

const spki = (key: KeyObject): Uint8Array => plain(key.export({ type: 'spki', format: 'der' }));

export function createTestSigner(kind: SignerKind): TestSigner {
  switch (kind) {
    case 'ed25519': {
      const { publicKey, privateKey } = generateKeyPairSync('ed25519');
      return withSender(spki(publicKey), (payload) => plain(sign(null, payload, privateKey)));
    }
    case 'p256':
      return createEcdsaSigner('P-256');
    case 'secp256k1':
      return createEcdsaSigner('secp256k1');
    case 'webauthn-es256': {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const { x, y } = publicKey.export({ format: 'jwk' });
      const cose = coseMap([1, 2], [3, -7], [-1, 1], [-2, fromBase64Url(x)], [-3, fromBase64Url(y)]);
      return createWebAuthnSigner(cose, (message) => sign('sha256', message, privateKey));
    }
    case 'webauthn-rs256': {
      const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      const { n, e } = publicKey.export({ format: 'jwk' });
      const cose = coseMap([1, 3], [3, -257], [-1, fromBase64Url(n)], [-2, fromBase64Url(e)]);
      return createWebAuthnSigner(cose, (message) => sign('sha256', message, privateKey));
    }
    case 'webauthn-eddsa': {
      const { publicKey, privateKey } = generateKeyPairSync('ed25519');
      const { x } = publicKey.export({ format: 'jwk' });
      const cose = coseMap([1, 1], [3, -8], [-1, 6], [-2, fromBase64Url(x)]);
      return createWebAuthnSigner(cose, (message) => sign(null, message, privateKey));
    }
    case 'canister': {
      const seed = plain(randomBytes(8));
      return createCanisterSigner({ canisterId: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 9, 1, 1), seed });
    }
  }
}

/** DER of a key of an algorithm of DFINITY's own: 1 is COSE, 2 a canister signature. */
export function dfinityKeyDer(algorithm: 1 | 2, key: Buffer): Uint8Array {
  const identifier = Buffer.from(`300c060a2b0601040183b843010${algorithm}`, 'hex');
  const bitString = derElement(0x03, Buffer.concat([Buffer.of(0), key]));
  return plain(derElement(0x30, Buffer.concat([identifier, bitString])));
}

/** The signature tree of a canister that signed one payload, and the certificate of it. */
export type CanisterSignatureParts = {
  readonly tree: WireTree;
  readonly certificate: Uint8Array;
};

type CanisterSignerOptions = {
  readonly canisterId: Uint8Array;
  readonly seed: Uint8Array;
  /** What stands for a signed payload; nothing by the specification. */
  readonly leaf?: Uint8Array;
  /** What the canister certifies beside its signature. */
  readonly around?: (tree: WireTree) => WireTree;
  readonly certify?: (tree: WireTree) => Uint8Array;
  /** Breaks the signature. */
  readonly change?: (parts: CanisterSignatureParts) => CanisterSignatureParts;
};

const sha256 = (bytes: Uint8Array): Uint8Array => plain(createHash('sha256').update(bytes).digest());

/** A signer as a canister that certifies what it signs. */
export function createCanisterSigner(options: CanisterSignerOptions): TestSigner {
  const { canisterId, seed, leaf = new Uint8Array(0), certify = createTestCertificate } = options;
  const key = Buffer.concat([Buffer.of(canisterId.length), canisterId, seed]);
  return withSender(dfinityKeyDer(2, key), (payload) => {
    const path = treeAt(['sig', sha256(seed), sha256(payload)], leaf);
    const tree = options.around?.(path) ?? path;
    const state = treeAt(['canister', canisterId, 'certified_data'], rootHash(tree));
    const parts = { tree, certificate: certify([1, state, treeAt(['time'], Uint8Array.of(1))]) };
    return encodeWithSelfDescribedTag((options.change?.(parts) ?? parts) as never);
  });
}

function createEcdsaSigner(namedCurve: string): TestSigner {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve });
  return withSender(spki(publicKey), (payload) =>
    plain(sign('sha256', payload, { key: privateKey, dsaEncoding: 'ieee-p1363' }))
  );
}

const fromBase64Url = (text = ''): Buffer => Buffer.from(text, 'base64url');

function cborHead(major: number, value: number): Buffer {
  if (value < 24) return Buffer.of((major << 5) | value);
  if (value < 256) return Buffer.of((major << 5) | 24, value);
  return Buffer.of((major << 5) | 25, value >> 8, value & 255);
}

const cborInteger = (value: number): Buffer => (value < 0 ? cborHead(1, -1 - value) : cborHead(0, value));

/** A COSE key: a CBOR map with integer labels, which @dfinity/cbor does not write. */
function coseMap(...entries: readonly (readonly [number, number | Buffer])[]): Buffer {
  const parts = entries.flatMap(([label, value]) => [
    cborInteger(label),
    ...(typeof value === 'number' ? [cborInteger(value)] : [cborHead(2, value.length), value])
  ]);
  return Buffer.concat([cborHead(5, entries.length), ...parts]);
}

function derElement(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...head]), content]);
}

function createWebAuthnSigner(cose: Buffer, signMessage: (message: Buffer) => Buffer): TestSigner {
  const publicKeyDer = dfinityKeyDer(1, cose);
  return withSender(publicKeyDer, (payload) => {
    const authenticatorData = createHash('sha256').update('localhost').digest();
    const clientDataJson = JSON.stringify({
      type: 'webauthn.get',
      challenge: Buffer.from(payload).toString('base64url'),
      origin: 'http://localhost'
    });
    const clientDataHash = createHash('sha256').update(clientDataJson).digest();
    return encodeWithSelfDescribedTag({
      authenticator_data: plain(authenticatorData),
      client_data_json: clientDataJson,
      signature: plain(signMessage(Buffer.concat([authenticatorData, clientDataHash])))
    });
  });
}
