/** Looks accounts up. Reads change nothing and are open to everybody. */
import { type Account } from '../../../core/account/account';
import { type AccountId } from '../../../core/account/account-id';
import { type PrincipalBytes } from '../../../core/account/principal';
import { toHex } from '../../../core/bytes';
import { ProtocolError } from '../../../core/error';
import { type SignerConfig, type SignerStore } from '../store';

/** Accounts in one page of a list. */
export const MAX_ACCOUNTS_PER_PAGE = 100;

/** The account. @throws {ProtocolError} `account/unknown`. */
export function requireAccount(store: SignerStore, id: AccountId): Account {
  const account = store.findAccount(id);
  if (account === undefined) throw new ProtocolError('account/unknown', `there is no account ${toHex(id)}`);
  return account;
}

/** A page of an owner's accounts, and the position of the next one when there are more. */
export type AccountPage = { readonly accounts: readonly Account[]; readonly next: bigint | undefined };

/** Accounts of `owner` from position `start` on, at most `limit` and {@link MAX_ACCOUNTS_PER_PAGE}. */
export function listAccounts(
  store: SignerStore,
  page: { readonly owner: PrincipalBytes; readonly start: bigint; readonly limit: number }
): AccountPage {
  const count = store.countOwned(page.owner);
  const available = count > page.start ? count - page.start : 0n;
  const length = Math.min(page.limit, MAX_ACCOUNTS_PER_PAGE, Number(available));
  const accounts = Array.from({ length }, (_, offset) => {
    const id = store.ownedAt(page.owner, page.start + BigInt(offset));
    if (id === undefined) throw new Error('BUG: a list shorter than its count');
    return requireAccount(store, id);
  });
  const next = page.start + BigInt(length);
  return { accounts, next: next < count ? next : undefined };
}

/** What anyone may know about the canister as a whole. */
export type SignerStatus = SignerConfig & {
  /** Whether the canister's key has been fetched and checked: it is at the first account. */
  readonly isKeyReady: boolean;
  readonly accountCount: bigint;
  readonly logLength: bigint;
};

export const readStatus = (store: SignerStore): SignerStatus => ({
  ...store.config(),
  isKeyReady: store.findAccountsKey() !== undefined,
  accountCount: store.accountCount(),
  logLength: store.logLength()
});
