import { CanisterFault, ERROR_CODE } from './canister-fault';
import { type PageChanges, type PagedImage, type StableChangeSource } from './memory-image';
import { WASM_PAGE_BYTES } from './webassembly';

const MAX_WASM_PAGES = (500 * 1024 ** 3) / WASM_PAGE_BYTES;
/** What is copied, kept and stored at once. */
const PAGE_BYTES = 16_384;
const ZERO_PAGE = new Uint8Array(PAGE_BYTES);

/** Absent while it is not loaded; undefined when it is all zeros and was never written. */
type Page = Uint8Array | undefined;

/**
 * A canister's stable memory. Between {@link begin} and {@link commit} or {@link rollback} the former content of
 * every page written is kept, so that a message costs what it touches and not what the canister stores. Pages of an
 * image are read when they are needed first.
 */
export class StableMemory implements StableChangeSource {
  #pages = new Map<number, Page>();
  #byteLength = 0;
  #image: PagedImage | undefined;
  #undo: { readonly pages: Map<number, Page>; readonly byteLength: number } | undefined;
  /** Pages that nobody else has; others are copied before they are written. */
  #own = new Set<number>();
  /** Pages written since changes were drained; undefined while nobody watches. */
  #changed: Set<number> | undefined;
  #drainedByteLength: number | undefined;

  constructor(image?: PagedImage) {
    if (!image) return;
    this.#image = image;
    this.#byteLength = image.byteLength;
    this.#changed = new Set();
    this.#drainedByteLength = image.byteLength;
  }

  /** In pages of 64 KiB. */
  get pageCount(): number {
    return this.#byteLength / WASM_PAGE_BYTES;
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  begin(): void {
    this.#undo = { pages: new Map(), byteLength: this.#byteLength };
    this.#own.clear();
  }

  commit(): void {
    if (this.#changed && this.#undo) {
      for (const index of this.#undo.pages.keys()) this.#changed.add(index);
    }
    this.#undo = undefined;
  }

  rollback(): void {
    const undo = this.#undo;
    if (!undo) return;
    for (const [index, page] of undo.pages) this.#pages.set(index, page);
    this.#byteLength = undo.byteLength;
    this.#own.clear();
    this.#undo = undefined;
  }

  /** Adds zeroed pages of 64 KiB. Former page count, or -1 when the limit of 500 GiB would be passed. */
  grow(extraPages: number): number {
    const former = this.pageCount;
    if (former + extraPages > MAX_WASM_PAGES) return -1;
    this.#byteLength += extraPages * WASM_PAGE_BYTES;
    return former;
  }

  /** Fills `target` from `offset`. @throws IC0502 out of bounds. */
  read(offset: number, target: Uint8Array): void {
    this.#assertInBounds(offset, target.length);
    let done = 0;
    while (done < target.length) {
      const at = offset + done;
      const start = at % PAGE_BYTES;
      const size = Math.min(PAGE_BYTES - start, target.length - done);
      const page = this.#page((at - start) / PAGE_BYTES);
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
      const start = at % PAGE_BYTES;
      const size = Math.min(PAGE_BYTES - start, source.length - done);
      this.#writablePage((at - start) / PAGE_BYTES).set(source.subarray(done, done + size), start);
      done += size;
    }
  }

  /** Its content, right as long as nothing is written to it. */
  asImage(): PagedImage {
    return { byteLength: this.#byteLength, readPage: (index) => this.#page(index) };
  }

  drainChanges(): PageChanges | undefined {
    const isFirst = this.#changed === undefined;
    const changed = this.#changed ?? new Set(this.#pages.keys());
    if (changed.size === 0 && this.#drainedByteLength === this.#byteLength) return undefined;
    const pages = new Map<number, Page>();
    for (const index of changed) {
      const page = this.#pages.get(index);
      const isZero = page === undefined || Buffer.compare(page, ZERO_PAGE) === 0;
      if (!isZero || !isFirst) pages.set(index, isZero ? undefined : page);
    }
    this.#own.clear();
    this.#changed = new Set();
    this.#drainedByteLength = this.#byteLength;
    return { byteLength: this.#byteLength, pages };
  }

  #page(index: number): Page {
    const page = this.#pages.get(index);
    if (page || !this.#image || this.#pages.has(index)) return page;
    const isStored = index * PAGE_BYTES < this.#image.byteLength;
    const loaded = isStored ? this.#image.readPage(index) : undefined;
    this.#pages.set(index, loaded);
    return loaded;
  }

  #writablePage(index: number): Uint8Array {
    const page = this.#page(index);
    if (page && this.#own.has(index)) return page;
    if (this.#undo) this.#undo.pages.set(index, page);
    else this.#changed?.add(index);
    const copy = page?.slice() ?? new Uint8Array(PAGE_BYTES);
    this.#pages.set(index, copy);
    this.#own.add(index);
    return copy;
  }

  #assertInBounds(offset: number, size: number): void {
    if (offset + size > this.byteLength) {
      throw new CanisterFault(ERROR_CODE.trapped, 'Canister trapped: stable memory out of bounds');
    }
  }
}
