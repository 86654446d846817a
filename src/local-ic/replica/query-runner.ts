import { CanisterFault, ERROR_CODE } from '../execution/canister-fault';
import { type CanisterInstance, type ExecutionResult } from '../execution/canister-instance';
import { type CanisterResponse, type OutgoingCall } from '../execution/execution';
import { type Canister } from './canister';
import { type CanisterRunner, type ExecutionRequest } from './canister-runner';
import { describeFault, principalText, rejected, rejectedByFault, replied } from './rejection';
import { type Outcome, type QueryMessage } from './replica-port';
import { type SystemCanister } from './system-canister';

export type QueryOptions = {
  readonly runner: CanisterRunner;
  readonly findCanister: (id: Uint8Array) => Canister | undefined;
  readonly findSystemCanister: (id: Uint8Array) => SystemCanister | undefined;
  readonly queryManagement: (message: QueryMessage) => Outcome;
  /** Certificate of the canister's certified data. */
  readonly dataCertificate: (canisterId: Uint8Array) => Uint8Array | undefined;
};

type QueryCall = Omit<QueryMessage, 'canisterId'>;

/** How deep composite queries may call each other. */
const MAX_CALL_DEPTH = 6;

/** Answers queries; nothing they do is kept. */
export class QueryRunner {
  constructor(private readonly options: QueryOptions) {}

  query(message: QueryMessage): Outcome {
    const { canisterId, ...call } = message;
    const systemCanister = this.options.findSystemCanister(canisterId);
    if (systemCanister) return systemCanister.query(message);
    const canister = this.options.findCanister(canisterId);
    if (!canister) {
      return rejected(ERROR_CODE.canisterNotFound, `Canister ${principalText(canisterId)} not found`);
    }
    return this.#run(canister, call, { isTarget: true, stack: [] });
  }

  /** Runs a query method as the transform function of an HTTPS outcall, called by the management canister. */
  transform(canister: Canister, methodName: string, arg: Uint8Array): Outcome {
    const instance = canister.instance;
    if (instance?.module.methods.get(methodName) !== 'query') return missingMethod(canister, methodName);
    return this.#runSimple(canister, {
      context: 'transform',
      caller: new Uint8Array(0),
      arg,
      canRespond: true,
      entry: { kind: 'export', name: `canister_query ${methodName}` }
    });
  }

  #run(
    canister: Canister,
    { sender, methodName, arg }: QueryCall,
    place: { readonly isTarget: boolean; readonly stack: readonly Canister[] }
  ): Outcome {
    const refusal = refuseByStatus(canister);
    if (refusal) return refusal;
    const { instance } = canister;
    if (!instance) {
      const text = 'Attempted to execute a message, but the canister contains no Wasm module.';
      return rejectedByFault(canister.id, new CanisterFault(ERROR_CODE.noWasmModule, text));
    }
    const kind = instance.module.methods.get(methodName);
    const certificate = place.isTarget
      ? (): Uint8Array | undefined => this.options.dataCertificate(canister.id)
      : undefined;
    const request = { caller: sender, arg, canRespond: true, certificate } as const;
    if (kind === 'query') {
      const entry = { kind: 'export', name: `canister_query ${methodName}` } as const;
      return this.#runSimple(canister, { ...request, context: 'query', entry });
    }
    if (kind !== 'composite_query') return missingMethod(canister, methodName);
    const entry = { kind: 'export', name: `canister_composite_query ${methodName}` } as const;
    return this.#runComposite(canister, { ...request, context: 'compositeQuery', entry }, place.stack);
  }

  #runSimple(canister: Canister, request: ExecutionRequest): Outcome {
    return toOutcome(canister, this.options.runner.execute(canister, request));
  }

  #runComposite(canister: Canister, request: ExecutionRequest, stack: readonly Canister[]): Outcome {
    const { instance } = canister;
    if (!instance) return missingMethod(canister, '');
    if (stack.includes(canister)) return rejected(ERROR_CODE.queryLoop, 'Query call graph loop detected.');
    if (stack.length >= MAX_CALL_DEPTH)
      return rejected(ERROR_CODE.queryTooDeep, 'Query call graph is too deep.');
    const body = (): ExecutionResult =>
      this.#enterComposite({ canister, instance, request, stack: [...stack, canister] });
    return toOutcome(canister, this.options.runner.transact(instance, body, false));
  }

  /** Runs the method, its calls and their callbacks, until the first answer or trap. */
  #enterComposite(run: {
    readonly canister: Canister;
    readonly instance: CanisterInstance;
    readonly request: ExecutionRequest;
    readonly stack: readonly Canister[];
  }): ExecutionResult {
    const { canister, instance, request, stack } = run;
    const { runner } = this.options;
    let result = runner.enter(canister, instance, request);
    const calls: OutgoingCall[] = [];
    let instructions = result.instructions;
    while (result.kind === 'completed' && !result.effects.response) {
      calls.push(...result.effects.calls);
      const call = calls.shift();
      if (!call) return result;
      const outcome = this.#callWithin(canister, call, stack);
      result = runner.enter(canister, instance, callbackRequest(request, { call, outcome, instructions }));
      instructions += result.instructions;
    }
    return result;
  }

  #callWithin(caller: Canister, call: OutgoingCall, stack: readonly Canister[]): Outcome {
    const query = { sender: caller.id, methodName: call.methodName, arg: call.arg };
    if (call.callee.length === 0) return this.options.queryManagement({ ...query, canisterId: call.callee });
    const systemCanister = this.options.findSystemCanister(call.callee);
    if (systemCanister) return systemCanister.query({ ...query, canisterId: call.callee });
    const callee = this.options.findCanister(call.callee);
    if (!callee) {
      return rejected(ERROR_CODE.canisterNotFound, `Canister ${principalText(call.callee)} not found`);
    }
    // A query of a canister that is in the midst of one would see that one's changes.
    if (stack.includes(callee)) return rejected(ERROR_CODE.queryLoop, 'Query call graph loop detected.');
    return this.#run(callee, query, { isTarget: false, stack });
  }
}

