/** The cycles ledger, `um5iw-rqaaa-aaaaq-qaaba-cai`: the methods by which cycles on accounts are moved and spent. */
import { IDL } from '@dfinity/candid';
import { type Principal } from '@dfinity/principal';
import { type SystemCanisterHost } from '../replica/system-canister';
import { type Account, accountOf, icrcAccountKey } from './account';
import { type AccountsState, CyclesAccounts, type FailedPayment, type Payment } from './cycles-accounts';
import * as Wire from './cycles-ledger-idl';
import { HostedCanister, type Method, payableUpdate, update } from './hosted-canister';
import { asResult, icrcMethods } from './icrc-methods';
import { decodeValue, encodeValue, LedgerRecord } from './ledger-record';
import { CYCLES_LEDGER_ID } from './system-canister-ids';
import { LedgerRefusal, type RefusalVariant } from './token-ledger';

const TOKEN = {
  name: 'Trillion Cycles',
  symbol: 'TCYCLES',
  decimals: 12,
  amountMax: 2n ** 128n - 1n,
  mintingAccount: undefined,
  keyOf: icrcAccountKey
};
const USER_ID = { length: 29, lastByte: 2 };
const WITHDRAW_NOTHING = 100_002n;
/** The ledger's names of reject codes 1 to 5. */
const REJECTION_CODES = ['SysFatal', 'SysTransient', 'DestinationInvalid', 'CanisterReject', 'CanisterError'];

/** What the ledger keeps besides its blocks; it changes with them only. */
const REST = IDL.Record({
  cycles: IDL.Nat,
  created: IDL.Vec(IDL.Record({ block: IDL.Nat, canister: IDL.Principal }))
});

export class CyclesLedgerCanister extends HostedCanister {
  readonly id = CYCLES_LEDGER_ID.toUint8Array();
  readonly accounts: CyclesAccounts;
  protected readonly methods: ReadonlyMap<string, Method>;
  readonly #record = new LedgerRecord();

  /** A ledger in which `first` has all cycles there are. */
  constructor(host: SystemCanisterHost, first: { readonly owner: Principal; readonly cycles: bigint }) {
    super(() => host.timeNs());
    this.accounts = new CyclesAccounts(host, first);
    this.methods = new Map([
      ...icrcMethods(this.accounts.ledger, TOKEN),
      ...this.#withdrawingMethods(),
      ...this.#creatingMethods(),
      ['deposit', this.#depositMethod()]
    ]);
  }

  get cycles(): bigint {
    return this.accounts.cycles;
  }

  record(): Uint8Array {
    const { accounts } = this;
    return this.#record.encode(accounts.ledger.blocks, () => encodeValue(REST, accounts.state()));
  }

  restore(record: Uint8Array): void {
    const { blocks, rest } = this.#record.decode(record);
    this.accounts.restore(decodeValue<AccountsState>(REST, rest), blocks);
  }

  #depositMethod(): Method {
    return payableUpdate(
      { argument: Wire.DepositArgs, result: Wire.DepositResult },
      ({ to, memo }: Wire.DepositArgsWire, { cycles }) => ({
        result: this.accounts.deposit(to, memo, cycles),
        acceptedCycles: cycles
      })
    );
  }

