import { CanisterFault, ERROR_CODE } from '../execution/canister-fault';
import { type CanisterInstance, type ExecutionResult } from '../execution/canister-instance';
import { type CanisterResponse, type OutgoingCall } from '../execution/execution';
import { type Canister } from './canister';
import { type CanisterRunner, type ExecutionRequest } from './canister-runner';
import { type QueryLimits } from './query-limits';
import { principalText, rejected, rejectedByFault, replied } from './rejection';
import { type Outcome, type QueryMessage } from './replica-port';

/** Where in the graph of a query's calls a method runs. */
export type QueryPlace = {
  readonly target: Canister;
  /** How many composite queries wait for this one. */
  readonly depth: number;
  readonly limits: QueryLimits;
};

export type CompositeQueryOptions = {
  readonly runner: CanisterRunner;
  readonly canister: Canister;
  /** A copy of the canister's: it has the state that is kept from callback to callback and no longer. */
  readonly instance: CanisterInstance;
  readonly place: QueryPlace;
  /** Answers a call of the query. */
  readonly call: (message: QueryMessage) => Outcome;
};

/** One composite query method: its execution, its calls one by one, and their callbacks until one of them answers. */
export class CompositeQuery {
  /** Calls that are not made yet. */
  #calls: OutgoingCall[] = [];
  #instructions = 0n;

  constructor(private readonly options: CompositeQueryOptions) {}

  run(request: ExecutionRequest): Outcome {
    const { canister, place } = this.options;
    const ended = this.#outcomeOf(this.#enter(request));
    if (place.depth > 0) place.limits.useCall();
    if (ended) return ended;
    for (;;) {
      this.#assertMayGoOn();
      const call = this.#calls.shift();
      if (!call) return answerOf(canister, undefined);
      const outcome = this.#call(call);
      this.#assertMayGoOn();
      const answered = this.#callBack(request, call, outcome);
      if (answered) return answered;
    }
  }

  #assertMayGoOn(): void {
    const { limits, depth } = this.options.place;
    limits.assertMayGoOn(depth);
  }

  #call({ callee, methodName, arg }: OutgoingCall): Outcome {
    return this.options.call({ sender: this.options.canister.id, canisterId: callee, methodName, arg });
  }

  #enter(request: ExecutionRequest): ExecutionResult {
    const { runner, canister, instance, place } = this.options;
    const result = runner.enter(canister, instance, {
      ...request,
      instructionLimit: request.instructionLimit ?? place.limits.nextExecution
    });
    this.#instructions += result.instructions;
    place.limits.useInstructions(result.instructions);
    return result;
  }

  /** The answer or failure an execution ends the query with; none while calls are left that may. */
  #outcomeOf(result: ExecutionResult): Outcome | undefined {
    const { canister } = this.options;
    if (result.kind === 'completed') {
      this.#calls.push(...result.effects.calls);
      if (!result.effects.response) return undefined;
      return answerOf(canister, result.effects.response);
    }
    return this.#calls.length > 0 ? undefined : rejectedByFault(canister.id, result.fault);
  }

  #callBack(request: ExecutionRequest, call: OutgoingCall, outcome: Outcome): Outcome | undefined {
    const { instance, place } = this.options;
    const instructionLimit = place.limits.nextExecution;
    const common = this.#callbackRequest(request, instructionLimit);
    // Without more to run there is nobody who could see the state before the callback.
    const isUndoable = call.onCleanup !== undefined || this.#calls.length > 0;
    if (isUndoable) instance.begin();
    const result = this.#enter({ ...common, ...callbackOf(call, outcome) });
    if (isUndoable && result.kind === 'completed') instance.commit();
    if (result.kind === 'completed' || !isUndoable) return this.#outcomeOf(result);
    instance.rollback();
    const left = instructionLimit - result.instructions;
    return this.#outcomeOf(this.#cleanUp(call, result, this.#callbackRequest(request, left)));
  }

  #callbackRequest(
    { caller, callerInfo }: ExecutionRequest,
    instructionLimit: bigint
  ): Omit<ExecutionRequest, 'context' | 'entry'> {
    return {
      caller,
      instructionLimit,
      priorInstructions: this.#instructions,
      canRespond: true,
      ...(callerInfo && { callerInfo })
    };
  }

  /** The trap of the callback, together with that of its cleanup if that traps too. */
  #cleanUp(
    call: OutgoingCall,
    trap: ExecutionResult & { readonly kind: 'trapped' },
    request: Omit<ExecutionRequest, 'context' | 'entry'>
  ): ExecutionResult {
    if (!call.onCleanup) return trap;
    const { instance } = this.options;
    instance.begin();
    const entry = { kind: 'callback', callback: call.onCleanup } as const;
    const result = this.#enter({ ...request, context: 'compositeCleanup', entry });
    if (result.kind === 'completed') {
      instance.commit();
      return trap;
    }
    instance.rollback();
    const message = `${trap.fault.message}\n\ncall_on_cleanup also failed:\n\n${result.fault.message}`;
    return { ...trap, fault: new CanisterFault(trap.fault.code, message) };
  }
}

function callbackOf(
  call: OutgoingCall,
  outcome: Outcome
): Pick<ExecutionRequest, 'context' | 'entry' | 'arg' | 'rejection'> {
  if (outcome.kind === 'replied') {
    const entry = { kind: 'callback', callback: call.onReply } as const;
    return { context: 'compositeReplyCallback', arg: outcome.reply, entry };
  }
  const entry = { kind: 'callback', callback: call.onReject } as const;
  const rejection = { code: outcome.rejectCode, message: outcome.rejectMessage };
  return { context: 'compositeRejectCallback', rejection, entry };
}

/** The answer of a query that makes no more calls. */
export function answerOf({ id }: Canister, response: CanisterResponse | undefined): Outcome {
  if (!response) {
    return rejected(ERROR_CODE.didNotReply, `Canister ${principalText(id)} did not produce a response`);
  }
  return response.kind === 'reply'
    ? replied(response.data)
    : rejected(ERROR_CODE.canisterRejected, response.message);
}
