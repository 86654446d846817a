/**
 * Records of the journal: JSON with integers in decimal and bytes in hex, so that an operator can read them. What does
 * not read back as written is `journal/corrupt`.
 */
import { type Bytes32, bytes32, fromHex, toHex } from '../core/bytes';
import { ProtocolError } from '../core/error';
import { type WireError } from '../api/errors';
import { type CheckpointRef, type Job, type JobState, type JobTransition } from './job';

/** A block the relayer has followed to, and the tree's size there. */
export type FollowedBlock = { readonly height: bigint; readonly hash: Bytes32; readonly leafCount: bigint };

type Fields = Readonly<Record<string, unknown>>;

export function encodeRecord(record: FollowedBlock | CheckpointRef | Job): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(record, writable));
}

export function decodeFollowedBlock(record: Uint8Array): FollowedBlock {
  const fields = parse(record);
  return {
    height: integer(fields, 'height'),
    hash: word(fields, 'hash'),
    leafCount: integer(fields, 'leafCount')
  };
}

export const decodeCheckpointRef = (record: Uint8Array): CheckpointRef => checkpointRef(parse(record));

export function decodeJob(record: Uint8Array): Job {
  const fields = parse(record);
  return {
    id: text(fields, 'id'),
    firstLeaf: integer(fields, 'firstLeaf'),
    height: integer(fields, 'height'),
    tags: list(fields, 'tags').map((tag) => word({ tag }, 'tag')),
    transitions: list(fields, 'transitions').map((entry) => transition(object(entry))),
    state: jobState(object(fields['state'])),
    failures: count(fields, 'failures'),
    notBeforeMs: count(fields, 'notBeforeMs')
  };
}

function transition(fields: Fields): JobTransition {
  return {
    unitIndex: count(fields, 'unitIndex'),
    account: word(fields, 'account'),
    isBinding: flag(fields, 'isBinding'),
    payload: hexBytes(fields, 'payload')
  };
}

function jobState(fields: Fields): JobState {
  const status = text(fields, 'status');
  switch (status) {
    case 'observed':
      return { status };
    case 'checkpointed':
    case 'submitted':
      return { status, checkpoint: checkpointRef(object(fields['checkpoint'])) };
    case 'stalled':
    case 'refused':
      return { status, reason: reason(object(fields['reason'])) };
    case 'done':
      return { status, by: text(fields, 'by') === 'us' ? 'us' : 'earlier' };
    default:
      throw corrupt(`a job status, got ${status}`);
  }
}

const checkpointRef = (fields: Fields): CheckpointRef => ({
  height: integer(fields, 'height'),
  leafCount: integer(fields, 'leafCount'),
  storageHash: word(fields, 'storageHash')
});

const reason = (fields: Fields): WireError => ({
  code: text(fields, 'code'),
  message: text(fields, 'message')
});

function writable(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  return value instanceof Uint8Array ? toHex(value) : value;
}

function parse(record: Uint8Array): Fields {
  try {
    return object(JSON.parse(new TextDecoder().decode(record)));
  } catch (cause) {
    throw corrupt('JSON', cause);
  }
}

function object(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw corrupt('an object');
  return value as Fields;
}

function text(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string') throw corrupt(`a text in ${name}`);
  return value;
}

function integer(fields: Fields, name: string): bigint {
  const digits = text(fields, name);
  if (!/^\d{1,20}$/.test(digits)) throw corrupt(`an integer in ${name}`);
  return BigInt(digits);
}

function count(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw corrupt(`a count in ${name}`);
  return value;
}

function flag(fields: Fields, name: string): boolean {
  const value = fields[name];
  if (typeof value !== 'boolean') throw corrupt(`a flag in ${name}`);
  return value;
}

function list(fields: Fields, name: string): readonly unknown[] {
  const value = fields[name];
  if (!Array.isArray(value)) throw corrupt(`a list in ${name}`);
  return value;
}

function hexBytes(fields: Fields, name: string): Uint8Array {
  const digits = text(fields, name);
  if (!/^([0-9a-f]{2})*$/.test(digits)) throw corrupt(`hex in ${name}`);
  return fromHex(digits);
}

function word(fields: Fields, name: string): Bytes32 {
  const bytes = hexBytes(fields, name);
  if (bytes.length !== 32) throw corrupt(`32 bytes in ${name}`);
  return bytes32(bytes, name);
}

export function corrupt(expected: string, cause?: unknown): ProtocolError {
  return new ProtocolError('journal/corrupt', `the journal: expected ${expected}`, {}, { cause });
}
