/** Reads the signature log as ICRC-3 says. Open to everybody; the tip's certificate makes one replica's answer checkable. */
import { BLOCK_TYPES } from '../../../core/log/block';
import { encodeTipTree } from '../../../core/log/certified-tip';
import { type Icrc3Value, decodeValue } from '../../../core/log/icrc3-value';
import { type SignerContext } from '../signature-log';
import { type SignerStore } from '../store';

/** Blocks in one answer. */
export const MAX_BLOCKS_PER_PAGE = 100;
/** Stored bytes in one answer: more than any block has, and less than the 2 MiB that the IC lets a reply have. */
export const MAX_PAGE_BYTES = 1024 * 1024;

export type BlockRange = { readonly start: bigint; readonly length: bigint };
export type LogPage = {
  readonly logLength: bigint;
  readonly blocks: readonly { readonly id: bigint; readonly block: Icrc3Value }[];
};

/** The blocks of `ranges` that exist, in the order asked for, up to the limits: ask again from where an answer ends. */
export function readBlocks(store: SignerStore, ranges: readonly BlockRange[]): LogPage {
  const logLength = store.logLength();
  const blocks: { id: bigint; block: Icrc3Value }[] = [];
  let bytes = 0;
  for (const id of indicesOf(ranges, logLength)) {
    const stored = store.findBlock(id);
    if (stored === undefined) throw new Error(`BUG: block ${id} is missing`);
    bytes += stored.length;
    if (bytes > MAX_PAGE_BYTES) break;
    blocks.push({ id, block: decodeValue(stored) });
  }
  return { logLength, blocks };
}

/** At most {@link MAX_BLOCKS_PER_PAGE} indices below `logLength`. */
function indicesOf(ranges: readonly BlockRange[], logLength: bigint): bigint[] {
  const indices: bigint[] = [];
  for (const { start, length } of ranges.slice(0, MAX_BLOCKS_PER_PAGE)) {
    const end = start + length < logLength ? start + length : logLength;
    for (let id = start; id < end && indices.length < MAX_BLOCKS_PER_PAGE; id += 1n) indices.push(id);
  }
  return indices;
}

/** The IC's certificate of the log's tip, and the hash tree it certifies. */
export type TipCertificate = { readonly certificate: Uint8Array; readonly hashTree: Uint8Array };

/** Undefined while the log is empty, and outside a query. */
export function readTipCertificate({ runtime, store }: SignerContext): TipCertificate | undefined {
  const certificate = runtime.dataCertificate();
  const tip = store.logTip();
  if (certificate === undefined || tip === undefined) return undefined;
  return { certificate, hashTree: encodeTipTree(tip) };
}

/** The block types that this log has, and where in this project they are described. */
export const SUPPORTED_BLOCK_TYPES = Object.values(BLOCK_TYPES).map((type) => ({
  block_type: type,
  url: 'src/core/log/block.ts'
}));
