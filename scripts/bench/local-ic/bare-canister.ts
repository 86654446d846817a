/** A canister's module as it was uploaded, run by nothing but the engine and the System API: what the local IC adds is the rest. */
import { CONTROLLER } from '../../../test/fixtures/local-ic/test-replica';
import { Execution, type ExecutionInput } from '../../../src/local-ic/execution/execution';
import { type ContextName } from '../../../src/local-ic/execution/execution-context';
import { GuestMemory } from '../../../src/local-ic/execution/guest-memory';
import { StableMemory } from '../../../src/local-ic/execution/stable-memory';
import { createSystemApi } from '../../../src/local-ic/execution/system-api';
import {
  wasm,
  type WasmExport,
  type WasmFunction,
  type WasmMemory
} from '../../../src/local-ic/execution/webassembly';

const NO_LIMIT = 1n << 62n;
const ID = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1, 1, 1);

export class BareCanister {
  readonly #exports: Readonly<Record<string, WasmExport>>;
  #execution: Execution | undefined;

  constructor(module: Uint8Array) {
    const memory = (): GuestMemory => new GuestMemory(this.#exports['memory'] as WasmMemory);
    const current = (): Execution => this.#current();
    const imports = createSystemApi({
      stable: new StableMemory(),
      get memory() {
        return memory();
      },
      get execution() {
        return current();
      },
      instructionsUsed: () => 0n,
      charge: () => undefined,
      is64Bit: false
    });
    this.#exports = new wasm.Instance(new wasm.Module(module), imports).exports;
  }

  /** Runs an exported function. No transaction, no meter: a trap is an exception and leaves the canister as it is. */
  run(exportName: string, context: ContextName, arg: Uint8Array = new Uint8Array(0)): void {
    this.#execution = new Execution(inputOf(context, arg));
    (this.#exports[exportName] as WasmFunction)();
  }

  #current(): Execution {
    if (!this.#execution) throw new Error('no execution is under way');
    return this.#execution;
  }
}

function inputOf(context: ContextName, arg: Uint8Array): ExecutionInput {
  return {
    context,
    arg,
    canister: {
      id: ID,
      version: 1n,
      status: 'running',
      controllers: [CONTROLLER],
      environment: [],
      balance: 1_000_000_000_000_000n,
      freezingLimit: 0n,
      certificate: undefined
    },
    subnet: { id: ID, rootKey: ID },
    caller: CONTROLLER,
    callerInfo: undefined,
    rejection: undefined,
    methodName: '',
    timeNs: 1_700_000_000_000_000_000n,
    deadlineNs: 0n,
    instructionLimit: NO_LIMIT,
    priorInstructions: 0n,
    canRespond: context !== 'init',
    availableCycles: 0n,
    refundedCycles: 0n,
    globalTimerNs: 0n,
    hasQueueRoom: () => true,
    log: () => undefined
  };
}
