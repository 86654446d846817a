/** Takes an account out of quarantine: its new owner accepts it as it is, with its log. */
import { type Account, acceptAccount } from '../../../core/account/account';
import { type AccountId } from '../../../core/account/account-id';
import { type SignerContext, certifyTip, recordEvent } from '../signature-log';
import { requireAccount } from './read-account';

/** The account, active. @throws {ProtocolError} `account/unknown` and those of `core/account` `acceptAccount`. */
export function acceptOwnAccount(context: SignerContext, id: AccountId): Account {
  const { runtime, store } = context;
  const caller = runtime.caller();
  const accepted = acceptAccount(requireAccount(store, id), caller);
  const recorded = recordEvent(context, accepted, { type: 'accept', owner: caller });
  store.saveAccount(recorded, caller);
  certifyTip(context);
  return recorded;
}
