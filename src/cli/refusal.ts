/** Errors as people and programs read them: a stable code, what happened, what to do, and the exit code. */
import { AgentError, ErrorKindEnum } from '@dfinity/agent';
import { BaseError, HttpRequestError, TimeoutError } from 'viem';
import { toHex } from '../core/bytes';
import { type ErrorData, ProtocolError } from '../core/error';
import { printableText, toJson } from './output';

/** Done; refused; wrong usage; a bug of ours (`EX_SOFTWARE` of sysexits.h). */
export const EXIT_DONE = 0;
export const EXIT_REFUSED = 1;
export const EXIT_USAGE = 2;
export const EXIT_BUG = 70;

export type Refusal = {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly data: ErrorData;
};

const USAGE_CODES: readonly string[] = ['cli/usage', 'cli/argument'];
const BUG_CODE = 'bug';

/** What a refusal's message cannot know: what somebody at a terminal does next. */
const HINTS: Readonly<Record<string, string>> = {
  'account/nonce-used':
    'the account signed for this nonce already: send that transaction, or sign another in its place with --replace and higher fees',
  'account/nonce-gap':
    'an account signs its nonces in order, without gaps: sign for the nonce named first (--nonce), or leave --nonce out',
  'account/not-owner':
    'see who owns it with `hypha account show`, and which identity you use with `hypha identity show`',
  'account/not-bound': 'its owner runs `hypha transfer bind` first',
  'account/sealed':
    'a sealed account signs nothing until a transfer reopens it; propose one to its own owner to cancel',
  'account/quarantined': 'its owner takes it as it is with `hypha account accept`',
  'account/signing': 'a signature is under way; try again in a moment',
  'account/anonymous': 'pass an identity with --identity',
  'transfer/incomplete': 'every party runs `hypha transfer contribute` first',
  'transfer/unapproved': 'every party runs `hypha transfer approve` first',
  'transfer/approval-invalid':
    'the plan was changed after this approval; the party must read and approve it again',
  'transfer/not-sealed': 'its owner runs `hypha account seal` first',
  'transfer/not-bound': 'its owner runs `hypha transfer bind` first',
  'transfer/stale-epoch': 'the account moved on since the plan was made; propose it anew',
  'transfer/stale-passport':
    'the account was opened and sealed again since the plan was made; propose it anew',
  'transfer/open-signatures':
    'these transactions can still be mined after the transfer; wait until they are, or approve with --accept-open-signatures',
  'transfer/other-signer': 'this network file is not the one the plan was made for; pass --network',
  'transport/unreachable': 'see that the network of the network file is running'
};

/** The refusal that an error is; one that is nobody's fault but ours has the code `bug`. */
export function describeError(error: unknown): Refusal {
  const { code, message, data } = classify(error);
  const hint = HINTS[code];
  return { code, message, data, ...(hint === undefined ? {} : { hint }) };
}

/** @see EXIT_DONE */
export function exitCodeOf(refusal: Refusal): number {
  if (USAGE_CODES.includes(refusal.code)) return EXIT_USAGE;
  return refusal.code === BUG_CODE ? EXIT_BUG : EXIT_REFUSED;
}

/** A refusal as it is printed: JSON for stdout, lines for stderr. */
export function formatRefusal({ code, message, hint, data }: Refusal, asJson: boolean): string {
  if (asJson) {
    const error = { code, message, ...(hint === undefined ? {} : { hint }), data };
    return `${JSON.stringify({ error: toJson(error) })}\n`;
  }
  const facts = Object.entries(data).map(([key, value]) => `  ${key}: ${formatFact(value)}`);
  const lines = [`error[${code}]: ${message}`, ...facts, ...(hint === undefined ? [] : [`hint: ${hint}`])];
  return `${lines.map(printableText).join('\n')}\n`;
}

const formatFact = (value: ErrorData[string]): string =>
  value instanceof Uint8Array ? `0x${toHex(value)}` : String(value);

type Classified = Pick<Refusal, 'code' | 'message' | 'data'>;

function classify(error: unknown): Classified {
  if (error instanceof ProtocolError) {
    const { code, message, data } = error;
    return { code, message, data };
  }
  if (error instanceof AgentError) return classifyAgentError(error);
  if (error instanceof BaseError) return classifyEvmError(error);
  return { code: BUG_CODE, message: error instanceof Error ? error.message : String(error), data: {} };
}

/** Kinds of `@dfinity/agent` 3: Trust, Protocol, Reject, Transport, External, Limit, Input, Unknown. */
function classifyAgentError(error: AgentError): Classified {
  const message = firstLine(error.code.toErrorMessage());
  if (error.kind === ErrorKindEnum.Transport) return { code: 'transport/unreachable', message, data: {} };
  return { code: `agent/${error.kind.toLowerCase()}`, message, data: {} };
}

function classifyEvmError(error: BaseError): Classified {
  const isTransport =
    error.walk((cause) => cause instanceof HttpRequestError || cause instanceof TimeoutError) !== null;
  // The type promises details; errors without a cause have none.
  const details: string | undefined = error.details;
  const message = [error.shortMessage, details ?? '']
    .filter((text) => text !== '')
    .map(firstLine)
    .join(': ');
  return { code: isTransport ? 'transport/unreachable' : 'evm/refused', message, data: {} };
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? text;
