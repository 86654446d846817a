/**
 * The formats of docs/protocol/account-transfer.md written a second time, from the document, on node:crypto and viem:
 * the oracle that the code under test is compared with. Only types are shared with it.
 */
import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { secp256k1 } from '@noble/curves/secp256k1';
import { encodeAbiParameters, toHex as toPrefixedHex } from 'viem';
import { type AccountValue } from '../../../../src/core/account/account-value';
import { type Approval, type Consent } from '../../../../src/core/account/transition-payload';
import { type Bytes32 } from '../../../../src/core/bytes';
import { type Resource } from '../../../../src/core/resource/resource';

const bytesOf = (buffer: Buffer): Uint8Array => new Uint8Array(buffer);

export function referenceSha256(...parts: Uint8Array[]): Bytes32 {
  return bytesOf(createHash('sha256').update(Buffer.concat(parts)).digest()) as Bytes32;
}

const integer = (value: bigint | number, length: number): Uint8Array =>
  bytesOf(Buffer.from(value.toString(16).padStart(2 * length, '0'), 'hex'));
const text = (value: string): Uint8Array => bytesOf(Buffer.from(value, 'latin1'));
const join = (...parts: Uint8Array[]): Uint8Array => bytesOf(Buffer.concat(parts));

export function referenceTaggedHash(tag: string, ...parts: Uint8Array[]): Bytes32 {
  return referenceSha256(
    referenceSha256(text(tag)),
    ...parts.flatMap((part) => [integer(part.length, 4), part])
  );
}

const expandSeed = (purpose: number, { randSeed, nonce }: Resource): Uint8Array =>
  referenceSha256(text('RISC0_ExpandSeed'), Uint8Array.of(purpose), randSeed, nonce);

export const referenceCommitment = (resource: Resource): Bytes32 =>
  referenceSha256(
    resource.logicRef,
    resource.labelRef,
    integer(resource.quantity, 16),
    resource.valueRef,
    Uint8Array.of(resource.isEphemeral ? 1 : 0),
    resource.nonce,
    resource.nkCommitment,
    expandSeed(1, resource)
  );

export const referenceNullifier = (resource: Resource, nk: Bytes32): Bytes32 =>
  referenceSha256(nk, resource.nonce, expandSeed(0, resource), referenceCommitment(resource));

export function referenceActionTreeRoot(tags: readonly Bytes32[]): Bytes32 {
  let level = [...tags];
  while ((level.length & (level.length - 1)) !== 0) level.push(referenceSha256(text('EMPTY')));
  while (level.length > 1) {
    const below = level;
    level = below
      .filter((_, index) => index % 2 === 0)
      .map((left, index) => referenceSha256(left, below[2 * index + 1] ?? left));
  }
  const [root] = level;
  if (root === undefined) throw new Error('no tags');
  return root;
}

export const referenceAccountValue = (value: AccountValue): Uint8Array =>
  join(
    Uint8Array.of(1, value.owner.length),
    value.owner,
    value.domainId,
    value.holdingsDigest,
    value.intentDigest,
    value.passportDigest
  );

export const referenceValueRef = (encodedValue: Uint8Array): Bytes32 =>
  referenceTaggedHash('hypha/account-value/v1', encodedValue);

const consentBytes = (consents: readonly Consent[]): Uint8Array =>
  join(
    ...consents.map(({ accountId, passportDigest, epoch }) =>
      join(accountId, passportDigest, integer(epoch, 8))
    )
  );

/** Fields as they are laid out, so that a test can write a payload that our encoder refuses. */
export type ReferencePayload = {
  readonly magic?: string;
  readonly version?: number;
  readonly purpose: number;
  readonly nullifierKey: Uint8Array;
  readonly successor: Resource;
  readonly accountValue: Uint8Array;
  readonly consents: readonly Consent[];
  readonly approvals: readonly Approval[];
};

const prefixed = (value: Uint8Array): Uint8Array => join(integer(value.length, 2), value);

