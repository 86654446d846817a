/** Answers to queries, signed by the node (interface specification, "Query call"). */
import { type Outcome } from '../replica/replica-port';
import { type CborValue } from './cbor-decoding';
import { type CborInput, encodeCbor } from './cbor-encoding';
import { signedPayload } from './domain-separator';
import { hashOfMap } from './request-id';
import { type SigningKey } from './subnet-keys';

/** CBOR of a rejection's fields. */
export const rejectionFields = (rejection: {
  readonly rejectCode: number;
  readonly rejectMessage: string;
  readonly errorCode: string;
}): { readonly reject_code: number; readonly reject_message: string; readonly error_code: string } => ({
  reject_code: rejection.rejectCode,
  reject_message: rejection.rejectMessage,
  error_code: rejection.errorCode
});

/** `outcome` as the body of an answer, with the node's signature over it, the time and the request id. */
export function encodeQueryResponse(
  outcome: Outcome,
  context: {
    readonly requestId: Uint8Array;
    readonly timeNs: bigint;
    readonly nodeId: Uint8Array;
    readonly nodeKey: SigningKey;
  }
): Uint8Array {
  const { requestId, timeNs, nodeId, nodeKey } = context;
  const hash = hashOfMap(
    new Map<string, CborValue>([...signedFields(outcome), ['timestamp', timeNs], ['request_id', requestId]])
  );
  const signature = nodeKey.sign(signedPayload('ic-response', hash));
  return encodeCbor({
    ...answerFields(outcome),
    signatures: [{ timestamp: timeNs, signature, identity: nodeId }]
  });
}

function answerFields(outcome: Outcome): { readonly [key: string]: CborInput } {
  return outcome.kind === 'replied'
    ? { status: 'replied', reply: { arg: outcome.reply } }
    : { status: 'rejected', ...rejectionFields(outcome) };
}

function signedFields(outcome: Outcome): readonly (readonly [string, CborValue])[] {
  if (outcome.kind === 'replied') {
    return [
      ['status', 'replied'],
      ['reply', new Map<string, CborValue>([['arg', outcome.reply]])]
    ];
  }
  return [
    ['status', 'rejected'],
    ['reject_code', BigInt(outcome.rejectCode)],
    ['reject_message', outcome.rejectMessage],
    ['error_code', outcome.errorCode]
  ];
}
