/** Keys of every kind that a request may be signed with, made with Node's crypto. */
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { encodeWithSelfDescribedTag } from '@dfinity/cbor';
import { Principal } from '@dfinity/principal';

export type Identity = {
  readonly sender: Uint8Array;
  readonly publicKeyDer?: Uint8Array;
  readonly sign?: (payload: Uint8Array) => Uint8Array;
};

/** An identity with a key. */
export type Signer = Required<Identity>;

export const ANONYMOUS: Identity = { sender: Uint8Array.of(4) };

export const KEY_KINDS = [
  'Ed25519',
  'ECDSA on P-256',
  'ECDSA on secp256k1',
  'WebAuthn ES256',
  'WebAuthn RS256',
  'WebAuthn EdDSA'
] as const;
type KeyKind = (typeof KEY_KINDS)[number];

const toSigner = (publicKeyDer: Uint8Array, signPayload: (payload: Uint8Array) => Buffer): Signer => ({
  publicKeyDer,
  sender: Principal.selfAuthenticating(publicKeyDer).toUint8Array(),
  sign: (payload) => Uint8Array.from(signPayload(payload))
});

const spkiOf = (key: KeyObject): Uint8Array => Uint8Array.from(key.export({ type: 'spki', format: 'der' }));

export function createIdentity(kind: KeyKind = 'Ed25519'): Signer {
  switch (kind) {
    case 'Ed25519': {
      const { publicKey, privateKey } = generateKeyPairSync('ed25519');
      return toSigner(spkiOf(publicKey), (payload) => sign(null, payload, privateKey));
    }
    case 'ECDSA on P-256':
      return createEcdsaIdentity('P-256');
    case 'ECDSA on secp256k1':
      return createEcdsaIdentity('secp256k1');
    case 'WebAuthn ES256': {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
      const key = coseKey({ 1: 2, 3: -7, '-1': 1, '-2': fromBase64(x), '-3': fromBase64(y) });
      return createWebAuthnIdentity(key, (message) => sign('sha256', message, privateKey));
    }
    case 'WebAuthn RS256': {
      const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      const { n = '', e = '' } = publicKey.export({ format: 'jwk' });
      const key = coseKey({ 1: 3, 3: -257, '-1': fromBase64(n), '-2': fromBase64(e) });
      return createWebAuthnIdentity(key, (message) => sign('sha256', message, privateKey));
    }
    case 'WebAuthn EdDSA': {
      const { publicKey, privateKey } = generateKeyPairSync('ed25519');
      const { x = '' } = publicKey.export({ format: 'jwk' });
      const key = coseKey({ 1: 1, 3: -8, '-1': 6, '-2': fromBase64(x) });
      return createWebAuthnIdentity(key, (message) => sign(null, message, privateKey));
    }
  }
}

function createEcdsaIdentity(namedCurve: string): Signer {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve });
  return toSigner(spkiOf(publicKey), (payload) =>
    sign('sha256', payload, { key: privateKey, dsaEncoding: 'ieee-p1363' })
  );
}

const fromBase64 = (text: string): Buffer => Buffer.from(text, 'base64url');

function cborHead(major: number, value: number): Buffer {
  const top = major << 5;
  if (value < 24) return Buffer.of(top | value);
  return value < 256 ? Buffer.of(top | 24, value) : Buffer.of(top | 25, value >> 8, value & 255);
}

const cborNumber = (value: number): Buffer => (value < 0 ? cborHead(1, -1 - value) : cborHead(0, value));

/** RFC 8152: a CBOR map whose labels are numbers. */
function coseKey(fields: Readonly<Record<string, number | Buffer>>): Buffer {
  const entries = Object.entries(fields);
  const parts = entries.flatMap(([label, value]) => [
    cborNumber(Number(label)),
    ...(typeof value === 'number' ? [cborNumber(value)] : [cborHead(2, value.length), value])
  ]);
  return Buffer.concat([cborHead(5, entries.length), ...parts]);
}

function derElement(tag: number, content: Uint8Array): Buffer {
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

/** A public key in DER: an algorithm of DFINITY's arc 1.3.6.1.4.1.56387.1 and its raw key. */
export function dfinityPublicKey(algorithm: number, rawKey: Uint8Array): Uint8Array {
  const identifier = Buffer.concat([Buffer.from('300c060a2b0601040183b84301', 'hex'), Buffer.of(algorithm)]);
  const bits = derElement(0x03, Buffer.concat([Buffer.of(0), rawKey]));
  return Uint8Array.from(derElement(0x30, Buffer.concat([identifier, bits])));
}

function createWebAuthnIdentity(key: Buffer, signMessage: (message: Buffer) => Buffer): Signer {
  return toSigner(dfinityPublicKey(1, key), (payload) => {
    const authenticatorData = createHash('sha256').update('localhost').digest();
    const clientData = JSON.stringify({
      type: 'webauthn.get',
      challenge: Buffer.from(payload).toString('base64url'),
      origin: 'http://localhost'
    });
    const clientDataHash = createHash('sha256').update(clientData).digest();
    const assertion = {
      authenticator_data: Uint8Array.from(authenticatorData),
      client_data_json: clientData,
      signature: Uint8Array.from(signMessage(Buffer.concat([authenticatorData, clientDataHash])))
    };
    return Buffer.from(encodeWithSelfDescribedTag(assertion));
  });
}
