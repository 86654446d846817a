/**
 * Logic instances: the public output of a resource logic, and the application data that travels with a resource.
 *
 * Journal (risc0 serde, u32 little-endian): `tag 32 | isConsumed u32 | actionTreeRoot 32 | resource | discovery |
 * external | application payload`, a payload being `count u32 | (words u32 | blob | deletionCriterion u32)*`.
 */
import { type Bytes32, concat } from '../bytes';
import { ProtocolError } from '../error';

/** 0: the blob may be dropped at once; 1: never, and the protocol adapter emits it in an event. */
export type DeletionCriterion = 0 | 1;
export const DELETE_IMMEDIATELY: DeletionCriterion = 0;
export const DELETE_NEVER: DeletionCriterion = 1;

/** `blob`: a whole number of 4-byte words; a blob's own format must tell its length. */
export type ExpirableBlob = { readonly blob: Uint8Array; readonly deletionCriterion: DeletionCriterion };

/** What a resource carries along in plain sight, by purpose; the external payload makes the adapter call forwarders. */
export type AppData = {
  readonly resourcePayload: readonly ExpirableBlob[];
  readonly discoveryPayload: readonly ExpirableBlob[];
  readonly externalPayload: readonly ExpirableBlob[];
  readonly applicationPayload: readonly ExpirableBlob[];
};
export const NO_APP_DATA: AppData = {
  resourcePayload: [],
  discoveryPayload: [],
  externalPayload: [],
  applicationPayload: []
};

/** `tag`: the nullifier of a consumed resource, the commitment of a created one. */
export type LogicInstance = {
  readonly tag: Bytes32;
  readonly isConsumed: boolean;
  readonly actionTreeRoot: Bytes32;
  readonly appData: AppData;
};

/** The journal of a logic instance, at least 84 bytes. @throws {ProtocolError} `logic/blob-length`. */
export function encodeLogicJournal(instance: LogicInstance): Uint8Array {
  const { appData } = instance;
  return concat(
    instance.tag,
    u32LittleEndian(instance.isConsumed ? 1 : 0),
    instance.actionTreeRoot,
    encodePayload(appData.resourcePayload),
    encodePayload(appData.discoveryPayload),
    encodePayload(appData.externalPayload),
    encodePayload(appData.applicationPayload)
  );
}

/** `value` (below 2^32) in four bytes, little-endian: an integer of a RISC Zero journal. */
export function u32LittleEndian(value: number): Uint8Array {
  return Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24);
}

function encodePayload(blobs: readonly ExpirableBlob[]): Uint8Array {
  const parts = blobs.map(({ blob, deletionCriterion }) => {
    // The adapter's division rounds down silently: two different blobs could share a journal.
    if (blob.length % 4 !== 0) {
      throw new ProtocolError(
        'logic/blob-length',
        `expected a blob of whole words, got ${blob.length} bytes`
      );
    }
    return concat(u32LittleEndian(blob.length / 4), blob, u32LittleEndian(deletionCriterion));
  });
  return concat(u32LittleEndian(blobs.length), ...parts);
}
