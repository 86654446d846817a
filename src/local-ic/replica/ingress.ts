import { bytesToHex } from '@noble/hashes/utils';
import { CanisterFault, ERROR_CODE } from '../execution/canister-fault';
import { ingressCost } from '../execution/cycles-schedule';
import { type ManagementCanister } from '../management/management-canister';
import { noWasmModule, refuseNotRunning } from './call-admission';
import { type CallDelivery } from './call-delivery';
import { type Canister } from './canister';
import { type CanisterRegistry } from './canister-registry';
import { type CanisterRunner } from './canister-runner';
import { type CyclesLedger } from './cycles-ledger';
import { type MessageQueue } from './message-queue';
import { describeFault, principalText, rejected, rejection } from './rejection';
import { type IngressMessage, type Rejection } from './replica-port';
import { type RequestStore } from './request-store';
import { type SystemCanisters } from './system-canisters';

export type IngressOptions = {
  readonly delivery: CallDelivery;
  readonly ledger: CyclesLedger;
  readonly management: ManagementCanister;
  readonly queue: MessageQueue;
  readonly registry: CanisterRegistry;
  readonly requests: RequestStore;
  readonly runner: CanisterRunner;
  readonly systemCanisters: SystemCanisters;
  readonly timeNs: () => bigint;
};

/** Argument of `update_settings` that a frozen canister need not pay for. */
const MAX_UNPAID_SETTINGS_BYTES = 338;

/** Update calls from outside: taken in once per request id, processed before they expire or not at all. */
export class Ingress {
  constructor(private readonly options: IngressOptions) {}

  /** Takes a message in; undefined when it is taken in, or was before. */
  submit(message: IngressMessage): Rejection | undefined {
    const { requests, queue } = this.options;
    if (requests.has(message.requestId)) return undefined;
    const refusal = this.#refuseOrFail(message);
    if (refusal) return refusal;
    requests.add(message);
    queue.enqueue({ kind: 'ingress', message });
    return undefined;
  }

  process(message: IngressMessage): void {
    const { delivery, ledger, requests, timeNs } = this.options;
    const { requestId, sender, canisterId, methodName, arg, ingressExpiryNs, senderInfo } = message;
    if (ingressExpiryNs < timeNs()) {
      requests.settle(requestId, rejected(ERROR_CODE.ingressTimeout, timedOutText(requestId)));
      return;
    }
    requests.startProcessing(requestId);
    const payer = this.#payerOf(message);
    if (payer) ledger.charge(payer, costOf(message), 'ingress_induction');
    const origin = { kind: 'ingress', requestId } as const;
    const call = { origin, caller: sender, methodName, arg, cycles: 0n, deadlineNs: 0n };
    delivery.deliver(canisterId, senderInfo ? { ...call, senderInfo } : call);
  }

  /** Code that cannot even be started refuses everything. */
  #refuseOrFail(message: IngressMessage): Rejection | undefined {
    try {
      return this.#refuse(message);
    } catch (error) {
      if (error instanceof CanisterFault) return rejection(error.code, error.message);
      throw error;
    }
  }

  #refuse(message: IngressMessage): Rejection | undefined {
    const { management, systemCanisters } = this.options;
    if (message.canisterId.length === 0) {
      return management.refuseIngress(message) ?? this.#refuseUnpaid(message);
    }
    const systemCanister = systemCanisters.find(message.canisterId);
    return systemCanister ? systemCanister.refuseIngress(message) : this.#inspect(message);
  }

  /** Whom the message costs: the canister it is about. */
  #payerOf({ canisterId, effectiveCanisterId, methodName }: IngressMessage): Canister | undefined {
    if (canisterId.length > 0) return this.options.registry.find(canisterId);
    return methodName.startsWith('provisional_')
      ? undefined
      : this.options.registry.find(effectiveCanisterId);
  }

  /** Why a canister cannot pay for a message without being frozen; a few settings may be what ends that. */
  #refuseUnpaid(message: IngressMessage): Rejection | undefined {
    const payer = this.#payerOf(message);
    if (!payer || payer.cycles >= payer.freezingLimit + costOf(message)) return undefined;
    const { canisterId, methodName, arg } = message;
    const changesSettings = canisterId.length === 0 && methodName === 'update_settings';
    if (changesSettings && arg.length <= MAX_UNPAID_SETTINGS_BYTES) return undefined;
    return rejection(ERROR_CODE.outOfCycles, `Canister ${principalText(payer.id)} is out of cycles`);
  }

  /** What a canister may say of a message before it is taken in. */
  #inspect(message: IngressMessage): Rejection | undefined {
    const { canisterId, sender, senderInfo, methodName, arg } = message;
    const canister = this.options.registry.find(canisterId);
    if (!canister) {
      return rejection(ERROR_CODE.canisterNotFound, `Canister ${principalText(canisterId)} not found`);
    }
    const unpaid = this.#refuseUnpaid(message);
    if (unpaid) return unpaid;
    const refusal = refuseNotRunning(canister) ?? (canister.instance ? undefined : noWasmModule(canister));
    if (refusal) return rejection(refusal.code, refusal.message);
    if (!canister.instance?.hasExport('canister_inspect_message')) return undefined;
    const result = this.options.runner.execute(canister, {
      context: 'inspectMessage',
      caller: sender,
      callerInfo: senderInfo,
      methodName,
      arg,
      entry: { kind: 'export', name: 'canister_inspect_message' }
    });
    if (result.kind === 'trapped') {
      return rejection(result.fault.code, describeFault(canister.id, result.fault));
    }
    if (result.effects.isMessageAccepted) return undefined;
    return rejection(ERROR_CODE.canisterRejected, 'Canister rejected the message');
  }
}

function costOf({ arg, methodName }: IngressMessage): bigint {
  return ingressCost(BigInt(arg.length + methodName.length));
}

function timedOutText(requestId: Uint8Array): string {
  return `Ingress message 0x${bytesToHex(requestId)} timed out waiting to start executing.`;
}
