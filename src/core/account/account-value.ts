/**
 * The account value: what an account resource's value_ref commits to (docs/protocol/account-transfer.md).
 *
 * | bytes                                           |                              |
 * | ----------------------------------------------- | ---------------------------- |
 * | u8 = 1                                          | version                      |
 * | u8 length, 1 to 29 bytes                        | owner                        |
 * | 32                                              | domain                       |
 * | 3 x 32                                          | holdings, intent, passport digests; zero for none |
 */
import { type Bytes32, ByteReader, concat } from '../bytes';
import { ProtocolError } from '../error';
import { taggedHash } from '../tagged-hash';
import { type PrincipalBytes, encodePrincipal, readPrincipal } from './principal';

export type AccountValue = {
  readonly owner: PrincipalBytes;
  /** The one domain where the resource may be consumed. */
  readonly domainId: Bytes32;
  readonly holdingsDigest: Bytes32;
  readonly intentDigest: Bytes32;
  readonly passportDigest: Bytes32;
};

const VERSION = 1;

/** The value's bytes, at most 159. @throws {ProtocolError} `principal/length`. */
export function encodeAccountValue(value: AccountValue): Uint8Array {
  return concat(
    Uint8Array.of(VERSION),
    encodePrincipal(value.owner),
    value.domainId,
    value.holdingsDigest,
    value.intentDigest,
    value.passportDigest
  );
}

/** @throws {ProtocolError} `account-value/version`, `principal/length`, `bytes/truncated`, `bytes/trailing`. */
export function decodeAccountValue(encoded: Uint8Array): AccountValue {
  const reader = new ByteReader(encoded, 'account value');
  const version = reader.uint(1);
  if (version !== VERSION) {
    throw new ProtocolError('account-value/version', `expected version ${VERSION}, got ${version}`, {
      version
    });
  }
  const value: AccountValue = {
    owner: readPrincipal(reader),
    domainId: reader.take32(),
    holdingsDigest: reader.take32(),
    intentDigest: reader.take32(),
    passportDigest: reader.take32()
  };
  reader.end();
  return value;
}

/** The value_ref of an account resource with this encoded account value. */
export const hashAccountValue = (encoded: Uint8Array): Bytes32 =>
  taggedHash('hypha/account-value/v1', encoded);
