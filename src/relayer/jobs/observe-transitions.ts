/** Finds account transitions in what the adapter executed, and makes jobs of them. */
import { type Bytes32, ascii, equalBytes, toHex } from '../../core/bytes';
import { type TransitionPayload, decodeTransitionPayload } from '../../core/account/transition-payload';
import { ProtocolError } from '../../core/error';
import { type Job, type JobTransition, jobId } from '../job';
import { type Log } from '../log';
import { type CreatedPayload, type ExecutedAction, type Execution } from './execution';

const MAGIC = ascii('HYPHA');

/** Jobs of an execution whose first commitment has leaf index `firstLeaf`; one per action. */
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

function toJobs({ execution, action, firstLeaf }: ActionPlace, transitions: readonly JobTransition[]): Job[] {
  if (transitions.length === 0) return [];
  return [
    {
      id: jobId(execution.txHash, action.actionTreeRoot),
      firstLeaf,
      height: execution.height,
      tags: action.tags,
      transitions,
      state: { status: 'observed' },
      failures: 0,
      notBeforeMs: 0
    }
  ];
}

function toTransition(place: ActionPlace, { unitIndex, blob }: CreatedPayload, log: Log): JobTransition[] {
  if (!equalBytes(blob.slice(0, MAGIC.length), MAGIC)) return [];
  const payload = decodeOrIgnore(blob, place.execution.txHash, log);
  if (payload === undefined) return [];
  const { purpose, successor } = payload;
  return [{ unitIndex, account: successor.labelRef, isBinding: purpose === 'binding', payload: blob }];
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
