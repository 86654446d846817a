import { CanisterFault, contractViolation, ERROR_CODE } from './canister-fault';
import { boundCallCost, CYCLES, httpRequestCost, thresholdKeyCost } from './cycles-schedule';
import { decodeText, join128, type ApiFunctions, type ApiHost } from './system-api-host';

const COST_OK = 0;
const COST_BAD_CURVE = 1;
const COST_BAD_KEY_NAME = 2;
const WORD_LIMIT = 1n << 64n;

/** Balances, cycles of the message under way, and prices. */
export function cyclesFunctions(host: ApiHost): ApiFunctions {
  return { ...balanceFunctions(host), ...messageCyclesFunctions(host), ...priceFunctions(host) };
}

function balanceFunctions(host: ApiHost): ApiFunctions {
  return {
    canister_cycle_balance: () => toWord(host.execution.balance),
    canister_cycle_balance128: (target: number) => {
      host.memory.write128(host.execution.balance, target, 'canister_cycle_balance128');
    },
    canister_liquid_cycle_balance128: (target: number) => {
      host.memory.write128(host.execution.liquidBalance, target, 'canister_liquid_cycle_balance128');
    },
    mint_cycles128: () => {
      throw contractViolation(
        'ic0.mint_cycles128 cannot be executed: only the Cycles Minting Canister may mint cycles'
      );
    },
    cycles_burn128: (high: bigint, low: bigint, target: number) => {
      const burned = smaller(join128(high, low), host.execution.liquidBalance);
      host.execution.burnedCycles += burned;
      host.memory.write128(burned, target, 'cycles_burn128');
    }
  };
}

function messageCyclesFunctions(host: ApiHost): ApiFunctions {
  return {
    msg_cycles_available: () => toWord(available(host)),
    msg_cycles_available128: (target: number) => {
      host.memory.write128(available(host), target, 'msg_cycles_available128');
    },
    msg_cycles_refunded: () => toWord(host.execution.input.refundedCycles),
    msg_cycles_refunded128: (target: number) => {
      host.memory.write128(host.execution.input.refundedCycles, target, 'msg_cycles_refunded128');
    },
    msg_cycles_accept: (most: bigint) => accept(host, BigInt.asUintN(64, most)),
    msg_cycles_accept128: (high: bigint, low: bigint, target: number) => {
      host.memory.write128(accept(host, join128(high, low)), target, 'msg_cycles_accept128');
    }
  };
}

function priceFunctions(host: ApiHost): ApiFunctions {
  const keyCost = (name: string) => (source: number, size: number, algorithm: number, target: number) => {
    const key = decodeText(host.memory.read(source, size, name));
    const isKnownAlgorithm = algorithm === 0 || (algorithm === 1 && name === 'cost_sign_with_schnorr');
    if (!isKnownAlgorithm) return COST_BAD_CURVE;
    const cost = key === undefined ? undefined : thresholdKeyCost(key);
    if (cost === undefined) return COST_BAD_KEY_NAME;
    host.memory.write128(cost, target, name);
    return COST_OK;
  };
  return {
    cost_call: (nameBytes: bigint, payloadBytes: bigint, target: number) => {
      const cost = boundCallCost(BigInt.asUintN(64, nameBytes), BigInt.asUintN(64, payloadBytes));
      host.memory.write128(cost, target, 'cost_call');
    },
    cost_create_canister: (target: number) => {
      host.memory.write128(CYCLES.createCanister, target, 'cost_create_canister');
    },
    cost_http_request: (requestBytes: bigint, maxResponseBytes: bigint, target: number) => {
      const cost = httpRequestCost(BigInt.asUintN(64, requestBytes), BigInt.asUintN(64, maxResponseBytes));
      host.memory.write128(cost, target, 'cost_http_request');
    },
    cost_sign_with_ecdsa: keyCost('cost_sign_with_ecdsa'),
    cost_sign_with_schnorr: keyCost('cost_sign_with_schnorr'),
    cost_vetkd_derive_key: keyCost('cost_vetkd_derive_key')
  };
}

function available({ execution }: ApiHost): bigint {
  return execution.canRespond ? execution.input.availableCycles - execution.acceptedCycles : 0n;
}

function accept(host: ApiHost, most: bigint): bigint {
  const accepted = smaller(most, available(host));
  host.execution.acceptedCycles += accepted;
  return accepted;
}

function smaller(left: bigint, right: bigint): bigint {
  return left < right ? left : right;
}

function toWord(amount: bigint): bigint {
  if (amount >= WORD_LIMIT) {
    throw new CanisterFault(
      ERROR_CODE.trapped,
      'Canister trapped: cycles amount exceeds 64-bit representation'
    );
  }
  return amount;
}
