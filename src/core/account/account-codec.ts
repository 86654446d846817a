/**
 * The stored form of an account. Records of a canister outlive its code: the first byte is the layout's version, and a
 * record that is not exactly of that layout is refused.
 */
import { type Bytes32, ByteReader, concat, decodeBigEndian, encodeBigEndian } from '../bytes';
import { ProtocolError, assertNever } from '../error';
import { RESOURCE_ABI_LENGTH, decodeResourceAbi, encodeResourceAbi } from '../resource/resource';
import {
  type Account,
  type AccountStatus,
  type Head,
  type QuarantineReason,
  type SigningInFlight
} from './account';
import { type EvmNonce, MAX_EVM_CHAINS } from './evm-nonce';
import { type AccountMode, type Passport } from './passport';
import { MAX_PRINCIPAL_LENGTH, type PrincipalBytes, encodePrincipal, readPrincipal } from './principal';

const VERSION = 1;
const MODES: readonly AccountMode[] = ['clean', 'unrestricted'];
const STATUS_TYPES: readonly AccountStatus['type'][] = ['active', 'sealed', 'quarantined'];
const QUARANTINE_REASONS: readonly QuarantineReason[] = ['not-sealed', 'passport-mismatch', 'not-accepted'];
const MAX_CONTROLLERS = 255;

/** The account's bytes; equal accounts have equal bytes. */
export function encodeAccount(account: Account): Uint8Array {
  return concat(
    Uint8Array.of(VERSION),
    account.id,
    encodePrincipal(account.owner),
    encodeU64(account.epoch),
    encodeU32(account.generation),
    Uint8Array.of(MODES.indexOf(account.mode)),
    encodeStatus(account.status),
    encodeOptional(account.head, encodeHead),
    encodeOptional(account.signing, encodeSigning),
    encodeEvmNonces(account.evmNonces),
    account.logHead,
    encodeU64(account.logCount)
  );
}

/**
 * The account of its bytes.
 * @throws {ProtocolError} `account-record/version`, `account-record/tag`, `account-record/order`,
 * `account-record/limit`; `bytes/*`, `principal/length`, `resource/*`.
 */
export function decodeAccount(encoded: Uint8Array): Account {
  const reader = new ByteReader(encoded, 'account record');
  const version = reader.uint(1);
  if (version !== VERSION) {
    throw new ProtocolError('account-record/version', `expected version ${VERSION}, got ${version}`, {
      version
    });
  }
  const account: Account = {
    id: reader.take32(),
    owner: readPrincipal(reader),
    epoch: readU64(reader),
    generation: reader.uint(4),
    mode: readTag(reader, MODES),
    status: readStatus(reader),
    head: readOptional(reader, readHead),
    signing: readOptional(reader, readSigning),
    evmNonces: readEvmNonces(reader),
    logHead: reader.take32(),
    logCount: readU64(reader)
  };
  reader.end();
  return account;
}

const encodeU64 = (value: bigint): Uint8Array => encodeBigEndian(value, 8);
const encodeU32 = (value: number): Uint8Array => encodeBigEndian(BigInt(value), 4);
const readU64 = (reader: ByteReader): bigint => decodeBigEndian(reader.take(8));

function readTag<T>(reader: ByteReader, values: readonly T[]): T {
  const tag = reader.uint(1);
  const value = values[tag];
  if (value === undefined) {
    throw new ProtocolError('account-record/tag', `expected a tag below ${values.length}, got ${tag}`, {
      tag
    });
  }
  return value;
}

const encodeOptional = <T>(value: T | null, encode: (value: T) => Uint8Array): Uint8Array =>
  value === null ? Uint8Array.of(0) : concat(Uint8Array.of(1), encode(value));

const readOptional = <T>(reader: ByteReader, read: (reader: ByteReader) => T): T | null =>
  readTag(reader, [false, true]) ? read(reader) : null;

function encodeStatus(status: AccountStatus): Uint8Array {
  const tag = Uint8Array.of(STATUS_TYPES.indexOf(status.type));
  switch (status.type) {
    case 'active':
      return tag;
    case 'sealed':
      return concat(tag, encodePassport(status.passport), status.passportDigest);
    case 'quarantined':
      return concat(tag, Uint8Array.of(QUARANTINE_REASONS.indexOf(status.reason)));
    default:
      return assertNever(status);
  }
}

