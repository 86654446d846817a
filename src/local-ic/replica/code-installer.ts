import { CanisterFault, ERROR_CODE } from '../execution/canister-fault';
import { CanisterInstance, type EntryPoint, type ExecutionResult } from '../execution/canister-instance';
import { loadModule, type CanisterModule } from '../execution/canister-module';
import { executionCost } from '../execution/cycles-schedule';
import { type ExecutionEffects } from '../execution/execution';
import { type ContextName } from '../execution/execution-context';
import { StableMemory } from '../execution/stable-memory';
import { type CallRouter } from './call-router';
import { type Canister } from './canister';
import { type CanisterRunner } from './canister-runner';
import { type CyclesLedger } from './cycles-ledger';
import { describeFault, principalText } from './rejection';

export type InstallMode =
  | { readonly kind: 'install' }
  | { readonly kind: 'reinstall' }
  | { readonly kind: 'upgrade'; readonly skipPreUpgrade: boolean; readonly heap: HeapOption };

/** What an upgrade does with the heap; undefined when the request does not say, and then it is replaced. */
export type HeapOption = 'keep' | 'replace' | undefined;

export type InstallRequest = {
  readonly mode: InstallMode;
  readonly wasmModule: Uint8Array;
  readonly arg: Uint8Array;
  readonly sender: Uint8Array;
};

export type InstallerOptions = {
  readonly runner: CanisterRunner;
  readonly router: CallRouter;
  readonly ledger: CyclesLedger;
  /** Tells that a canister runs another module. */
  readonly onInstalled: (canister: Canister) => void;
  /** Rejects the calls a canister is in, because its code is gone. */
  readonly abandonCalls: (canister: Canister, message: string) => void;
};

/** Puts modules into canisters: wholly, or not at all. */
export class CodeInstaller {
  constructor(private readonly options: InstallerOptions) {}

  /** @throws CanisterFault when the module is refused or one of its hooks traps; the canister is as before. */
  install(canister: Canister, request: InstallRequest): void {
    const { mode } = request;
    if (mode.kind === 'install' && canister.instance) throw nonEmpty(canister);
    if (mode.kind === 'upgrade' && !canister.instance) throw cannotUpgradeEmpty(canister);
    this.#assertCanPay(canister);
    const module = loadModule(request.wasmModule);
    const firstLogIndex = canister.log.nextIndex;
    if (mode.kind === 'upgrade' && canister.instance) {
      assertHeapOption(mode.heap, { former: canister.instance.module, module });
    }
    const { globalTimerNs, version } = canister;
    try {
      if (mode.kind === 'upgrade') this.#upgrade(canister, module, { ...request, mode });
      else this.#start(canister, module, request);
    } catch (error) {
      canister.globalTimerNs = globalTimerNs;
      canister.version = version;
      throw error;
    }
    if (mode.kind === 'reinstall') canister.log.forgetBefore(firstLogIndex);
    this.options.onInstalled(canister);
  }

