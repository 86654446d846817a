import { bytesToHex } from '@noble/hashes/utils';
import { type CanisterInstance, type EntryPoint, type ExecutionResult } from '../execution/canister-instance';
import { CanisterFault, ERROR_CODE } from '../execution/canister-fault';
import { executionCost } from '../execution/cycles-schedule';
import { type CanisterFacts, type ExecutionInput, type SubnetFacts } from '../execution/execution';
import { isReplicated, type ContextName } from '../execution/execution-context';
import { trapLogLine } from '../execution/trap';
import { type Canister } from './canister';
import { type CyclesLedger } from './cycles-ledger';
import { memoryBytesOf, withinMemoryLimits } from './memory-limits';

/** Instructions one execution may use, by what it is. */
export type InstructionLimits = {
  readonly update: bigint;
  readonly query: bigint;
  readonly install: bigint;
  readonly inspectMessage: bigint;
};

/** Limits of an application subnet. */
export const INSTRUCTION_LIMITS: InstructionLimits = {
  update: 40_000_000_000n,
  query: 5_000_000_000n,
  install: 300_000_000_000n,
  inspectMessage: 200_000_000n
};

export type ExecutionRequest = Partial<Omit<ExecutionInput, 'context' | 'caller'>> & {
  readonly context: ContextName;
  readonly caller: Uint8Array;
  readonly entry: EntryPoint;
  /** Cycles not in the balance that were paid for this execution; those it does not cost are added to the balance. */
  readonly prepaidCycles?: bigint;
  /** Makes what `data_certificate_copy` gives. */
  readonly certificate?: CanisterFacts['certificate'];
};

export type RunnerOptions = {
  readonly subnet: SubnetFacts;
  readonly timeNs: () => bigint;
  readonly ledger: CyclesLedger;
  readonly limits: InstructionLimits;
  /** Told after each execution that is part of the replicated state. */
  readonly onExecuted: (canister: Canister) => void;
  /** Told of every line a canister prints and every trap. */
  readonly onLog: (canisterId: Uint8Array, text: string) => void;
};

const EMPTY = new Uint8Array(0);
/** Requests one canister may have under way to another. */
const MAX_QUEUED_CALLS = 500;

/** Runs canister code, one transaction at a time. */
export class CanisterRunner {
  /** How many executions there were that are part of the replicated state. */
  executions = 0n;

  constructor(private readonly options: RunnerOptions) {}

  /** Runs once; what the code did to memory stays if it ends well and the context keeps changes. Charges for it. */
  execute(canister: Canister, request: ExecutionRequest): ExecutionResult {
    const instance = requireInstance(canister);
    const body = (): ExecutionResult => this.enter(canister, instance, request);
    const keeps = keepsChanges(request.context);
    if (!isReplicated(request.context)) return this.transact(instance, body, keeps);
    // The longest execution is paid before, so the code does not see these cycles in its balance.
    const prepaid = request.prepaidCycles ?? takeUpTo(canister, this.prepaymentOf(request.context));
    const result = this.transact(instance, body, keeps);
    canister.cycles += prepaid;
    this.options.ledger.charge(canister, executionCost(result.instructions), 'instructions');
    if (result.kind === 'completed') canister.version += 1n;
    this.executions += 1n;
    this.options.onExecuted(canister);
    return result;
  }

  /** What the longest execution costs. */
  prepaymentOf(context: ContextName): bigint {
    return executionCost(this.limitOf(context));
  }

  /** Cycles that a canister lacks to pay for the longest execution without being frozen; 0 or less when it has them. */
  missingFor(canister: Canister, context: ContextName): bigint {
    return canister.freezingLimit + this.prepaymentOf(context) - canister.cycles;
  }

  /** {@link runInTransaction} for executions: one that cannot even begin has trapped. */
  transact(instance: CanisterInstance, body: () => ExecutionResult, keep: boolean): ExecutionResult {
    try {
      return this.runInTransaction(instance, body, keep);
    } catch (error) {
      if (error instanceof CanisterFault) return { kind: 'trapped', fault: error, instructions: 0n };
      throw error;
    }
  }