function readStatus(reader: ByteReader): AccountStatus {
  const type = readTag(reader, STATUS_TYPES);
  switch (type) {
    case 'active':
      return { type };
    case 'sealed':
      return { type, passport: readPassport(reader), passportDigest: reader.take32() };
    case 'quarantined':
      return { type, reason: readTag(reader, QUARANTINE_REASONS) };
    default:
      return assertNever(type);
  }
}

function encodePassport(passport: Passport): Uint8Array {
  return concat(
    encodePrincipal(passport.signerCanisterId),
    passport.accountId,
    encodeU64(passport.epoch),
    Uint8Array.of(MODES.indexOf(passport.mode)),
    encodeU32(passport.generation),
    passport.logHead,
    encodeU64(passport.logCount),
    encodeEvmNonces(passport.evmNonces),
    passport.policyDigest,
    passport.moduleHash,
    encodeCount(passport.controllers.length, MAX_CONTROLLERS),
    ...passport.controllers.map(encodeController)
  );
}

function readPassport(reader: ByteReader): Passport {
  return {
    signerCanisterId: readPrincipal(reader),
    accountId: reader.take32(),
    epoch: readU64(reader),
    mode: readTag(reader, MODES),
    generation: reader.uint(4),
    logHead: reader.take32(),
    logCount: readU64(reader),
    evmNonces: readEvmNonces(reader),
    policyDigest: reader.take32(),
    moduleHash: reader.take32(),
    controllers: Array.from({ length: reader.uint(1) }, () => readController(reader))
  };
}

/** A canister without a keeper may name the management canister, whose principal is empty. */
const encodeController = (controller: PrincipalBytes): Uint8Array =>
  controller.length === 0 ? Uint8Array.of(0) : encodePrincipal(controller);

function readController(reader: ByteReader): PrincipalBytes {
  const length = reader.uint(1);
  assertCount(length, MAX_PRINCIPAL_LENGTH);
  return reader.take(length);
}

const encodeHead = (head: Head): Uint8Array =>
  concat(head.domainId, encodeResourceAbi(head.resource), head.commitment);

function readHead(reader: ByteReader): Head {
  const domainId: Bytes32 = reader.take32();
  return {
    domainId,
    resource: decodeResourceAbi(reader.take(RESOURCE_ABI_LENGTH)),
    commitment: reader.take32()
  };
}

const encodeSigning = (signing: SigningInFlight): Uint8Array =>
  concat(encodeU64(signing.logIndex), encodeU64(signing.epoch));

const readSigning = (reader: ByteReader): SigningInFlight => ({
  logIndex: readU64(reader),
  epoch: readU64(reader)
});

function encodeEvmNonces(nonces: readonly EvmNonce[]): Uint8Array {
  assertAscending(nonces);
  return concat(
    encodeCount(nonces.length, MAX_EVM_CHAINS),
    ...nonces.map(({ chainId, nextNonce }) => concat(encodeU64(chainId), encodeU64(nextNonce)))
  );
}

function readEvmNonces(reader: ByteReader): EvmNonce[] {
  const nonces = Array.from({ length: reader.uint(1) }, () => ({
    chainId: readU64(reader),
    nextNonce: readU64(reader)
  }));
  assertCount(nonces.length, MAX_EVM_CHAINS);
  assertAscending(nonces);
  return nonces;
}

function assertAscending(nonces: readonly EvmNonce[]): void {
  nonces.forEach(({ chainId }, index) => {
    const before = nonces[index - 1];
    if (before !== undefined && before.chainId >= chainId) {
      throw new ProtocolError('account-record/order', 'expected EVM nonces ascending by chain id', {
        chainId
      });
    }
  });
}

function encodeCount(count: number, max: number): Uint8Array {
  assertCount(count, max);
  return Uint8Array.of(count);
}

function assertCount(count: number, max: number): void {
  if (count > max) {
    throw new ProtocolError('account-record/limit', `expected at most ${max} entries, got ${count}`, {
      count
    });
  }
}
