/** Printing: one JSON object with `--json`, aligned lines without. Errors carry their code in both. */
import { type Principal } from '@dfinity/principal';
import { toHex } from '../core/bytes';
import { ProtocolError } from '../core/error';

/** What can be printed. */
export type Printable =
  | string
  | number
  | bigint
  | boolean
  | null
  | Uint8Array
  | Principal
  | readonly Printable[]
  | { readonly [key: string]: Printable };

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** Bytes as 0x hex, bigints as decimal text, principals as text. */
export function toJson(value: Printable): Json {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value;
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array) return `0x${toHex(value)}`;
  if (isPrincipal(value)) return value.toText();
  if (isList(value)) return value.map(toJson);
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, toJson(entry)]));
}

/** Writes a command's result to stdout. */
export function printResult(result: { readonly [key: string]: Printable }, asJson: boolean): void {
  const json = toJson(result);
  process.stdout.write(asJson ? `${JSON.stringify(json)}\n` : formatLines(json, ''));
}

/** Writes an error and returns the exit code: 1 for a refusal, 70 for a bug of ours. */
export function printError(error: unknown, asJson: boolean): number {
  const code = error instanceof ProtocolError ? error.code : errorCode(error);
  const message = error instanceof Error ? error.message : String(error);
  if (asJson) process.stdout.write(`${JSON.stringify({ error: { code, message } })}\n`);
  else process.stderr.write(`error[${code}]: ${message}\n`);
  return code === 'bug' ? 70 : 1;
}

/** Transport and agent errors are not ours, but neither are they bugs: they name themselves. */
function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return 'bug';
  if (error.message.includes('fetch failed') || error.message.includes('ECONNREFUSED'))
    return 'transport/unreachable';
  return /^(AgentError|TransportError|RejectError|TrustError|ProtocolError|InputError|LimitError)$/.test(
    error.name
  )
    ? `agent/${error.name}`
    : 'bug';
}

function formatLines(value: Json, indent: string): string {
  if (Array.isArray(value)) {
    if (value.length === 0) return `${indent}(none)\n`;
    return value
      .map((entry) => (isScalar(entry) ? `${indent}${String(entry)}\n` : `${formatLines(entry, indent)}\n`))
      .join('');
  }
  if (typeof value !== 'object' || value === null) return `${indent}${String(value)}\n`;
  const width = Math.max(0, ...Object.keys(value).map((key) => key.length));
  return Object.entries(value)
    .map(([key, entry]) =>
      isScalar(entry)
        ? `${indent}${key.padEnd(width)}  ${String(entry)}\n`
        : `${indent}${key}\n${formatLines(entry, `${indent}  `)}`
    )
    .join('');
}

const isScalar = (value: Json): value is string | number | boolean | null =>
  typeof value !== 'object' || value === null;
const isList = (value: Printable): value is readonly Printable[] => Array.isArray(value);
const isPrincipal = (value: object): value is Principal => '_isPrincipal' in value;
