/** What cycles are used up for, as `canister_metrics` tells them apart. */
export type CyclesUse =
  | 'memory'
  | 'compute_allocation'
  | 'ingress_induction'
  | 'instructions'
  | 'request_and_response_transmission'
  | 'uninstall'
  | 'canister_creation'
  | 'http_outcalls'
  | 'burned_cycles';

export function noCyclesConsumed(): Record<CyclesUse, bigint> {
  return {
    memory: 0n,
    compute_allocation: 0n,
    ingress_induction: 0n,
    instructions: 0n,
    request_and_response_transmission: 0n,
    uninstall: 0n,
    canister_creation: 0n,
    http_outcalls: 0n,
    burned_cycles: 0n
  };
}
