/**
 * Public keys as the Internet Computer names them (DER SubjectPublicKeyInfo), and their signatures.
 *
 * Ed25519; ECDSA on P-256 and secp256k1 (raw r‖s over SHA-256); WebAuthn keys in COSE form (ES256, RS256, EdDSA);
 * canister signatures.
 */
import { createHash, createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto';
import { bytesToHex, concatBytes } from '@noble/hashes/utils';
import {
  assertCanisterSignature,
  type CanisterKey,
  CanisterSignatureError,
  parseCanisterKey
} from './canister-signature';
import { CborError, type CborMap, type CborValue, decodeCbor } from './cbor-decoding';
import { type CertificateVerifier } from './certificate-verification';

export type PublicKey =
  | { readonly scheme: 'ed25519' | 'ecdsa'; readonly key: KeyObject }
  | { readonly scheme: 'webauthn'; readonly algorithm: CoseAlgorithm; readonly key: KeyObject }
  | ({ readonly scheme: 'canister' } & CanisterKey);

type CoseAlgorithm = 'ES256' | 'RS256' | 'EdDSA';

/** A public key or signature that cannot be read or does not hold; the message says which and why. */
export class SignatureError extends Error {
  override readonly name = 'SignatureError';
}

const malformedKey = (text: string, cause?: unknown): SignatureError =>
  new SignatureError(`Invalid public key: ${text}`, { cause });

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));

const ED25519_HEADER = hex('302a300506032b6570032100');
const P256_HEADER = hex('3059301306072a8648ce3d020106082a8648ce3d03010703420004');
const SECP256K1_HEADER = hex('3056301006072a8648ce3d020106052b8104000a03420004');
/** AlgorithmIdentifier of OID 1.3.6.1.4.1.56387.1.1: a COSE key. */
const COSE_ALGORITHM = hex('300c060a2b0601040183b8430101');
/** AlgorithmIdentifier of OID 1.3.6.1.4.1.56387.1.2: a canister signature. */
const CANISTER_ALGORITHM = hex('300c060a2b0601040183b8430102');

const startsWith = (bytes: Uint8Array, prefix: Uint8Array): boolean =>
  bytes.length >= prefix.length && prefix.every((byte, index) => bytes[index] === byte);

const hasHeader = (der: Uint8Array, header: Uint8Array, bodyLength: number): boolean =>
  der.length === header.length + bodyLength && startsWith(der, header);

/** The key in `der`. @throws {SignatureError} when it is malformed, not on its curve, or of an unsupported kind. */
export function parsePublicKey(der: Uint8Array): PublicKey {
  if (hasHeader(der, ED25519_HEADER, 32)) return { scheme: 'ed25519', key: importDer(der) };
  if (hasHeader(der, P256_HEADER, 64) || hasHeader(der, SECP256K1_HEADER, 64))
    return { scheme: 'ecdsa', key: importDer(der) };
  const content = readDer(der, 0x30);
  if (startsWith(content, COSE_ALGORITHM))
    return parseCoseKey(readBitString(content.subarray(COSE_ALGORITHM.length)));
  if (startsWith(content, CANISTER_ALGORITHM))
    return { scheme: 'canister', ...readCanisterKey(content.subarray(CANISTER_ALGORITHM.length)) };
  throw malformedKey(`unsupported public key ${bytesToHex(der.subarray(0, 100))}`);
}

function readCanisterKey(bitString: Uint8Array): CanisterKey {
  try {
    return parseCanisterKey(readBitString(bitString));
  } catch (cause) {
    if (!(cause instanceof CanisterSignatureError)) throw cause;
    throw malformedKey(cause.message, cause);
  }
}

function importDer(der: Uint8Array): KeyObject {
  try {
    return createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' });
  } catch (cause) {
    throw malformedKey('not a point of its curve', cause);
  }
}

/** The content of a DER element that fills `bytes` and has this tag. */
function readDer(bytes: Uint8Array, tag: number): Uint8Array {
  const [actualTag, first = 0] = bytes;
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  const start = 2 + lengthBytes;
  const length = first < 0x80 ? first : Number(`0x${bytesToHex(bytes.subarray(2, start)) || '0'}`);
  if (actualTag !== tag || lengthBytes > 2 || bytes.length !== start + length) throw malformedKey('not DER');
  return bytes.subarray(start);
}

function readBitString(bytes: Uint8Array): Uint8Array {
  const content = readDer(bytes, 0x03);
  if (content[0] !== 0) throw malformedKey('not a whole number of bytes');
  return content.subarray(1);
}

function decodeMap(bytes: Uint8Array, label: string): CborMap {
  try {
    const value = decodeCbor(bytes);
    if (value instanceof Map) return value;
  } catch (cause) {
    if (!(cause instanceof CborError)) throw cause;
    throw new SignatureError(`${label} is not CBOR: ${cause.message}`, { cause });
  }
  throw new SignatureError(`${label} is not a map`);
}