export function referencePayload(payload: ReferencePayload): Uint8Array {
  const body = join(
    text(payload.magic ?? 'HYPHA'),
    Uint8Array.of(payload.version ?? 1, payload.purpose),
    payload.nullifierKey,
    referenceResourceAbi(payload.successor),
    prefixed(payload.accountValue),
    integer(payload.consents.length, 1),
    consentBytes(payload.consents),
    integer(payload.approvals.length, 1),
    ...payload.approvals.map((approval) =>
      join(
        prefixed(approval.publicKeyDer),
        prefixed(approval.actionSignature),
        prefixed(approval.consentSignature)
      )
    )
  );
  return join(body, new Uint8Array((4 - (body.length % 4)) % 4));
}

function referenceResourceAbi(resource: Resource): Uint8Array {
  const refs = [
    resource.logicRef,
    resource.labelRef,
    resource.valueRef,
    resource.nkCommitment,
    resource.nonce,
    resource.randSeed
  ].map((ref) => toPrefixedHex(ref));
  const encoded = encodeAbiParameters(
    [...refs.map(() => ({ type: 'bytes32' }) as const), { type: 'uint128' }, { type: 'bool' }],
    [...refs, resource.quantity, resource.isEphemeral]
  );
  return bytesOf(Buffer.from(encoded.slice(2), 'hex'));
}

export function referenceMessages(scope: {
  readonly signerCanisterId: Uint8Array;
  readonly domainId: Uint8Array;
  readonly tags: readonly Bytes32[];
  readonly consents: readonly Consent[];
}): { readonly action: Uint8Array; readonly consent: Uint8Array } {
  const root = referenceActionTreeRoot(scope.tags);
  const consentDigest = referenceTaggedHash(
    'hypha/consent/v1',
    scope.signerCanisterId,
    scope.domainId,
    root,
    consentBytes(scope.consents)
  );
  return {
    action: join(text('ARM_AUTH_V1'), text('HyphaAccountAuthorization'), root),
    consent: join(Uint8Array.of(0x0d), text('hypha-consent'), consentDigest)
  };
}

/** Someone with an identity key. */
export type Party = {
  readonly publicKeyDer: Uint8Array;
  readonly principal: Uint8Array;
  readonly sign: (message: Uint8Array) => Uint8Array;
};

export const referencePrincipal = (publicKeyDer: Uint8Array): Uint8Array =>
  join(bytesOf(createHash('sha224').update(publicKeyDer).digest()), Uint8Array.of(2));

/** A party with an Ed25519 key, signing with node:crypto. */
export function ed25519Party(name: string): Party {
  const der = join(
    bytesOf(Buffer.from('302e020100300506032b657004220420', 'hex')),
    referenceSha256(text(`ed25519 ${name}`))
  );
  const key = createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' });
  const publicKeyDer = bytesOf(createPublicKey(key).export({ format: 'der', type: 'spki' }));
  return {
    publicKeyDer,
    principal: referencePrincipal(publicKeyDer),
    sign: (message) => bytesOf(sign(null, message, key))
  };
}

/** A party with a secp256k1 key, signing with noble. */
export function secp256k1Party(name: string): Party {
  const secretKey = referenceSha256(text(`secp256k1 ${name}`));
  const publicKeyDer = join(
    bytesOf(Buffer.from('3056301006072a8648ce3d020106052b8104000a034200', 'hex')),
    secp256k1.getPublicKey(secretKey, false)
  );
  return {
    publicKeyDer,
    principal: referencePrincipal(publicKeyDer),
    sign: (message) => secp256k1.sign(referenceSha256(message), secretKey, { lowS: true }).toCompactRawBytes()
  };
}

export const approve = (
  party: Party,
  messages: { readonly action: Uint8Array; readonly consent: Uint8Array }
): Approval => ({
  publicKeyDer: party.publicKeyDer,
  actionSignature: party.sign(messages.action),
  consentSignature: party.sign(messages.consent)
});
