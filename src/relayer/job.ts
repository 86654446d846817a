/**
 * A job: the transitions of one action, agreed on together, on their way to the signer.
 *
 * | status       | on disk means                                                                               |
 * | ------------ | ------------------------------------------------------------------------------------------- |
 * | observed     | found on chain, in a final block                                                            |
 * | checkpointed | the `domains` canister holds a checkpoint at or above the block                             |
 * | submitted    | the batch may have been sent: it is sent again until there is an answer                     |
 * | stalled      | failed `maxAttempts` times in a row; tried again when the relayer next starts               |
 * | done         | applied, by us or by another relayer                                                        |
 * | refused      | the signer says no for good; the reason is kept                                             |
 */
import { type Bytes32, toHex } from '../core/bytes';
import { type WireError } from '../api/errors';

/** A unit of the action that moves an account; `unitIndex` counts the action's compliance units. */
export type JobTransition = {
  readonly unitIndex: number;
  readonly account: Bytes32;
  readonly isBinding: boolean;
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
  | { readonly status: 'refused'; readonly reason: WireError };

export type JobStatus = JobState['status'];

export type Job = {
  /** `transaction hash:action tree root:SHA-256 of the consents`, hex. */
  readonly id: string;
  /** Leaf index of the action's first commitment: jobs are in chain order by it. */
  readonly firstLeaf: bigint;
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
  return status === 'done' || status === 'refused';
}

/** A compliance unit of the job's action; `payload` when it moves an account. */
export type JobUnit = {
  readonly nullifier: Bytes32;
  readonly leafIndex: bigint;
  readonly isBinding: boolean;
  readonly payload: Uint8Array | undefined;
};

/** All units of the job's action, in their order: the signer checks that the whole action happened. */
export function jobUnits(job: Job): JobUnit[] {
  return job.tags
    .filter((_tag, index) => index % 2 === 0)
    .map((nullifier, unitIndex) => {
      const transition = job.transitions.find((candidate) => candidate.unitIndex === unitIndex);
      return {
        nullifier,
        leafIndex: job.firstLeaf + BigInt(unitIndex),
        isBinding: transition?.isBinding ?? false,
        payload: transition?.payload
      };
    });
}

/** Hex ids of the accounts that the job touches. */
export const accountsOf = (job: Job): string[] => job.transitions.map(({ account }) => toHex(account));
