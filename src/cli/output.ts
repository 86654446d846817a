/** Results as text: one JSON object with `--json`, aligned lines without. */
import { type Principal } from '@dfinity/principal';
import { toHex } from '../core/bytes';

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

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

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

/** A result as it is printed, ending in a line feed. */
export function formatResult(result: { readonly [key: string]: Printable }, asJson: boolean): string {
  const json = toJson(result);
  return asJson ? `${JSON.stringify(json)}\n` : formatLines(json, '');
}

function formatLines(value: Json, indent: string): string {
  if (Array.isArray(value)) {
    if (value.length === 0) return `${indent}(none)\n`;
    return value
      .map((entry) =>
        isScalar(entry) ? `${indent}${formatScalar(entry)}\n` : `${formatLines(entry, indent)}\n`
      )
      .join('');
  }
  if (isScalar(value)) return `${indent}${formatScalar(value)}\n`;
  if (Object.keys(value).length === 0) return `${indent}(none)\n`;
  const width = Math.max(0, ...Object.keys(value).map((key) => key.length));
  return Object.entries(value)
    .map(([key, entry]) =>
      isScalar(entry)
        ? `${indent}${key.padEnd(width)}  ${formatScalar(entry)}\n`
        : `${indent}${key}\n${formatLines(entry, `${indent}  `)}`
    )
    .join('');
}

/** Texts may come from a network or a plan by mail: nothing in them may steer the terminal. */
const formatScalar = (value: string | number | boolean | null): string =>
  value === null ? '-' : printableText(String(value));

/** `text` with control, formatting and line-breaking characters spelled out. */
export const printableText = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    const hex = (character.codePointAt(0) ?? 0).toString(16);
    return `\\u{${hex}}`;
  });

const isScalar = (value: Json): value is string | number | boolean | null =>
  typeof value !== 'object' || value === null;
const isList = (value: Printable): value is readonly Printable[] => Array.isArray(value);
const isPrincipal = (value: object): value is Principal => '_isPrincipal' in value;
