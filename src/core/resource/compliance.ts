/** Compliance instances of ARM v1: the public output of the compliance circuit for one consumed and one created resource. */
import { ByteReader, type Bytes32, concat } from '../bytes';
import { type CurvePoint, curvePoint } from '../crypto/secp256k1-group';

/** Bytes of a compliance journal: seven words, no length prefix. */
export const COMPLIANCE_JOURNAL_LENGTH = 224;

/** The coordinates are as received; {@link unitDeltaOf} refuses those of no point. */
export type ComplianceInstance = {
  readonly consumed: {
    readonly nullifier: Bytes32;
    readonly logicRef: Bytes32;
    readonly commitmentTreeRoot: Bytes32;
  };
  readonly created: { readonly commitment: Bytes32; readonly logicRef: Bytes32 };
  readonly unitDeltaX: Bytes32;
  readonly unitDeltaY: Bytes32;
};

/** The 224-byte journal; Solidity's ABI encoding of the instance is the same bytes. */
export function encodeComplianceJournal(instance: ComplianceInstance): Uint8Array {
  return concat(
    instance.consumed.nullifier,
    instance.consumed.logicRef,
    instance.consumed.commitmentTreeRoot,
    instance.created.commitment,
    instance.created.logicRef,
    instance.unitDeltaX,
    instance.unitDeltaY
  );
}

/** The instance of a 224-byte journal. @throws {ProtocolError} `bytes/truncated`, `bytes/trailing`. */
export function decodeComplianceJournal(journal: Uint8Array): ComplianceInstance {
  const reader = new ByteReader(journal, 'compliance journal');
  const instance: ComplianceInstance = {
    consumed: {
      nullifier: reader.take32(),
      logicRef: reader.take32(),
      commitmentTreeRoot: reader.take32()
    },
    created: { commitment: reader.take32(), logicRef: reader.take32() },
    unitDeltaX: reader.take32(),
    unitDeltaY: reader.take32()
  };
  reader.end();
  return instance;
}

/** The unit delta as a point. @throws {ProtocolError} `secp256k1/not-on-curve`. */
export function unitDeltaOf(instance: ComplianceInstance): CurvePoint {
  return curvePoint(concat(instance.unitDeltaX, instance.unitDeltaY));
}
