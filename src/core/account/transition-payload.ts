/**
 * The application payload of a created account resource: all that a relayer needs, besides the chain, to rebuild the
 * proof (docs/protocol/account-transfer.md, "Application payload"). It is public and comes from anyone; decoding is
 * strict, so that no byte goes without a meaning.
 */
import {
  type Bytes32,
  ByteReader,
  ascii,
  concat,
  decodeBigEndian,
  encodeBigEndian,
  equalBytes,
  prefixed,
  ZERO_BYTES32
} from '../bytes';
import { ProtocolError } from '../error';
import {
  type Resource,
  RESOURCE_ABI_LENGTH,
  decodeResourceAbi,
  encodeResourceAbi
} from '../resource/resource';
import { type AccountId } from './account-id';

/** `binding` for an account's first resource, whose consumed side was ephemeral. */
export type TransitionPurpose = 'binding' | 'transition';

/** What all parties consent to about one account of the action. */
export type Consent = {
  readonly accountId: AccountId;
  /** Of the sealed account; zero for a binding. */
  readonly passportDigest: Bytes32;
  /** The account's before the transition, u64. */
  readonly epoch: bigint;
};

/** One party's signatures of 64 bytes over the action and over the consents. */
export type Approval = {
  readonly publicKeyDer: Uint8Array;
  readonly actionSignature: Uint8Array;
  readonly consentSignature: Uint8Array;
};

export type TransitionPayload = {
  readonly purpose: TransitionPurpose;
  /** Of the consumed head; zero for a binding. */
  readonly nullifierKey: Bytes32;
  readonly successor: Resource;
  /** Encoded account value of the successor, at most 256 bytes. */
  readonly accountValue: Uint8Array;
  /** 1 to 16, in the order of the action's compliance units. */
  readonly consents: readonly Consent[];
  /** 1 to 16. */
  readonly approvals: readonly Approval[];
};

const MAGIC = ascii('HYPHA');
const VERSION = 1;
const PURPOSES: readonly TransitionPurpose[] = ['binding', 'transition'];
const MAX_VALUE_LENGTH = 256;
const MAX_CONSENTS = 16;
const MAX_APPROVALS = 16;
const MAX_KEY_LENGTH = 128;
const SIGNATURE_LENGTH = 64;
const ALIGNMENT = 4;

/**
 * The payload's bytes, a multiple of four.
 * @throws {ProtocolError} the codes of {@link decodeTransitionPayload}, so that nothing is written which it refuses.
 */
export function encodeTransitionPayload(payload: TransitionPayload): Uint8Array {
  assertPayload(payload);
  const body = concat(
    MAGIC,
    Uint8Array.of(VERSION, PURPOSES.indexOf(payload.purpose)),
    payload.nullifierKey,
    encodeResourceAbi(payload.successor),
    prefixed(payload.accountValue),
    Uint8Array.of(payload.consents.length),
    encodeConsents(payload.consents),
    Uint8Array.of(payload.approvals.length),
    ...payload.approvals.map(encodeApproval)
  );
  return concat(body, new Uint8Array(paddingLength(body.length)));
}

/**
 * The payload of its bytes.
 * @throws {ProtocolError} `payload/magic`, `payload/version`, `payload/purpose`, `payload/nullifier-key` (a binding
 * with one), `payload/value-length`, `payload/consents` and `payload/approvals` (none or too many),
 * `payload/public-key`, `payload/signature`, `payload/padding`; `resource/*`, `bytes/*`.
 */
export function decodeTransitionPayload(encoded: Uint8Array): TransitionPayload {
  const reader = new ByteReader(encoded, 'transition payload');
  const purpose = readHeader(reader);
  const payload: TransitionPayload = {
    purpose,
    nullifierKey: reader.take32(),
    successor: decodeResourceAbi(reader.take(RESOURCE_ABI_LENGTH)),
    accountValue: reader.prefixed(MAX_VALUE_LENGTH),
    consents: readList(reader, { code: 'payload/consents', max: MAX_CONSENTS, read: readConsent }),
    approvals: readList(reader, { code: 'payload/approvals', max: MAX_APPROVALS, read: readApproval })
  };
  assertPayload(payload);
  const padding = reader.take(paddingLength(bodyLength(payload)));
  reader.end();
  if (padding.some((byte) => byte !== 0)) {
    throw new ProtocolError('payload/padding', 'expected padding of zero bytes', { padding });
  }
  return payload;
}

