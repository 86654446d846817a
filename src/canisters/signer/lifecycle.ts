/**
 * Installation and upgrade. An upgrade drops the heap, and with it every open call: what was being signed is closed as
 * unknown, so that no account stays locked.
 */
import { warmUp } from '../../core/crypto/warm-up';
import { type SignerContext, certifyTip, closeSigning } from './signature-log';
import { type SignerConfig } from './store';
import { requireAccount } from './use-cases/read-account';

/** First start. @throws without configuration, which undoes the installation. */
export function install({ store }: SignerContext, config: SignerConfig | undefined): void {
  if (config === undefined) throw new Error('the signer canister is installed with its configuration');
  store.saveConfig(config);
  warmUp();
}

/**
 * Start of a new program on the old state. Without `config` the stored one stays.
 * @throws when stored state is of another layout, or the master key would change under existing accounts; the
 * upgrade is undone.
 */
export function upgrade(context: SignerContext, config: SignerConfig | undefined): void {
  const { store } = context;
  const stored = store.config();
  if (config !== undefined) {
    if (config.keyName !== stored.keyName && store.findAccountsKey() !== undefined) {
      throw new Error(`accounts have keys below ${stored.keyName}: it can not become ${config.keyName}`);
    }
    store.saveConfig(config);
  }
  for (const id of store.listInFlight()) {
    const account = requireAccount(store, id);
    store.saveAccount(
      closeSigning(context, account, { status: 'unknown', reason: 'upgraded while in flight' }),
      account.owner
    );
  }
  certifyTip(context);
  warmUp();
}
