/** The network a command speaks to: a small JSON file, as `npm start` writes it to `.hypha/network.json`. */
import { readFileSync } from 'node:fs';
import { Principal } from '@dfinity/principal';
import { ProtocolError } from '../core/error';

/** `evm` is optional: without it, transactions are signed but neither filled in nor broadcast. */
export type Network = {
  readonly host: string;
  /** Trust the root key the host gives: development networks only. */
  readonly fetchRootKey: boolean;
  readonly signer: Principal;
  readonly domains: Principal;
  readonly evm?: { readonly url: string };
};

/** Size above which a file is no network description. */
const BYTES_MAX = 64 * 1024;

/** The network described in `path`. @throws {ProtocolError} `cli/network-file` naming what is missing or wrong. */
export function readNetworkFile(path: string): Network {
  const raw = parseFile(path);
  const text = (field: string): string => {
    const value = raw[field];
    if (typeof value !== 'string') throw fault(path, `field "${field}" must be text`);
    return value;
  };
  const principal = (field: string): Principal => {
    try {
      return Principal.fromText(text(field));
    } catch (cause) {
      throw fault(path, `field "${field}" must be a principal`, cause);
    }
  };
  const evm = raw['evm'];
  const evmUrl = typeof evm === 'object' && evm !== null && 'url' in evm ? evm.url : undefined;
  return {
    host: text('host'),
    fetchRootKey: raw['fetchRootKey'] === true,
    signer: principal('signer'),
    domains: principal('domains'),
    ...(typeof evmUrl === 'string' ? { evm: { url: evmUrl } } : {})
  };
}

function parseFile(path: string): Record<string, unknown> {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (cause) {
    throw fault(path, 'it cannot be read. `npm start` writes one; or pass --network', cause);
  }
  if (content.length > BYTES_MAX) throw fault(path, `it has more than ${BYTES_MAX} bytes`);
  try {
    const parsed: unknown = JSON.parse(content);
    if (typeof parsed === 'object' && parsed !== null) return { ...parsed };
  } catch (cause) {
    throw fault(path, 'it is not JSON', cause);
  }
  throw fault(path, 'it is not a JSON object');
}

function fault(path: string, reason: string, cause?: unknown): ProtocolError {
  return new ProtocolError('cli/network-file', `${path}: ${reason}`, {}, { cause });
}
