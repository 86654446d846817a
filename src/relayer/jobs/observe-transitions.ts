/** Finds account transitions in what the adapter executed, and makes jobs of them. */
import { type Bytes32, ascii, equalBytes, toHex } from '../../core/bytes';
import { type TransitionPayload, decodeTransitionPayload } from '../../core/account/transition-payload';
import { ProtocolError } from '../../core/error';
import { type Job, type JobTransition, jobId, splitJob } from '../job';
import { type Log } from '../log';
import { type CreatedPayload, type ExecutedAction, type Execution } from './execution';

/** Transitions in one batch of `apply_transitions`. */
const MAX_BATCH = 16;
const MAGIC = ascii('HYPHA');

/** Jobs of an execution whose first commitment has leaf index `firstLeaf`; one per action, unless it is too large for a batch. */
export function observeTransitions(execution: Execution, firstLeaf: bigint, log: Log): Job[] {
  const jobs: Job[] = [];
  let actionLeaf = firstLeaf;
  for (const action of execution.actions) {
    const place = { execution, action, firstLeaf: actionLeaf };
    const transitions = action.payloads.flatMap((payload) => toTransition(place, payload, log));
    jobs.push(...toJobs(place, transitions));
    actionLeaf += BigInt(action.tags.length / 2);
  }
  return jobs;
}

type ActionPlace = {
  readonly execution: Execution;
  readonly action: ExecutedAction;
  readonly firstLeaf: bigint;
};

function toJobs({ execution, action }: ActionPlace, transitions: readonly JobTransition[]): Job[] {
  const [first] = transitions;
  if (first === undefined) return [];
  const job: Job = {
    id: jobId(execution.txHash, action.actionTreeRoot),
    order: first.leafIndex,
    height: execution.height,
    tags: action.tags,
    transitions,
    state: { status: 'observed' },
    failures: 0,
    notBeforeMs: 0
  };
  return transitions.length > MAX_BATCH ? splitJob(job) : [job];
}

function toTransition(place: ActionPlace, { unitIndex, blob }: CreatedPayload, log: Log): JobTransition[] {
  const nullifier = place.action.tags[2 * unitIndex];
  if (nullifier === undefined || !equalBytes(blob.slice(0, MAGIC.length), MAGIC)) return [];
  const payload = decodeOrIgnore(blob, place.execution.txHash, log);
  if (payload === undefined) return [];
  return [
    {
      unitIndex,
      account: payload.successor.labelRef,
      isBinding: payload.purpose === 'binding',
      nullifier,
      leafIndex: place.firstLeaf + BigInt(unitIndex),
      payload: blob
    }
  ];
}

/** Anyone can put any bytes on chain: what does not decode is no transition, and no reason to stop. */
function decodeOrIgnore(blob: Uint8Array, txHash: Bytes32, log: Log): TransitionPayload | undefined {
  try {
    return decodeTransitionPayload(blob);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    log.warn('payload-ignored', { txHash: toHex(txHash), code: error.code, message: error.message });
    return undefined;
  }
}
