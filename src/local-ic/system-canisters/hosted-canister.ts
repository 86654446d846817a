/** A canister that this program answers for: a table of methods, called the way Wasm is. */
import { IDL } from '@dfinity/candid';
import { Principal } from '@dfinity/principal';
import { CanisterFault, ERROR_CODE } from '../execution/canister-fault';
import { CandidError, decodeCandid } from '../protocol/candid-decoding';
import { type CallAnswer, type IncomingCall } from '../replica/message';
import { rejectedByFault, replied } from '../replica/rejection';
import { type Outcome, type QueryMessage } from '../replica/replica-port';
import { type SystemCanister } from '../replica/system-canister';
import { AccountError } from './account';

/** One call as a method sees it. */
export type MethodCall = {
  readonly caller: Principal;
  readonly nowNs: bigint;
  /** Cycles sent along, none in a query. */
  readonly cycles: bigint;
};

/** What a method replies: the values of its result, and how many cycles of the call it kept. */
export type MethodReply = { readonly values: readonly unknown[]; readonly acceptedCycles: bigint };

export type Method = {
  readonly kind: 'query' | 'update';
  readonly argument: readonly IDL.Type[];
  readonly result: readonly IDL.Type[];
  readonly run: (call: MethodCall, argument: readonly unknown[]) => MethodReply;
};

type Signature = { readonly argument?: IDL.Type; readonly result: IDL.Type };

/** The canister gives up; its caller gets an error of code 5 and nothing has changed. */
export class CanisterTrap extends Error {}

/** A method that changes nothing. `run` gets the argument as `argument` decodes. */
export function query<Argument = void>(
  signature: Signature,
  run: (argument: Argument, call: MethodCall) => unknown
): Method {
  return method('query', signature, (argument: Argument, call) => ({
    values: [run(argument, call)],
    acceptedCycles: 0n
  }));
}

/** A method that may change state, and takes no cycles. */
export function update<Argument>(
  signature: Signature,
  run: (argument: Argument, call: MethodCall) => unknown
): Method {
  return method('update', signature, (argument: Argument, call) => ({
    values: [run(argument, call)],
    acceptedCycles: 0n
  }));
}

/** A method that takes cycles: `run` says how many. */
export function payableUpdate<Argument>(
  signature: Signature,
  run: (argument: Argument, call: MethodCall) => { readonly result: unknown; readonly acceptedCycles: bigint }
): Method {
  return method('update', signature, (argument: Argument, call) => {
    const { result, acceptedCycles } = run(argument, call);
    return { values: [result], acceptedCycles };
  });
}

function method<Argument>(
  kind: Method['kind'],
  { argument, result }: Signature,
  run: (argument: Argument, call: MethodCall) => MethodReply
): Method {
  return {
    kind,
    argument: argument ? [argument] : [],
    result: [result],
    // Candid decoded by the method's own types.
    run: (call, [value]) => run(value as Argument, call)
  };
}

/** Checks everything before its methods change anything, so that a trap needs no rollback. */
export abstract class HostedCanister implements SystemCanister {
  abstract readonly id: Uint8Array;
  abstract readonly cycles: bigint;
  protected abstract readonly methods: ReadonlyMap<string, Method>;

  constructor(private readonly timeNs: () => bigint) {}

  abstract record(): Uint8Array;
  abstract restore(record: Uint8Array): void;

  refuseIngress(): undefined {
    return undefined;
  }

  call(call: IncomingCall, answer: (answer: CallAnswer) => void): void {
    const { outcome, acceptedCycles } = this.#run('update', call);
    answer({ outcome, refundCycles: call.cycles - acceptedCycles });
  }

  query({ sender, methodName, arg }: QueryMessage): Outcome {
    return this.#run('query', { caller: sender, methodName, arg, cycles: 0n }).outcome;
  }

  /** Update calls reach queries too. */
  #run(
    kind: Method['kind'],
    { caller, methodName, arg, cycles }: Pick<IncomingCall, 'caller' | 'methodName' | 'arg' | 'cycles'>
  ): { readonly outcome: Outcome; readonly acceptedCycles: bigint } {
    const called = this.methods.get(methodName);
    try {
      if (!called || (kind === 'query' && called.kind !== 'query')) {
        throw new CanisterFault(ERROR_CODE.methodNotFound, `Canister has no ${kind} method '${methodName}'.`);
      }
      const call = { caller: Principal.fromUint8Array(caller), nowNs: this.timeNs(), cycles };
      const { values, acceptedCycles } = called.run(call, decodeCandid(called.argument, arg));
      const reply = new Uint8Array(IDL.encode([...called.result], [...values]));
      return { outcome: replied(reply), acceptedCycles };
    } catch (error) {
      return { outcome: rejectedByFault(this.id, faultOf(error)), acceptedCycles: 0n };
    }
  }
}

/** An error that is no answer to the caller is the host's own and thrown on. */
function faultOf(error: unknown): CanisterFault {
  if (error instanceof CanisterFault) return error;
  if (error instanceof CandidError) return trap(`failed to decode call arguments: ${error.message}`);
  if (error instanceof CanisterTrap || error instanceof AccountError) return trap(error.message);
  throw error;
}

function trap(message: string): CanisterFault {
  return new CanisterFault(ERROR_CODE.calledTrap, `Canister called \`ic0.trap\` with message: '${message}'`);
}
