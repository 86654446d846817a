import { CanisterFault, ERROR_CODE } from '../execution/canister-fault';
import { type CallAnswers } from './call-answers';
import { type CanisterRegistry } from './canister-registry';
import { type CanisterRunner } from './canister-runner';
import { type CyclesLedger } from './cycles-ledger';
import { type QueuedMessage } from './message';
import { processMessage, type ProcessorParts } from './message-processor';
import { type MessageQueue } from './message-queue';
import { rejected } from './rejection';
import { type Outcome } from './replica-port';
import { type RequestStore } from './request-store';

export type MessageStepParts = ProcessorParts & {
  readonly answers: CallAnswers;
  readonly ledger: CyclesLedger;
  readonly queue: MessageQueue;
  readonly registry: CanisterRegistry;
  readonly requests: RequestStore;
  readonly runner: CanisterRunner;
};

/**
 * Processes a message. When this program fails in it, everything is again as it was before, and who waits for an answer
 * is told that the network failed. What code had done to its memory before such a failure stays.
 *
 * @throws what this program failed with, when the message is answered.
 */
export function takeStep(parts: MessageStepParts, message: QueuedMessage): void {
  const { registry, requests, contexts, queue, managementCalls } = parts;
  const maps = [
    registry.canisters,
    requests.requests,
    contexts.contexts,
    contexts.calls,
    queue.messages,
    managementCalls.waiting
  ];
  const putBackCounts = rememberCounts(parts);
  for (const map of maps) map.begin();
  try {
    processMessage(parts, message);
    for (const map of maps) map.commit();
  } catch (error) {
    for (const map of maps) map.rollback();
    putBackCounts();
    giveUp(parts, message, outcomeOf(error));
    throw error;
  }
}

/** Numbers that were given out stay so: they must only be unique. */
function rememberCounts({ ledger, runner }: MessageStepParts): () => void {
  const { mintedCycles, burnedCycles } = ledger;
  const { executions } = runner;
  return () => {
    Object.assign(ledger, { mintedCycles, burnedCycles });
    runner.executions = executions;
  };
}

function outcomeOf(error: unknown): Outcome {
  if (error instanceof CanisterFault) return rejected(error.code, error.message);
  const reason = error instanceof Error ? error.message : String(error);
  return rejected(
    ERROR_CODE.engineError,
    `Internal error of this local Internet Computer, not of the canister: ${reason}. Nothing has changed.`
  );
}

/** Ends what waits for a message that cannot be processed. */
function giveUp(parts: MessageStepParts, message: QueuedMessage, outcome: Outcome): void {
  const { answers, contexts, ledger, managementCalls, registry, requests, router } = parts;
  switch (message.kind) {
    case 'ingress':
      requests.settle(message.message.requestId, outcome);
      return;
    case 'request': {
      const { callId, cycles } = message;
      if (contexts.calls.has(callId))
        answers.answer({ kind: 'canister', callId }, { outcome, refundCycles: cycles });
      else ledger.burn(cycles);
      return;
    }
    case 'response':
      router.endWithoutCallback(message.callId, message.answer.refundCycles, outcome);
      return;
    case 'call-deadline':
      router.endWithoutCallback(message.callId, 0n, outcome);
      return;
    case 'management-answer':
      managementCalls.giveUp(message.managementCallId, outcome);
      return;
    case 'timer': {
      const canister = registry.find(message.canisterId);
      // As after a trap; it would never fire again, and never be told to be off.
      if (canister) canister.globalTimerNs = 0n;
      return;
    }
    case 'stop-deadline':
    case 'heartbeat':
    case 'low-memory':
    case 'resource-charges':
  }
}
