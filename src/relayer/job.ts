/**
 * A job: one action's transitions on their way to the signer.
 *
 * | status       | on disk means                                                                               |
 * | ------------ | ------------------------------------------------------------------------------------------- |
 * | observed     | found on chain, in a final block                                                            |
 * | checkpointed | the `domains` canister holds a checkpoint at or above the block                             |
 * | submitted    | the batch may have been sent: it is sent again until there is an answer                     |
 * | stalled      | failed `maxAttempts` times in a row; tried again when the relayer next starts               |
 * | done         | applied, by us or by another relayer                                                        |
 * | refused      | the signer says no for good; the reason is kept                                             |
 * | split        | refused as a batch; its transitions are jobs of their own                                   |
 */
import { type Bytes32, toHex } from '../core/bytes';
import { type WireError } from '../api/errors';

/** One consumption and its successor; `unitIndex` counts the action's compliance units. */
export type JobTransition = {
  readonly unitIndex: number;
  readonly account: Bytes32;
  readonly isBinding: boolean;
  readonly nullifier: Bytes32;
  readonly leafIndex: bigint;
  readonly payload: Uint8Array;
};

/** An adapter state that the `domains` canister has accepted. `storageHash`: root of the adapter's storage trie. */
export type CheckpointRef = {
  readonly height: bigint;
  readonly leafCount: bigint;
  readonly storageHash: Bytes32;
};

export type JobState =
  | { readonly status: 'observed' }
  | { readonly status: 'checkpointed'; readonly checkpoint: CheckpointRef }
  | { readonly status: 'submitted'; readonly checkpoint: CheckpointRef }
  | { readonly status: 'stalled'; readonly reason: WireError }
  | { readonly status: 'done'; readonly by: 'us' | 'earlier' }
  | { readonly status: 'refused'; readonly reason: WireError }
  | { readonly status: 'split'; readonly reason: WireError };

export type JobStatus = JobState['status'];

export type Job = {
  /** `transaction hash:action tree root`, and `:position` for a part of a batch. Hex. */
  readonly id: string;
  /** Leaf index of the first transition: jobs are in chain order by it. */
  readonly order: bigint;
  /** Block of the transaction. */
  readonly height: bigint;
  /** Tags of the action, nullifier and commitment of each unit in turn. */
  readonly tags: readonly Bytes32[];
  readonly transitions: readonly JobTransition[];
  readonly state: JobState;
  /** Failures in a row. */
  readonly failures: number;
  /** Not to be tried before this time (ms since 1970). */
  readonly notBeforeMs: number;
};

/** Whether nothing is left to do for the job, now or after a restart. */
export function isClosed(job: Job): boolean {
  const { status } = job.state;
  return status === 'done' || status === 'refused' || status === 'split';
}

export function jobId(txHash: Bytes32, actionTreeRoot: Bytes32): string {
  return `${toHex(txHash)}:${toHex(actionTreeRoot)}`;
}

/** The job's transitions as jobs of one transition each. */
export function splitJob(job: Job): Job[] {
  return job.transitions.map((transition, position) => ({
    ...job,
    id: `${job.id}:${position}`,
    order: transition.leafIndex,
    transitions: [transition],
    state: { status: 'observed' },
    failures: 0,
    notBeforeMs: 0
  }));
}

/** Hex ids of the accounts that the job touches. */
export const accountsOf = (job: Job): string[] => job.transitions.map(({ account }) => toHex(account));