  #assertCanPay(canister: Canister): void {
    const missing = this.options.runner.missingFor(canister, 'init');
    if (missing <= 0n) return;
    throw new CanisterFault(
      ERROR_CODE.outOfCycles,
      `Canister installation failed with \`Canister ${principalText(canister.id)} is out of cycles: please top up the canister with at least ${missing} additional cycles\`.`
    );
  }

  /** Removes code, memory and everything that depends on them. */
  uninstall(canister: Canister): void {
    canister.instance = undefined;
    canister.certifiedData = new Uint8Array(0);
    canister.globalTimerNs = 0n;
    canister.chunks.clear();
    canister.log.clear();
    canister.version += 1n;
    this.options.abandonCalls(canister, 'Canister has been uninstalled.');
  }

  #start(canister: Canister, module: CanisterModule, { sender, arg }: InstallRequest): void {
    const instance = new CanisterInstance(module, new StableMemory());
    const effects = this.#runInitial(canister, instance, { hook: 'canister_init', sender, arg });
    canister.instance = instance;
    canister.certifiedData = new Uint8Array(0);
    this.#adopt(canister, effects);
  }

  #upgrade(
    canister: Canister,
    module: CanisterModule,
    { mode, sender, arg }: InstallRequest & { readonly mode: InstallMode & { kind: 'upgrade' } }
  ): void {
    const former = canister.instance;
    if (!former) throw cannotUpgradeEmpty(canister);
    const hooks = former.hasExport('canister_pre_upgrade') && !mode.skipPreUpgrade ? [PRE_UPGRADE] : [];
    const { runner } = this.options;
    const upgrade = (): { kind: 'completed'; instance: CanisterInstance; effects: ExecutionEffects[] } => {
      const saved = this.#runSteps(canister, former, { steps: hooks, sender, arg: new Uint8Array(0) });
      const instance = new CanisterInstance(module, former.stable);
      if (mode.heap === 'keep') instance.adoptHeap(former);
      const effects = this.#runInitial(canister, instance, { hook: 'canister_post_upgrade', sender, arg });
      return { kind: 'completed', instance, effects: [...saved.map(withoutTimer), ...effects] };
    };
    const { instance, effects } = runner.runInTransaction(former, upgrade, true);
    canister.instance = instance;
    this.#adopt(canister, effects);
  }

  /** Starts the new code, which sees the new version and no timer. */
  #runInitial(
    canister: Canister,
    instance: CanisterInstance,
    { hook, sender, arg }: { readonly hook: string; readonly sender: Uint8Array; readonly arg: Uint8Array }
  ): ExecutionEffects[] {
    canister.globalTimerNs = 0n;
    canister.version += 1n;
    const steps: Step[] = instance.hasStart ? [{ context: 'start', entry: { kind: 'start' } }] : [];
    if (instance.hasExport(hook)) steps.push({ context: 'init', entry: { kind: 'export', name: hook } });
    return this.#runSteps(canister, instance, { steps, sender, arg });
  }

  #runSteps(
    canister: Canister,
    instance: CanisterInstance,
    {
      steps,
      sender,
      arg
    }: { readonly steps: readonly Step[]; readonly sender: Uint8Array; readonly arg: Uint8Array }
  ): ExecutionEffects[] {
    return steps.map(({ context, entry }) => {
      const result = this.options.runner.enter(canister, instance, { context, caller: sender, arg, entry });
      this.options.ledger.charge(canister, executionCost(result.instructions), 'instructions');
      return requireCompleted(canister, result);
    });
  }

  #adopt(canister: Canister, effects: readonly ExecutionEffects[]): void {
    for (const effect of effects) this.options.router.applyHookEffects(canister, effect);
  }
}

type Step = { readonly context: ContextName; readonly entry: EntryPoint };

const PRE_UPGRADE: Step = { context: 'preUpgrade', entry: { kind: 'export', name: 'canister_pre_upgrade' } };

/** An upgrade clears the timer, also one that the former code's hook set. */
function withoutTimer(effects: ExecutionEffects): ExecutionEffects {
  return { ...effects, globalTimerNs: undefined };
}

/** Private section of modules that keep their heap over upgrades. */
const PERSISTENCE_SECTION = 'enhanced-orthogonal-persistence';

function assertHeapOption(
  heap: HeapOption,
  { former, module }: { readonly former: CanisterModule; readonly module: CanisterModule }
): void {
  if (heap === undefined && persistsHeap(former)) {
    throw new CanisterFault(
      ERROR_CODE.contractViolation,
      'Missing upgrade option: Enhanced orthogonal persistence requires the `wasm_memory_persistence` upgrade option.'
    );
  }
  if (heap === 'keep' && !persistsHeap(module)) {
    throw new CanisterFault(
      ERROR_CODE.contractViolation,
      'Invalid upgrade option: The `wasm_memory_persistence: opt Keep` upgrade option requires that the new canister module supports enhanced orthogonal persistence.'
    );
  }
}

const persistsHeap = ({ metadata }: CanisterModule): boolean =>
  metadata.get(PERSISTENCE_SECTION)?.isPublic === false;

function requireCompleted(canister: Canister, result: ExecutionResult): ExecutionEffects {
  if (result.kind === 'completed') return result.effects;
  throw new CanisterFault(result.fault.code, describeFault(canister.id, result.fault));
}

function nonEmpty({ id }: Canister): CanisterFault {
  return new CanisterFault(
    ERROR_CODE.nonEmpty,
    `Canister ${principalText(id)} cannot be installed because the canister is not empty. Try installing with mode='reinstall' instead.`
  );
}

function cannotUpgradeEmpty({ id }: Canister): CanisterFault {
  return new CanisterFault(
    ERROR_CODE.noWasmModule,
    describeFault(
      id,
      new CanisterFault(
        ERROR_CODE.noWasmModule,
        'Attempted to execute a message, but the canister contains no Wasm module.'
      )
    )
  );
}
