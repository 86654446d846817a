/** Cycles on accounts: how they come in, leave to canisters, and come back when that fails. */
import { IDL } from '@dfinity/candid';
import { type Principal } from '@dfinity/principal';
import { MANAGEMENT_METHODS } from '../management/management-idl';
import { encodeCbor } from '../protocol/cbor-encoding';
import { type SystemCanisterHost } from '../replica/system-canister';
import { type Account, accountOf, icrcAccountKey } from './account';
import { createCanister } from './canister-creation';
import { type CreateCanisterArgsWire } from './cycles-minting-idl';
import { CanisterTrap } from './hosted-canister';
import { icrcNotes } from './icrc-methods';
import { CYCLES_LEDGER_ID } from './system-canister-ids';
import { type Block, NO_NOTES, TokenLedger } from './token-ledger';

type Optional<T> = readonly [] | readonly [T];

/** Who pays: an account, and who takes from it with its allowance. */
export type Payment = {
  readonly from: Account;
  readonly spender: Account | undefined;
  readonly amount: bigint;
  readonly created_at_time: Optional<bigint>;
};

/** Blocks of a payment that came back, and why it did. */
export type FailedPayment = {
  readonly kind: 'failed';
  readonly paidIn: bigint;
  readonly refundBlock: Optional<bigint>;
  readonly allowanceBlock: Optional<bigint>;
  readonly rejectCode: number;
  readonly reason: string;
};

/** What there is besides the blocks. */
export type AccountsState = {
  readonly cycles: bigint;
  readonly created: readonly { readonly block: bigint; readonly canister: Principal }[];
};

const FEE = 100_000_000n;
const MEMO_BYTES = 32;
/** How the ledger marks the blocks it makes for itself. */
const CREATE_MEMO = new Uint8Array(MEMO_BYTES).fill(0xfe);
const WITHDRAW_REFUND_MEMO = new Uint8Array(MEMO_BYTES).fill(0xff);
const CREATE_REFUND_MEMO = new Uint8Array(MEMO_BYTES).fill(0xfd);
/** Reject code of a failure in a canister. */
const CANISTER_ERROR = 5;

export class CyclesAccounts {
  readonly ledger = new TokenLedger({ fee: FEE, burnFee: FEE });
  /** Canisters created, by the block that paid. */
  readonly #created = new Map<bigint, Principal>();
  #cycles: bigint;

  /** Accounts of which `first` has all cycles there are. */
  constructor(
    private readonly host: SystemCanisterHost,
    first: { readonly owner: Principal; readonly cycles: bigint }
  ) {
    this.#cycles = first.cycles;
    const to = icrcAccountKey(accountOf(first.owner));
    this.ledger.execute({ Mint: { to, amount: first.cycles } }, NO_NOTES, host.timeNs());
  }

  /** Cycles the canister holds: those on accounts, and the fees. */
  get cycles(): bigint {
    return this.#cycles;
  }

  state(): AccountsState {
    const created = [...this.#created].map(([block, canister]) => ({ block, canister }));
    return { cycles: this.#cycles, created };
  }

  restore({ cycles, created }: AccountsState, blocks: readonly Block[]): void {
    this.#cycles = cycles;
    this.ledger.restore(blocks);
    this.#created.clear();
    for (const { block, canister } of created) this.#created.set(block, canister);
  }

  /** The canister that the payment of a block created. */
  createdBy(block: bigint): Principal | undefined {
    return this.#created.get(block);
  }

  /** Puts cycles, less the fee, on an account. @throws {CanisterTrap} when nothing would be left. */
  deposit(
    to: Account,
    memo: Optional<Uint8Array>,
    amount: bigint
  ): { readonly balance: bigint; readonly block_index: bigint } {
    if (amount <= FEE) {
      throw new CanisterTrap(
        `The requested amount ${amount} to be deposited is less than the cycles ledger fee: ${FEE}`
      );
    }
    const key = icrcAccountKey(to);
    const notes = icrcNotes({ memo, created_at_time: [] });
    const mint = { Mint: { to: key, amount: amount - FEE } };
    const block = this.ledger.execute(mint, notes, this.host.timeNs());
    this.#cycles += amount;
    return { balance: this.ledger.balanceOf(key), block_index: block };
  }

  /** Sends cycles to a canister; index of the block that paid. @throws {LedgerRefusal} */
  withdraw(
    payment: Payment,
    to: Principal
  ): { readonly kind: 'done'; readonly block: bigint } | FailedPayment {
    const block = this.#burn(payment, encodeCbor([to.toUint8Array()]));
    const { outcome, refundCycles } = this.host.callManagement({
      caller: CYCLES_LEDGER_ID.toUint8Array(),
      methodName: 'deposit_cycles',
      arg: new Uint8Array(IDL.encode([...MANAGEMENT_METHODS.deposit_cycles.argument], [{ canister_id: to }])),
      cycles: payment.amount
    });
    this.#cycles -= payment.amount - refundCycles;
    if (outcome.kind === 'replied') return { kind: 'done', block };
    const { rejectCode, rejectMessage } = outcome;
    return this.#refund(payment, block, {
      memo: WITHDRAW_REFUND_MEMO,
      rejectCode,
      reason: rejectMessage
    });
  }

