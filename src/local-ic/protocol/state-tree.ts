/**
 * The system state as a hash tree (interface specification, "The system state tree"), kept in step with the replica.
 *
 * Only what changed since the last look is hashed again: open requests are asked for, canisters compared.
 */
import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils';
import {
  type CanisterView,
  type ReplicaPort,
  type RequestStatus,
  type SubnetMetrics
} from '../replica/replica-port';
import { equalBytes } from './byte-order';
import { type CborInput, encodeCbor, encodeUntaggedCbor } from './cbor-encoding';
import { EMPTY, type HashTree, leaf } from './hash-tree';
import { buildLevel, removeLabel, setLabel } from './label-map';
import { encodeLeb128 } from './leb128';
import { selfAuthenticating } from './principal';

const UINT64_MAX = (1n << 64n) - 1n;
const NS_PER_MS = 1_000_000n;
/** A tree is used again this long while nothing but the time would differ. */
const REUSE_NS_MAX = 200n * NS_PER_MS;
/** How often requests past their expiry are looked for. */
const PRUNE_INTERVAL_NS = 10_000n * NS_PER_MS;

/** The parts of the subnet that never change. `subnetId` is derived from the root key. */
export type SubnetIdentity = {
  readonly subnetId: Uint8Array;
  readonly rootKeyDer: Uint8Array;
  readonly nodeId: Uint8Array;
  readonly nodeKeyDer: Uint8Array;
};

/** The identity of a subnet of one node with these DER keys. */
export function createSubnetIdentity(rootKeyDer: Uint8Array, nodeKeyDer: Uint8Array): SubnetIdentity {
  return {
    subnetId: selfAuthenticating(rootKeyDer),
    rootKeyDer,
    nodeId: selfAuthenticating(nodeKeyDer),
    nodeKeyDer
  };
}

/** A level with ASCII labels; undefined children are left out. */
function level(children: Readonly<Record<string, HashTree | undefined>>): HashTree {
  return buildLevel(
    Object.entries(children).flatMap(([label, child]) =>
      child === undefined ? [] : [[utf8ToBytes(label), child] as const]
    )
  );
}

const single = (label: Uint8Array, child: HashTree): HashTree => setLabel(EMPTY, label, child);
const textLeaf = (text: string): HashTree => leaf(utf8ToBytes(text));
const optionalLeaf = (value: Uint8Array | undefined): HashTree | undefined => value && leaf(value);
const optionalNaturalLeaf = (value: bigint | undefined): HashTree | undefined =>
  value === undefined ? undefined : leaf(encodeLeb128(value));

const NO_METRICS: SubnetMetrics = {
  canisterCount: 0,
  canisterStateBytes: 0n,
  consumedCycles: 0n,
  updateTransactions: 0n
};

/** Metrics as the replica encodes them: fields by their place in the specification's list, no tag. */
function encodeMetrics(metrics: SubnetMetrics): Uint8Array {
  const cycles = metrics.consumedCycles;
  const halves = [cycles & UINT64_MAX, cycles >> 64n];
  return encodeUntaggedCbor(
    new Map<number, CborInput>([
      [0, metrics.canisterCount],
      [1, metrics.canisterStateBytes],
      [2, new Map(halves.entries())],
      [3, metrics.updateTransactions]
    ])
  );
}

type SubnetLeaves = { readonly ranges: Uint8Array; readonly metrics: Uint8Array };

function buildSubnet(identity: SubnetIdentity, { ranges, metrics }: SubnetLeaves): HashTree {
  return single(
    identity.subnetId,
    level({
      public_key: leaf(identity.rootKeyDer),
      type: textLeaf('application'),
      canister_ranges: leaf(ranges),
      metrics: leaf(metrics),
      node: single(identity.nodeId, level({ public_key: leaf(identity.nodeKeyDer) }))
    })
  );
}

function buildRequestStatus(status: RequestStatus): HashTree {
  switch (status.status) {
    case 'replied':
      return level({ status: textLeaf('replied'), reply: leaf(status.reply) });
    case 'rejected':
      return level({
        status: textLeaf('rejected'),
        reject_code: leaf(encodeLeb128(BigInt(status.rejectCode))),
        reject_message: textLeaf(status.rejectMessage),
        error_code: textLeaf(status.errorCode)
      });
    case 'received':
    case 'processing':
    case 'done':
      return level({ status: textLeaf(status.status) });
  }
}

function buildCanister(view: CanisterView): HashTree {
  const metadata = [...view.metadata].map(
    ([name, { content }]) => [utf8ToBytes(name), leaf(content)] as const
  );
  return level({
    module_hash: optionalLeaf(view.moduleHash),
    controllers: leaf(encodeCbor(view.controllers)),
    certified_data: optionalLeaf(view.certifiedData),
    canister_creation_timestamp: optionalNaturalLeaf(view.createdNs),
    last_install_timestamp: optionalNaturalLeaf(view.installedNs),
    metadata: metadata.length === 0 ? undefined : buildLevel(metadata)
  });
}

const equalOptionalBytes = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && equalBytes(a, b));