function callbackRequest(
  request: ExecutionRequest,
  { call, outcome, instructions }: { call: OutgoingCall; outcome: Outcome; instructions: bigint }
): ExecutionRequest {
  const common = { caller: request.caller, canRespond: true, priorInstructions: instructions };
  if (outcome.kind === 'replied') {
    const entry = { kind: 'callback', callback: call.onReply } as const;
    return { ...common, context: 'compositeReplyCallback', arg: outcome.reply, entry };
  }
  const rejection = { code: outcome.rejectCode, message: outcome.rejectMessage };
  return {
    ...common,
    context: 'compositeRejectCallback',
    rejection,
    entry: { kind: 'callback', callback: call.onReject }
  };
}

function refuseByStatus({ id, status }: Canister): Outcome | undefined {
  if (status === 'running') return undefined;
  const text = `Canister ${principalText(id)} is ${status}`;
  return status === 'stopped'
    ? rejected(ERROR_CODE.stopped, `${text} and therefore does not have a CallContextManager`)
    : rejected(ERROR_CODE.stopping, text);
}

function missingMethod(canister: Canister, methodName: string): Outcome {
  const fault = new CanisterFault(ERROR_CODE.methodNotFound, `Canister has no query method '${methodName}'.`);
  return rejected(fault.code, describeFault(canister.id, fault));
}

function toOutcome(canister: Canister, result: ExecutionResult): Outcome {
  if (result.kind === 'trapped') return rejectedByFault(canister.id, result.fault);
  return answerOf(canister, result.effects.response);
}

function answerOf(canister: Canister, response: CanisterResponse | undefined): Outcome {
  if (!response) {
    return rejectedByFault(
      canister.id,
      new CanisterFault(ERROR_CODE.didNotReply, 'Canister did not reply to the call.')
    );
  }
  return response.kind === 'reply'
    ? replied(response.data)
    : rejected(ERROR_CODE.canisterRejected, response.message);
}
