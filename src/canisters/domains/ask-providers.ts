/** Reading from a domain's JSON-RPC providers, by HTTPS outcalls of this canister, whether a block is final. */
import { type Bytes32, decodeBigEndian, encodeBigEndian, toHex } from '../../core/bytes';
import {
  type FinalityAnswer,
  MAX_PROVIDER_RESPONSE_BYTES,
  decideAgreement,
  decodeFinalityAnswer,
  encodeFinalityRequest,
  reduceFinalityResponse
} from '../../core/domain/finality-query';
import { ProtocolError } from '../../core/error';
import { type CallOutcome, type CanisterRuntime } from '../runtime/canister-runtime';
import {
  HttpResponseIdl,
  type HttpResponseWire,
  HttpTransformArgsIdl,
  type HttpTransformArgsWire
} from '../runtime/management-idl';

/** The exported query that replicas run on their responses. */
export const TRANSFORM_METHOD = 'transform';
export const transformMethod = [[HttpTransformArgsIdl], HttpResponseIdl, 'query'] as const;

/** Room for the status line and headers, which count as response. */
const HEADER_BYTES = 16 * 1024;
/** Characters of a rejection that are repeated in a refusal. */
const MAX_REJECTION_LENGTH = 120;

/** What came of asking one provider; a reply's body is what the transform left of it. */
export type ProviderReport = {
  readonly provider: string;
  readonly outcome: CallOutcome<{ readonly body: Uint8Array }>;
};

/** Every provider's report on `height`, in the order of the configuration. All are asked at once. Never throws. */
export async function askProviders(
  runtime: CanisterRuntime,
  question: { readonly providers: readonly string[]; readonly height: bigint }
): Promise<ProviderReport[]> {
  const request = {
    body: encodeFinalityRequest(question.height),
    maxResponseBytes: BigInt(MAX_PROVIDER_RESPONSE_BYTES + HEADER_BYTES),
    transform: { method: TRANSFORM_METHOD, context: encodeBigEndian(question.height, 8) }
  };
  return Promise.all(
    question.providers.map(async (provider) => ({
      provider,
      outcome: await runtime.httpOutcall({ ...request, url: provider })
    }))
  );
}

/**
 * Hash of the final block by the word of the providers.
 * @throws {ProtocolError} as `decideAgreement`, naming each provider and what came of it.
 */
export function agreeOnFinalBlock(reports: readonly ProviderReport[], agreement: number): Bytes32 {
  const answers = reports.map(({ outcome }) =>
    'replied' in outcome ? decodeFinalityAnswer(outcome.replied.body) : undefined
  );
  try {
    return decideAgreement(
      answers.filter((answer) => answer !== undefined),
      agreement
    );
  } catch (cause) {
    if (!(cause instanceof ProtocolError)) throw cause;
    const words = reports.map((report, index) => describeReport(report, answers[index]));
    throw new ProtocolError(cause.code, `${cause.message}: ${words.join('; ')}`, cause.data, { cause });
  }
}

/** The transform: headers and timing differ between replicas, so only the reduced body is left. */
export function transformResponse({ response, context }: HttpTransformArgsWire): HttpResponseWire {
  const height = decodeBigEndian(Uint8Array.from(context));
  const body = reduceFinalityResponse({ status: Number(response.status), body: response.body, height });
  return { status: 200n, headers: [], body };
}

function describeReport({ provider, outcome }: ProviderReport, answer: FinalityAnswer | undefined): string {
  // Host only: a path may hold a key.
  const host = provider.split('/')[2] ?? provider;
  if ('rejected' in outcome)
    return `${host} failed (${outcome.rejected.message.slice(0, MAX_REJECTION_LENGTH)})`;
  if (answer === undefined) return `${host} did not answer the question`;
  return `${host} says ${answer.isFinal ? 'final' : 'not final'} ${toHex(answer.blockHash)}`;
}
