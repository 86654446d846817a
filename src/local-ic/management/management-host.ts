import { CanisterFault, ERROR_CODE } from '../execution/canister-fault';
import { equalBytes } from '../protocol/byte-order';
import { type Canister, type Visibility } from '../replica/canister';
import { type CanisterRegistry } from '../replica/canister-registry';
import { type CanisterStops } from '../replica/canister-stops';
import { type CodeInstaller } from '../replica/code-installer';
import { type CyclesLedger } from '../replica/cycles-ledger';
import { type CallOrigin } from '../replica/message';
import { type QueryRunner } from '../replica/query-runner';
import { principalText } from '../replica/rejection';
import { type PerformOutcall } from './http-outcalls';
import { type ThresholdKeys } from './threshold-keys';

/** What the management canister acts on. */
export type ManagementHost = {
  readonly registry: CanisterRegistry;
  readonly installer: CodeInstaller;
  readonly queries: QueryRunner;
  readonly ledger: CyclesLedger;
  readonly timeNs: () => bigint;
  /** This subnet, and its one node, as principals. */
  readonly subnetId: Uint8Array;
  readonly nodeId: Uint8Array;
  /** Sees to timer and heartbeat of a canister that got other code than by an installation. */
  readonly onCodeLoaded: (canister: Canister) => void;
  /** Runs what has become due because a canister is running again. */
  readonly onStarted: (canister: Canister) => void;
  readonly onSettingsChanged: (canister: Canister) => void;
  readonly stops: CanisterStops;
  readonly thresholdKeys: ThresholdKeys;
  readonly performOutcall: PerformOutcall;
  readonly randomBytes: (length: number) => Uint8Array;
};

/** Cycles sent with a call; what is not taken goes back. */
export class CallCycles {
  #taken = 0n;
  #fees = 0n;

  constructor(readonly sent: bigint) {}

  /** What is to be burned when the call is answered. */
  get fees(): bigint {
    return this.#fees;
  }

  get left(): bigint {
    return this.sent - this.#taken;
  }

  take(amount: bigint): bigint {
    if (amount > this.left) throw new Error('BUG: more cycles taken than a call carries');
    this.#taken += amount;
    return amount;
  }

  takeFee(amount: bigint): void {
    this.#fees += this.take(amount);
  }
}

export type ManagementCall = {
  readonly origin: CallOrigin;
  readonly caller: Uint8Array;
  /** The canister that calls; undefined for calls from outside, and for canisters that the network brings along. */
  readonly callingCanister: Canister | undefined;
  /** Its version when it made the call. */
  readonly callerVersion?: bigint | undefined;
  readonly cycles: CallCycles;
};

/** The Candid of the result, or a promise of it; or whoever stops the canister answers. */
export type ManagementResult = Uint8Array | Promise<Uint8Array> | 'waitsForStop';

/** @throws CanisterFault IC0512 unless the caller controls the canister. */
export function assertController(canister: Canister, caller: Uint8Array): void {
  if (canister.isController(caller)) return;
  const controllers = canister.settings.controllers.map(principalText).join(' ');
  throw new CanisterFault(
    ERROR_CODE.invalidController,
    `Only the controllers of the canister ${principalText(canister.id)} can control it.\nCanister's controllers: ${controllers}\nSender's ID: ${principalText(caller)}`
  );
}

/** Whether `visibility` lets the caller read something of the canister. */
export function mayView(canister: Canister, visibility: Visibility, caller: Uint8Array): boolean {
  if (visibility.kind === 'public' || canister.isController(caller)) return true;
  if (visibility.kind === 'controllers') return false;
  return visibility.viewers.some((viewer) => equalBytes(viewer, caller));
}

/** The canister, for one who may control it. */
export function controlledCanister(host: ManagementHost, id: Uint8Array, caller: Uint8Array): Canister {
  const canister = host.registry.get(id);
  assertController(canister, caller);
  return canister;
}

/** @throws CanisterFault IC0406 when the call carries less than `required`; else takes it. */
export function takeFee(call: ManagementCall, fee: { method: string; required: bigint }): void {
  if (call.cycles.left < fee.required) {
    throw new CanisterFault(
      ERROR_CODE.canisterRejected,
      `${fee.method} request sent with ${grouped(call.cycles.left)} cycles, but ${grouped(fee.required)} cycles are required.`
    );
  }
  call.cycles.takeFee(fee.required);
}

/** Digits in groups of three: `10_000_000`. */
function grouped(amount: bigint): string {
  return amount.toString().replace(/\B(?=(\d{3})+$)/g, '_');
}

/** @throws CanisterFault IC0504 when the caller names another version of itself than it had when it called. */
export function assertSenderVersion({ callerVersion }: ManagementCall, version: bigint | undefined): void {
  if (version === undefined || callerVersion === undefined || callerVersion === version) return;
  throw new CanisterFault(
    ERROR_CODE.contractViolation,
    `The sender_canister_version ${version} does not match the actual version ${callerVersion}.`
  );
}