  #withdrawingMethods(): readonly (readonly [string, Method])[] {
    return [
      [
        'withdraw',
        update(
          { argument: Wire.WithdrawArgs, result: Wire.WithdrawResult },
          (args: Wire.WithdrawArgsWire, { caller }) =>
            this.#withdraw(ownPayment(args, caller), args.to, (failed) => ({
              FailedToWithdraw: { fee_block: failed.refundBlock, ...rejectionWire(failed) }
            }))
        )
      ],
      [
        'withdraw_from',
        update(
          { argument: Wire.WithdrawFromArgs, result: Wire.WithdrawFromResult },
          (args: Wire.WithdrawFromArgsWire, { caller }) =>
            this.#withdraw(allowedPayment(args, caller), args.to, (failed) => ({
              FailedToWithdrawFrom: {
                withdraw_from_block: [failed.paidIn],
                refund_block: failed.refundBlock,
                approval_refund_block: failed.allowanceBlock,
                ...rejectionWire(failed)
              }
            }))
        )
      ]
    ];
  }

  #creatingMethods(): readonly (readonly [string, Method])[] {
    return [
      [
        'create_canister',
        update(
          { argument: Wire.CreateCanisterArgs, result: Wire.CreateCanisterResult },
          (args: Wire.CreateCanisterArgsWire, { caller }) =>
            this.#create(ownPayment(args, caller), caller, args, (failed) => ({
              FailedToCreate: {
                fee_block: [failed.paidIn],
                refund_block: failed.refundBlock,
                error: failed.reason
              }
            }))
        )
      ],
      [
        'create_canister_from',
        update(
          { argument: Wire.CreateCanisterFromArgs, result: Wire.CreateCanisterFromResult },
          (args: Wire.CreateCanisterFromArgsWire, { caller }) =>
            this.#create(allowedPayment(args, caller), caller, args, (failed) => ({
              FailedToCreateFrom: {
                create_from_block: [failed.paidIn],
                refund_block: failed.refundBlock,
                approval_refund_block: failed.allowanceBlock,
                ...rejectionWire(failed)
              }
            }))
        )
      ]
    ];
  }

  #withdraw(payment: Payment, to: Principal, describe: (failed: FailedPayment) => RefusalVariant): object {
    if (isUser(to)) return { Err: { InvalidReceiver: { receiver: to } } };
    return asResult(() => {
      if (payment.amount === 0n) throw withdrawsNothing();
      const withdrawal = this.accounts.withdraw(payment, to);
      if (withdrawal.kind === 'failed') throw new LedgerRefusal(describe(withdrawal));
      return withdrawal.block;
    });
  }

  #create(
    payment: Payment,
    creator: Principal,
    { creation_args: [wanted] }: Pick<Wire.CreateCanisterArgsWire, 'creation_args'>,
    describe: (failed: FailedPayment) => RefusalVariant
  ): object {
    return asResult(() => {
      const creation = this.#createOnce(payment, creator, wanted ?? { settings: [], subnet_selection: [] });
      if (creation.kind === 'failed') throw new LedgerRefusal(describe(creation));
      return { block_id: creation.block, canister_id: creation.canister };
    });
  }

  /** A duplicate is refused with the canister that the first payment created. */
  #createOnce(...creation: Parameters<CyclesAccounts['create']>): ReturnType<CyclesAccounts['create']> {
    try {
      return this.accounts.create(...creation);
    } catch (error) {
      if (!(error instanceof LedgerRefusal) || !('Duplicate' in error.variant)) throw error;
      const { duplicate_of } = error.variant.Duplicate;
      const canister = this.accounts.createdBy(duplicate_of);
      throw new LedgerRefusal({
        Duplicate: { duplicate_of, canister_id: canister === undefined ? [] : [canister] }
      });
    }
  }
}

type Spent = Pick<Payment, 'amount' | 'created_at_time'>;

function ownPayment(
  args: Spent & { readonly from_subaccount: readonly Uint8Array[] },
  caller: Principal
): Payment {
  return { ...args, from: accountOf(caller, args.from_subaccount), spender: undefined };
}

function allowedPayment(
  args: Spent & { readonly from: Account; readonly spender_subaccount: readonly Uint8Array[] },
  caller: Principal
): Payment {
  return { ...args, spender: accountOf(caller, args.spender_subaccount) };
}

/** Whether a principal is made of a public key: no canister has such an id. */
function isUser(principal: Principal): boolean {
  const bytes = principal.toUint8Array();
  return bytes.length === USER_ID.length && bytes.at(-1) === USER_ID.lastByte;
}

function withdrawsNothing(): LedgerRefusal {
  const message = 'The withdraw_from 0 cycles is not possible';
  return new LedgerRefusal({ GenericError: { error_code: WITHDRAW_NOTHING, message } });
}

function rejectionWire({ rejectCode, reason }: FailedPayment): object {
  return {
    rejection_code: { [REJECTION_CODES[rejectCode - 1] ?? 'Unknown']: null },
    rejection_reason: reason
  };
}
