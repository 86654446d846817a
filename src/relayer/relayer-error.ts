/**
 * The relayer's own failures. `chain/*` and `service/*` are faults of a node or a canister that pass: the step is tried
 * again. `fatal` ones are not repaired by trying again: the relayer stops and says why.
 */
import { type ErrorData, ProtocolError } from '../core/error';

const FATAL_CODES = new Set([
  'chain/reorg-below-finality',
  'chain/wrong-chain',
  'journal/newer-version',
  'journal/other-domain',
  'journal/taken-over',
  'journal/corrupt'
]);

/** Whether trying again can help: an RPC node or a canister failed or contradicted itself. */
export function isPassing(error: unknown): error is ProtocolError {
  return (
    error instanceof ProtocolError && /^(chain|service)\//.test(error.code) && !FATAL_CODES.has(error.code)
  );
}

/** A fault of the chain's node: `code` without its `chain/` area. */
export function chainError(
  reason: string,
  message: string,
  context: { readonly data?: ErrorData; readonly cause?: unknown } = {}
): ProtocolError {
  return new ProtocolError(`chain/${reason}`, message, context.data ?? {}, { cause: context.cause });
}

/** Longer than a message can live on the Internet Computer: whatever it did, it has done by then. */
const CALL_TIMEOUT_MS = 360_000;

/**
 * The reply of a canister call; whatever it throws (transport, rejection, certificate), and silence for `timeoutMs`, as
 * `service/unreachable`. That says nothing about whether the call had its effect.
 */
export async function callService<T>(
  name: string,
  call: () => Promise<T>,
  timeoutMs = CALL_TIMEOUT_MS
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`silent for ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([call(), silence]);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ProtocolError('service/unreachable', `${name} gave no reply: ${reason}`, {}, { cause });
  } finally {
    clearTimeout(timer);
  }
}