  /** Runs `body` between begin and commit; anything but a completed result with `keep` rolls back. */
  runInTransaction<T extends { readonly kind: string }>(
    instance: CanisterInstance,
    body: () => T,
    keep: boolean
  ): T {
    instance.begin();
    let isKept = false;
    try {
      const result = body();
      isKept = keep && result.kind === 'completed';
      return result;
    } finally {
      if (isKept) instance.commit();
      else instance.rollback();
    }
  }

  /** Runs once inside a transaction of the caller's. Not charged. */
  enter(canister: Canister, instance: CanisterInstance, request: ExecutionRequest): ExecutionResult {
    const { context, entry } = request;
    const input = this.#createInput(canister, request);
    const former = { bytes: memoryBytesOf(instance), freezingLimit: input.canister.freezingLimit };
    const run = instance.run(input, entry);
    const result = withinMemoryLimits(canister, instance, { context, former, result: run });
    if (result.kind === 'trapped') this.#logTrap(canister, context, result.fault);
    return result;
  }

  #createInput(canister: Canister, request: ExecutionRequest): ExecutionInput {
    const timeNs = this.options.timeNs();
    return {
      context: request.context,
      canister: canister.facts(request.certificate),
      subnet: this.options.subnet,
      caller: request.caller,
      callerInfo: request.callerInfo,
      arg: request.arg ?? EMPTY,
      rejection: request.rejection,
      methodName: request.methodName ?? '',
      timeNs,
      deadlineNs: request.deadlineNs ?? 0n,
      instructionLimit: request.instructionLimit ?? this.limitOf(request.context),
      priorInstructions: request.priorInstructions ?? 0n,
      canRespond: request.canRespond ?? false,
      availableCycles: request.availableCycles ?? 0n,
      refundedCycles: request.refundedCycles ?? 0n,
      globalTimerNs: canister.globalTimerNs,
      hasQueueRoom: (callee, queuedNow) =>
        (canister.pendingCalls.get(bytesToHex(callee)) ?? 0) + queuedNow < MAX_QUEUED_CALLS,
      log: (text) => {
        this.#log(canister, request.context, text);
      }
    };
  }

  /** Instructions one execution may use. */
  limitOf(context: ContextName): bigint {
    const { limits } = this.options;
    switch (context) {
      case 'start':
      case 'init':
      case 'preUpgrade':
        return limits.install;
      case 'inspectMessage':
        return limits.inspectMessage;
      case 'query':
      case 'transform':
      case 'compositeQuery':
      case 'compositeReplyCallback':
      case 'compositeRejectCallback':
      case 'compositeCleanup':
        return limits.query;
      case 'update':
      case 'replicatedQuery':
      case 'replyCallback':
      case 'rejectCallback':
      case 'cleanup':
      case 'systemTask':
        return limits.update;
    }
  }

  #logTrap(canister: Canister, context: ContextName, fault: CanisterFault): void {
    const line = trapLogLine(fault);
    if (line !== undefined) this.#log(canister, context, new TextEncoder().encode(line));
  }

  /** What queries print is not part of the state: the canister's log does not have it, the host is told. */
  #log(canister: Canister, context: ContextName, line: Uint8Array): void {
    if (isReplicated(context)) canister.log.append(line, this.options.timeNs());
    this.options.onLog(canister.id, new TextDecoder().decode(line));
  }
}

function takeUpTo(canister: Canister, amount: bigint): bigint {
  const taken = canister.cycles < amount ? canister.cycles : amount;
  canister.cycles -= taken;
  return taken;
}

function requireInstance(canister: Canister): CanisterInstance {
  if (!canister.instance) {
    throw new CanisterFault(
      ERROR_CODE.noWasmModule,
      'Attempted to execute a message, but the canister contains no Wasm module.'
    );
  }
  return canister.instance;
}

function keepsChanges(context: ContextName): boolean {
  return isReplicated(context) && context !== 'replicatedQuery';
}
