/** Parses what people type: ids, addresses, amounts, principals. Each refusal says what was expected. */
import { Principal } from '@dfinity/principal';
import { type Address, type Hex, getAddress, isAddress, parseUnits } from 'viem';
import { type Bytes32, bytes32, fromHex } from '../core/bytes';
import { ProtocolError } from '../core/error';

export const U64_MAX = 2n ** 64n - 1n;
export const U256_MAX = 2n ** 256n - 1n;
/** Characters of the longest call data accepted; nodes relay 128 KiB. */
const DATA_LENGTH_MAX = 2 + 2 * 128 * 1024;
const QUOTED_LENGTH_MAX = 80;

/** What a command was given: positional values and its own options. */
export class CommandInput {
  constructor(
    private readonly values: readonly string[],
    private readonly options: Readonly<Record<string, unknown>>
  ) {}

  /** The positional argument at `index`, which the command declares as required. */
  value(index: number): string {
    const value = this.values[index];
    if (value === undefined) throw new Error(`BUG: the command declares no argument ${index}`);
    return value;
  }

  /** An option's text. @throws {ProtocolError} `cli/argument` when it was not given. */
  text(name: string): string {
    const text = this.optionalText(name);
    if (text === undefined) throw argumentError(`expected --${kebab(name)}`);
    return text;
  }

  optionalText(name: string): string | undefined {
    const option = this.options[name];
    return typeof option === 'string' ? option : undefined;
  }

  /** All values of an option that takes many. */
  texts(name: string): string[] {
    const option = this.options[name];
    return Array.isArray(option) ? option.map(String) : [];
  }

  flag(name: string): boolean {
    return this.options[name] === true;
  }
}

/** A 32-byte id in hex, with or without 0x. @throws {ProtocolError} `cli/argument`. */
export function parseId(text: string, label: string): Bytes32 {
  try {
    return bytes32(fromHex(text), label);
  } catch (cause) {
    throw argumentError(`${label} must be 32 bytes in hex, got ${quote(text)}`, cause);
  }
}

/** An EVM address; a mixed-case one must carry a right EIP-55 checksum. @throws {ProtocolError} `cli/argument`. */
export function parseAddress(text: string, label: string): Address {
  if (!isAddress(text, { strict: hasMixedCase(text) })) {
    throw argumentError(`${label} must be an EVM address (with a right checksum), got ${quote(text)}`);
  }
  return getAddress(text.toLowerCase());
}

/** Upper case alone carries no checksum, like lower case. */
const hasMixedCase = (text: string): boolean => /[a-f]/.test(text.slice(2)) && /[A-F]/.test(text.slice(2));

/** An amount in units of 10^-decimals, below 2^256. @throws {ProtocolError} `cli/argument`. */
export function parseAmount(
  text: string,
  unit: { readonly label: string; readonly decimals: number }
): bigint {
  const { label, decimals } = unit;
  const isAmount = /^\d{1,78}(\.\d{1,78})?$/.test(text) && (text.split('.')[1]?.length ?? 0) <= decimals;
  const amount = isAmount ? parseUnits(text, decimals) : undefined;
  if (amount === undefined || amount > U256_MAX) {
    throw argumentError(`${label} must be an amount with at most ${decimals} decimals, got ${quote(text)}`);
  }
  return amount;
}

/** A whole number from 0 to `max`. @throws {ProtocolError} `cli/argument`. */
export function parseInteger(text: string, range: { readonly label: string; readonly max: bigint }): bigint {
  const integer = /^\d{1,78}$/.test(text) ? BigInt(text) : undefined;
  if (integer === undefined || integer > range.max) {
    throw argumentError(`${range.label} must be a whole number from 0 to ${range.max}, got ${quote(text)}`);
  }
  return integer;
}

/** A principal in its text form. @throws {ProtocolError} `cli/argument`. */
export function parsePrincipal(text: string, label: string): Principal {
  try {
    return Principal.fromText(text);
  } catch (cause) {
    throw argumentError(`${label} must be a principal, got ${quote(text)}`, cause);
  }
}

/** 0x and hex pairs. @throws {ProtocolError} `cli/argument`. */
export function parseHexData(text: string, label: string): Hex {
  if (text.length > DATA_LENGTH_MAX || !/^0x([0-9a-fA-F]{2})*$/.test(text)) {
    throw argumentError(`${label} must be 0x and at most ${DATA_LENGTH_MAX - 2} hex digits, in pairs`);
  }
  return `0x${text.slice(2)}`;
}

/** A refusal of what was typed: exit code 2. */
export function argumentError(message: string, cause?: unknown): ProtocolError {
  return new ProtocolError('cli/argument', message, {}, { cause });
}

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const quote = (text: string): string =>
  JSON.stringify(text.length > QUOTED_LENGTH_MAX ? `${text.slice(0, QUOTED_LENGTH_MAX)}...` : text);
