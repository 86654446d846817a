import type {
  CanisterView,
  IngressMessage,
  Outcome,
  QueryMessage,
  Rejection,
  ReplicaPort,
  RequestRecord,
  RequestStatus,
  SubnetMetrics
} from '../../../src/local-ic/replica/replica-port';

const START_NS = 1_800_000_000_000_000_000n;

/** A fake of the execution side: canisters are views set by the test, calls settle when the test says. */
export class FakeReplica implements ReplicaPort {
  readonly canisterRange = [
    Uint8Array.of(255, 255, 255, 255, 255, 192, 0, 0, 1, 1),
    Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255, 1, 1)
  ] as const;
  nowNs = START_NS;
  metrics: SubnetMetrics | undefined;
  readonly views = new Map<string, CanisterView>();
  readonly submitted: IngressMessage[] = [];
  /** What submit answers with; undefined accepts. */
  refusal: Rejection | undefined;
  /** What becomes of an accepted call at once; undefined leaves it processing. */
  settleWith: RequestStatus | undefined = { status: 'replied', reply: Uint8Array.of(68, 73, 68, 76, 0, 0) };
  onQuery: (message: QueryMessage) => Promise<Outcome> = ({ arg }) =>
    Promise.resolve({ kind: 'replied', reply: arg });
  private readonly records = new Map<string, { readonly id: Uint8Array; record: RequestRecord }>();

  submit(message: IngressMessage): { readonly accepted: true } | ({ readonly accepted: false } & Rejection) {
    if (this.refusal !== undefined) return { accepted: false, ...this.refusal };
    if (this.request(message.requestId) !== undefined) return { accepted: true };
    this.submitted.push(message);
    this.setRequest(message.requestId, {
      sender: message.sender,
      effectiveCanisterId: message.effectiveCanisterId,
      state: this.settleWith ?? { status: 'processing' }
    });
    return { accepted: true };
  }

  setRequest(id: Uint8Array, record: RequestRecord): void {
    this.records.set(key(id), { id, record });
  }

  forgetRequest(id: Uint8Array): void {
    this.records.delete(key(id));
  }

  waitFor(requestId: Uint8Array): Promise<RequestStatus | undefined> {
    const state = this.request(requestId)?.state;
    const isOpen = state?.status === 'processing' || state?.status === 'received';
    return Promise.resolve(isOpen ? undefined : state);
  }

  query(message: QueryMessage): Promise<Outcome> {
    return this.onQuery(message);
  }

  request(requestId: Uint8Array): RequestRecord | undefined {
    return this.records.get(key(requestId))?.record;
  }

  *requests(): Iterable<readonly [Uint8Array, RequestRecord]> {
    for (const { id, record } of this.records.values()) yield [id, record];
  }

  setCanister(view: CanisterView): void {
    this.views.set(key(view.id), view);
  }

  removeCanister(id: Uint8Array): void {
    this.views.delete(key(id));
  }

  canister(id: Uint8Array): CanisterView | undefined {
    return this.views.get(key(id));
  }

  canisters(): Iterable<CanisterView> {
    return this.views.values();
  }

  subnetMetrics(): SubnetMetrics {
    return (
      this.metrics ?? { canisterCount: 0, canisterStateBytes: 0n, consumedCycles: 0n, updateTransactions: 0n }
    );
  }

  timeNs(): bigint {
    return this.nowNs;
  }

  whenDurable(): Promise<void> {
    return Promise.resolve();
  }
}

const key = (id: Uint8Array): string => Buffer.from(id).toString('hex');

/** The nth canister id of the fake's range. */
export const fakeCanisterId = (index: number): Uint8Array =>
  Uint8Array.of(255, 255, 255, 255, 255, 192, 0, index, 1, 1);
