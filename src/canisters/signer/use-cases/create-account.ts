/** Creates an account, numbered, for the caller. */
import { type Account, assertNotAnonymous, createAccount } from '../../../core/account/account';
import { numberedAccountId } from '../../../core/account/account-id';
import { equalBytes } from '../../../core/bytes';
import { ProtocolError } from '../../../core/error';
import { ACCOUNT_SCHEMA, pathBelowSchema } from '../../../core/keys/derivation-path';
import { type ExtendedPublicKey, deriveSecp256k1Key } from '../../../core/keys/derive-public-key';
import { deriveEvmAddress } from '../../../core/keys/evm-address';
import { type CallOutcome } from '../../runtime/canister-runtime';
import { type SignerContext, certifyTip, recordEvent } from '../signature-log';
import { type AccountKey, type SignerStore } from '../store';

/** Accounts one principal may create itself; it may own more by transfer. */
export const MAX_ACCOUNTS_PER_OWNER = 1_000n;
/** About 1 kB of stable memory each. */
export const MAX_ACCOUNTS = 1_000_000n;

/**
 * The new account: active, not bound.
 * @throws {ProtocolError} `account/anonymous`, `account/owner-limit`, `account/limit`; `keys/unavailable` when the
 * management canister refuses the canister's key, `keys/mismatch` when it derives other keys than this program.
 */
export async function createNumberedAccount(context: SignerContext): Promise<Account> {
  const { runtime, store } = context;
  const owner = runtime.caller();
  assertMayCreate(store, owner);
  const accountsKey = await requireAccountsKey(context);
  assertMayCreate(store, owner);

  const id = numberedAccountId({ signerCanisterId: runtime.self(), counter: store.accountCount() });
  const account = createAccount({ id, owner });
  const key = deriveAccountKey(accountsKey, account);
  const recorded = recordEvent(context, account, {
    type: 'create',
    owner,
    publicKey: key.publicKey,
    generation: account.generation
  });
  store.addAccount(recorded, key);
  certifyTip(context);
  return recorded;
}

function assertMayCreate(store: SignerStore, owner: Uint8Array): void {
  assertNotAnonymous(owner);
  if (store.countOwned(owner) >= MAX_ACCOUNTS_PER_OWNER) {
    throw new ProtocolError(
      'account/owner-limit',
      `expected an owner of fewer than ${MAX_ACCOUNTS_PER_OWNER} accounts`
    );
  }
  if (store.accountCount() >= MAX_ACCOUNTS) {
    throw new ProtocolError('account/limit', `expected fewer than ${MAX_ACCOUNTS} accounts`);
  }
}

function deriveAccountKey(accountsKey: ExtendedPublicKey, account: Account): AccountKey {
  const { publicKey } = deriveSecp256k1Key(accountsKey, pathBelowSchema(account.id, account.generation));
  return { publicKey, evmAddress: deriveEvmAddress(publicKey) };
}

/** The key of all accounts' schema: from the store, or fetched, checked and stored. */
async function requireAccountsKey({ runtime, store }: SignerContext): Promise<ExtendedPublicKey> {
  const known = store.findAccountsKey();
  if (known !== undefined) return known;
  const { keyName } = store.config();
  const root = available(await runtime.ecdsaPublicKey({ keyName, path: [] }));
  const answered = available(await runtime.ecdsaPublicKey({ keyName, path: [ACCOUNT_SCHEMA] }));
  const derived = deriveSecp256k1Key(root, [ACCOUNT_SCHEMA]);
  if (
    !equalBytes(derived.publicKey, answered.publicKey) ||
    !equalBytes(derived.chainCode, answered.chainCode)
  ) {
    throw new ProtocolError(
      'keys/mismatch',
      'the management canister derives other keys than this canister does'
    );
  }
  store.saveAccountsKey(derived);
  return derived;
}

function available<T>(outcome: CallOutcome<T>): T {
  if ('replied' in outcome) return outcome.replied;
  const { code, message } = outcome.rejected;
  throw new ProtocolError('keys/unavailable', `no public key: ${message}`, { code });
}
