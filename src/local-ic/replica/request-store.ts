import { bytesToHex } from '@noble/hashes/utils';
import { type IngressMessage, type Outcome, type RequestRecord, type RequestStatus } from './replica-port';

type StoredRequest = {
  readonly requestId: Uint8Array;
  readonly sender: Uint8Array;
  readonly effectiveCanisterId: Uint8Array;
  readonly expiryNs: bigint;
  state: RequestStatus;
  instructions: bigint;
  waiters: ((status: RequestStatus) => void)[];
};

/** How long an answered request is remembered after its expiry. */
const KEPT_AFTER_EXPIRY_NS = 300_000_000_000n;

/** Every update call from outside, by request id, with its state. */
export class RequestStore {
  #requests = new Map<string, StoredRequest>();

  /** False when the request id is known. */
  add({ requestId, sender, effectiveCanisterId, ingressExpiryNs }: IngressMessage): boolean {
    const key = bytesToHex(requestId);
    if (this.#requests.has(key)) return false;
    this.#requests.set(key, {
      requestId,
      sender,
      effectiveCanisterId,
      expiryNs: ingressExpiryNs,
      state: { status: 'received' },
      instructions: 0n,
      waiters: []
    });
    return true;
  }

  has(requestId: Uint8Array): boolean {
    return this.#requests.has(bytesToHex(requestId));
  }

  get(requestId: Uint8Array): RequestRecord | undefined {
    return this.#requests.get(bytesToHex(requestId));
  }

  instructionsOf(requestId: Uint8Array): bigint | undefined {
    return this.#requests.get(bytesToHex(requestId))?.instructions;
  }

  *entries(): Iterable<readonly [Uint8Array, RequestRecord]> {
    for (const request of this.#requests.values()) yield [request.requestId, request];
  }

  startProcessing(requestId: Uint8Array): void {
    const request = this.#requests.get(bytesToHex(requestId));
    if (request) request.state = { status: 'processing' };
  }

  addInstructions(requestId: Uint8Array, instructions: bigint): void {
    const request = this.#requests.get(bytesToHex(requestId));
    if (request) request.instructions += instructions;
  }

  settle(requestId: Uint8Array, outcome: Outcome): void {
    const request = this.#requests.get(bytesToHex(requestId));
    if (!request) return;
    request.state = toStatus(outcome);
    const { waiters } = request;
    request.waiters = [];
    for (const resolve of waiters) resolve(request.state);
  }

  waitFor(requestId: Uint8Array, timeoutMs: number): Promise<RequestStatus | undefined> {
    const request = this.#requests.get(bytesToHex(requestId));
    if (!request || isFinal(request.state)) return Promise.resolve(request?.state);
    return new Promise((resolve) => {
      const settle = (status: RequestStatus): void => {
        clearTimeout(timer);
        resolve(status);
      };
      const timer = setTimeout(() => {
        request.waiters = request.waiters.filter((waiter) => waiter !== settle);
        resolve(undefined);
      }, timeoutMs);
      timer.unref();
      request.waiters.push(settle);
    });
  }

  prune(nowNs: bigint): void {
    for (const [key, { state, expiryNs }] of this.#requests) {
      if (isFinal(state) && expiryNs + KEPT_AFTER_EXPIRY_NS < nowNs) this.#requests.delete(key);
    }
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
