/**
 * Byte forms of what the `domains` canister keeps in stable memory. Every record begins with a version byte, so that
 * a later layout can tell them apart. Integers are big-endian.
 *
 * | record     | bytes                                                                                           |
 * | ---------- | ----------------------------------------------------------------------------------------------- |
 * | domain     | u8 1, u64 revision, u16[halt reason] (empty: running), u16[name], u64 chain id, adapter 20, 3 x u256 slots,    |
 * |            | logic ref 32, u8 agreement, u8 providers, each u16[URL]                                         |
 * | checkpoint | u8 1, block hash 32, root 32, u64 leaf count, storage hash 32, u64 accepted at (ns)             |
 * | heights    | u64 each, ascending                                                                             |
 */
import { type Checkpoint } from '../../core/domain/checkpoint';
import { type DomainStatus } from '../../api/domains-wire';
import {
  ByteReader,
  type Bytes32,
  address,
  concat,
  decodeBigEndian,
  encodeBigEndian,
  prefixed
} from '../../core/bytes';
import { type EvmDomainConfig } from '../../core/domain/evm-domain';
import { decodeUtf8, encodeUtf8 } from '../../core/log/utf8';

/** A registered domain. */
export type DomainRecord = {
  readonly id: Bytes32;
  readonly config: EvmDomainConfig;
  readonly status: DomainStatus;
};

/** A domain as stored. `revision` tells a message, after its await, whether anything was changed meanwhile. */
export type StoredDomain = DomainRecord & { readonly revision: bigint };

const VERSION = 1;
const MAX_TEXT_BYTES = 0xffff;
const HEIGHT_BYTES = 8;
const SLOT_BYTES = 32;

const encodeText = (text: string): Uint8Array => prefixed(encodeUtf8(text));
const u8 = (value: number): Uint8Array => encodeBigEndian(BigInt(value), 1);
const u64 = (value: bigint): Uint8Array => encodeBigEndian(value, 8);

/** Stored form of a domain, without its id, which is its key. */
export function encodeDomainRecord({ revision, status, config }: StoredDomain): Uint8Array {
  const reason = status.status === 'halted' ? status.reason : '';
  return concat(u8(VERSION), u64(revision), encodeText(reason), encodeConfig(config));
}

/** A domain from its stored form. @throws on bytes that this program never wrote. */
export function decodeDomainRecord(id: Bytes32, bytes: Uint8Array): StoredDomain {
  const reader = openRecord(bytes, 'stored domain');
  const revision = readUint(reader, 8);
  const reason = readText(reader);
  const config = readConfig(reader);
  reader.end();
  return {
    id,
    revision,
    config,
    status: reason === '' ? { status: 'running' } : { status: 'halted', reason }
  };
}

function encodeConfig(config: EvmDomainConfig): Uint8Array {
  const { leafCountSlot, rootValuesSlot, nullifierPositionsSlot } = config.layout;
  const slots = [leafCountSlot, rootValuesSlot, nullifierPositionsSlot];
  return concat(
    encodeText(config.name),
    u64(config.chainId),
    config.adapter,
    ...slots.map((slot) => encodeBigEndian(slot, SLOT_BYTES)),
    config.logicRef,
    u8(config.agreement),
    u8(config.providers.length),
    ...config.providers.map(encodeText)
  );
}

function readConfig(reader: ByteReader): EvmDomainConfig {
  return {
    name: readText(reader),
    chainId: readUint(reader, 8),
    adapter: address(reader.take(20), 'stored adapter'),
    layout: {
      leafCountSlot: readUint(reader, SLOT_BYTES),
      rootValuesSlot: readUint(reader, SLOT_BYTES),
      nullifierPositionsSlot: readUint(reader, SLOT_BYTES)
    },
    logicRef: reader.take32(),
    agreement: reader.uint(1),
    providers: Array.from({ length: reader.uint(1) }, () => readText(reader))
  };
}

/** Stored form of a checkpoint, without domain and height, which are its key. */
export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  return concat(
    u8(VERSION),
    checkpoint.blockHash,
    checkpoint.root,
    u64(checkpoint.leafCount),
    checkpoint.storageHash,
    u64(checkpoint.acceptedAtNs)
  );
}

/** A checkpoint from its stored form. @throws on bytes that this program never wrote. */
export function decodeCheckpoint(
  key: { readonly domainId: Bytes32; readonly height: bigint },
  bytes: Uint8Array
): Checkpoint {
  const reader = openRecord(bytes, 'stored checkpoint');
  const checkpoint = {
    domainId: key.domainId,
    height: key.height,
    blockHash: reader.take32(),
    root: reader.take32(),
    leafCount: readUint(reader, 8),
    storageHash: reader.take32(),
    acceptedAtNs: readUint(reader, 8)
  };
  reader.end();
  return checkpoint;
}

/** Key of a checkpoint: domain id, then the height as u64, so that no two share one. */
export const checkpointKey = (domain: Bytes32, height: bigint): Uint8Array => concat(domain, u64(height));

/** An ascending list of heights as bytes, searched in place: a thousand of them need no thousand objects. */
export type HeightList = { readonly bytes: Uint8Array };

/** How many heights are in the list. */
export const countHeights = (list: HeightList): number => list.bytes.length / HEIGHT_BYTES;

/** The height at `index`, or undefined outside the list. */
export function heightAt(list: HeightList, index: number): bigint | undefined {
  if (index < 0 || index >= countHeights(list)) return undefined;
  const offset = index * HEIGHT_BYTES;
  return decodeBigEndian(list.bytes.subarray(offset, offset + HEIGHT_BYTES));
}

/** Index of the first height that is not below `height`. */
export function lowerBound(list: HeightList, height: bigint): number {
  let low = 0;
  let high = countHeights(list);
  while (low < high) {
    const middle = (low + high) >> 1;
    const found = heightAt(list, middle);
    if (found !== undefined && found < height) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The list with `height` in its place; a height that is in it already stays single. */
export function insertHeight(list: HeightList, height: bigint): HeightList {
  const index = lowerBound(list, height);
  if (heightAt(list, index) === height) return list;
  const offset = index * HEIGHT_BYTES;
  return { bytes: concat(list.bytes.subarray(0, offset), u64(height), list.bytes.subarray(offset)) };
}

/** The heights from index `start` up to, not including, `end`. */
export function sliceHeights(list: HeightList, range: { start: number; end: number }): HeightList {
  return { bytes: list.bytes.slice(range.start * HEIGHT_BYTES, range.end * HEIGHT_BYTES) };
}

function openRecord(bytes: Uint8Array, label: string): ByteReader {
  const reader = new ByteReader(bytes, label);
  const version = reader.uint(1);
  if (version !== VERSION) throw new Error(`BUG: ${label} of version ${version}, expected ${VERSION}`);
  return reader;
}

const readUint = (reader: ByteReader, length: number): bigint => decodeBigEndian(reader.take(length));
const readText = (reader: ByteReader): string => decodeUtf8(reader.prefixed(MAX_TEXT_BYTES));
