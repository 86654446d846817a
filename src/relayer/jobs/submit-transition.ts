/**
 * Carries a job on by one step: to a checkpoint, then to the signer.
 *
 * The journal is written before a message is sent and again after its answer. After a crash in between the message is
 * sent again: a checkpoint is accepted twice without effect, and a transition already applied is answered
 * `transition/replayed`, which is the end the job was after.
 */
import { type DomainsService } from '../../api/domains-idl';
import { type Result, type WireError } from '../../api/errors';
import { type SignerService, type TransitionBatchWire, type UnitWire } from '../../api/signer-idl';
import { type Bytes32, bytes32, equalBytes } from '../../core/bytes';
import { assertNever } from '../../core/error';
import { type RetryPolicy, retryDelayMs } from '../backoff';
import { type EvmChain, type TrieProof } from '../chains/evm-chain';
import { type Clock, type RandomSource } from '../clock';
import { type CheckpointRef, type Job, type JobState, jobUnits } from '../job';
import { type FollowedBlock } from '../journal-record';
import { type Ledger } from '../ledger';
import { type Log } from '../log';
import { callService, chainError, isPassing } from '../relayer-error';
import { interpretRefusal } from './refusal';

/** What the relayer asks of the canisters. Anyone may. */
export type SignerPort = Pick<SignerService, 'apply_transitions'>;
export type DomainsPort = Pick<DomainsService, 'accept_evm_checkpoint'>;

export type SubmitOptions = {
  readonly chain: EvmChain;
  readonly ledger: Ledger;
  readonly signer: SignerPort;
  readonly domains: DomainsPort;
  readonly domain: Bytes32;
  readonly retry: RetryPolicy;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly log: Log;
};

/** Why a step did not lead forward; none when it did. */
type Setback = WireError | undefined;

/** One step of the job's way, written to the ledger: forward, to its end, or to a later attempt (with the reason). */
export async function advanceJob(options: SubmitOptions, job: Job): Promise<WireError | undefined> {
  try {
    return await takeStep(options, job);
  } catch (error) {
    if (!isPassing(error)) throw error;
    return postpone(options, job, { code: error.code, message: error.message });
  }
}

function takeStep(options: SubmitOptions, job: Job): Promise<Setback> {
  const { state } = job;
  switch (state.status) {
    case 'observed':
      return reachCheckpoint(options, job);
    case 'checkpointed':
    case 'submitted':
      return submit(options, job, state);
    case 'stalled':
    case 'done':
    case 'refused':
      throw new Error(`BUG: job ${job.id} is ${state.status} and was to be advanced`);
    default:
      return assertNever(state);
  }
}

async function reachCheckpoint(options: SubmitOptions, job: Job): Promise<Setback> {
  const { ledger } = options;
  const known = ledger.checkpoint;
  if (known !== undefined && known.height >= job.height) return enterCheckpoint(options, job, known);
  if (ledger.verified === undefined) throw new Error(`BUG: job ${job.id} before any verified block`);
  const result = await acceptCheckpoint(options, ledger.verified);
  return 'Err' in result ? postpone(options, job, result.Err) : enterCheckpoint(options, job, result.Ok);
}

function enterCheckpoint({ ledger, log }: SubmitOptions, job: Job, checkpoint: CheckpointRef): Setback {
  ledger.commit({ checkpoint, jobs: [{ ...job, state: { status: 'checkpointed', checkpoint } }] });
  log.debug('job-checkpointed', { job: job.id, height: checkpoint.height });
  return undefined;
}

async function acceptCheckpoint(
  options: SubmitOptions,
  block: FollowedBlock
): Promise<Result<CheckpointRef>> {
  const { chain, ledger, domains, domain } = options;
  const header = await chain.readHeader(block.height);
  const snapshot = await chain.readSnapshot(header);
  const root = ledger.rootAt(block.leafCount);
  if (
    !equalBytes(header.hash, block.hash) ||
    !equalBytes(snapshot.root, root) ||
    snapshot.leafCount !== block.leafCount
  ) {
    throw chainError('unsteady-state', `expected block ${block.height} as it was verified`);
  }
  const result = await callService('accept_evm_checkpoint', () =>
    domains.accept_evm_checkpoint({
      domain,
      header: header.rlp,
      account_proof: [...snapshot.accountProof],
      leaf_count_proof: [...snapshot.leafCountProof],
      root_count_proof: [...snapshot.rootCountProof],
      latest_root_proof: [...snapshot.latestRootProof]
    })
  );
  if ('Err' in result) return result;
  const { height, leaf_count: leafCount, storage_hash: storageHash } = result.Ok;
  return { Ok: { height, leafCount, storageHash: bytes32(Uint8Array.from(storageHash), 'storage hash') } };
}