/** The consents one after the other, 72 bytes each: what the payload carries and what the parties sign. */
export function encodeConsents(consents: readonly Consent[]): Uint8Array {
  return concat(
    ...consents.map(({ accountId, passportDigest, epoch }) =>
      concat(accountId, passportDigest, encodeBigEndian(epoch, 8))
    )
  );
}

const encodeApproval = (approval: Approval): Uint8Array =>
  concat(
    prefixed(approval.publicKeyDer),
    prefixed(approval.actionSignature),
    prefixed(approval.consentSignature)
  );

function readHeader(reader: ByteReader): TransitionPurpose {
  const magic = reader.take(MAGIC.length);
  if (!equalBytes(magic, MAGIC)) {
    throw new ProtocolError('payload/magic', 'expected a payload that begins with HYPHA', { magic });
  }
  const version = reader.uint(1);
  if (version !== VERSION) {
    throw new ProtocolError('payload/version', `expected version ${VERSION}, got ${version}`, { version });
  }
  const tag = reader.uint(1);
  const purpose = PURPOSES[tag];
  if (purpose === undefined) {
    throw new ProtocolError('payload/purpose', `expected purpose 0 or 1, got ${tag}`, { purpose: tag });
  }
  return purpose;
}

function readList<T>(
  reader: ByteReader,
  list: { readonly code: string; readonly max: number; readonly read: (reader: ByteReader) => T }
): T[] {
  const count = reader.uint(1);
  assertCount(count, list);
  return Array.from({ length: count }, () => list.read(reader));
}

function readConsent(reader: ByteReader): Consent {
  return {
    accountId: reader.take32(),
    passportDigest: reader.take32(),
    epoch: decodeBigEndian(reader.take(8))
  };
}

function readApproval(reader: ByteReader): Approval {
  return {
    publicKeyDer: reader.prefixed(MAX_KEY_LENGTH),
    actionSignature: reader.prefixed(SIGNATURE_LENGTH),
    consentSignature: reader.prefixed(SIGNATURE_LENGTH)
  };
}

function assertPayload(payload: TransitionPayload): void {
  if (payload.purpose === 'binding' && !equalBytes(payload.nullifierKey, ZERO_BYTES32)) {
    throw new ProtocolError('payload/nullifier-key', 'expected a zero nullifier key in a binding');
  }
  if (payload.accountValue.length > MAX_VALUE_LENGTH) {
    throw new ProtocolError(
      'payload/value-length',
      `expected an account value of at most ${MAX_VALUE_LENGTH} bytes, got ${payload.accountValue.length}`
    );
  }
  assertCount(payload.consents.length, { code: 'payload/consents', max: MAX_CONSENTS });
  assertCount(payload.approvals.length, { code: 'payload/approvals', max: MAX_APPROVALS });
  payload.approvals.forEach(assertApproval);
}

function assertApproval({ publicKeyDer, actionSignature, consentSignature }: Approval): void {
  if (publicKeyDer.length === 0 || publicKeyDer.length > MAX_KEY_LENGTH) {
    throw new ProtocolError(
      'payload/public-key',
      `expected a public key of 1 to ${MAX_KEY_LENGTH} bytes, got ${publicKeyDer.length}`
    );
  }
  for (const signature of [actionSignature, consentSignature]) {
    if (signature.length !== SIGNATURE_LENGTH) {
      throw new ProtocolError(
        'payload/signature',
        `expected signatures of ${SIGNATURE_LENGTH} bytes, got ${signature.length}`
      );
    }
  }
}

function assertCount(count: number, list: { readonly code: string; readonly max: number }): void {
  if (count < 1 || count > list.max) {
    throw new ProtocolError(list.code, `expected 1 to ${list.max}, got ${count}`, { count });
  }
}

/** Zero bytes that bring `length` to the next multiple of four; payload blobs travel in words of four bytes. */
const paddingLength = (length: number): number => (ALIGNMENT - (length % ALIGNMENT)) % ALIGNMENT;

function bodyLength({ accountValue, consents, approvals }: TransitionPayload): number {
  const approvalsLength = approvals.reduce(
    (sum, { publicKeyDer }) => sum + 2 + publicKeyDer.length + 2 * (2 + SIGNATURE_LENGTH),
    0
  );
  const fixedLength = MAGIC.length + 2 + 32 + RESOURCE_ABI_LENGTH + 2 + 1 + 1;
  return fixedLength + accountValue.length + 72 * consents.length + approvalsLength;
}
