/**
 * Derivation paths below the signer canister's threshold keys (docs/protocol/account-transfer.md, "Identifiers").
 * The first element is a schema tag, so that keys for another purpose can never meet an account's.
 */
import { type Bytes32, ascii, concat, encodeBigEndian } from '../bytes';

export type DerivationPath = readonly Uint8Array[];

/** First element of every account's path; the key below it is the same for all accounts of a canister. */
export const ACCOUNT_SCHEMA = concat(Uint8Array.of(0x01), ascii('hypha account'));

/**
 * Path of an account's key: schema, account id, generation (u32 big-endian). The same for ECDSA, BIP-340 and Ed25519.
 * @throws {ProtocolError} `bytes/integer-range` unless 0 <= `generation` < 2^32.
 */
export const accountPath = (accountId: Bytes32, generation: number): DerivationPath => [
  ACCOUNT_SCHEMA,
  ...pathBelowSchema(accountId, generation)
];

/** {@link accountPath} without its first element, for a parent key that was derived by {@link ACCOUNT_SCHEMA} once. */
export const pathBelowSchema = (accountId: Bytes32, generation: number): DerivationPath => [
  accountId,
  encodeBigEndian(BigInt(generation), 4)
];
