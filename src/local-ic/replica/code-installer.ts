import { CanisterFault, ERROR_CODE } from '../execution/canister-fault';
import { CanisterInstance, type EntryPoint, type ExecutionResult } from '../execution/canister-instance';
import { loadModule, type CanisterModule } from '../execution/canister-module';
import { executionCost, freezingLimit } from '../execution/cycles-schedule';
import { type ExecutionEffects } from '../execution/execution';
import { type ContextName } from '../execution/execution-context';
import { StableMemory } from '../execution/stable-memory';
import { type CallRouter } from './call-router';
import { type Canister } from './canister';
import { type CanisterRunner } from './canister-runner';
import { type CyclesLedger } from './cycles-ledger';
import { cannotPayForMemory } from './memory-limits';
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
    const { instance, effects } = this.#inOnePiece(canister, (use) =>
      mode.kind === 'upgrade'
        ? this.#upgrade(canister, module, { ...request, mode, use })
        : this.#start(canister, module, { ...request, use })
    );
    canister.instance = instance;
    if (mode.kind !== 'upgrade') canister.certifiedData = new Uint8Array(0);
    for (const effect of effects) this.options.router.applyHookEffects(canister, effect);
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

  /** Pays for what the hooks use; when one of them traps, nothing else of the canister has changed. */
  #inOnePiece(canister: Canister, install: (use: HookUse) => Installed): Installed {
    const { runner, ledger } = this.options;
    const { globalTimerNs, version } = canister;
    const use = { instructions: 0n, burnedCycles: 0n };
    // The longest installation is paid before, so the code does not see these cycles in its balance.
    const prepaidCycles = runner.prepaymentOf('init');
    canister.cycles -= prepaidCycles;
    try {
      return install(use);
    } catch (error) {
      canister.globalTimerNs = globalTimerNs;
      canister.version = version;
      throw error;
    } finally {
      canister.cycles += prepaidCycles + use.burnedCycles;
      ledger.charge(canister, executionCost(use.instructions), 'instructions');
    }
  }

  #start(canister: Canister, module: CanisterModule, request: HookRequest): Installed {
    const instance = new CanisterInstance(module, new StableMemory());
    return this.#runInitial(canister, instance, { ...request, hook: 'canister_init' });
  }

  #upgrade(
    canister: Canister,
    module: CanisterModule,
    { mode, ...request }: HookRequest & { readonly mode: InstallMode & { kind: 'upgrade' } }
  ): Installed {
    const former = canister.instance;
    if (!former) throw cannotUpgradeEmpty(canister);
    const steps = former.hasExport('canister_pre_upgrade') && !mode.skipPreUpgrade ? [PRE_UPGRADE] : [];
    const upgrade = (): Installed & { readonly kind: 'completed' } => {
      const saved = this.#runSteps(canister, former, { ...request, steps, arg: new Uint8Array(0) });
      const instance = new CanisterInstance(module, former.stable);
      if (mode.heap === 'keep') instance.adoptHeap(former);
      const started = this.#runInitial(canister, instance, { ...request, hook: 'canister_post_upgrade' });
      return { kind: 'completed', instance, effects: [...saved.map(withoutTimer), ...started.effects] };
    };
    return this.options.runner.runInTransaction(former, upgrade, true);
  }

  /** Starts the new code, which sees the new version and no timer. */
  #runInitial(
    canister: Canister,
    instance: CanisterInstance,
    { hook, ...request }: HookRequest & { readonly hook: string }
  ): Installed {
    canister.globalTimerNs = 0n;
    canister.version += 1n;
    const steps: Step[] = instance.hasStart ? [{ context: 'start', entry: { kind: 'start' } }] : [];
    if (instance.hasExport(hook)) steps.push({ context: 'init', entry: { kind: 'export', name: hook } });
    const effects = this.#runSteps(canister, instance, { ...request, steps });
    this.#assertNotFrozenBy(canister, instance, request.use);
    return { instance, effects };
  }

  #runSteps(
    canister: Canister,
    instance: CanisterInstance,
    { steps, sender, arg, use }: HookRequest & { readonly steps: readonly Step[] }
  ): ExecutionEffects[] {
    const { runner } = this.options;
    return steps.map(({ context, entry }) => {
      const instructionLimit = runner.limitOf(context) - use.instructions;
      const request = { context, caller: sender, arg, entry, instructionLimit };
      const result = runner.enter(canister, instance, request);
      use.instructions += result.instructions;
      const effects = requireCompleted(canister, result);
      use.burnedCycles += effects.burnedCycles;
      canister.cycles -= effects.burnedCycles;
      return effects;
    });
  }

  /** @throws CanisterFault IC0532 when the balance does not last for what the new code occupies. */
  #assertNotFrozenBy(canister: Canister, instance: CanisterInstance, { instructions }: HookUse): void {
    const memoryBytes = canister.memoryBytesWith(instance);
    const limit = freezingLimit(canister.settings, memoryBytes);
    const left = canister.cycles + this.options.runner.prepaymentOf('init') - executionCost(instructions);
    if (left < limit) throw cannotPayForMemory(memoryBytes - canister.memoryBytes, limit - left);
  }
}

/** What the hooks of one installation have used so far; each sees what those before it burned. */
type HookUse = { instructions: bigint; burnedCycles: bigint };

type HookRequest = Pick<InstallRequest, 'arg' | 'sender'> & { readonly use: HookUse };

/** Code that has started, and what its hooks did besides memory. */
type Installed = { readonly instance: CanisterInstance; readonly effects: readonly ExecutionEffects[] };

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
