/** Finds account transitions in what the adapter executed, and makes jobs of them. */
import {
  type TransitionPayload,
  decodeTransitionPayload,
  encodeConsents
} from '../../core/account/transition-payload';
import { ascii, equalBytes, toHex } from '../../core/bytes';
import { sha256 } from '../../core/crypto/hash';
import { ProtocolError } from '../../core/error';
import { commitResource } from '../../core/resource/resource';
import { type Job, type JobTransition } from '../job';
import { type Log } from '../log';
import { type CreatedPayload, type ExecutedAction, type Execution } from './execution';

const MAGIC = ascii('HYPHA');

/**
 * Jobs of an execution whose first commitment has leaf index `firstLeaf`: one for each list of consents in an action.
 * What others put beside the parties' payloads in the same action is tried by itself and spoils nothing.
 */
export function observeTransitions(execution: Execution, firstLeaf: bigint, log: Log): Job[] {
  const jobs: Job[] = [];
  let actionLeaf = firstLeaf;
  for (const action of execution.actions) {
    jobs.push(...observeAction({ execution, action, firstLeaf: actionLeaf }, log));
    actionLeaf += BigInt(action.tags.length / 2);
  }
  return jobs;
}

type ActionPlace = {
  readonly execution: Execution;
  readonly action: ExecutedAction;
  readonly firstLeaf: bigint;
};

function observeAction(place: ActionPlace, log: Log): Job[] {
  const groups = new Map<string, JobTransition[]>();
  for (const created of place.action.payloads) {
    const payload = decodeOrIgnore(created, { place, log });
    if (payload === undefined) continue;
    const consents = toHex(sha256(encodeConsents(payload.consents)));
    groups.set(consents, [...(groups.get(consents) ?? []), toTransition(created, payload)]);
  }
  return Array.from(groups, ([consents, transitions]) => toJob(place, consents, transitions));
}

function toJob(
  { execution, action, firstLeaf }: ActionPlace,
  consents: string,
  transitions: JobTransition[]
): Job {
  return {
    id: `${toHex(execution.txHash)}:${toHex(action.actionTreeRoot)}:${consents}`,
    firstLeaf,
    height: execution.height,
    tags: action.tags,
    transitions,
    state: { status: 'observed' },
    failures: 0,
    notBeforeMs: 0
  };
}

const toTransition = ({ unitIndex, blob }: CreatedPayload, payload: TransitionPayload): JobTransition => ({
  unitIndex,
  account: payload.successor.labelRef,
  isBinding: payload.purpose === 'binding',
  payload: blob
});

/**
 * Anyone can put any bytes on chain: what does not decode, does not open its unit's commitment, or moves an account it
 * has no consent for, is no transition and no reason to stop.
 */
function decodeOrIgnore(
  { blob, unitIndex }: CreatedPayload,
  { place, log }: { readonly place: ActionPlace; readonly log: Log }
): TransitionPayload | undefined {
  if (!equalBytes(blob.slice(0, MAGIC.length), MAGIC)) return undefined;
  try {
    const payload = decodeTransitionPayload(blob);
    const { labelRef } = payload.successor;
    const created = place.action.tags[2 * unitIndex + 1];
    if (created === undefined || !equalBytes(commitResource(payload.successor), created)) {
      throw new ProtocolError('transition/commitment', "expected a payload that opens its unit's commitment");
    }
    if (payload.consents.some(({ accountId }) => equalBytes(accountId, labelRef))) return payload;
    throw new ProtocolError('authority/consent', 'expected a consent for the account that moves');
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    const { code, message } = error;
    log.warn('payload-ignored', { txHash: toHex(place.execution.txHash), code, message });
    return undefined;
  }
}