  /** Creates a canister with the cycles; its controller is `creator` unless others are named. @throws {LedgerRefusal} */
  create(
    payment: Payment,
    creator: Principal,
    wanted: CreateCanisterArgsWire
  ): { readonly kind: 'done'; readonly block: bigint; readonly canister: Principal } | FailedPayment {
    const block = this.#burn(payment, CREATE_MEMO);
    const created = createCanister(this.host, creator, wanted, payment.amount);
    if (created.kind === 'failed') {
      const { reason } = created;
      return this.#refund(payment, block, { memo: CREATE_REFUND_MEMO, rejectCode: CANISTER_ERROR, reason });
    }
    this.#cycles -= payment.amount;
    this.#created.set(block, created.id);
    return { kind: 'done', block, canister: created.id };
  }

  #burn({ from, spender, amount, created_at_time }: Payment, memo: Uint8Array): bigint {
    const parties = {
      from: icrcAccountKey(from),
      spender: toOptional(spender && icrcAccountKey(spender))
    };
    const notes = { memo: [memo] as const, numeric_memo: 0n, created_at_time };
    return this.ledger.execute({ Burn: { ...parties, amount } }, notes, this.host.timeNs());
  }

  /** Gives back what was paid, less a fee for every block this takes; what was used of an allowance too. */
  #refund(
    { from, spender, amount }: Payment,
    paidIn: bigint,
    { memo, ...why }: { readonly memo: Uint8Array; readonly rejectCode: number; readonly reason: string }
  ): FailedPayment {
    const failed = { kind: 'failed', paidIn, ...why } as const;
    if (amount <= FEE) return { ...failed, refundBlock: [], allowanceBlock: [] };
    const notes = { ...NO_NOTES, memo: [memo] as const };
    const to = icrcAccountKey(from);
    const mint = { Mint: { to, amount: amount - FEE } };
    const refundBlock = [this.ledger.execute(mint, notes, this.host.timeNs())] as const;
    const spenderKey = spender && icrcAccountKey(spender);
    const hasAllowance = spenderKey !== undefined && spenderKey !== to && amount > 2n * FEE;
    if (!hasAllowance) return { ...failed, refundBlock, allowanceBlock: [] };
    return {
      ...failed,
      refundBlock,
      allowanceBlock: [this.#giveBackAllowance(to, spenderKey, amount, memo)]
    };
  }

  #giveBackAllowance(from: string, spender: string, amount: bigint, memo: Uint8Array): bigint {
    const nowNs = this.host.timeNs();
    const current = this.ledger.allowance(from, spender, nowNs);
    const approve = {
      from,
      spender,
      amount: current.amount + amount - 2n * FEE,
      fee: [] as const,
      expected_allowance: [] as const,
      expires_at: toOptional(current.expiresAtNs)
    };
    return this.ledger.execute({ Approve: approve }, { ...NO_NOTES, memo: [memo] }, nowNs);
  }
}

function toOptional<T>(value: T | undefined): Optional<T> {
  return value === undefined ? [] : [value];
}
