import { CanisterFault, ERROR_CODE } from './canister-fault';
import { WASM_PAGE_BYTES } from './webassembly';

const MAX_PAGES = (500 * 1024 ** 3) / WASM_PAGE_BYTES;

/** Content of the stable memory as whole pages; a page never written is absent and reads as zeros. */
export type StableMemoryImage = {
  readonly pageCount: number;
  readonly pages: ReadonlyMap<number, Uint8Array>;
};

/**
 * A canister's stable memory. Between {@link begin} and {@link commit} or {@link rollback} the former content of
 * every page written is kept, so that a message costs what it touches and not what the canister stores.
 */
export class StableMemory {
  #pages = new Map<number, Uint8Array>();
  #pageCount = 0;
  #undo: { readonly pages: Map<number, Uint8Array | undefined>; readonly pageCount: number } | undefined;

  constructor(image?: StableMemoryImage) {
    if (!image) return;
    this.#pageCount = image.pageCount;
    for (const [index, page] of image.pages) this.#pages.set(index, page.slice());
  }

  get pageCount(): number {
    return this.#pageCount;
  }

  get byteLength(): number {
    return this.#pageCount * WASM_PAGE_BYTES;
  }

  begin(): void {
    this.#undo = { pages: new Map(), pageCount: this.#pageCount };
  }

  commit(): void {
    this.#undo = undefined;
  }

  rollback(): void {
    const undo = this.#undo;
    if (!undo) return;
    for (const [index, page] of undo.pages) {
      if (page) this.#pages.set(index, page);
      else this.#pages.delete(index);
    }
    this.#pageCount = undo.pageCount;
    this.#undo = undefined;
  }

  /** Adds zeroed pages. Former page count, or -1 when the limit of 500 GiB would be passed. */
  grow(extraPages: number): number {
    const former = this.#pageCount;
    if (former + extraPages > MAX_PAGES) return -1;
    this.#pageCount = former + extraPages;
    return former;
  }

  /** Fills `target` from `offset`. @throws IC0502 out of bounds. */
  read(offset: number, target: Uint8Array): void {
    this.#assertInBounds(offset, target.length);
    let done = 0;
    while (done < target.length) {
      const at = offset + done;
      const start = at % WASM_PAGE_BYTES;
      const size = Math.min(WASM_PAGE_BYTES - start, target.length - done);
      const page = this.#pages.get((at - start) / WASM_PAGE_BYTES);
      if (page) target.set(page.subarray(start, start + size), done);
      else target.fill(0, done, done + size);
      done += size;
    }
  }

  /** Writes `source` at `offset`. @throws IC0502 out of bounds. */
  write(offset: number, source: Uint8Array): void {
    this.#assertInBounds(offset, source.length);
    let done = 0;
    while (done < source.length) {
      const at = offset + done;
      const start = at % WASM_PAGE_BYTES;
      const size = Math.min(WASM_PAGE_BYTES - start, source.length - done);
      this.#writablePage((at - start) / WASM_PAGE_BYTES).set(source.subarray(done, done + size), start);
      done += size;
    }
  }

  image(): StableMemoryImage {
    return { pageCount: this.#pageCount, pages: this.#pages };
  }

  #writablePage(index: number): Uint8Array {
    const page = this.#pages.get(index);
    const undo = this.#undo?.pages;
    if (undo && !undo.has(index)) {
      undo.set(index, page);
      const copy = page?.slice() ?? new Uint8Array(WASM_PAGE_BYTES);
      this.#pages.set(index, copy);
      return copy;
    }
    if (page) return page;
    const fresh = new Uint8Array(WASM_PAGE_BYTES);
    this.#pages.set(index, fresh);
    return fresh;
  }

  #assertInBounds(offset: number, size: number): void {
    if (offset + size > this.byteLength) {
      throw new CanisterFault(ERROR_CODE.trapped, 'Canister trapped: stable memory out of bounds');
    }
  }
}
