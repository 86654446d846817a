import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/**
 * LMDB maps its file and trusts it: a page that is not there ends the process with a signal. So everything a reader
 * can reach is looked at first: both meta pages, every branch and leaf page, and the extent of every large value.
 * The layout is that of 64-bit LMDB with a transaction number in each page header, as the npm package builds it.
 */
const PAGE_HEADER_BYTES = 24;
const NODE_HEADER_BYTES = 8;
const MAGIC = 0xbeefc0de;
const DATA_VERSION = 2;
const FLAG = { branch: 0x01, leaf: 0x02, meta: 0x08 };
const LARGE_VALUE = 0x01;
const NO_ROOT = 0xffff_ffff_ffff_ffffn;
const TREE_OFFSET = { free: 48, main: 96 };
const MAX_DEPTH = 32;

/** Told with a sentence fragment that says what is wrong with a file. */
class Damage extends Error {}

/** Says what is wrong with an LMDB data file, or undefined when all of it is there. Reads no values. */
export function findDamage(path: string): string | undefined {
  const descriptor = openSync(path, 'r');
  try {
    new DataFile(descriptor).check();
    return undefined;
  } catch (error) {
    if (error instanceof Damage) return error.message;
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

class DataFile {
  readonly #byteLength: number;
  #pageBytes = 0;
  #pagesToVisit = 0;

  constructor(private readonly descriptor: number) {
    this.#byteLength = fstatSync(descriptor).size;
  }

  check(): void {
    const first = this.#readMeta(0);
    this.#pageBytes = first.readUInt32LE(TREE_OFFSET.free);
    if (![4096, 8192, 16384, 32768, 65536].includes(this.#pageBytes))
      throw new Damage('its page size is garbage');
    const second = this.#readMeta(this.#pageBytes);
    const newest = second.readBigUInt64LE(152) > first.readBigUInt64LE(152) ? second : first;
    this.#pagesToVisit = this.#pageCount;
    for (const offset of [TREE_OFFSET.free, TREE_OFFSET.main]) {
      const root = newest.readBigUInt64LE(offset + 40);
      if (root !== NO_ROOT) this.#checkTree(root, 1);
    }
  }

  get #pageCount(): number {
    return Math.floor(this.#byteLength / this.#pageBytes);
  }

  #readMeta(position: number): Buffer {
    const meta = this.#read(position, 168);
    const isMeta =
      (meta.readUInt16LE(18) & FLAG.meta) !== 0 &&
      meta.readUInt32LE(24) === MAGIC &&
      (meta.readUInt32LE(28) & 0xffff) === DATA_VERSION;
    if (!isMeta) throw new Damage(`there is no header at byte ${position}`);
    return meta;
  }

  #checkTree(number: bigint, depth: number): void {
    const page = this.#readPage(number);
    // A whole tree visits no page twice and is never that deep: this ends a circle.
    if (--this.#pagesToVisit < 0 || depth > MAX_DEPTH) throw new Damage('its pages form a circle');
    const flags = page.readUInt16LE(18);
    const isBranch = flags === FLAG.branch;
    if (!isBranch && flags !== FLAG.leaf) throw new Damage(`page ${number} is of no known kind`);
    for (const node of nodesOf(page, number)) {
      if (isBranch) this.#checkTree(childOf(page, node), depth + 1);
      else this.#checkValue(page, node, number);
    }
  }

  #checkValue(page: Buffer, node: number, number: bigint): void {
    const keyBytes = page.readUInt16LE(node + 6);
    const valueBytes = page.readUInt32LE(node);
    const value = node + NODE_HEADER_BYTES + keyBytes;
    const isLarge = page.readUInt16LE(node + 4) === LARGE_VALUE;
    if (value + (isLarge ? 24 : valueBytes) > this.#pageBytes) throw new Damage(`page ${number} is garbage`);
    if (!isLarge) return;
    const firstPage = page.readBigUInt64LE(value);
    const needed = Math.ceil((PAGE_HEADER_BYTES + valueBytes) / this.#pageBytes);
    if (page.readBigUInt64LE(value + 16) !== BigInt(needed)) throw new Damage(`page ${number} is garbage`);
    if (firstPage + BigInt(needed) > BigInt(this.#pageCount)) throw this.#truncated();
  }

  #readPage(number: bigint): Buffer {
    if (number >= BigInt(this.#pageCount)) throw this.#truncated();
    const page = this.#read(Number(number) * this.#pageBytes, this.#pageBytes);
    if (page.readBigUInt64LE(0) !== number) throw new Damage(`page ${number} is garbage`);
    return page;
  }

  #read(position: number, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    if (readSync(this.descriptor, bytes, 0, length, position) < length) throw this.#truncated();
    return bytes;
  }

  #truncated(): Damage {
    return new Damage(`its end is missing: it has ${this.#byteLength} bytes`);
  }
}

/** Positions of a page's nodes, each with its header inside the page. */
function nodesOf(page: Buffer, number: bigint): number[] {
  const count = page.readUInt16LE(20) >> 1;
  if (PAGE_HEADER_BYTES + count * 2 > page.length) throw new Damage(`page ${number} is garbage`);
  return Array.from({ length: count }, (_, index) => {
    const node = page.readUInt16LE(PAGE_HEADER_BYTES + index * 2) + PAGE_HEADER_BYTES;
    if (node + NODE_HEADER_BYTES > page.length) throw new Damage(`page ${number} is garbage`);
    return node;
  });
}

/** A branch node keeps its child's page number, 48 bits, where a leaf node keeps size and flags. */
const childOf = (page: Buffer, node: number): bigint =>
  BigInt(page.readUInt32LE(node)) + (BigInt(page.readUInt16LE(node + 4)) << 32n);
