/**
 * The passport: everything about a sealed account that a buyer checks before consenting, under one digest
 * (docs/protocol/account-transfer.md, "Passport").
 */
import { type Bytes32, concat, encodeBigEndian, compareBytes } from '../bytes';
import { taggedHash } from '../tagged-hash';
import { type AccountId } from './account-id';
import { type EvmNonce } from './evm-nonce';
import { type PrincipalBytes } from './principal';

/** `unrestricted` once a digest of unknown meaning has been signed; it never goes back. */
export type AccountMode = 'clean' | 'unrestricted';

export type Passport = {
  readonly signerCanisterId: PrincipalBytes;
  readonly accountId: AccountId;
  /** u64. */
  readonly epoch: bigint;
  readonly mode: AccountMode;
  /** Key generation, u32. */
  readonly generation: number;
  readonly logHead: Bytes32;
  /** Blocks of the signature log about this account, u64. */
  readonly logCount: bigint;
  readonly evmNonces: readonly EvmNonce[];
  /** Zero while the account has no policy. */
  readonly policyDigest: Bytes32;
  /** Of the signer canister's Wasm, and who may change it. */
  readonly moduleHash: Bytes32;
  readonly controllers: readonly PrincipalBytes[];
};

/** A sealed account has nothing in flight: the digest always says so. */
const IN_FLIGHT = 0n;

const encodeMode = (mode: AccountMode): Uint8Array => Uint8Array.of(mode === 'clean' ? 0 : 1);

/** The passport's digest: what the parties of a transfer consent to. */
export function hashPassport(passport: Passport): Bytes32 {
  return taggedHash(
    'hypha/passport/v1',
    passport.signerCanisterId,
    passport.accountId,
    encodeBigEndian(passport.epoch, 8),
    encodeMode(passport.mode),
    encodeBigEndian(BigInt(passport.generation), 4),
    passport.logHead,
    encodeBigEndian(passport.logCount, 8),
    hashLiabilities(passport.evmNonces),
    passport.policyDigest,
    encodeBigEndian(IN_FLIGHT, 4),
    passport.moduleHash,
    hashControllers(passport.controllers)
  );
}

/** Digest of the signatures that may still take effect: the next nonce of each chain, in ascending order of chain id. */
export function hashLiabilities(evmNonces: readonly EvmNonce[]): Bytes32 {
  const ascending = [...evmNonces].sort((a, b) => (a.chainId < b.chainId ? -1 : 1));
  return taggedHash(
    'hypha/liabilities/evm/v1',
    ...ascending.map(({ chainId, nextNonce }) =>
      concat(encodeBigEndian(chainId, 8), encodeBigEndian(nextNonce, 8))
    )
  );
}

/** Digest of a canister's controllers, in ascending order. */
export const hashControllers = (controllers: readonly PrincipalBytes[]): Bytes32 =>
  taggedHash('hypha/controllers/v1', ...[...controllers].sort(compareBytes));
