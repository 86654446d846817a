/** The network a command speaks to: a small JSON file, as `npm start` writes it to `.hypha/network.json`. */
import { Principal } from '@dfinity/principal';
import { ProtocolError } from '../core/error';
import { readTextFile } from './text-file';

/** `evm` is optional: without it, commands that read from or send to an EVM node are refused. */
export type Network = {
  readonly host: string;
  /** Trust the root key the host gives: development networks only. */
  readonly fetchRootKey: boolean;
  readonly signer: Principal;
  readonly domains: Principal;
  readonly evm?: { readonly url: string };
};

type Fields = Readonly<Record<string, unknown>>;

/** The network described in `path`. @throws {ProtocolError} `cli/network-file` naming what is missing or wrong. */
export function readNetworkFile(path: string): Network {
  const hint = '`npm start` writes .hypha/network.json, or pass --network';
  const fields = parseObject(path, readTextFile({ path, code: 'cli/network-file', hint }));
  const evm = fields['evm'];
  if (evm !== undefined && !isObject(evm)) throw fault(path, 'field "evm" must be an object with a "url"');
  return {
    host: readUrl(path, { fields, field: 'host' }),
    fetchRootKey: readFlag(path, fields['fetchRootKey']),
    signer: readPrincipal(path, { fields, field: 'signer' }),
    domains: readPrincipal(path, { fields, field: 'domains' }),
    ...(evm === undefined ? {} : { evm: { url: readUrl(path, { fields: evm, field: 'url' }) } })
  };
}

type Place = { readonly fields: Fields; readonly field: string };

function readText(path: string, { fields, field }: Place): string {
  const value = fields[field];
  if (typeof value !== 'string') throw fault(path, `field "${field}" must be text`);
  return value;
}

function readUrl(path: string, place: Place): string {
  const text = readText(path, place);
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw fault(path, `field "${place.field}" must be a http or https URL`);
  }
  return text;
}

function readPrincipal(path: string, place: Place): Principal {
  const text = readText(path, place);
  try {
    return Principal.fromText(text);
  } catch (cause) {
    throw fault(path, `field "${place.field}" must be a principal`, cause);
  }
}

function readFlag(path: string, value: unknown): boolean {
  if (value === undefined) return false;
  if (typeof value !== 'boolean') throw fault(path, 'field "fetchRootKey" must be true or false');
  return value;
}

function parseObject(path: string, text: string): Fields {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw fault(path, 'it is not JSON', cause);
  }
  if (!isObject(parsed)) throw fault(path, 'it is not a JSON object');
  return parsed;
}

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function fault(path: string, reason: string, cause?: unknown): ProtocolError {
  return new ProtocolError('cli/network-file', `${path}: ${reason}`, {}, { cause });
}
