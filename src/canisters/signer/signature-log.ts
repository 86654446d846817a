/**
 * Writing of the signature log. Every entry is about one account, whose log head it moves. Whoever has written entries
 * ends with {@link certifyTip}; a message commits as a whole, so no reader sees the one without the other.
 */
import { type Account, endSigning, recordLogBlock } from '../../core/account/account';
import { type LogEvent, type SignOutcome, createBlock, hashBlock } from '../../core/log/block';
import { hashTipTree } from '../../core/log/certified-tip';
import { encodeValue } from '../../core/log/icrc3-value';
import { type CanisterRuntime } from '../runtime/canister-runtime';
import { type SignerStore } from './store';

/** What the use cases of this canister work on. */
export type SignerContext = { readonly runtime: CanisterRuntime; readonly store: SignerStore };

/** Appends the block of an event; the account with its new log head, not saved yet. */
export function recordEvent({ runtime, store }: SignerContext, account: Account, event: LogEvent): Account {
  const block = createBlock(
    { previousHash: store.logTip()?.lastBlockHash, timeNs: runtime.timeNs(), account },
    event
  );
  const hash = hashBlock(block);
  store.appendBlock(encodeValue(block), hash);
  return recordLogBlock(account, hash);
}

/**
 * Closes the signature that `account` waits for, whatever its end; the account without it, not saved yet. Accounts
 * that wait for none are answered as they are.
 */
export function closeSigning(context: SignerContext, account: Account, outcome: SignOutcome): Account {
  if (account.signing === null) return account;
  const { logIndex } = account.signing;
  return recordEvent(context, endSigning(account, logIndex).account, {
    type: 'sign-result',
    requestIndex: logIndex,
    outcome
  });
}

/** Certifies the log as it is. */
export function certifyTip({ runtime, store }: SignerContext): void {
  const tip = store.logTip();
  if (tip !== undefined) runtime.setCertifiedData(hashTipTree(tip));
}
