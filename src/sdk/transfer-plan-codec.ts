/**
 * Transfer plans as JSON text, to be mailed, pasted or stored between the parties. Bytes are hex, integers decimal text;
 * `null` stands for what a party has yet to contribute, and for the head of an account that has none.
 */
import { MAX_PRINCIPAL_LENGTH, type PrincipalBytes } from '../core/account/principal';
import { type Approval } from '../core/account/transition-payload';
import { fromHex, toHex } from '../core/bytes';
import { decodeResourceAbi, encodeResourceAbi } from '../core/resource/resource';
import { JsonReader } from './json-reader';
import {
  type Given,
  MAX_PARTIES,
  MAX_UNITS,
  type Received,
  type TransferPlan,
  type TransferUnit,
  assertTransferPlan
} from './transfer-plan';

const FORMAT = 'hypha-transfer-plan';
const VERSION = 1;
/** UTF-16 units; the largest plan within the limits has about 40,000. */
const TEXT_LENGTH_MAX = 256 * 1024;
const PUBLIC_KEY_LENGTH_MAX = 128;
const SIGNATURE_LENGTH = 64;

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

/**
 * The plan in `text`.
 * @throws {ProtocolError} `transfer/plan-format` naming the field; those of `assertTransferPlan`.
 */
export function decodeTransferPlan(text: string): TransferPlan {
  const source = { code: 'transfer/plan-format', name: 'plan', limit: TEXT_LENGTH_MAX };
  const plan = JsonReader.parse(text, source).record([
    'format',
    'version',
    'signer',
    'domain',
    'logicRef',
    'units',
    'approvals'
  ]);
  plan.format.literal(FORMAT);
  plan.version.literal(VERSION);
  return assertTransferPlan({
    signerCanisterId: readPrincipal(plan.signer),
    domainId: plan.domain.bytes32(),
    logicRef: plan.logicRef.bytes32(),
    units: plan.units.list(MAX_UNITS, readUnit),
    approvals: plan.approvals.list(MAX_PARTIES, readApproval)
  });
}

function readUnit(reader: JsonReader): TransferUnit {
  const unit = reader.record(['account', 'from', 'to', 'epoch', 'passport', 'head', 'given', 'received']);
  return {
    accountId: unit.account.bytes32(),
    from: readPrincipal(unit.from),
    to: readPrincipal(unit.to),
    epoch: unit.epoch.u64(),
    passportDigest: unit.passport.bytes32(),
    head: unit.head.nullable((head) => head.convert((text) => decodeResourceAbi(fromHex(text)))),
    given: unit.given.nullable(readGiven),
    received: unit.received.nullable(readReceived)
  };
}

function readGiven(reader: JsonReader): Given {
  const given = reader.record(['nk', 'rcv']);
  return { nk: given.nk.bytes32(), rcv: given.rcv.bytes32() };
}

function readReceived(reader: JsonReader): Received {
  const received = reader.record(['nkCommitment', 'randSeed']);
  return { nkCommitment: received.nkCommitment.bytes32(), randSeed: received.randSeed.bytes32() };
}

function readApproval(reader: JsonReader): Approval {
  const approval = reader.record(['publicKey', 'action', 'consent']);
  const signatureLength = { min: SIGNATURE_LENGTH, max: SIGNATURE_LENGTH };
  return {
    publicKeyDer: approval.publicKey.bytes({ min: 1, max: PUBLIC_KEY_LENGTH_MAX }),
    actionSignature: approval.action.bytes(signatureLength),
    consentSignature: approval.consent.bytes(signatureLength)
  };
}

const readPrincipal = (reader: JsonReader): PrincipalBytes =>
  reader.bytes({ min: 1, max: MAX_PRINCIPAL_LENGTH });
