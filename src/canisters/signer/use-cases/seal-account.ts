/** Seals an account for its sale. */
import { assertOwner, sealAccount } from '../../../core/account/account';
import { type AccountId } from '../../../core/account/account-id';
import { type Passport } from '../../../core/account/passport';
import { type Bytes32, bytes32 } from '../../../core/bytes';
import { ProtocolError } from '../../../core/error';
import { type SignerContext, certifyTip, recordEvent } from '../signature-log';
import { requireAccount } from './read-account';

export type SealedPassport = { readonly passport: Passport; readonly digest: Bytes32 };

/**
 * The frozen passport of the account, which signs nothing from now on.
 * @throws {ProtocolError} those of `core/account` `sealAccount`; `account/unknown`; `seal/unavailable` when the
 * management canister does not say what this canister runs and who controls it.
 */
export async function sealOwnAccount(context: SignerContext, id: AccountId): Promise<SealedPassport> {
  const { runtime, store } = context;
  const caller = runtime.caller();
  assertOwner(requireAccount(store, id), caller);
  const info = await runtime.canisterInfo();
  if ('rejected' in info) {
    throw new ProtocolError('seal/unavailable', `no canister info: ${info.rejected.message}`, {
      code: info.rejected.code
    });
  }

  const sealed = sealAccount(requireAccount(store, id), {
    caller,
    signerCanisterId: runtime.self(),
    moduleHash: bytes32(info.replied.moduleHash, 'module hash'),
    controllers: info.replied.controllers
  });
  if (sealed.status.type !== 'sealed') throw new Error('BUG: not sealed');
  const { passport, passportDigest } = sealed.status;
  const recorded = recordEvent(context, sealed, { type: 'seal', passport: passportDigest });
  store.saveAccount(recorded, caller);
  certifyTip(context);
  return { passport, digest: passportDigest };
}
