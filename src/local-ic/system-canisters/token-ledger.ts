/**
 * The books of a token: every balance and allowance follows from the blocks, which is all that is stored. What holds
 * for every ledger here: fees are burned, a transaction with a creation time is taken once within a day, and whatever
 * is refused changed nothing.
 */
import { type Principal } from '@dfinity/principal';
import { bytesToHex } from '@noble/hashes/utils';
import { type AccountKey } from './account';

type Optional<T> = readonly [] | readonly [T];

export type Operation =
  | { readonly Mint: { readonly to: AccountKey; readonly amount: bigint } }
  | {
      readonly Burn: {
        readonly from: AccountKey;
        readonly spender: Optional<AccountKey>;
        readonly amount: bigint;
      };
    }
  | {
      readonly Transfer: {
        readonly from: AccountKey;
        readonly to: AccountKey;
        readonly spender: Optional<AccountKey>;
        readonly amount: bigint;
        /** As given by the caller; the ledger's fee in any case. */
        readonly fee: Optional<bigint>;
      };
    }
  | {
      readonly Approve: {
        readonly from: AccountKey;
        readonly spender: AccountKey;
        readonly amount: bigint;
        readonly fee: Optional<bigint>;
        readonly expected_allowance: Optional<bigint>;
        readonly expires_at: Optional<bigint>;
      };
    };

/** What a caller may say of a transaction besides its operation. */
export type TransactionNotes = {
  readonly memo: Optional<Uint8Array>;
  /** The ICP ledger's number; 0 elsewhere. */
  readonly numeric_memo: bigint;
  /** Nanoseconds since 1970. */
  readonly created_at_time: Optional<bigint>;
};

export type Block = TransactionNotes & { readonly operation: Operation; readonly timestamp: bigint };

export type Allowance = { readonly amount: bigint; readonly expiresAtNs: bigint | undefined };

export type LedgerTerms = {
  readonly fee: bigint;
  /** Charged in addition to what is burned. */
  readonly burnFee: bigint;
};

export const NO_NOTES: TransactionNotes = { memo: [], numeric_memo: 0n, created_at_time: [] };

/** How long, in nanoseconds, a ledger remembers transactions with a creation time, and how far clocks may be apart. */
export const TRANSACTION_WINDOW_NS = 86_400_000_000_000n;
const PERMITTED_DRIFT_NS = 60_000_000_000n;

/** Why a ledger did not do it, as its interface names it. */
export type RefusalVariant =
  | { readonly BadFee: { readonly expected_fee: bigint } }
  | { readonly BadBurn: { readonly min_burn_amount: bigint } }
  | { readonly InsufficientFunds: { readonly balance: bigint } }
  | { readonly InsufficientAllowance: { readonly allowance: bigint } }
  | { readonly AllowanceChanged: { readonly current_allowance: bigint } }
  | { readonly Expired: { readonly ledger_time: bigint } }
  | { readonly CreatedInFuture: { readonly ledger_time: bigint } }
  | { readonly Duplicate: { readonly duplicate_of: bigint; readonly canister_id?: Optional<Principal> } }
  | { readonly TooOld: null }
  | { readonly GenericError: { readonly error_code: bigint; readonly message: string } }
  | FailedPaymentVariant;

/** The cycles ledger's variants for a payment that came back. */
type FailedPaymentVariant = { readonly [Name in `FailedTo${string}`]: object };

export class LedgerRefusal extends Error {
  constructor(readonly variant: RefusalVariant) {
    super(Object.keys(variant).join());
  }
}

export class TokenLedger {
  readonly #blocks: Block[] = [];
  readonly #balances = new Map<AccountKey, bigint>();
  readonly #allowances = new Map<string, Allowance>();
  readonly #blockOfTransaction = new Map<string, number>();
  #totalSupply = 0n;

  constructor(private readonly terms: LedgerTerms) {}

  get fee(): bigint {
    return this.terms.fee;
  }

  get totalSupply(): bigint {
    return this.#totalSupply;
  }

  get blocks(): readonly Block[] {
    return this.#blocks;
  }

  balanceOf(account: AccountKey): bigint {
    return this.#balances.get(account) ?? 0n;
  }

  /** What `spender` may take from an account now; nothing once it expired. */
  allowance(from: AccountKey, spender: AccountKey, nowNs: bigint): Allowance {
    const allowance = this.#allowances.get(allowanceKey(from, spender));
    if (!allowance || isExpired(allowance, nowNs)) return { amount: 0n, expiresAtNs: undefined };
    return allowance;
  }

  /** Starts anew from blocks that a ledger of the same terms made, in their order. */
  restore(blocks: readonly Block[]): void {
    this.#blocks.length = 0;
    this.#balances.clear();
    this.#allowances.clear();
    this.#blockOfTransaction.clear();
    this.#totalSupply = 0n;
    for (const block of blocks) this.#append(block);
  }

  /** Index of the block. @throws {LedgerRefusal} */
  execute(operation: Operation, notes: TransactionNotes, nowNs: bigint): bigint {
    this.#refuseDuplicate(operation, notes, nowNs);
    if ('Approve' in operation) this.#checkApproval(operation.Approve, nowNs);
    if ('Transfer' in operation) {
      this.#checkFee(operation.Transfer.fee);
      this.#checkDebit(operation.Transfer, this.terms.fee, nowNs);
    }
    if ('Burn' in operation) this.#checkDebit(operation.Burn, this.terms.burnFee, nowNs);
    checkCreationTime(notes, nowNs);
    return this.#append({ operation, ...notes, timestamp: nowNs });
  }

