import { type CallDelivery } from './call-delivery';
import { type CallRouter } from './call-router';
import { CALL_TIMED_OUT } from './call-sender';
import { type CanisterStops } from './canister-stops';
import { type CallContexts } from './call-contexts';
import { type Ingress } from './ingress';
import { type LowMemoryHooks } from './low-memory-hooks';
import { type ManagementCalls } from './management-calls';
import { type QueuedMessage } from './message';
import { type ResourceCharges } from './resource-charges';
import { type SystemTasks } from './system-tasks';

export type ProcessorParts = {
  readonly ingress: Ingress;
  readonly delivery: CallDelivery;
  readonly router: CallRouter;
  readonly contexts: CallContexts;
  readonly stops: CanisterStops;
  readonly systemTasks: SystemTasks;
  readonly resourceCharges: ResourceCharges;
  readonly managementCalls: ManagementCalls;
  readonly lowMemoryHooks: LowMemoryHooks;
};

/** Processes one message of whatever kind: a step from one whole state to the next. */
export function processMessage(parts: ProcessorParts, message: QueuedMessage): void {
  switch (message.kind) {
    case 'ingress':
      parts.ingress.process(message.message);
      return;
    case 'request':
      parts.delivery.deliverRequest(message);
      return;
    case 'response':
      parts.router.receiveAnswer(message.callId, message.answer);
      return;
    case 'call-deadline':
      if (parts.contexts.calls.has(message.callId))
        parts.router.receiveAnswer(message.callId, CALL_TIMED_OUT);
      return;
    case 'stop-deadline':
      parts.stops.expire(message.canisterId);
      return;
    case 'timer':
      parts.systemTasks.fireTimer(message.canisterId);
      return;
    case 'low-memory':
      parts.lowMemoryHooks.run(message.canisterId);
      return;
    case 'resource-charges':
      parts.resourceCharges.charge();
      return;
    case 'heartbeat':
      parts.systemTasks.beat(message.canisterId);
      return;
    case 'management-answer':
      parts.managementCalls.finish(message);
  }
}
