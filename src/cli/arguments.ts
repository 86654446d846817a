/** Parses what people type: account ids, addresses, amounts, principals. Each refusal says what was expected. */
import { Principal } from '@dfinity/principal';
import { type Address, getAddress, isAddress, parseUnits } from 'viem';
import { type Bytes32, bytes32, fromHex } from '../core/bytes';
import { ProtocolError } from '../core/error';

/** A 32-byte id in hex, with or without 0x. @throws {ProtocolError} `cli/argument`. */
export function parseId(text: string, label: string): Bytes32 {
  try {
    return bytes32(fromHex(text), label);
  } catch (cause) {
    throw argumentError(`${label} must be 32 bytes in hex, got "${text}"`, cause);
  }
}

/** An EVM address; a mixed-case one must carry a right EIP-55 checksum. @throws {ProtocolError} `cli/argument`. */
export function parseAddress(text: string): Address {
  if (!isAddress(text)) throw argumentError(`expected an EVM address (with a right checksum), got "${text}"`);
  return getAddress(text);
}

/** A decimal amount in units of 10^-decimals. @throws {ProtocolError} `cli/argument`. */
export function parseAmount(text: string, decimals: number): bigint {
  if (!/^\d+(\.\d+)?$/.test(text) || (text.split('.')[1]?.length ?? 0) > decimals) {
    throw argumentError(`expected an amount with at most ${decimals} decimals, got "${text}"`);
  }
  return parseUnits(text, decimals);
}

/** A principal in its text form. @throws {ProtocolError} `cli/argument`. */
export function parsePrincipal(text: string): Principal {
  try {
    return Principal.fromText(text);
  } catch (cause) {
    throw argumentError(`expected a principal, got "${text}"`, cause);
  }
}

/** An integer not below zero. @throws {ProtocolError} `cli/argument`. */
export function parseInteger(text: string, label: string): bigint {
  if (!/^\d{1,78}$/.test(text)) throw argumentError(`${label} must be a whole number, got "${text}"`);
  return BigInt(text);
}

function argumentError(message: string, cause?: unknown): ProtocolError {
  return new ProtocolError('cli/argument', message, {}, { cause });
}