  #refuseDuplicate(operation: Operation, notes: TransactionNotes, nowNs: bigint): void {
    const [createdAtNs] = notes.created_at_time;
    if (createdAtNs === undefined || isTooOld(createdAtNs, nowNs)) return;
    const index = this.#blockOfTransaction.get(transactionKey(operation, notes));
    if (index !== undefined) throw new LedgerRefusal({ Duplicate: { duplicate_of: BigInt(index) } });
  }

  #checkFee([fee]: Optional<bigint>): void {
    if (fee === undefined || fee === this.terms.fee) return;
    throw new LedgerRefusal({ BadFee: { expected_fee: this.terms.fee } });
  }

  #checkDebit({ from, spender: [spender], amount }: DebitedOperation, fee: bigint, nowNs: bigint): void {
    const needed = amount + fee;
    if (spender !== undefined && spender !== from) {
      const { amount: allowance } = this.allowance(from, spender, nowNs);
      if (allowance < needed) throw new LedgerRefusal({ InsufficientAllowance: { allowance } });
    }
    const balance = this.balanceOf(from);
    if (balance < needed) throw new LedgerRefusal({ InsufficientFunds: { balance } });
  }

  #checkApproval(
    { from, spender, fee, expected_allowance: [expected], expires_at: [expiresAtNs] }: ApproveOperation,
    nowNs: bigint
  ): void {
    const { amount: allowance } = this.allowance(from, spender, nowNs);
    if (expected !== undefined && expected !== allowance) {
      throw new LedgerRefusal({ AllowanceChanged: { current_allowance: allowance } });
    }
    this.#checkFee(fee);
    const balance = this.balanceOf(from);
    if (balance < this.terms.fee) throw new LedgerRefusal({ InsufficientFunds: { balance } });
    if (expiresAtNs !== undefined && expiresAtNs <= nowNs) {
      throw new LedgerRefusal({ Expired: { ledger_time: nowNs } });
    }
  }

  #append(block: Block): bigint {
    const { operation } = block;
    if ('Mint' in operation) this.#credit(operation.Mint.to, operation.Mint.amount);
    else if ('Burn' in operation) this.#debit(operation.Burn, this.terms.burnFee);
    else if ('Transfer' in operation) {
      this.#debit(operation.Transfer, this.terms.fee);
      this.#credit(operation.Transfer.to, operation.Transfer.amount);
    } else this.#approve(operation.Approve);
    const index = this.#blocks.push(block) - 1;
    if (block.created_at_time.length > 0)
      this.#blockOfTransaction.set(transactionKey(operation, block), index);
    return BigInt(index);
  }

  #credit(account: AccountKey, amount: bigint): void {
    this.#totalSupply += amount;
    this.#balances.set(account, this.balanceOf(account) + amount);
  }

  #debit({ from, spender: [spender], amount }: DebitedOperation, fee: bigint): void {
    const taken = amount + fee;
    this.#totalSupply -= taken;
    const left = this.balanceOf(from) - taken;
    if (left === 0n) this.#balances.delete(from);
    else this.#balances.set(from, left);
    if (spender !== undefined && spender !== from) this.#useAllowance(allowanceKey(from, spender), taken);
  }

  #useAllowance(key: string, amount: bigint): void {
    const allowance = this.#allowances.get(key);
    if (!allowance) throw new Error('BUG: an allowance is used that nobody gave');
    if (allowance.amount === amount) this.#allowances.delete(key);
    else this.#allowances.set(key, { ...allowance, amount: allowance.amount - amount });
  }

  #approve({ from, spender, amount, expires_at: [expiresAtNs] }: ApproveOperation): void {
    const key = allowanceKey(from, spender);
    if (amount === 0n) this.#allowances.delete(key);
    else this.#allowances.set(key, { amount, expiresAtNs });
    this.#debit({ from, spender: [], amount: 0n }, this.terms.fee);
  }
}

type DebitedOperation = {
  readonly from: AccountKey;
  readonly spender: Optional<AccountKey>;
  readonly amount: bigint;
};
type ApproveOperation = Extract<Operation, { readonly Approve: unknown }>['Approve'];

function allowanceKey(from: AccountKey, spender: AccountKey): string {
  return `${from} ${spender}`;
}

function isExpired({ expiresAtNs }: Allowance, nowNs: bigint): boolean {
  return expiresAtNs !== undefined && expiresAtNs <= nowNs;
}

/** Equal for equal transactions of the same moment, in whatever order their fields are. */
function transactionKey(operation: Operation, notes: TransactionNotes): string {
  const fields = Object.entries(operation).flatMap(([name, content]: [string, object]) => [
    name,
    ...Object.entries(content).sort(([a], [b]) => (a < b ? -1 : 1))
  ]);
  const memo = notes.memo.map(bytesToHex);
  return JSON.stringify([fields, memo, notes.numeric_memo, notes.created_at_time], (_key, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value
  );
}

function isTooOld(createdAtNs: bigint, nowNs: bigint): boolean {
  return createdAtNs + TRANSACTION_WINDOW_NS + PERMITTED_DRIFT_NS < nowNs;
}

function checkCreationTime({ created_at_time: [createdAtNs] }: TransactionNotes, nowNs: bigint): void {
  if (createdAtNs === undefined) return;
  if (isTooOld(createdAtNs, nowNs)) throw new LedgerRefusal({ TooOld: null });
  if (createdAtNs > nowNs + PERMITTED_DRIFT_NS) {
    throw new LedgerRefusal({ CreatedInFuture: { ledger_time: nowNs } });
  }
}
