/** The journal together with what is kept of it in memory: the commitment tree, the open jobs, the places. */
import { type Bytes32 } from '../core/bytes';
import { CommitmentTree } from '../core/resource/commitment-tree';
import { type CheckpointRef, type Job, type JobStatus, isClosed } from './job';
import { type Journal, type JournalStep } from './journal';
import { type FollowedBlock } from './journal-record';

export type JobCounts = Readonly<Record<JobStatus, number>>;

type Place = {
  readonly cursor: FollowedBlock | undefined;
  readonly verified: FollowedBlock | undefined;
  readonly checkpoint: CheckpointRef | undefined;
};

/** The one holder of the relayer's state: every change goes to the disk first, then to memory. */
export class Ledger {
  private place: Place;
  private readonly jobs: Map<string, Job>;
  private readonly closedCounts = noJobs();
  private tree: CommitmentTree;
  private staged: Bytes32[] = [];

  constructor(private readonly journal: Journal) {
    const { leaves, openJobs, ...place } = journal.read();
    this.place = place;
    this.jobs = new Map(openJobs.map((job) => [job.id, job]));
    for (const job of journal.closedJobs()) this.closedCounts[job.state.status] += 1;
    this.tree = growTree(leaves);
  }

  /** The block followed to. */
  get cursor(): FollowedBlock | undefined {
    return this.place.cursor;
  }

  /** The last block where the chain's own tree was the same as ours. */
  get verified(): FollowedBlock | undefined {
    return this.place.verified;
  }

  /** The last checkpoint that the `domains` canister accepted from us. */
  get checkpoint(): CheckpointRef | undefined {
    return this.place.checkpoint;
  }

  /** Leaves of the tree, staged ones included. */
  get leafCount(): bigint {
    return this.tree.leafCount;
  }

  /** Jobs that are not closed, in chain order. */
  openJobs(): Job[] {
    return [...this.jobs.values()].sort((a, b) => Number(a.firstLeaf - b.firstLeaf));
  }

  /** Jobs that are closed, in no order. Reads the disk. */
  closedJobs(): Iterable<Job> {
    return this.journal.closedJobs();
  }

  countJobs(): JobCounts {
    const counts = { ...this.closedCounts };
    for (const { state } of this.jobs.values()) counts[state.status] += 1;
    return counts;
  }

  hasJob(id: string): boolean {
    return this.journal.hasJob(id);
  }

  /** Root of the tree when it had `leafCount` leaves, staged ones included. */
  rootAt(leafCount: bigint): Bytes32 {
    return this.tree.rootAt(leafCount);
  }

  /** Siblings of a leaf when the tree had `leafCount` leaves. */
  pathAt(leafIndex: bigint, leafCount: bigint): Bytes32[] {
    return this.tree.pathAt(leafIndex, leafCount);
  }

  /** Appends leaves in memory; they become part of the next commit, unless they are discarded before. */
  stageLeaves(commitments: readonly Bytes32[]): void {
    for (const commitment of commitments) this.tree.append(commitment);
    this.staged.push(...commitments);
  }

  discardStaged(): void {
    if (this.staged.length === 0) return;
    this.staged = [];
    this.tree = growTree(this.journal.read().leaves);
  }

  /** Writes the step and the staged leaves to disk in one transaction, then takes them over. */
  commit(step: Omit<JournalStep, 'leaves'>): void {
    const first = this.tree.leafCount - BigInt(this.staged.length);
    this.write(this.staged.length === 0 ? step : { ...step, leaves: { first, commitments: this.staged } });
    this.staged = [];
  }

  /** Forgets all that was followed after `block`: leaves, and jobs above it. */
  rewindTo(block: FollowedBlock): void {
    const dropJobs = this.openJobs().filter((job) => job.height > block.height);
    this.write({
      cursor: block,
      leaves: { first: block.leafCount, commitments: [] },
      dropJobs: dropJobs.map(({ id }) => id)
    });
    this.staged = [];
    this.tree = growTree(this.journal.read().leaves);
  }

  close(): Promise<void> {
    return this.journal.close();
  }

  private write(step: JournalStep): void {
    this.journal.commit(step);
    const { cursor, verified, checkpoint } = step;
    this.place = {
      cursor: cursor ?? this.place.cursor,
      verified: verified ?? this.place.verified,
      checkpoint: checkpoint === 'none' ? undefined : (checkpoint ?? this.place.checkpoint)
    };
    for (const id of step.dropJobs ?? []) this.jobs.delete(id);
    for (const job of step.jobs ?? []) this.takeOver(job);
  }

  private takeOver(job: Job): void {
    if (isClosed(job)) {
      this.jobs.delete(job.id);
      this.closedCounts[job.state.status] += 1;
    } else this.jobs.set(job.id, job);
  }
}

const noJobs = (): Record<JobStatus, number> => ({
  observed: 0,
  checkpointed: 0,
  submitted: 0,
  stalled: 0,
  done: 0,
  refused: 0
});

function growTree(leaves: readonly Bytes32[]): CommitmentTree {
  const tree = new CommitmentTree();
  for (const leaf of leaves) tree.append(leaf);
  return tree;
}
