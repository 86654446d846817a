import { bytesToHex } from '@noble/hashes/utils';
import { CanisterFault, ERROR_CODE } from '../execution/canister-fault';
import { ingressCost } from '../execution/cycles-schedule';
import { type ManagementCanister } from '../management/management-canister';
import { noWasmModule } from './call-admission';
import { type CallDelivery } from './call-delivery';
import { type CanisterRegistry } from './canister-registry';
import { type CanisterRunner } from './canister-runner';
import { type CyclesLedger } from './cycles-ledger';
import { type MessageQueue } from './message-queue';
import { principalText, rejected, rejection } from './rejection';
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
    const { delivery, ledger, registry, requests, timeNs } = this.options;
    const {
      requestId,
      sender,
      canisterId,
      effectiveCanisterId,
      methodName,
      arg,
      ingressExpiryNs,
      senderInfo
    } = message;
    if (ingressExpiryNs < timeNs()) {
      requests.settle(requestId, rejected(ERROR_CODE.ingressTimeout, timedOutText(requestId)));
      return;
    }
    requests.startProcessing(requestId);
    const isForManagement = canisterId.length === 0;
    const payer =
      isForManagement && !methodName.startsWith('provisional_') ? effectiveCanisterId : canisterId;
    const canister = registry.find(payer);
    if (canister)
      ledger.charge(canister, ingressCost(BigInt(arg.length + methodName.length)), 'ingress_induction');
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
    if (message.canisterId.length === 0) return management.refuseIngress(message);
    const systemCanister = systemCanisters.find(message.canisterId);
    return systemCanister ? systemCanister.refuseIngress(message) : this.#inspect(message);
  }

  /** What a canister may say of a message before it is taken in. */
  #inspect({ canisterId, sender, senderInfo, methodName, arg }: IngressMessage): Rejection | undefined {
    const canister = this.options.registry.find(canisterId);
    if (!canister) {
      return rejection(ERROR_CODE.canisterNotFound, `Canister ${principalText(canisterId)} not found`);
    }
    if (canister.isFrozen) {
      return rejection(ERROR_CODE.outOfCycles, `Canister ${principalText(canisterId)} is out of cycles`);
    }
    if (!canister.instance) {
      const { code, message } = noWasmModule(canister);
      return rejection(code, message);
    }
    const inspects = canister.instance.hasExport('canister_inspect_message');
    if (canister.status !== 'running' || !inspects) return undefined;
    const result = this.options.runner.execute(canister, {
      context: 'inspectMessage',
      caller: sender,
      callerInfo: senderInfo,
      methodName,
      arg,
      entry: { kind: 'export', name: 'canister_inspect_message' }
    });
    const isAccepted = result.kind === 'completed' && result.effects.isMessageAccepted;
    return isAccepted ? undefined : rejection(ERROR_CODE.canisterRejected, inspectionText(result));
  }
}

function timedOutText(requestId: Uint8Array): string {
  return `Ingress message 0x${bytesToHex(requestId)} timed out waiting to start executing.`;
}

function inspectionText(
  result: { readonly kind: 'completed' } | { readonly kind: 'trapped'; readonly fault: CanisterFault }
): string {
  return result.kind === 'trapped'
    ? `Canister rejected the message: ${result.fault.message}`
    : 'Canister rejected the message';
}
