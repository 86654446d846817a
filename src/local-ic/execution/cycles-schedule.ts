/**
 * Prices of a 13-node application subnet, in cycles.
 * Source: dfinity/developer-docs `docs/references/cycle-costs.md`.
 */
export const CYCLES = {
  createCanister: 500_000_000_000n,
  updateMessage: 5_000_000n,
  perInstruction: 1n,
  ingressMessage: 1_200_000n,
  perIngressByte: 2_000n,
  call: 260_000n,
  perCallByte: 1_000n,
  perGibSecond: 127_000n,
  computePercentSecond: 10_000_000n,
  /** Given by `provisional_create_canister_with_cycles` when no amount is named. */
  provisionalDefault: 100_000_000_000_000n
} as const;

const SUBNET_NODES = 13n;
const GIB = 1024n ** 3n;
const MAX_RESPONSE_BYTES = 2n * 1024n * 1024n;
const MAX_CALLBACK_INSTRUCTIONS = 40_000_000_000n;

/** Upper bound of what a call costs its sender, for `cost_call`: request, largest response, longest callback. */
export function boundCallCost(methodNameBytes: bigint, payloadBytes: bigint): bigint {
  const request = requestCost(methodNameBytes + payloadBytes);
  const response = CYCLES.perCallByte * MAX_RESPONSE_BYTES;
  return request + response + CYCLES.updateMessage + CYCLES.perInstruction * MAX_CALLBACK_INSTRUCTIONS;
}

/** What sending a request of this many bytes (name and argument) costs. */
export function requestCost(bytes: bigint): bigint {
  return CYCLES.call + CYCLES.perCallByte * bytes;
}

export function ingressCost(bytes: bigint): bigint {
  return CYCLES.ingressMessage + CYCLES.perIngressByte * bytes;
}

export function executionCost(instructions: bigint): bigint {
  return CYCLES.updateMessage + CYCLES.perInstruction * instructions;
}

/** Cycles a canister burns by keeping `memoryBytes` for `seconds`. */
export function storageCost(memoryBytes: bigint, seconds: bigint): bigint {
  return (CYCLES.perGibSecond * memoryBytes * seconds) / GIB;
}

/** Price of an HTTPS outcall. */
export function httpRequestCost(requestBytes: bigint, maxResponseBytes: bigint): bigint {
  const base = (3_000_000n + 60_000n * SUBNET_NODES) * SUBNET_NODES;
  return base + (400n * requestBytes + 800n * maxResponseBytes) * SUBNET_NODES;
}

const THRESHOLD_KEY_PRICES: ReadonlyMap<string, bigint> = new Map([
  ['key_1', 26_153_846_153n],
  ['test_key_1', 10_000_000_000n],
  ['dfx_test_key', 10_000_000_000n]
]);

/** Price of one threshold signature or derived key; undefined for a key this network does not hold. */
export function thresholdKeyCost(keyName: string): bigint | undefined {
  return THRESHOLD_KEY_PRICES.get(keyName);
}
