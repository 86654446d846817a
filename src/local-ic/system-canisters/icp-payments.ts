/** Payments in ICP to the cycles minting canister: found by their block, then burned or given back. */
import { type Principal } from '@dfinity/principal';
import { accountOf, type AccountKey, subaccountOfPrincipal } from './account';
import { icpAccountKey } from './icp-ledger-canister';
import { CYCLES_MINTING_ID } from './system-canister-ids';
import { type Block, NO_NOTES, type TokenLedger } from './token-ledger';

export type Payment = { readonly from: AccountKey; readonly to: AccountKey; readonly e8s: bigint };

/** What a payment must look like: for whom it is, and the number that says what for. */
export type PaymentTerms = { readonly beneficiary: Principal; readonly memo: bigint };

export class IcpPayments {
  constructor(
    private readonly ledger: TokenLedger,
    private readonly timeNs: () => bigint
  ) {}

  /** The payment in a block, or why it is none. */
  find(blockIndex: bigint, { beneficiary, memo }: PaymentTerms): Payment | string {
    const block = this.ledger.blocks[Number(blockIndex)];
    if (!block) return `Block ${blockIndex} not found`;
    if (!('Transfer' in block.operation)) return 'Notification transaction must be of type transfer';
    const { from, to, amount } = block.operation.Transfer;
    const expected = icpAccountKey(accountOf(CYCLES_MINTING_ID, [subaccountOfPrincipal(beneficiary)]));
    if (to !== expected) {
      return `Destination account in the block (${to}) different than in the notification (${expected})`;
    }
    const given = memoOf(block);
    if (given !== memo) {
      return `Intent in the block (${given}) different than in the notification (${memo})`;
    }
    return { from, to, e8s: amount };
  }

  burn({ to, e8s }: Payment): void {
    this.ledger.execute({ Burn: { from: to, spender: [], amount: e8s } }, NO_NOTES, this.timeNs());
  }

  /** Gives a payment back less `fees` transfer fees; index of the block, undefined when the fees ate it up. */
  refund(payment: Payment, fees: bigint): bigint | undefined {
    const left = payment.e8s - fees * this.ledger.fee;
    if (left <= 0n) {
      this.burn(payment);
      return undefined;
    }
    const { from, to } = payment;
    const transfer = { from: to, to: from, spender: [] as const, amount: left, fee: [] as const };
    const block = this.ledger.execute({ Transfer: transfer }, NO_NOTES, this.timeNs());
    const extra = (fees - 1n) * this.ledger.fee;
    if (extra > 0n) this.burn({ ...payment, e8s: extra });
    return block;
  }
}

/** The number; where it is zero, eight bytes of an ICRC-1 memo, little endian. */
function memoOf({ numeric_memo, memo: [memo] }: Block): bigint {
  if (numeric_memo !== 0n || memo?.length !== 8) return numeric_memo;
  return new DataView(memo.buffer, memo.byteOffset).getBigUint64(0, true);
}
