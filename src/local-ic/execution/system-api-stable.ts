import { CanisterFault, ERROR_CODE } from './canister-fault';
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
      stable.write(toNumber(offset), host.memory.range(toNumber(source), toNumber(size), 'stable64_write'));
    },
    stable64_read: (target: bigint, offset: bigint, size: bigint) => {
      stable.read(toNumber(offset), host.memory.range(toNumber(target), toNumber(size), 'stable64_read'));
    },
    stable_size: () => pageCount32(host),
    stable_grow: (extra: number) => {
      const wanted = pageCount32(host) + (extra >>> 0);
      return wanted > MAX_32_BIT_PAGES ? -1 : stable.grow(extra >>> 0);
    },
    stable_write: (offset: number, source: number, size: number) => {
      pageCount32(host);
      stable.write(offset >>> 0, host.memory.range(source >>> 0, size >>> 0, 'stable_write'));
    },
    stable_read: (target: number, offset: number, size: number) => {
      pageCount32(host);
      stable.read(offset >>> 0, host.memory.range(target >>> 0, size >>> 0, 'stable_read'));
    }
  };
}

/** Exact up to 2^53; above, it only has to stay out of bounds. */
function toNumber(word: bigint): number {
  return Number(BigInt.asUintN(64, word));
}

function pageCount32({ stable }: ApiHost): number {
  if (stable.pageCount > MAX_32_BIT_PAGES) {
    throw new CanisterFault(
      ERROR_CODE.trapped,
      'Canister trapped: 32 bit stable memory api used on a memory larger than 4GB'
    );
  }
  return stable.pageCount;
}
