import { type KeyObject, generateKeyPairSync, verify } from 'node:crypto';
import { Ed25519KeyIdentity } from '@dfinity/identity';
import { Principal as OraclePrincipal } from '@icp-sdk/core/principal';
import { createIdentity, decodeIdentityPem, encodeIdentityPem } from '../../../src/sdk/identity';
import { refusalCode } from './refusal-code';

const MESSAGE = new TextEncoder().encode('a message');
const spki = (key: KeyObject): Uint8Array => new Uint8Array(key.export({ type: 'spki', format: 'der' }));

/** `openssl ecparam -name secp256k1 -genkey` writes this block before the key; dfx keeps it. */
const EC_PARAMETERS = '-----BEGIN EC PARAMETERS-----\nBgUrgQQACg==\n-----END EC PARAMETERS-----\n';

const ed25519 = generateKeyPairSync('ed25519');
const secp256k1 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = (key: KeyObject, type: 'pkcs8' | 'sec1'): string =>
  key.export({ type, format: 'pem' }).toString();

describe('decodeIdentityPem', () => {
  it.each([
    ['an Ed25519 PKCS#8 key', pem(ed25519.privateKey, 'pkcs8'), ed25519],
    ['a secp256k1 SEC1 key', pem(secp256k1.privateKey, 'sec1'), secp256k1],
    [
      'a secp256k1 SEC1 key after its parameters',
      EC_PARAMETERS + pem(secp256k1.privateKey, 'sec1'),
      secp256k1
    ],
    ['a secp256k1 PKCS#8 key', pem(secp256k1.privateKey, 'pkcs8'), secp256k1],
    ['a key with Windows line ends', pem(ed25519.privateKey, 'pkcs8').replaceAll('\n', '\r\n'), ed25519]
  ])('reads %s as OpenSSL does', async (_name, text, { publicKey }) => {
    const identity = decodeIdentityPem(text);

    const der = spki(publicKey);
    expect(new Uint8Array(identity.getPublicKey().toDer())).toEqual(der);
    expect(identity.getPrincipal().toText()).toBe(OraclePrincipal.selfAuthenticating(der).toText());
    const signature = new Uint8Array(await identity.sign(MESSAGE));
    const isEd25519 = publicKey.asymmetricKeyType === 'ed25519';
    const key = isEd25519 ? publicKey : { key: publicKey, dsaEncoding: 'ieee-p1363' as const };
    expect(verify(isEd25519 ? null : 'sha256', MESSAGE, key, signature)).toBe(true);
  });

  const body = (hex: string): string =>
    `-----BEGIN PRIVATE KEY-----\n${Buffer.from(hex, 'hex').toString('base64')}\n-----END PRIVATE KEY-----\n`;
  const encrypted = ed25519.privateKey.export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'x'
  });
  it.each([
    ['nothing', ''],
    ['a public key', ed25519.publicKey.export({ type: 'spki', format: 'pem' }).toString()],
    ['an encrypted key', encrypted.toString()],
    ['a P-256 key, SEC1', pem(p256.privateKey, 'sec1')],
    ['a P-256 key, PKCS#8', pem(p256.privateKey, 'pkcs8')],
    ['an RSA key', pem(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey, 'pkcs8')],
    ['a body that is not base64', '-----BEGIN PRIVATE KEY-----\n!!\n-----END PRIVATE KEY-----'],
    ['a body that is not DER', body('3003020100ff')],
    ['an indefinite length', body('3080020100')],
    ['an Ed25519 key cut short', body('302d020100300506032b6570042104' + `1f${'11'.repeat(31)}`)],
    [
      'a secp256k1 key of zero',
      `-----BEGIN EC PRIVATE KEY-----\n${Buffer.from(`302e0201010420${'00'.repeat(32)}a00706052b8104000a`, 'hex').toString('base64')}\n-----END EC PRIVATE KEY-----`
    ],
    ['a text too long', 'x'.repeat(20_000)]
  ])('refuses %s', async (_name, text) => {
    expect(await refusalCode(() => decodeIdentityPem(text))).toBe('identity/pem');
  });
});

describe('encodeIdentityPem', () => {
  it('is read back as the same identity, and by OpenSSL', async () => {
    const identity = createIdentity(new Uint8Array(32).fill(7));

    const text = encodeIdentityPem(identity);

    expect(decodeIdentityPem(text).getPrincipal().toText()).toBe(identity.getPrincipal().toText());
    const { createPrivateKey, createPublicKey } = await import('node:crypto');
    expect(spki(createPublicKey(createPrivateKey(text)))).toEqual(
      new Uint8Array(identity.getPublicKey().toDer())
    );
  });
});

describe('createIdentity', () => {
  it('takes all of its entropy from the seed', () => {
    const seed = new Uint8Array(32).fill(9);
    expect(createIdentity(seed).getPrincipal().toText()).toBe(
      Ed25519KeyIdentity.fromSecretKey(seed).getPrincipal().toText()
    );
  });

  it('refuses a seed that is not 32 bytes', async () => {
    expect(await refusalCode(() => createIdentity(new Uint8Array(31)))).toBe('bytes/length');
  });
});
