/** Error codes of the replica (`IC0xxx`), by name; the first digit is the reject code. */
export const ERROR_CODE = {
  subnetOversubscribed: 'IC0101',
  queueFull: 'IC0201',
  ingressTimeout: 'IC0202',
  stopRequestTimeout: 'IC0206',
  outOfCycles: 'IC0207',
  canisterNotFound: 'IC0301',
  snapshotNotFound: 'IC0305',
  insufficientMemory: 'IC0402',
  insufficientCyclesForCreate: 'IC0403',
  subnetNotFound: 'IC0404',
  canisterRejected: 'IC0406',
  unknownManagementMethod: 'IC0407',
  invalidManagementPayload: 'IC0408',
  snapshotImmutable: 'IC0409',
  trapped: 'IC0502',
  calledTrap: 'IC0503',
  contractViolation: 'IC0504',
  invalidWasm: 'IC0505',
  didNotReply: 'IC0506',
  outOfMemory: 'IC0507',
  stopped: 'IC0508',
  stopping: 'IC0509',
  notStopped: 'IC0510',
  stoppingCancelled: 'IC0511',
  invalidController: 'IC0512',
  functionNotFound: 'IC0513',
  nonEmpty: 'IC0514',
  queryLoop: 'IC0517',
  insufficientCyclesInCall: 'IC0520',
  engineError: 'IC0521',
  instructionLimit: 'IC0522',
  memoryAccessLimit: 'IC0524',
  queryTooDeep: 'IC0525',
  queryInstructionLimit: 'IC0526',
  compositeQueryInReplicatedMode: 'IC0527',
  queryTimeLimit: 'IC0528',
  insufficientCyclesInComputeAllocation: 'IC0530',
  insufficientCyclesInMemoryAllocation: 'IC0531',
  insufficientCyclesInMemoryGrow: 'IC0532',
  methodNotFound: 'IC0536',
  noWasmModule: 'IC0537',
  alreadyInstalled: 'IC0538',
  wasmMemoryLimit: 'IC0539',
  deadlineExpired: 'IC0601'
} as const;

export type ErrorCode = (typeof ERROR_CODE)[keyof typeof ERROR_CODE];

/** Reject code that goes with an error code: its first digit. */
export function rejectCodeOf(code: ErrorCode): number {
  return Number(code.slice(3, 4));
}

/** A failure of canister code or of a request about a canister, as the interface specification names it. */
export class CanisterFault extends Error {
  override readonly name = 'CanisterFault';

  constructor(
    readonly code: ErrorCode,
    message: string
  ) {
    super(message);
  }

  get rejectCode(): number {
    return rejectCodeOf(this.code);
  }
}

/** The canister called a system function where, or in a way, that the specification forbids. */
export function contractViolation(description: string): CanisterFault {
  return new CanisterFault(ERROR_CODE.contractViolation, `Canister violated contract: ${description}`);
}
