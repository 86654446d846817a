import { Principal } from '@dfinity/principal';
import { type CanisterFault, ERROR_CODE, rejectCodeOf, type ErrorCode } from '../execution/canister-fault';
import { type Outcome, type Rejection } from './replica-port';

const MAX_MESSAGE_BYTES = 8 * 1024;
const ERRORS_PAGE = 'https://internetcomputer.org/docs/current/references/execution-errors';

/** What the replica advises, by error code, and the anchor of its documentation. */
const SUGGESTIONS: Partial<Record<ErrorCode, readonly [advice: string, anchor: string]>> = {
  [ERROR_CODE.calledTrap]: [
    'Consider gracefully handling failures from this canister or altering the canister to handle exceptions.',
    'trapped-explicitly'
  ],
  [ERROR_CODE.trapped]: [
    'Consider gracefully handling failures from this canister or altering the canister to handle exceptions.',
    'trapped'
  ],
  [ERROR_CODE.methodNotFound]: [
    'Check that the method being called is exported by the target canister.',
    'method-not-found'
  ],
  [ERROR_CODE.noWasmModule]: [
    'Please install code to this canister before calling it.',
    'wasm-module-not-found'
  ],
  [ERROR_CODE.instructionLimit]: [
    'If this is an install_code message, consider splitting the work; else consider optimising the message.',
    'instruction-limit-exceeded'
  ],
  [ERROR_CODE.didNotReply]: [
    'Consider checking that every path of the method replies or rejects.',
    'did-not-reply'
  ]
};

export function principalText(principal: Uint8Array): string {
  return Principal.fromUint8Array(principal).toText();
}

export function rejection(errorCode: ErrorCode, message: string): Rejection {
  return { rejectCode: rejectCodeOf(errorCode), rejectMessage: truncate(message), errorCode };
}

export function rejected(errorCode: ErrorCode, message: string): Outcome {
  return { kind: 'rejected', ...rejection(errorCode, message) };
}

export function replied(reply: Uint8Array): Outcome {
  return { kind: 'replied', reply };
}

/** The text a fault in a canister's code is reported with. */
export function describeFault(canisterId: Uint8Array, { code, message }: CanisterFault): string {
  const suggestion = SUGGESTIONS[code];
  const advice = suggestion ? `\n${suggestion[0]} See documentation: ${ERRORS_PAGE}#${suggestion[1]}` : '';
  return `Error from Canister ${principalText(canisterId)}: ${message.replace(/\.$/, '')}.${advice}`;
}

export function rejectedByFault(canisterId: Uint8Array, fault: CanisterFault): Outcome {
  return rejected(fault.code, describeFault(canisterId, fault));
}

function truncate(message: string): string {
  const bytes = new TextEncoder().encode(message);
  if (bytes.length <= MAX_MESSAGE_BYTES) return message;
  return new TextDecoder().decode(bytes.subarray(0, MAX_MESSAGE_BYTES - 3)).replace(/\uFFFD$/, '') + '...';
}
