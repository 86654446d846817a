import { CanisterFault, ERROR_CODE } from '../execution/canister-fault';
import { type ExecutionResult } from '../execution/canister-instance';
import { type Canister } from './canister';
import { type CanisterRunner, type ExecutionRequest } from './canister-runner';
import { answerOf, CompositeQuery, type QueryPlace } from './composite-query';
import { QueryLimits } from './query-limits';
import { describeFault, principalText, rejected, rejectedByFault } from './rejection';
import { type Outcome, type QueryMessage } from './replica-port';
import { type SystemCanister } from './system-canister';

export type QueryOptions = {
  readonly runner: CanisterRunner;
  readonly findCanister: (id: Uint8Array) => Canister | undefined;
  readonly findSystemCanister: (id: Uint8Array) => SystemCanister | undefined;
  readonly queryManagement: (message: QueryMessage) => Outcome;
  /** Certificate of the canister's certified data. */
  readonly dataCertificate: (canisterId: Uint8Array) => Uint8Array | undefined;
  /** Milliseconds of a clock that never goes back, for the time limit of queries; the system's by default. */
  readonly monotonicMs?: () => number;
};

/** Answers queries; nothing they do is kept. */
export class QueryRunner {
  constructor(private readonly options: QueryOptions) {}

  query(message: QueryMessage): Outcome {
    const { canisterId } = message;
    const systemCanister = this.options.findSystemCanister(canisterId);
    if (systemCanister) return systemCanister.query(message);
    const target = this.options.findCanister(canisterId);
    if (!target) return notFound(canisterId);
    const { runner, monotonicMs = () => performance.now() } = this.options;
    const limits = new QueryLimits(runner.limitOf('query'), monotonicMs);
    try {
      return this.#run(target, message, { target, depth: 0, limits });
    } catch (error) {
      if (error instanceof CanisterFault) return rejected(error.code, error.message);
      throw error;
    }
  }

  /** Runs a query method as the transform function of an HTTPS outcall, called by the management canister. */
  transform(canister: Canister, methodName: string, arg: Uint8Array): Outcome {
    const kind = canister.instance?.module.methods.get(methodName);
    if (kind === 'composite_query') {
      return rejected(
        ERROR_CODE.compositeQueryInReplicatedMode,
        'Composite query cannot be used as transform in canister http outcalls.'
      );
    }
    if (kind !== 'query') return missingMethod(canister, methodName);
    const result = this.options.runner.execute(canister, {
      context: 'transform',
      caller: new Uint8Array(0),
      arg,
      canRespond: true,
      entry: { kind: 'export', name: `canister_query ${methodName}` }
    });
    return toOutcome(canister, result);
  }

  /** A call of a query to another canister, or to its own: always to that canister as it is outside of the query. */
  #call(message: QueryMessage, { target, depth, limits }: QueryPlace): Outcome {
    const { canisterId } = message;
    if (canisterId.length === 0) {
      limits.useCall();
      return this.options.queryManagement(message);
    }
    const systemCanister = this.options.findSystemCanister(canisterId);
    if (systemCanister) return systemCanister.query(message);
    const callee = this.options.findCanister(canisterId);
    if (!callee) return notFound(canisterId);
    return this.#run(callee, message, { target, depth: depth + 1, limits });
  }

  #run(canister: Canister, message: QueryMessage, place: QueryPlace): Outcome {
    const refusal = refuse(canister);
    if (refusal) return refusal;
    const { instance } = canister;
    const { methodName } = message;
    const kind = instance?.module.methods.get(methodName);
    const request = this.#requestOf(canister, message, place);
    if (kind === 'query') {
      const entry = { kind: 'export', name: `canister_query ${methodName}` } as const;
      const result = this.options.runner.execute(canister, { ...request, context: 'query', entry });
      place.limits.useInstructions(result.instructions);
      if (place.depth > 0) place.limits.useCall();
      return toOutcome(canister, result);
    }
    if (kind !== 'composite_query' || !instance) return missingMethod(canister, methodName);
    const composite = new CompositeQuery({
      runner: this.options.runner,
      canister,
      instance: instance.fork(),
      place,
      call: (callMessage) => this.#call(callMessage, place)
    });
    const entry = { kind: 'export', name: `canister_composite_query ${methodName}` } as const;
    return composite.run({ ...request, context: 'compositeQuery', entry });
  }

  #requestOf(
    canister: Canister,
    { sender, arg, senderInfo }: QueryMessage,
    { target, limits }: QueryPlace
  ): Omit<ExecutionRequest, 'context' | 'entry'> {
    const certificate = (): Uint8Array | undefined => this.options.dataCertificate(canister.id);
    return {
      caller: sender,
      arg,
      canRespond: true,
      instructionLimit: limits.nextExecution,
      ...(canister === target && { certificate }),
      ...(senderInfo && { callerInfo: senderInfo })
    };
  }
}

function notFound(canisterId: Uint8Array): Outcome {
  return rejected(ERROR_CODE.canisterNotFound, `Canister ${principalText(canisterId)} not found`);
}

/** Why a canister answers no queries now. */
function refuse(canister: Canister): Outcome | undefined {
  const { id, status, instance } = canister;
  const name = `Canister ${principalText(id)}`;
  if (status === 'stopped') {
    return rejected(
      ERROR_CODE.stopped,
      `${name} is stopped and therefore does not have a CallContextManager`
    );
  }
  if (status === 'stopping') return rejected(ERROR_CODE.stopping, `${name} is stopping`);
  if (!instance) {
    const text = 'Attempted to execute a message, but the canister contains no Wasm module.';
    return rejectedByFault(id, new CanisterFault(ERROR_CODE.noWasmModule, text));
  }
  if (!canister.isFrozen) return undefined;
  return rejected(
    ERROR_CODE.outOfCycles,
    `${name} is unable to process query calls because it's frozen. Please top up the canister with cycles and try again.`
  );
}

function missingMethod(canister: Canister, methodName: string): Outcome {
  const fault = new CanisterFault(ERROR_CODE.methodNotFound, `Canister has no query method '${methodName}'.`);
  return rejected(fault.code, describeFault(canister.id, fault));
}

function toOutcome(canister: Canister, result: ExecutionResult): Outcome {
  if (result.kind === 'trapped') return rejectedByFault(canister.id, result.fault);
  return answerOf(canister, result.effects.response);
}
