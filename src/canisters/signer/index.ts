/** The `signer` canister: endpoints only. Each decodes, calls its use case and encodes; refusals are values. */
import { type Principal } from '@dfinity/principal';
import { type Result } from '../../api/errors';
import {
  type AccountPageWire,
  type AccountViewWire,
  type GetBlocksResultWire,
  type InitArgsWire,
  type PassportWire,
  type SignEvmRequestWire,
  type SignedEvmTransactionWire,
  type StatusWire,
  type TipCertificateWire,
  type TransitionBatchWire,
  signerInit,
  signerMethods
} from '../../api/signer-idl';
import {
  decodeAccountId,
  decodeSignEvmRequest,
  decodeSignerConfig,
  decodeTransitionBatch,
  encodeAccountView,
  encodeLogPage,
  encodePassport,
  encodeSignedEvmTransactionWire,
  encodeSignerStatus,
  encodeTipCertificate
} from '../../api/signer-wire';
import { type Account } from '../../core/account/account';
import { answer, azleRuntime, lifecycle, openStableMaps, serve } from '../runtime/azle-runtime';
import { install, upgrade } from './lifecycle';
import { type SignerContext } from './signature-log';
import { SIGNER_MEMORY, createSignerStore } from './store';
import { acceptOwnAccount } from './use-cases/accept-account';
import { applyTransitions } from './use-cases/apply-transitions';
import { createNumberedAccount } from './use-cases/create-account';
import { listAccounts, readStatus, requireAccount } from './use-cases/read-account';
import { SUPPORTED_BLOCK_TYPES, readBlocks, readTipCertificate } from './use-cases/read-log';
import { sealOwnAccount } from './use-cases/seal-account';
import { signEvmTransaction } from './use-cases/sign-evm-transaction';

const starts = lifecycle(signerInit);

export default class Signer {
  private readonly context: SignerContext = {
    runtime: azleRuntime,
    store: createSignerStore(openStableMaps(SIGNER_MEMORY))
  };

  @starts.init
  init(args: [] | [InitArgsWire]): void {
    install(this.context, decodeSignerConfig(args));
  }

  @starts.postUpgrade
  postUpgrade(args: [] | [InitArgsWire]): void {
    upgrade(this.context, decodeSignerConfig(args));
  }

  @serve(signerMethods.create_account)
  create_account(): Promise<Result<AccountViewWire>> {
    return answer(async () => this.view(await createNumberedAccount(this.context)));
  }

  @serve(signerMethods.seal_account)
  seal_account(account: Uint8Array): Promise<Result<PassportWire>> {
    return answer(async () => {
      const { passport, digest } = await sealOwnAccount(this.context, decodeAccountId(account));
      return encodePassport(passport, digest);
    });
  }

  @serve(signerMethods.accept_account)
  accept_account(account: Uint8Array): Promise<Result<AccountViewWire>> {
    return answer(() => this.view(acceptOwnAccount(this.context, decodeAccountId(account))));
  }

  @serve(signerMethods.sign_evm_transaction)
  sign_evm_transaction(request: SignEvmRequestWire): Promise<Result<SignedEvmTransactionWire>> {
    return answer(async () =>
      encodeSignedEvmTransactionWire(await signEvmTransaction(this.context, decodeSignEvmRequest(request)))
    );
  }

  @serve(signerMethods.apply_transitions)
  apply_transitions(batch: TransitionBatchWire): Promise<Result<AccountViewWire[]>> {
    return answer(async () =>
      (await applyTransitions(this.context, decodeTransitionBatch(batch))).map(this.view)
    );
  }

  @serve(signerMethods.account)
  account(id: Uint8Array): Promise<Result<AccountViewWire>> {
    return answer(() => this.view(requireAccount(this.context.store, decodeAccountId(id))));
  }

  @serve(signerMethods.accounts_of)
  accounts_of(owner: Principal, after: bigint, limit: number): AccountPageWire {
    const page = { owner: owner.toUint8Array(), start: after, limit };
    const { accounts, next } = listAccounts(this.context.store, page);
    return { accounts: accounts.map(this.view), next: next === undefined ? [] : [next] };
  }

  @serve(signerMethods.status)
  status(): StatusWire {
    return encodeSignerStatus(readStatus(this.context.store));
  }

  @serve(signerMethods.icrc3_get_blocks)
  icrc3_get_blocks(ranges: { start: bigint; length: bigint }[]): GetBlocksResultWire {
    return encodeLogPage(readBlocks(this.context.store, ranges));
  }

  @serve(signerMethods.icrc3_get_archives)
  icrc3_get_archives(): never[] {
    return [];
  }

  @serve(signerMethods.icrc3_get_tip_certificate)
  icrc3_get_tip_certificate(): TipCertificateWire {
    return encodeTipCertificate(readTipCertificate(this.context));
  }

  @serve(signerMethods.icrc3_supported_block_types)
  icrc3_supported_block_types(): { block_type: string; url: string }[] {
    return SUPPORTED_BLOCK_TYPES;
  }

  private readonly view = (account: Account): AccountViewWire =>
    encodeAccountView({ account, evmAddress: this.context.store.accountKey(account.id).evmAddress });
}
