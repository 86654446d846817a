/**
 * Signs an EIP-1559 transaction. The request is in the log before the management canister hears of it, and is closed
 * when the answer is in. A signature is released only when the account still waits for it in the epoch it was asked in.
 *
 * The nonce counts as used from the request on. It is given back only when the management canister refuses: whenever
 * a signature may have been made somewhere, it stays a liability of the account.
 */
import { beginSigning, endSigning } from '../../../core/account/account';
import { type AccountId } from '../../../core/account/account-id';
import { type EvmNonce, useEvmNonce } from '../../../core/account/evm-nonce';
import { type Bytes32 } from '../../../core/bytes';
import { keccak256 } from '../../../core/crypto/hash';
import { ProtocolError, isProtocolError } from '../../../core/error';
import { accountPath } from '../../../core/keys/derivation-path';
import { type SignOutcome } from '../../../core/log/block';
import { type EvmSignature, createEvmSignature } from '../../../core/signing/evm-signature';
import {
  type EvmTransaction,
  encodeSignedEvmTransaction,
  encodeUnsignedEvmTransaction,
  hashSignedEvmTransaction
} from '../../../core/signing/evm-transaction';
import { type CallRejection } from '../../runtime/canister-runtime';
import { type SignerContext, certifyTip, closeSigning, recordEvent } from '../signature-log';
import { requireAccount } from './read-account';

export type SignEvmRequest = {
  readonly accountId: AccountId;
  readonly transaction: EvmTransaction;
  /** Allows a nonce that was signed for before. */
  readonly isReplacement: boolean;
};

export type SignedEvmTransaction = {
  /** As `eth_sendRawTransaction` takes it. */
  readonly raw: Uint8Array;
  readonly hash: Bytes32;
  readonly digest: Bytes32;
  readonly signature: EvmSignature;
  /** Of the request in the log. */
  readonly logIndex: bigint;
};

/** Reject code of a call whose end is not known (IC interface specification, "Reject codes"). */
const SYS_UNKNOWN = 6;
/** Reject messages come from elsewhere; this much of one is kept in the log. */
const MAX_REASON_LENGTH = 256;

/**
 * The signed transaction.
 * @throws {ProtocolError} `account/unknown`, those of `core/account` `beginSigning` and `useEvmNonce`;
 * `signing/rejected` (nothing was signed), `signing/unknown` (something may have been), `signing/discarded` (control
 * has changed meanwhile), `signing/signature-invalid`.
 */
export async function signEvmTransaction(
  context: SignerContext,
  request: SignEvmRequest
): Promise<SignedEvmTransaction> {
  const { runtime, store } = context;
  const begun = beginRequest(context, request);
  const outcome = await runtime.signWithEcdsa({
    keyName: store.config().keyName,
    path: accountPath(request.accountId, begun.generation),
    messageHash: begun.digest,
    onTrap: () => endRequest(context, begun, { status: 'unknown', reason: 'trapped after the answer' })
  });

  if (!isAwaited(context, begun)) throw endDiscarded(context, begun);
  if ('rejected' in outcome) throw endRejected(context, begun, outcome.rejected);
  const signature = checkSignature(context, begun, outcome.replied);
  const raw = encodeSignedEvmTransaction(request.transaction, signature);
  const hash = hashSignedEvmTransaction(raw);
  endRequest(context, begun, { status: 'signed', transactionHash: hash });
  return { raw, hash, digest: begun.digest, signature, logIndex: begun.logIndex };
}

type BegunRequest = {
  readonly accountId: AccountId;
  readonly generation: number;
  readonly digest: Bytes32;
  readonly logIndex: bigint;
  readonly noncesBefore: readonly EvmNonce[];
};

/** Checks everything, then writes: the log entry, the lock and the nonce. */
function beginRequest(context: SignerContext, request: SignEvmRequest): BegunRequest {
  const { runtime, store } = context;
  const { transaction } = request;
  const account = requireAccount(store, request.accountId);
  const logIndex = store.logLength();
  const locked = beginSigning(account, { caller: runtime.caller(), logIndex });
  const { chainId, nonce } = transaction;
  const evmNonces = useEvmNonce(account.evmNonces, { chainId, nonce, isReplacement: request.isReplacement });
  const unsigned = encodeUnsignedEvmTransaction(transaction);
  const digest = keccak256(unsigned);

  const recorded = recordEvent(context, locked, {
    type: 'sign-request',
    generation: account.generation,
    digest,
    unsigned,
    chainId,
    nonce
  });
  store.saveAccount({ ...recorded, evmNonces }, account.owner);
  certifyTip(context);
  return {
    accountId: account.id,
    generation: account.generation,
    digest,
    logIndex,
    noncesBefore: account.evmNonces
  };
}

/** Whether the account still waits for this very signature, in the epoch it was asked in. */
const isAwaited = ({ store }: SignerContext, begun: BegunRequest): boolean =>
  endSigning(requireAccount(store, begun.accountId), begun.logIndex).isCurrent;

/** Closes the request, unless that has been done: by a transition, say, and then another signature may be awaited. */
function endRequest(context: SignerContext, begun: BegunRequest, outcome: SignOutcome): void {
  const { store } = context;
  const account = requireAccount(store, begun.accountId);
  if (account.signing?.logIndex !== begun.logIndex) return;
  const closed = closeSigning(context, account, outcome);
  const nothingWasMade = outcome.status === 'failed';
  store.saveAccount(nothingWasMade ? { ...closed, evmNonces: begun.noncesBefore } : closed, account.owner);
  certifyTip(context);
}

function endDiscarded(context: SignerContext, begun: BegunRequest): ProtocolError {
  endRequest(context, begun, { status: 'discarded' });
  return new ProtocolError(
    'signing/discarded',
    'control of the account changed while it was being signed for'
  );
}

function endRejected(context: SignerContext, begun: BegunRequest, rejection: CallRejection): ProtocolError {
  const { code, message } = rejection;
  const isUnknown = code === SYS_UNKNOWN;
  const reason = `${code}: ${message.slice(0, MAX_REASON_LENGTH)}`;
  endRequest(context, begun, { status: isUnknown ? 'unknown' : 'failed', reason });
  return new ProtocolError(
    isUnknown ? 'signing/unknown' : 'signing/rejected',
    `the management canister did not sign: ${reason}`,
    { code }
  );
}

function checkSignature(context: SignerContext, begun: BegunRequest, signature: Uint8Array): EvmSignature {
  const { publicKey } = context.store.accountKey(begun.accountId);
  try {
    return createEvmSignature({ signature, digest: begun.digest, publicKey });
  } catch (error) {
    if (isProtocolError(error, 'signing/signature-invalid')) {
      endRequest(context, begun, { status: 'unknown', reason: error.message });
    }
    throw error;
  }
}
