/** Calls of this canister to the `domains` canister. */
import { type AttestationWire, domainsMethods } from '../../api/domains-idl';
import {
  type AttestRequest,
  type Attestation,
  decodeAttestation,
  encodeAttestRequest
} from '../../api/domains-wire';
import { type Result, unwrap } from '../../api/errors';
import { equalBytes } from '../../core/bytes';
import { ProtocolError } from '../../core/error';
import { createCandidCodec } from '../runtime/candid/candid-codec';
import { type SignerContext } from './signature-log';

const [ATTEST_ARGS, ATTEST_REPLY] = domainsMethods.attest_nullifiers;
const attestArgs = createCandidCodec(ATTEST_ARGS);
const attestReply = createCandidCodec([ATTEST_REPLY]);

/**
 * What `domains` says about a checkpoint and nullifiers.
 * @throws {ProtocolError} the code that `domains` refuses with; `domains/unavailable` when the call fails;
 * `domains/answer` when the answer is not about what was asked.
 */
export async function attestNullifiers(
  { runtime, store }: SignerContext,
  request: AttestRequest
): Promise<Attestation> {
  const outcome = await runtime.call({
    canister: store.config().domainsCanister,
    method: 'attest_nullifiers',
    arg: attestArgs.encode([encodeAttestRequest(request)])
  });
  if ('rejected' in outcome) {
    const { code, message } = outcome.rejected;
    throw new ProtocolError('domains/unavailable', `no attestation: ${message}`, { code });
  }
  const attestation = decodeAttestation(unwrap(decodeReply(outcome.replied)));
  const { checkpoint, present } = attestation;
  if (
    !equalBytes(checkpoint.domainId, request.domainId) ||
    checkpoint.height !== request.height ||
    present.length !== request.nullifiers.length
  ) {
    throw new ProtocolError(
      'domains/answer',
      'expected an attestation of the checkpoint and nullifiers asked for'
    );
  }
  return attestation;
}

function decodeReply(reply: Uint8Array): Result<AttestationWire> {
  try {
    // The decoder checks the bytes against the types; the cast only names what they stand for.
    const [result] = attestReply.decode(reply) as [Result<AttestationWire>];
    return result;
  } catch (cause) {
    throw new ProtocolError('domains/answer', 'expected an attestation in Candid', {}, { cause });
  }
}
