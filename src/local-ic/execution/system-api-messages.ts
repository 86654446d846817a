import { contractViolation } from './canister-fault';
import { isReplicated } from './execution-context';
import { blobFunctions, decodeText, type ApiFunctions, type ApiHost } from './system-api-host';

const MAX_REPLICATED_REPLY_BYTES = 2 * 1024 * 1024;
const MAX_QUERY_REPLY_BYTES = 3 * 1024 * 1024;
const EMPTY = new Uint8Array(0);

/** Argument, caller, rejection, answer and inspection of the message under way. */
export function messageFunctions(host: ApiHost): ApiFunctions {
  const input = (): ApiHost['execution']['input'] => host.execution.input;
  return {
    ...blobFunctions(host, 'msg_arg_data', () => input().arg),
    ...blobFunctions(host, 'msg_caller', () => input().caller),
    ...blobFunctions(host, 'msg_caller_info_data', () => input().callerInfo?.info ?? EMPTY),
    ...blobFunctions(host, 'msg_caller_info_signer', () => input().callerInfo?.signer ?? EMPTY),
    ...blobFunctions(host, 'msg_method_name', () => new TextEncoder().encode(input().methodName)),
    ...blobFunctions(host, 'msg_reject_msg', () => rejectMessage(host)),
    msg_reject_code: () => input().rejection?.code ?? 0,
    msg_deadline: () => input().deadlineNs,
    msg_reply_data_append: (source: number, size: number) => {
      appendReply(host, source, size);
    },
    msg_reply: () => {
      const { execution } = host;
      assertCanRespond(host, 'msg_reply');
      execution.response = { kind: 'reply', data: concat(execution.replyParts, execution.replyBytes) };
    },
    msg_reject: (source: number, size: number) => {
      assertCanRespond(host, 'msg_reject');
      const message = decodeText(host.memory.read(source, size, 'msg_reject'));
      if (message === undefined) throw contractViolation('ic0.msg_reject: Invalid UTF-8 string provided');
      host.execution.response = { kind: 'reject', message };
    },
    accept_message: () => {
      if (host.execution.isMessageAccepted) {
        throw contractViolation('ic0.accept_message: the function was already called.');
      }
      host.execution.isMessageAccepted = true;
    }
  };
}

function rejectMessage(host: ApiHost): Uint8Array {
  const { rejection } = host.execution.input;
  if (!rejection) throw contractViolation('ic0.msg_reject_msg: no reject message available');
  return new TextEncoder().encode(rejection.message);
}

function assertCanRespond(host: ApiHost, caller: string): void {
  if (!host.execution.canRespond) {
    throw contractViolation(`ic0.${caller}: the call is already replied to or rejected`);
  }
}

function appendReply(host: ApiHost, source: number, size: number): void {
  const { execution, memory } = host;
  assertCanRespond(host, 'msg_reply_data_append');
  const part = memory.read(source, size, 'msg_reply_data_append');
  const limit = isReplicated(execution.input.context) ? MAX_REPLICATED_REPLY_BYTES : MAX_QUERY_REPLY_BYTES;
  if (execution.replyBytes + part.length > limit) {
    throw contractViolation(
      `ic0.msg_reply_data_append: application payload size (${execution.replyBytes + part.length}) cannot be larger than ${limit}.`
    );
  }
  execution.replyParts.push(part);
  execution.replyBytes += part.length;
}

export function concat(parts: readonly Uint8Array[], totalBytes: number): Uint8Array {
  const [only] = parts;
  if (only && parts.length === 1) return only;
  const joined = new Uint8Array(totalBytes);
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}
