import { WASM_PAGE_BYTES } from './webassembly';

/** Bytes of any length as pages of 64 KiB; a page of zeros is absent. Immutable. */
export type PagedBytes = { readonly byteLength: number; readonly pages: ReadonlyMap<number, Uint8Array> };

const ZERO_PAGE = new Uint8Array(WASM_PAGE_BYTES);

export function zeroBytes(byteLength: number): PagedBytes {
  return { byteLength, pages: new Map() };
}

/** A copy of the bytes. */
export function pagedCopy(bytes: Uint8Array): PagedBytes {
  return readPages(bytes.length, (offset, target) => {
    target.set(bytes.subarray(offset, offset + target.length));
  });
}

/** The bytes that `read` fills in, part by part. */
export function readPages(
  byteLength: number,
  read: (offset: number, target: Uint8Array) => void
): PagedBytes {
  const pages = new Map<number, Uint8Array>();
  let page = new Uint8Array(WASM_PAGE_BYTES);
  for (let offset = 0; offset < byteLength; offset += WASM_PAGE_BYTES) {
    read(offset, page.subarray(0, Math.min(WASM_PAGE_BYTES, byteLength - offset)));
    if (Buffer.compare(page, ZERO_PAGE) === 0) continue;
    pages.set(offset / WASM_PAGE_BYTES, page);
    page = new Uint8Array(WASM_PAGE_BYTES);
  }
  return { byteLength, pages };
}

/** A part, which must lie within. */
export function readPaged({ pages }: PagedBytes, offset: number, size: number): Uint8Array {
  const result = new Uint8Array(size);
  for (const { index, start, from, to } of spans(offset, size)) {
    const page = pages.get(index);
    if (page) result.set(page.subarray(start, start + to - from), from);
  }
  return result;
}

/** The bytes with `chunk` at `offset`, which must lie within; pages not touched are shared. */
export function writePaged(target: PagedBytes, offset: number, chunk: Uint8Array): PagedBytes {
  const pages = new Map(target.pages);
  for (const { index, start, from, to } of spans(offset, chunk.length)) {
    const page = pages.get(index)?.slice() ?? new Uint8Array(WASM_PAGE_BYTES);
    page.set(chunk.subarray(from, to), start);
    pages.set(index, page);
  }
  return { byteLength: target.byteLength, pages };
}

type Span = { readonly index: number; readonly start: number; readonly from: number; readonly to: number };

/** Where `size` bytes from `offset` lie: page, place in it, and which of the bytes. */
function* spans(offset: number, size: number): Iterable<Span> {
  let from = 0;
  while (from < size) {
    const start = (offset + from) % WASM_PAGE_BYTES;
    const to = Math.min(size, from + WASM_PAGE_BYTES - start);
    yield { index: (offset + from - start) / WASM_PAGE_BYTES, start, from, to };
    from = to;
  }
}
