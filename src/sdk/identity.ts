/**
 * Identities from and to PEM, as `dfx` and `icp` keep them: Ed25519 (PKCS#8) and secp256k1 (SEC1 or PKCS#8).
 * Both sign arbitrary messages, which approvals need; a delegated or hardware identity that cannot is refused there.
 */
import { type SignIdentity } from '@dfinity/agent';
import { Ed25519KeyIdentity } from '@dfinity/identity';
import { Secp256k1KeyIdentity } from '@dfinity/identity-secp256k1';
import { base64 } from '@scure/base';
import { concat, fromHex, toHex } from '../core/bytes';
import { ProtocolError } from '../core/error';

const ED25519_PKCS8_PREFIX = '302e020100300506032b657004220420';
const ED25519_OID = '06032b6570';
const SECP256K1_OID = '06052b8104000a';
/** ECPrivateKey (RFC 5915) begins SEQUENCE { INTEGER 1, OCTET STRING (32) ... */
const SEC1_KEY = /020101 ?0420([0-9a-f]{64})/;

/** A new Ed25519 identity from 32 bytes of the caller's entropy. */
export function createIdentity(seed: Uint8Array): Ed25519KeyIdentity {
  return Ed25519KeyIdentity.generate(seed);
}

/** PKCS#8 PEM of an Ed25519 identity, readable by `dfx identity import` and `icp identity import`. */
export function encodeIdentityPem(identity: Ed25519KeyIdentity): string {
  const secret = new Uint8Array(identity.getKeyPair().secretKey).slice(0, 32);
  const body = base64.encode(concat(fromHex(ED25519_PKCS8_PREFIX), secret));
  return `-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----\n`;
}

/**
 * The identity in a PEM file's text.
 * @throws {ProtocolError} `identity/pem` when no supported private key is in it.
 */
export function decodeIdentityPem(pem: string): SignIdentity {
  const block = /-----BEGIN (EC )?PRIVATE KEY-----([^-]+)-----END (EC )?PRIVATE KEY-----/.exec(pem);
  if (block?.[2] === undefined) throw unsupportedPem('no PRIVATE KEY block');
  const der = toHex(decodeBase64(block[2].replace(/\s+/g, '')));
  const edKey = new RegExp(`${ED25519_OID}04220420([0-9a-f]{64})`).exec(der)?.[1];
  if (edKey !== undefined) return Ed25519KeyIdentity.fromSecretKey(fromHex(edKey));
  const ecKey = der.includes(SECP256K1_OID) ? SEC1_KEY.exec(der)?.[1] : undefined;
  if (ecKey !== undefined) return Secp256k1KeyIdentity.fromSecretKey(fromHex(ecKey));
  throw unsupportedPem('neither an Ed25519 nor a secp256k1 key');
}

function decodeBase64(text: string): Uint8Array {
  try {
    return base64.decode(text);
  } catch (cause) {
    throw unsupportedPem('its body is not base64', cause);
  }
}

function unsupportedPem(reason: string, cause?: unknown): ProtocolError {
  return new ProtocolError(
    'identity/pem',
    `expected an unencrypted Ed25519 or secp256k1 private key in PEM, got ${reason}`,
    {},
    { cause }
  );
}
