import { CanisterFault, ERROR_CODE } from './canister-fault';
import { DIRTY_STABLE_PAGE_INSTRUCTIONS } from './system-api-charges';
import { type ApiFunctions, type ApiHost } from './system-api-host';
import { WASM_PAGE_BYTES } from './webassembly';

const MAX_32_BIT_PAGES = 2 ** 32 / WASM_PAGE_BYTES;

/** Stable memory, by 32-bit and 64-bit addresses. */
export function stableFunctions(host: ApiHost): ApiFunctions {
  const { stable } = host;
  return {
    stable64_size: () => BigInt(stable.pageCount),
    stable64_grow: (extra: bigint) => BigInt(stable.grow(toNumber(extra))),
    stable64_write: (offset: bigint, source: bigint, size: bigint) => {
      if (size === 0n) return;
      write(host, { offset: toNumber(offset), address: toNumber(source), size: toNumber(size) });
    },
    stable64_read: (target: bigint, offset: bigint, size: bigint) => {
      if (size === 0n) return;
      read(host, { offset: toNumber(offset), address: toNumber(target), size: toNumber(size) });
    },
    stable_size: () => pageCount32(host),
    stable_grow: (extra: number) => {
      const wanted = pageCount32(host) + (extra >>> 0);
      return wanted > MAX_32_BIT_PAGES ? -1 : stable.grow(extra >>> 0);
    },
    stable_write: (offset: number, source: number, size: number) => {
      pageCount32(host);
      write(host, { offset: offset >>> 0, address: source >>> 0, size: size >>> 0 });
    },
    stable_read: (target: number, offset: number, size: number) => {
      if (size === 0) return;
      pageCount32(host);
      read(host, { offset: offset >>> 0, address: target >>> 0, size: size >>> 0 });
    }
  };
}

type Copy = { readonly offset: number; readonly address: number; readonly size: number };

function write(host: ApiHost, { offset, address, size }: Copy): void {
  assertInStableBounds(host, offset, size);
  if (size === 0) return;
  const source = heapRange(host, address, size);
  const dirtied = host.execution.stableAccess.write(offset, size);
  if (dirtied > 0) host.charge(dirtied * DIRTY_STABLE_PAGE_INSTRUCTIONS);
  host.stable.write(offset, source);
}

function read(host: ApiHost, { offset, address, size }: Copy): void {
  assertInStableBounds(host, offset, size);
  const target = heapRange(host, address, size);
  host.execution.stableAccess.read(offset, size);
  host.stable.read(offset, target);
}

function assertInStableBounds({ stable }: ApiHost, offset: number, size: number): void {
  if (offset + size > stable.byteLength) throw trapped('stable memory out of bounds');
}

function heapRange({ memory }: ApiHost, address: number, size: number): Uint8Array {
  const bytes = memory.bytes();
  if (address + size > bytes.length) throw trapped('heap out of bounds');
  return bytes.subarray(address, address + size);
}

/** Exact up to 2^53; above, it only has to stay out of bounds. */
function toNumber(word: bigint): number {
  return Number(BigInt.asUintN(64, word));
}

function pageCount32({ stable }: ApiHost): number {
  if (stable.pageCount > MAX_32_BIT_PAGES) {
    throw trapped('32 bit stable memory api used on a memory larger than 4GB');
  }
  return stable.pageCount;
}

function trapped(what: string): CanisterFault {
  return new CanisterFault(ERROR_CODE.trapped, `Canister trapped: ${what}`);
}
