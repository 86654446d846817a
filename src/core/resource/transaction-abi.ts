/**
 * The Solidity ABI of ARM v1 transactions, and the calldata of the protocol adapter's `execute(Transaction)`.
 *
 * ```
 * Transaction(Action[] actions, bytes deltaProof, bytes aggregationProof)
 * Action(LogicInput[], ComplianceInput[])   LogicInput(bytes32 tag, bytes32 verifyingKey, AppData, bytes proof)
 * AppData(ExpirableBlob[] x 4)              ExpirableBlob(uint8 deletionCriterion, bytes blob)
 * ComplianceInput(bytes proof, Instance)    Instance: seven static words, the compliance journal itself
 * ```
 */
import {
  AbiReader,
  dynamicPart,
  encodeBytes,
  encodeList,
  encodeTuple,
  encodeUint,
  staticPart
} from '../abi-codec';
import { concat, fromHex } from '../bytes';
import { ProtocolError } from '../error';
import { COMPLIANCE_JOURNAL_LENGTH, decodeComplianceJournal, encodeComplianceJournal } from './compliance';
import { type AppData, DELETE_IMMEDIATELY, DELETE_NEVER, type ExpirableBlob } from './logic';
import type { Action, ComplianceUnit, LogicInput, Transaction } from './transaction';

/** First four bytes of keccak256 of the signature of `execute`. */
const EXECUTE_SELECTOR = fromHex('ed3cf91f');
/** Larger transactions are refused: about five times the largest published one (20 compliance units, 82 kB). */
export const MAX_TRANSACTION_BYTES = 400_000;

/** `abi.encode(transaction)`. */
export function encodeTransaction(transaction: Transaction): Uint8Array {
  const body = encodeTuple([
    dynamicPart(encodeList(transaction.actions.map((action) => dynamicPart(encodeAction(action))))),
    dynamicPart(encodeBytes(transaction.deltaProof)),
    dynamicPart(encodeBytes(transaction.aggregationProof))
  ]);
  return encodeTuple([dynamicPart(body)]);
}

/**
 * The transaction of `abi.encode(transaction)`, at most {@link MAX_TRANSACTION_BYTES}. Layouts other than the standard
 * one are accepted as on chain, but none that shares parts to grow.
 * @throws {ProtocolError} `bytes/limit`, `abi/truncated`, `abi/integer-range`, `abi/budget`.
 */
export function decodeTransaction(bytes: Uint8Array): Transaction {
  if (bytes.length > MAX_TRANSACTION_BYTES) {
    throw new ProtocolError(
      'bytes/limit',
      `expected at most ${MAX_TRANSACTION_BYTES} bytes, got ${bytes.length}`
    );
  }
  const transaction = AbiReader.over(bytes).tuple();
  return {
    actions: transaction.list(decodeAction),
    deltaProof: transaction.bytes(),
    aggregationProof: transaction.bytes()
  };
}

/** Calldata of `execute(transaction)`. */
export const encodeExecuteCall = (transaction: Transaction): Uint8Array =>
  concat(EXECUTE_SELECTOR, encodeTransaction(transaction));

function encodeAction(action: Action): Uint8Array {
  return encodeTuple([
    dynamicPart(encodeList(action.logicInputs.map((input) => dynamicPart(encodeLogicInput(input))))),
    dynamicPart(encodeList(action.complianceUnits.map((unit) => dynamicPart(encodeComplianceUnit(unit)))))
  ]);
}

function decodeAction(elements: AbiReader): Action {
  const action = elements.tuple();
  return { logicInputs: action.list(decodeLogicInput), complianceUnits: action.list(decodeComplianceUnit) };
}

function encodeLogicInput(input: LogicInput): Uint8Array {
  return encodeTuple([
    staticPart(input.tag),
    staticPart(input.verifyingKey),
    dynamicPart(encodeAppData(input.appData)),
    dynamicPart(encodeBytes(input.proof))
  ]);
}

function decodeLogicInput(elements: AbiReader): LogicInput {
  const input = elements.tuple();
  return {
    tag: input.word(),
    verifyingKey: input.word(),
    appData: decodeAppData(input.tuple()),
    proof: input.bytes()
  };
}

function encodeComplianceUnit(unit: ComplianceUnit): Uint8Array {
  return encodeTuple([
    dynamicPart(encodeBytes(unit.proof)),
    staticPart(encodeComplianceJournal(unit.instance))
  ]);
}

function decodeComplianceUnit(elements: AbiReader): ComplianceUnit {
  const unit = elements.tuple();
  return {
    proof: unit.bytes(),
    instance: decodeComplianceJournal(unit.words(COMPLIANCE_JOURNAL_LENGTH / 32))
  };
}

function encodeAppData(appData: AppData): Uint8Array {
  const payloads = [
    appData.resourcePayload,
    appData.discoveryPayload,
    appData.externalPayload,
    appData.applicationPayload
  ];
  return encodeTuple(
    payloads.map((blobs) => dynamicPart(encodeList(blobs.map((blob) => dynamicPart(encodeBlob(blob))))))
  );
}

function decodeAppData(appData: AbiReader): AppData {
  return {
    resourcePayload: appData.list(decodeBlob),
    discoveryPayload: appData.list(decodeBlob),
    externalPayload: appData.list(decodeBlob),
    applicationPayload: appData.list(decodeBlob)
  };
}

function encodeBlob(blob: ExpirableBlob): Uint8Array {
  return encodeTuple([staticPart(encodeUint(blob.deletionCriterion)), dynamicPart(encodeBytes(blob.blob))]);
}

function decodeBlob(elements: AbiReader): ExpirableBlob {
  const blob = elements.tuple();
  const deletionCriterion = blob.uint(DELETE_NEVER) === DELETE_NEVER ? DELETE_NEVER : DELETE_IMMEDIATELY;
  return { deletionCriterion, blob: blob.bytes() };
}