async function submit(
  options: SubmitOptions,
  job: Job,
  state: Extract<JobState, { readonly checkpoint: CheckpointRef }>
): Promise<Setback> {
  const { ledger, signer } = options;
  const read = await readProofs(options, job, state.checkpoint);
  if ('Err' in read) return renewCheckpoint(options, job, read.Err);
  const batch = buildBatch({ options, job, checkpoint: state.checkpoint, proofs: read.Ok });
  const submitted: Job = { ...job, state: { status: 'submitted', checkpoint: state.checkpoint } };
  if (state.status === 'checkpointed') ledger.commit({ jobs: [submitted] });
  try {
    return settle(
      options,
      submitted,
      await callService('apply_transitions', () => signer.apply_transitions(batch))
    );
  } catch (error) {
    if (!isPassing(error)) throw error;
    return postpone(options, submitted, { code: error.code, message: error.message });
  }
}

/** The nullifiers' proofs; an error when the node has them no more for this checkpoint, and a newer one is to be had. */
async function readProofs(
  { chain, ledger }: SubmitOptions,
  job: Job,
  { height, storageHash }: CheckpointRef
): Promise<Result<readonly TrieProof[]>> {
  const nullifiers = jobUnits(job).flatMap(({ nullifier, isBinding }) => (isBinding ? [] : [nullifier]));
  if (nullifiers.length === 0) return { Ok: [] };
  try {
    return { Ok: await chain.readNullifierProofs({ height, storageHash, nullifiers }) };
  } catch (error) {
    if (!isPassing(error) || (ledger.verified?.height ?? 0n) <= height) throw error;
    return { Err: { code: error.code, message: error.message } };
  }
}

function buildBatch(parts: {
  readonly options: SubmitOptions;
  readonly job: Job;
  readonly checkpoint: CheckpointRef;
  readonly proofs: readonly TrieProof[];
}): TransitionBatchWire {
  const { options, job, checkpoint } = parts;
  const proofs = parts.proofs.values();
  const units = jobUnits(job).map(({ leafIndex, isBinding, payload }): UnitWire => {
    const proof = isBinding ? [] : proofs.next().value;
    if (proof === undefined) throw new Error(`BUG: job ${job.id} has fewer proofs than nullifiers`);
    return {
      leaf_index: leafIndex,
      path: options.ledger.pathAt(leafIndex, checkpoint.leafCount),
      nullifier_proof: [...proof],
      payload: payload === undefined ? [] : [payload]
    };
  });
  return { domain: options.domain, height: checkpoint.height, tags: [...job.tags], units };
}

function settle(options: SubmitOptions, job: Job, result: Result<unknown>): Setback {
  if ('Ok' in result) return finish(options, job, 'us');
  const meaning = interpretRefusal(result.Err.code);
  switch (meaning) {
    case 'retry':
      return postpone(options, job, result.Err);
    case 'new-checkpoint':
      return renewCheckpoint(options, job, result.Err);
    case 'applied':
      // An action is applied wholly or not at all: what holds of one of its transitions holds of all.
      return finish(options, job, 'earlier');
    case 'final':
      return refuse(options, job, result.Err);
    default:
      return assertNever(meaning);
  }
}

function finish({ ledger, log }: SubmitOptions, job: Job, by: 'us' | 'earlier'): Setback {
  ledger.commit({ jobs: [{ ...job, state: { status: 'done', by } }] });
  log.info('job-done', { job: job.id, by });
  return undefined;
}

function refuse({ ledger, log }: SubmitOptions, job: Job, reason: WireError): Setback {
  ledger.commit({ jobs: [{ ...job, state: { status: 'refused', reason } }] });
  log.warn('job-refused', { job: job.id, ...reason });
  return reason;
}

function renewCheckpoint(options: SubmitOptions, job: Job, reason: WireError): Setback {
  return postpone(options, { ...job, state: { status: 'observed' } }, reason, 'none');
}

function postpone(options: SubmitOptions, job: Job, reason: WireError, checkpoint?: 'none'): Setback {
  const { ledger, retry, clock, random, log } = options;
  const failures = job.failures + 1;
  const delayMs = retryDelayMs(failures, retry, random);
  const state: JobState = failures >= retry.maxAttempts ? { status: 'stalled', reason } : job.state;
  const postponed: Job = { ...job, state, failures, notBeforeMs: clock.nowMs() + delayMs };
  ledger.commit({ jobs: [postponed], ...(checkpoint === undefined ? {} : { checkpoint }) });
  const fields = { job: job.id, failures, delayMs, ...reason };
  if (state.status === 'stalled') log.error('job-stalled', fields);
  else log.warn('job-postponed', fields);
  return reason;
}
