/**
 * Puts the adapter's events together: each `execute` call emits, action by action, the payloads and `ActionExecuted`,
 * then `CommitmentTreeRootAdded` (unless there are no tags), then `TransactionExecuted` with all tags in order.
 *
 * One event is not believed without the others: a node that leaves some out, or changes one, is found out here or at
 * the tree's root.
 */
import { type Bytes32, equalBytes } from '../../core/bytes';
import { actionTreeRoot } from '../../core/resource/action';
import { type AdapterEvent } from '../chains/evm-chain';
import { chainError } from '../relayer-error';

/** A blob on a created resource; `unitIndex` counts the action's compliance units. */
export type CreatedPayload = { readonly unitIndex: number; readonly blob: Uint8Array };

export type ExecutedAction = {
  readonly actionTreeRoot: Bytes32;
  /** Nullifier and commitment of each compliance unit in turn. */
  readonly tags: readonly Bytes32[];
  readonly payloads: readonly CreatedPayload[];
};

/** One `execute` call of the adapter. */
export type Execution = {
  readonly txHash: Bytes32;
  readonly height: bigint;
  readonly actions: readonly ExecutedAction[];
  /** In the order in which the adapter appended them. */
  readonly commitments: readonly Bytes32[];
  /** Root after the last of them; none when there are none. */
  readonly root: Bytes32 | undefined;
};

type EventOf<Type extends AdapterEvent['type']> = Extract<AdapterEvent, { readonly type: Type }>;
/** An action as its events describe it, before its tags are known. */
type OpenAction = {
  readonly event: EventOf<'ActionExecuted'>;
  readonly payloads: readonly EventOf<'ApplicationPayload'>[];
};

/**
 * The calls behind `events`, which are in chain order.
 * @throws {ProtocolError} `chain/incomplete-logs` when events are missing or contradict each other.
 */
export function groupExecutions(events: readonly AdapterEvent[]): Execution[] {
  const executions: Execution[] = [];
  let open: AdapterEvent[] = [];
  for (const event of events) {
    if (open.some(({ txHash }) => !equalBytes(txHash, event.txHash))) break;
    open.push(event);
    if (event.type !== 'TransactionExecuted') continue;
    executions.push(toExecution(event, open));
    open = [];
  }
  const [unfinished] = open;
  if (unfinished !== undefined) throw incomplete(unfinished, 'no TransactionExecuted closes the transaction');
  return executions;
}

function toExecution(closing: EventOf<'TransactionExecuted'>, events: readonly AdapterEvent[]): Execution {
  const { tags, txHash, height } = closing;
  if (tags.length % 2 !== 0) throw incomplete(closing, `an odd number of tags: ${tags.length}`);
  const roots = events.filter((event) => event.type === 'CommitmentTreeRootAdded');
  const [added] = roots;
  if (roots.length !== (tags.length === 0 ? 0 : 1))
    throw incomplete(closing, `${roots.length} roots were added`);
  return {
    txHash,
    height,
    actions: splitActions(closing, collectActions(events)),
    commitments: tags.filter((_, index) => index % 2 === 1),
    root: added?.root
  };
}

function collectActions(events: readonly AdapterEvent[]): OpenAction[] {
  const actions: OpenAction[] = [];
  let payloads: EventOf<'ApplicationPayload'>[] = [];
  for (const event of events) {
    if (event.type === 'ApplicationPayload') payloads.push(event);
    if (event.type !== 'ActionExecuted') continue;
    actions.push({ event, payloads });
    payloads = [];
  }
  const [stray] = payloads;
  if (stray !== undefined) throw incomplete(stray, 'a payload belongs to no action');
  return actions;
}

function splitActions(
  closing: EventOf<'TransactionExecuted'>,
  actions: readonly OpenAction[]
): ExecutedAction[] {
  let start = 0;
  const split = actions.map((action) => {
    const tags = closing.tags.slice(start, start + action.event.tagCount);
    start += action.event.tagCount;
    return toAction(action, tags);
  });
  if (start !== closing.tags.length) {
    throw incomplete(closing, `its actions have ${start} tags, itself ${closing.tags.length}`);
  }
  return split;
}

function toAction({ event, payloads }: OpenAction, tags: readonly Bytes32[]): ExecutedAction {
  const isWhole = tags.length === event.tagCount && tags.length % 2 === 0;
  // The adapter runs an action without units; it has nothing in it and its root is a padding leaf.
  if (!isWhole || (tags.length > 0 && !equalBytes(actionTreeRoot(tags), event.actionTreeRoot))) {
    throw incomplete(event, 'the tags are not those under the action tree root');
  }
  return {
    actionTreeRoot: event.actionTreeRoot,
    tags,
    payloads: payloads.flatMap(({ tag, blob }) => placePayload(tags, tag, blob))
  };
}

/** A payload of a consumed resource is of no use to the signer. */
function placePayload(tags: readonly Bytes32[], tag: Bytes32, blob: Uint8Array): CreatedPayload[] {
  const position = tags.findIndex((candidate, index) => index % 2 === 1 && equalBytes(candidate, tag));
  return position < 0 ? [] : [{ unitIndex: (position - 1) / 2, blob }];
}

function incomplete(event: AdapterEvent, found: string): Error {
  return chainError('incomplete-logs', `expected all events of a transaction of the adapter: ${found}`, {
    data: { txHash: event.txHash, height: event.height, logIndex: event.logIndex }
  });
}
