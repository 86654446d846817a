/** Transfer plans as JSON text, to be mailed, pasted or stored between the parties. Bytes are hex, integers decimal text. */
import { type Approval } from '../core/account/transition-payload';
import { type Bytes32, bytes32, fromHex, toHex } from '../core/bytes';
import { ProtocolError } from '../core/error';
import { decodeResourceAbi, encodeResourceAbi } from '../core/resource/resource';
import { type Given, type Received, type TransferPlan, type TransferUnit } from './transfer-plan';

const FORMAT = 'hypha-transfer-plan';
const VERSION = 1;
const TEXT_MAX = 256 * 1024;
const UNITS_MAX = 16;
const U64_MAX = (1n << 64n) - 1n;

/** The plan as indented JSON. */
export function encodeTransferPlan(plan: TransferPlan): string {
  const json = {
    format: FORMAT,
    version: VERSION,
    signer: toHex(plan.signerCanisterId),
    domain: toHex(plan.domainId),
    logicRef: toHex(plan.logicRef),
    units: plan.units.map(encodeUnit),
    approvals: plan.approvals.map((approval) => ({
      publicKey: toHex(approval.publicKeyDer),
      action: toHex(approval.actionSignature),
      consent: toHex(approval.consentSignature)
    }))
  };
  return `${JSON.stringify(json, null, 2)}\n`;
}

function encodeUnit(unit: TransferUnit): Record<string, unknown> {
  const { given, received } = unit;
  return {
    account: toHex(unit.accountId),
    from: toHex(unit.from),
    to: toHex(unit.to),
    epoch: unit.epoch.toString(),
    passport: toHex(unit.passportDigest),
    head: unit.head === null ? null : toHex(encodeResourceAbi(unit.head)),
    given: given === null ? null : { nk: toHex(given.nk), rcv: toHex(given.rcv) },
    received:
      received === null
        ? null
        : { nkCommitment: toHex(received.nkCommitment), randSeed: toHex(received.randSeed) }
  };
}

/** The plan in `text`. @throws {ProtocolError} `transfer/plan-format` naming the field; `bytes/*`, `resource/*`. */
export function decodeTransferPlan(text: string): TransferPlan {
  const plan = asRecord(parseJson(text), 'plan');
  if (plan['format'] !== FORMAT || plan['version'] !== VERSION) {
    throw formatError(`expected format ${FORMAT} version ${VERSION}`);
  }
  return {
    signerCanisterId: principalField(plan, 'signer'),
    domainId: bytes32Field(plan, 'domain'),
    logicRef: bytes32Field(plan, 'logicRef'),
    units: listField(plan, 'units').map(decodeUnit),
    approvals: listField(plan, 'approvals').map(decodeApproval)
  };
}

function decodeUnit(value: unknown): TransferUnit {
  const unit = asRecord(value, 'unit');
  const given = optional(unit['given'], decodeGiven);
  const received = optional(unit['received'], decodeReceived);
  return {
    accountId: bytes32Field(unit, 'account'),
    from: principalField(unit, 'from'),
    to: principalField(unit, 'to'),
    epoch: integerField(unit, 'epoch'),
    passportDigest: bytes32Field(unit, 'passport'),
    head: optional(unit['head'], () => decodeResourceAbi(bytesField(unit, 'head'))),
    given,
    received
  };
}

function decodeGiven(value: unknown): Given {
  const given = asRecord(value, 'given');
  return { nk: bytes32Field(given, 'nk'), rcv: bytes32Field(given, 'rcv') };
}

function decodeReceived(value: unknown): Received {
  const received = asRecord(value, 'received');
  return {
    nkCommitment: bytes32Field(received, 'nkCommitment'),
    randSeed: bytes32Field(received, 'randSeed')
  };
}

function decodeApproval(value: unknown): Approval {
  const approval = asRecord(value, 'approval');
  return {
    publicKeyDer: bytesField(approval, 'publicKey'),
    actionSignature: bytesField(approval, 'action'),
    consentSignature: bytesField(approval, 'consent')
  };
}

function parseJson(text: string): unknown {
  if (text.length > TEXT_MAX)
    throw formatError(`expected at most ${TEXT_MAX} characters, got ${text.length}`);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw formatError('it is not JSON', cause);
  }
}

function asRecord(value: unknown, label: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw formatError(`${label} must be an object`);
  return { ...value };
}

const optional = <T>(value: unknown, decode: (value: unknown) => T): T | null =>
  value === null || value === undefined ? null : decode(value);

function listField(record: Readonly<Record<string, unknown>>, field: string): unknown[] {
  const value = record[field];
  if (!Array.isArray(value) || value.length > UNITS_MAX)
    throw formatError(`${field} must list at most ${UNITS_MAX}`);
  return value;
}

function bytesField(record: Readonly<Record<string, unknown>>, field: string): Uint8Array {
  const value = record[field];
  if (typeof value !== 'string') throw formatError(`${field} must be hex text`);
  return fromHex(value);
}

const bytes32Field = (record: Readonly<Record<string, unknown>>, field: string): Bytes32 =>
  bytes32(bytesField(record, field), field);

function principalField(record: Readonly<Record<string, unknown>>, field: string): Uint8Array {
  const value = bytesField(record, field);
  if (value.length === 0 || value.length > 29)
    throw formatError(`${field} must be a principal of 1 to 29 bytes`);
  return value;
}

function integerField(record: Readonly<Record<string, unknown>>, field: string): bigint {
  const value = record[field];
  const integer = typeof value === 'string' && /^\d{1,20}$/.test(value) ? BigInt(value) : undefined;
  if (integer === undefined || integer > U64_MAX) throw formatError(`${field} must be a u64 in decimal text`);
  return integer;
}

const formatError = (reason: string, cause?: unknown): ProtocolError =>
  new ProtocolError('transfer/plan-format', `not a transfer plan: ${reason}`, {}, { cause });
