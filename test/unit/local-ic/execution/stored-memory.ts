import { type PageChanges, type PagedImage } from '../../../../src/local-ic/execution/memory-image';

/** Keeps pages as a store does: what is there last under each index. */
export class StoredMemory {
  readonly pages = new Map<number, Uint8Array>();
  /** Indices asked for, in order. */
  readonly reads: number[] = [];
  byteLength = 0;
  #handedOut: (readonly [page: Uint8Array, content: string])[] = [];

  apply(changes: PageChanges | undefined): void {
    if (!changes) return;
    this.byteLength = changes.byteLength;
    for (const [index, page] of changes.pages) {
      if (page) this.pages.set(index, page);
      else this.pages.delete(index);
      if (page) this.#handedOut.push([page, Buffer.from(page).toString('latin1')]);
    }
  }

  image(): PagedImage {
    const { byteLength } = this;
    return {
      byteLength,
      readPage: (index) => {
        this.reads.push(index);
        return this.pages.get(index);
      }
    };
  }

  /** Whether every page is still what it was when it was handed out. */
  get isUntouched(): boolean {
    return this.#handedOut.every(([page, content]) => Buffer.from(page).toString('latin1') === content);
  }
}