const isSameView = (a: CanisterView, b: CanisterView): boolean =>
  (a.metadata === b.metadata || (a.metadata.size === 0 && b.metadata.size === 0)) &&
  equalOptionalBytes(a.moduleHash, b.moduleHash) &&
  equalOptionalBytes(a.certifiedData, b.certifiedData) &&
  a.createdNs === b.createdNs &&
  a.installedNs === b.installedNs &&
  a.controllers.length === b.controllers.length &&
  a.controllers.every((controller, index) => equalOptionalBytes(controller, b.controllers[index]));

type TrackedRequest = { readonly requestId: Uint8Array; readonly expiryNs: bigint; status?: RequestStatus };

const isSettled = (status: RequestStatus | undefined): boolean =>
  status !== undefined && status.status !== 'received' && status.status !== 'processing';

export class StateTree {
  private readonly ranges: Uint8Array;
  private readonly canisterRanges: HashTree;
  private readonly openRequests = new Map<string, TrackedRequest>();
  private readonly settledRequests = new Map<string, TrackedRequest>();
  private readonly views = new Map<string, CanisterView>();
  private metrics: Uint8Array | undefined;
  private subnet: HashTree = EMPTY;
  private requestStatus: HashTree = EMPTY;
  private canister: HashTree = EMPTY;
  private nextPruneNs = 0n;
  private last:
    { readonly root: HashTree; readonly content: readonly HashTree[]; readonly timeNs: bigint } | undefined;

  constructor(
    private readonly replica: ReplicaPort,
    private readonly identity: SubnetIdentity
  ) {
    const [first, last] = replica.canisterRange;
    this.ranges = encodeCbor([[first, last]]);
    this.canisterRanges = single(identity.subnetId, single(first, leaf(this.ranges)));
    for (const [requestId] of replica.requests()) this.track(requestId, replica.timeNs());
  }

  /** Follows a request until the replica forgets it, which it may do after `expiryNs`. */
  track(requestId: Uint8Array, expiryNs: bigint): void {
    const key = bytesToHex(requestId);
    if (this.openRequests.has(key) || this.settledRequests.has(key)) return;
    this.openRequests.set(key, { requestId, expiryNs });
  }

  /** The tree of the state now; the same object while nothing but the time differs and little time passed. */
  current(): HashTree {
    const timeNs = this.replica.timeNs();
    this.pruneRequests(timeNs);
    for (const [key, tracked] of this.openRequests) this.refreshRequest(key, tracked);
    this.refreshCanisters();
    this.refreshSubnet();
    const content = [this.canister, this.requestStatus, this.subnet];
    if (
      this.last === undefined ||
      timeNs - this.last.timeNs > REUSE_NS_MAX ||
      content.some((node, index) => node !== this.last?.content[index])
    ) {
      this.last = { root: this.buildRoot(timeNs), content, timeNs };
    }
    return this.last.root;
  }

  private buildRoot(timeNs: bigint): HashTree {
    return level({
      canister: this.canister,
      canister_ranges: this.canisterRanges,
      request_status: this.requestStatus,
      subnet: this.subnet,
      time: leaf(encodeLeb128(timeNs))
    });
  }

  private refreshRequest(key: string, tracked: TrackedRequest): void {
    const status = this.replica.request(tracked.requestId)?.state;
    if (status === undefined) {
      this.openRequests.delete(key);
      this.settledRequests.delete(key);
      this.requestStatus = removeLabel(this.requestStatus, tracked.requestId);
      return;
    }
    if (status.status !== tracked.status?.status)
      this.requestStatus = setLabel(this.requestStatus, tracked.requestId, buildRequestStatus(status));
    tracked.status = status;
    if (isSettled(status) && this.openRequests.delete(key)) this.settledRequests.set(key, tracked);
  }

  private pruneRequests(timeNs: bigint): void {
    if (timeNs < this.nextPruneNs) return;
    this.nextPruneNs = timeNs + PRUNE_INTERVAL_NS;
    for (const [key, tracked] of this.settledRequests)
      if (tracked.expiryNs < timeNs) this.refreshRequest(key, tracked);
  }

  private refreshSubnet(): void {
    const metrics = encodeMetrics(this.replica.subnetMetrics?.() ?? NO_METRICS);
    if (equalOptionalBytes(metrics, this.metrics)) return;
    this.metrics = metrics;
    this.subnet = buildSubnet(this.identity, { ranges: this.ranges, metrics });
  }

  private refreshCanisters(): void {
    const present = new Set<string>();
    for (const view of this.replica.canisters()) {
      const key = bytesToHex(view.id);
      present.add(key);
      const known = this.views.get(key);
      if (known !== undefined && isSameView(known, view)) continue;
      // A copy: the replica may give a live view.
      this.views.set(key, { ...view });
      this.canister = setLabel(this.canister, view.id, buildCanister(view));
    }
    if (present.size === this.views.size) return;
    for (const key of this.views.keys()) {
      if (present.has(key)) continue;
      this.views.delete(key);
      this.canister = removeLabel(this.canister, hexToBytes(key));
    }
  }
}
