/**
 * Identities from and to PEM, as `dfx` and `icp` keep them: Ed25519 (PKCS#8, RFC 5958 and RFC 8410) and secp256k1
 * (SEC1, RFC 5915, or PKCS#8 around it).
 */
import { type SignIdentity } from '@dfinity/agent';
import { Ed25519KeyIdentity } from '@dfinity/identity';
import { Secp256k1KeyIdentity } from '@dfinity/identity-secp256k1';
import { base64 } from '@scure/base';
import { type Bytes32, bytes32, concat, fromHex, toHex } from '../core/bytes';
import { ProtocolError, isProtocolError } from '../core/error';
import {
  DER_INTEGER,
  DER_OBJECT_IDENTIFIER,
  DER_OCTET_STRING,
  DER_SEQUENCE,
  type DerElement,
  readDerElements,
  readDerSequence
} from './der';

/** PKCS#8 up to the 32-byte secret: version 0, id-Ed25519, OCTET STRING in OCTET STRING. */
const ED25519_PKCS8_PREFIX = '302e020100300506032b657004220420';
/** Object identifiers, DER content: 1.3.101.112, 1.2.840.10045.2.1, 1.3.132.0.10. */
const ED25519_OID = '2b6570';
const EC_PUBLIC_KEY_OID = '2a8648ce3d0201';
const SECP256K1_OID = '2b8104000a';
/** Context tag 0 of ECPrivateKey: its curve. */
const EC_PARAMETERS_TAG = 0xa0;
const PEM_LENGTH_MAX = 16 * 1024;

/** A new Ed25519 identity from 32 bytes of the caller's entropy. @throws {ProtocolError} `bytes/length`. */
export function createIdentity(seed: Uint8Array): Ed25519KeyIdentity {
  return Ed25519KeyIdentity.generate(bytes32(seed, 'identity seed'));
}

/** PKCS#8 PEM of an Ed25519 identity, readable by `dfx identity import` and `icp identity import`. */
export function encodeIdentityPem(identity: Ed25519KeyIdentity): string {
  const secret = new Uint8Array(identity.getKeyPair().secretKey).slice(0, 32);
  const body = base64.encode(concat(fromHex(ED25519_PKCS8_PREFIX), secret));
  return `-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----\n`;
}

/**
 * The identity in a PEM file's text. Other blocks in it (`EC PARAMETERS`) are passed over.
 * @throws {ProtocolError} `identity/pem` when there is no unencrypted Ed25519 or secp256k1 private key in it.
 */
export function decodeIdentityPem(pem: string): SignIdentity {
  if (pem.length > PEM_LENGTH_MAX) throw unsupportedPem(`a text of ${pem.length} characters`);
  const { label, body } = findPrivateKeyBlock(pem);
  const der = decodeBase64(body.replace(/\s+/g, ''));
  try {
    return label === 'EC PRIVATE KEY' ? decodeSec1(der, undefined) : decodePkcs8(der);
  } catch (error) {
    if (!isProtocolError(error, 'identity/der')) throw error;
    throw unsupportedPem('something that is no private key', error);
  }
}

function findPrivateKeyBlock(pem: string): { readonly label: string; readonly body: string } {
  const blocks = pem.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \1-----/g);
  for (const [, label = '', body = ''] of blocks) {
    if (label === 'ENCRYPTED PRIVATE KEY' || body.includes('ENCRYPTED'))
      throw unsupportedPem('an encrypted one');
    if (label === 'PRIVATE KEY' || label === 'EC PRIVATE KEY') return { label, body };
  }
  throw unsupportedPem('no PRIVATE KEY block');
}

/** OneAsymmetricKey: version, algorithm, key; what follows (attributes, public key) does not matter here. */
function decodePkcs8(der: Uint8Array): SignIdentity {
  const [version, algorithm, key] = readDerSequence(der);
  if (version?.tag !== DER_INTEGER || algorithm?.tag !== DER_SEQUENCE || key?.tag !== DER_OCTET_STRING) {
    throw unsupportedPem('something that is no PKCS#8 key');
  }
  const [oid, parameters] = readDerElements(algorithm.content);
  if (isOid(oid, ED25519_OID)) return ed25519Identity(key.content);
  if (isOid(oid, EC_PUBLIC_KEY_OID)) return decodeSec1(key.content, parameters);
  throw unsupportedPem('a key of another algorithm');
}

function ed25519Identity(key: Uint8Array): SignIdentity {
  const [secret] = readDerElements(key);
  if (secret?.tag !== DER_OCTET_STRING || secret.content.length !== 32) {
    throw unsupportedPem('an Ed25519 key that is not 32 bytes');
  }
  return Ed25519KeyIdentity.fromSecretKey(secret.content);
}

/** ECPrivateKey: version 1, secret, and the curve here or in the PKCS#8 around it. */
function decodeSec1(der: Uint8Array, outerCurve: DerElement | undefined): SignIdentity {
  const [version, secret, ...optional] = readDerSequence(der);
  const isKey =
    version?.tag === DER_INTEGER &&
    toHex(version.content) === '01' &&
    secret?.tag === DER_OCTET_STRING &&
    secret.content.length === 32;
  if (!isKey) throw unsupportedPem('an elliptic curve key that is not 32 bytes');
  const parameters = optional.find(({ tag }) => tag === EC_PARAMETERS_TAG);
  const curve = parameters === undefined ? outerCurve : readDerElements(parameters.content)[0];
  if (!isOid(curve, SECP256K1_OID)) throw unsupportedPem('a key on another curve');
  return secp256k1Identity(bytes32(secret.content, 'secp256k1 secret'));
}

function secp256k1Identity(secret: Bytes32): SignIdentity {
  try {
    return Secp256k1KeyIdentity.fromSecretKey(secret);
  } catch (cause) {
    throw unsupportedPem('a secret that is no secp256k1 scalar', cause);
  }
}

const isOid = (element: DerElement | undefined, oid: string): boolean =>
  element?.tag === DER_OBJECT_IDENTIFIER && toHex(element.content) === oid;

function decodeBase64(text: string): Uint8Array {
  try {
    return base64.decode(text);
  } catch (cause) {
    throw unsupportedPem('a body that is not base64', cause);
  }
}

function unsupportedPem(found: string, cause?: unknown): ProtocolError {
  return new ProtocolError(
    'identity/pem',
    `expected an unencrypted Ed25519 or secp256k1 private key in PEM, got ${found}`,
    {},
    { cause }
  );
}
