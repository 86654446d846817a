import { constants } from 'node:buffer';
import { CanisterFault, ERROR_CODE } from './canister-fault';

/** A buffer somebody keeps a snapshot in. */
export type SnapshotBuffer = { readonly bytes: Uint8Array };

/** What may lie idle beside the buffer that was used last. */
const IDLE_BYTES = 64 * 1024 * 1024;
/** So that a memory that grows a little each message does not need a new buffer each time. */
const HEADROOM_BYTES = 1024 * 1024;

/**
 * Buffers for snapshots of canisters' heaps. Only the canisters that ran last keep theirs, so that an idle canister
 * costs its heap once and not twice.
 */
export class SnapshotBuffers {
  /** The one used last at the end. */
  readonly #idle: SnapshotBuffer[] = [];
  #idleBytes = 0;

  /** Takes back a buffer that was laid aside, with its content. False when it was given to another meanwhile. */
  reclaim(buffer: SnapshotBuffer): boolean {
    const index = this.#idle.indexOf(buffer);
    if (index < 0) return false;
    this.#remove(index);
    return true;
  }

  /** A buffer of at least `byteLength` bytes, with any content. @throws IC0507 when this machine has no room. */
  take(byteLength: number): SnapshotBuffer {
    if (this.#idleBytes + byteLength <= IDLE_BYTES) return { bytes: allocate(byteLength) };
    const fitting = this.#idle.findIndex(({ bytes }) => bytes.length >= byteLength);
    if (fitting < 0) return { bytes: allocate(byteLength) };
    const { bytes } = this.#remove(fitting);
    return { bytes };
  }

  /** Keeps a buffer with its content until others need the room. */
  layAside(buffer: SnapshotBuffer): void {
    this.#idle.push(buffer);
    this.#idleBytes += buffer.bytes.length;
    while (this.#idle.length > 1 && this.#idleBytes > IDLE_BYTES) this.#remove(0);
  }

  #remove(index: number): SnapshotBuffer {
    const [removed] = this.#idle.splice(index, 1);
    if (!removed) throw new Error('BUG: there is no such idle buffer');
    this.#idleBytes -= removed.bytes.length;
    return removed;
  }
}

function allocate(byteLength: number): Uint8Array {
  const headroom = Math.min(byteLength, HEADROOM_BYTES);
  try {
    return new Uint8Array(Math.min(byteLength + headroom, constants.MAX_LENGTH));
  } catch {
    throw new CanisterFault(
      ERROR_CODE.outOfMemory,
      `This machine has no room to keep the ${byteLength} bytes of the canister's memory during a message`
    );
  }
}