/** A COSE_Key (RFC 9052, RFC 9053): 1 = key type, 3 = algorithm, negative labels = parameters of the type. */
function parseCoseKey(bytes: Uint8Array): PublicKey {
  const cose = decodeMap(bytes, 'COSE key');
  const { algorithm, jwk } = readCoseKey(cose);
  try {
    return { scheme: 'webauthn', algorithm, key: createPublicKey({ key: jwk, format: 'jwk' }) };
  } catch (cause) {
    throw malformedKey('not a valid COSE key', cause);
  }
}

function readCoseKey(cose: CborMap): { readonly algorithm: CoseAlgorithm; readonly jwk: JsonWebKey } {
  const parameter = (label: bigint): string => toBase64Url(cose.get(label));
  const is = (keyType: bigint, algorithm: bigint): boolean =>
    cose.get(1n) === keyType && cose.get(3n) === algorithm;
  if (is(2n, -7n) && cose.get(-1n) === 1n)
    return { algorithm: 'ES256', jwk: { kty: 'EC', crv: 'P-256', x: parameter(-2n), y: parameter(-3n) } };
  if (is(3n, -257n)) return { algorithm: 'RS256', jwk: { kty: 'RSA', n: parameter(-1n), e: parameter(-2n) } };
  if (is(1n, -8n) && cose.get(-1n) === 6n)
    return { algorithm: 'EdDSA', jwk: { kty: 'OKP', crv: 'Ed25519', x: parameter(-2n) } };
  throw malformedKey('unsupported COSE key: expected ES256, RS256 or EdDSA on Ed25519');
}

function toBase64Url(value: CborValue | undefined): string {
  if (!(value instanceof Uint8Array)) throw malformedKey('COSE key parameter is not a byte string');
  return Buffer.from(value).toString('base64url');
}

/**
 * Checks that `signature` is `publicKey`'s over `payload` (domain separator included).
 *
 * @throws {SignatureError} when it is not.
 */
export function assertSignature(
  publicKey: PublicKey,
  signed: { readonly payload: Uint8Array; readonly signature: Uint8Array },
  certificates: CertificateVerifier
): void {
  if (publicKey.scheme === 'canister') {
    assertCanisterSigned(publicKey, signed, certificates);
    return;
  }
  const isValid =
    publicKey.scheme === 'webauthn' ? verifyWebAuthn(publicKey, signed) : verifyBasic(publicKey, signed);
  if (!isValid) {
    const kind = publicKey.scheme === 'webauthn' ? 'WebAuthn' : 'basic';
    throw new SignatureError(
      `Invalid ${kind} signature: signature could not be verified with the public key`
    );
  }
}

function assertCanisterSigned(
  key: CanisterKey,
  signed: { readonly payload: Uint8Array; readonly signature: Uint8Array },
  certificates: CertificateVerifier
): void {
  try {
    assertCanisterSignature(key, signed, certificates);
  } catch (cause) {
    if (!(cause instanceof CanisterSignatureError)) throw cause;
    throw new SignatureError(`Invalid canister signature: ${cause.message}`, { cause });
  }
}

function verifyBasic(
  { scheme, key }: PublicKey & { readonly scheme: 'ed25519' | 'ecdsa' },
  { payload, signature }: { readonly payload: Uint8Array; readonly signature: Uint8Array }
): boolean {
  if (signature.length !== 64) return false;
  return scheme === 'ed25519'
    ? verify(null, payload, key, signature)
    : verify('sha256', payload, { key, dsaEncoding: 'ieee-p1363' }, signature);
}

/** A WebAuthn assertion: its challenge is the payload, its signature covers authenticator data and client data. */
function verifyWebAuthn(
  publicKey: PublicKey & { readonly scheme: 'webauthn' },
  signed: { readonly payload: Uint8Array; readonly signature: Uint8Array }
): boolean {
  const assertion = decodeMap(signed.signature, 'WebAuthn signature');
  const authenticatorData = assertion.get('authenticator_data');
  const clientData = assertion.get('client_data_json');
  const signature = assertion.get('signature');
  if (
    !(authenticatorData instanceof Uint8Array) ||
    typeof clientData !== 'string' ||
    !(signature instanceof Uint8Array)
  )
    throw new SignatureError('WebAuthn signature lacks a field');
  if (readChallenge(clientData) !== Buffer.from(signed.payload).toString('base64url')) return false;
  const clientDataHash = createHash('sha256').update(clientData, 'utf8').digest();
  const message = concatBytes(authenticatorData, clientDataHash);
  return verify(publicKey.algorithm === 'EdDSA' ? null : 'sha256', message, publicKey.key, signature);
}

function readChallenge(clientData: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(clientData);
    if (typeof parsed !== 'object' || parsed === null || !('challenge' in parsed)) return undefined;
    return typeof parsed.challenge === 'string' ? parsed.challenge.replace(/=+$/, '') : undefined;
  } catch (cause) {
    throw new SignatureError('WebAuthn client data is not JSON', { cause });
  }
}
