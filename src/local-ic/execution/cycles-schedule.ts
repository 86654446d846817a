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

/**
 * Instructions that methods of the management canister are charged for, besides one per byte.
 * Source: dfinity/ic `rs/config/src/subnet_config.rs` and `execution_environment.rs`.
 */
export const MANAGEMENT_INSTRUCTIONS = {
  uploadChunk: 2_000_000n,
  snapshot: 2_000_000_000n,
  snapshotData: 5_000_000n
} as const;

const SUBNET_NODES = 13n;
const GIB = 1024n ** 3n;
export const SECONDS_PER_DAY = 86_400n;
const MAX_RESPONSE_BYTES = 2n * 1024n * 1024n;
const MAX_CALLBACK_INSTRUCTIONS = 40_000_000_000n;

/** Paid with a call for the largest response, and for the longest callback. */
export const RESPONSE_PREPAYMENT = CYCLES.perCallByte * MAX_RESPONSE_BYTES;
export const CALLBACK_PREPAYMENT = CYCLES.updateMessage + CYCLES.perInstruction * MAX_CALLBACK_INSTRUCTIONS;

/** What a call costs its sender at first, for `cost_call`: all but the request comes back as far as it is not used. */
export function boundCallCost(methodNameBytes: bigint, payloadBytes: bigint): bigint {
  return requestCost(methodNameBytes + payloadBytes) + RESPONSE_PREPAYMENT + CALLBACK_PREPAYMENT;
}

/** What sending a request of this many bytes (name and argument) costs. */
export function requestCost(bytes: bigint): bigint {
  return CYCLES.call + CYCLES.perCallByte * bytes;
}

/** What transmitting a response of this many bytes costs who called. */
export function responseCost(bytes: bigint): bigint {
  return CYCLES.perCallByte * bytes;
}

export function ingressCost(bytes: bigint): bigint {
  return CYCLES.ingressMessage + CYCLES.perIngressByte * bytes;
}

export function executionCost(instructions: bigint): bigint {
  return CYCLES.updateMessage + instructionCost(instructions);
}

/** Cost of instructions that no message is started for. */
export function instructionCost(instructions: bigint): bigint {
  return CYCLES.perInstruction * instructions;
}

/** What a canister pays for while it does nothing. */
export type IdleResources = {
  readonly computeAllocationPercent: bigint;
  /** Paid for whether used or not; what is used beyond it is paid for too. */
  readonly memoryAllocationBytes: bigint;
};

/** Cycles burned per day, for storage. */
export function storageCyclesPerDay(resources: IdleResources, memoryBytes: bigint): bigint {
  const { memoryAllocationBytes: allocated } = resources;
  const bytes = allocated > memoryBytes ? allocated : memoryBytes;
  return (CYCLES.perGibSecond * bytes * SECONDS_PER_DAY) / GIB;
}

/** Cycles burned per day, for compute allocation. */
export function computeCyclesPerDay({ computeAllocationPercent }: IdleResources): bigint {
  return CYCLES.computePercentSecond * computeAllocationPercent * SECONDS_PER_DAY;
}

export function idleCyclesPerDay(resources: IdleResources, memoryBytes: bigint): bigint {
  return storageCyclesPerDay(resources, memoryBytes) + computeCyclesPerDay(resources);
}

/** Cycles that last for the freezing threshold: with less a canister is frozen. */
export function freezingLimit(
  settings: IdleResources & { readonly freezingThresholdSeconds: bigint },
  memoryBytes: bigint
): bigint {
  return (idleCyclesPerDay(settings, memoryBytes) * settings.freezingThresholdSeconds) / SECONDS_PER_DAY;
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
