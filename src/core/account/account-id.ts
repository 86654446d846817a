/** Account ids: 32 bytes, for life, never reused. */
import { type Bytes32, encodeBigEndian } from '../bytes';
import { taggedHash } from '../tagged-hash';
import { type PrincipalBytes } from './principal';

/** Names an account for life; also the label ref of its account resource. */
export type AccountId = Bytes32;

/**
 * The id of the `counter`-th account (u64, from 0) that a signer canister creates by number.
 * @throws {ProtocolError} `bytes/integer-range` when the counter is no u64.
 */
export function numberedAccountId(origin: {
  readonly signerCanisterId: PrincipalBytes;
  readonly counter: bigint;
}): AccountId {
  return taggedHash(
    'hypha/account-id/numbered/v1',
    origin.signerCanisterId,
    encodeBigEndian(origin.counter, 8)
  );
}
