import { bytesToHex } from '@noble/hashes/utils';
import { type IngressMessage, type Outcome, type RequestRecord, type RequestStatus } from './replica-port';
import { TrackedMap } from './tracked-map';

export type StoredRequest = {
  readonly requestId: Uint8Array;
  readonly sender: Uint8Array;
  readonly effectiveCanisterId: Uint8Array;
  readonly expiryNs: bigint;
  state: RequestStatus;
  instructions: bigint;
};

type Waiter = (status: RequestStatus) => void;

/** How long an answered request is remembered after its expiry. */
const KEPT_AFTER_EXPIRY_NS = 300_000_000_000n;

/** Every update call from outside, by request id, with its state. */
export class RequestStore {
  /** By request id in hex. */
  readonly requests = new TrackedMap<string, StoredRequest>();
  readonly #waiters = new Map<string, Set<Waiter>>();

  /** False when the request id is known. */
  add({ requestId, sender, effectiveCanisterId, ingressExpiryNs }: IngressMessage): boolean {
    const key = bytesToHex(requestId);
    if (this.requests.has(key)) return false;
    this.requests.set(key, {
      requestId,
      sender,
      effectiveCanisterId,
      expiryNs: ingressExpiryNs,
      state: { status: 'received' },
      instructions: 0n
    });
    return true;
  }

  has(requestId: Uint8Array): boolean {
    return this.requests.has(bytesToHex(requestId));
  }

  get(requestId: Uint8Array): RequestRecord | undefined {
    return this.requests.peek(bytesToHex(requestId));
  }

  instructionsOf(requestId: Uint8Array): bigint | undefined {
    return this.requests.peek(bytesToHex(requestId))?.instructions;
  }

  *entries(): Iterable<readonly [Uint8Array, RequestRecord]> {
    for (const request of this.requests.values()) yield [request.requestId, request];
  }

  startProcessing(requestId: Uint8Array): void {
    const request = this.requests.get(bytesToHex(requestId));
    if (request) request.state = { status: 'processing' };
  }

  addInstructions(requestId: Uint8Array, instructions: bigint): void {
    const request = this.requests.get(bytesToHex(requestId));
    if (request) request.instructions += instructions;
  }

  settle(requestId: Uint8Array, outcome: Outcome): void {
    const key = bytesToHex(requestId);
    const request = this.requests.get(key);
    if (!request) return;
    request.state = toStatus(outcome);
    const waiters = this.#waiters.get(key) ?? [];
    this.#waiters.delete(key);
    for (const resolve of waiters) resolve(request.state);
  }

  waitFor(requestId: Uint8Array, timeoutMs: number): Promise<RequestStatus | undefined> {
    const key = bytesToHex(requestId);
    const request = this.requests.peek(key);
    if (!request || isFinal(request.state)) return Promise.resolve(request?.state);
    return new Promise((resolve) => {
      const settle = (status: RequestStatus): void => {
        clearTimeout(timer);
        resolve(status);
      };
      const timer = setTimeout(() => {
        this.#removeWaiter(key, settle);
        resolve(undefined);
      }, timeoutMs);
      timer.unref();
      const waiters = this.#waiters.get(key) ?? new Set();
      this.#waiters.set(key, waiters.add(settle));
    });
  }

  prune(nowNs: bigint): void {
    for (const [key, { state, expiryNs }] of this.requests.entries()) {
      if (isFinal(state) && expiryNs + KEPT_AFTER_EXPIRY_NS < nowNs) this.requests.delete(key);
    }
  }

  #removeWaiter(key: string, waiter: Waiter): void {
    const waiters = this.#waiters.get(key);
    waiters?.delete(waiter);
    if (waiters?.size === 0) this.#waiters.delete(key);
  }
}

function isFinal({ status }: RequestStatus): boolean {
  return status === 'replied' || status === 'rejected' || status === 'done';
}

function toStatus(outcome: Outcome): RequestStatus {
  if (outcome.kind === 'replied') return { status: 'replied', reply: outcome.reply };
  const { rejectCode, rejectMessage, errorCode } = outcome;
  return { status: 'rejected', rejectCode, rejectMessage, errorCode };
}
