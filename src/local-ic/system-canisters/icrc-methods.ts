/** ICRC-1 and ICRC-2 over the books of a token. */
import { type Principal } from '@dfinity/principal';
import { IDL } from '@dfinity/candid';
import { type Account, type AccountKey, accountOf } from './account';
import { CanisterTrap, type Method, query, update } from './hosted-canister';
import * as Icrc from './icrc-idl';
import { LedgerRefusal, type Operation, type TokenLedger, type TransactionNotes } from './token-ledger';

export type Token = {
  readonly name: string;
  readonly symbol: string;
  readonly decimals: number;
  /** Largest amount the ledger counts; greater allowances are cut to it. */
  readonly amountMax: bigint;
  /** Burning and minting goes to and from here, where a ledger has such an account. */
  readonly mintingAccount: Account | undefined;
  readonly keyOf: (account: Account) => AccountKey;
};

type Optional<T> = readonly [] | readonly [T];
type TransferWire = NotesWire & {
  readonly from: Account;
  readonly to: Account;
  readonly spender: Optional<Account>;
  readonly amount: bigint;
  readonly fee: Optional<bigint>;
};
type NotesWire = Pick<TransactionNotes, 'memo' | 'created_at_time'>;

const MEMO_BYTES_MAX = 32;
const STANDARDS = [
  ['ICRC-1', 'https://github.com/dfinity/ICRC-1/blob/main/standards/ICRC-1/README.md'],
  ['ICRC-2', 'https://github.com/dfinity/ICRC-1/blob/main/standards/ICRC-2/README.md'],
  ['ICRC-10', 'https://github.com/dfinity/ICRC/blob/main/ICRCs/ICRC-10/ICRC-10.md']
].map(([name, url]) => ({ name, url }));

/** The methods of both standards, and ICRC-10's list of them. */
export function icrcMethods(ledger: TokenLedger, token: Token): ReadonlyMap<string, Method> {
  return new Map([...describingMethods(ledger, token), ...movingMethods(ledger, token)]);
}

function describingMethods(ledger: TokenLedger, token: Token): readonly (readonly [string, Method])[] {
  const minting = token.mintingAccount;
  const listStandards = query({ result: Icrc.Standards }, () => STANDARDS);
  return [
    ['icrc1_name', query({ result: IDL.Text }, () => token.name)],
    ['icrc1_symbol', query({ result: IDL.Text }, () => token.symbol)],
    ['icrc1_decimals', query({ result: IDL.Nat8 }, () => token.decimals)],
    ['icrc1_fee', query({ result: IDL.Nat }, () => ledger.fee)],
    ['icrc1_metadata', query({ result: Icrc.Metadata }, () => metadata(ledger, token))],
    ['icrc1_minting_account', query({ result: IDL.Opt(Icrc.AccountIdl) }, () => (minting ? [minting] : []))],
    ['icrc1_supported_standards', listStandards],
    ['icrc10_supported_standards', listStandards],
    ['icrc1_total_supply', query({ result: IDL.Nat }, () => ledger.totalSupply)],
    [
      'icrc1_balance_of',
      query({ argument: Icrc.AccountIdl, result: IDL.Nat }, (account: Account) =>
        ledger.balanceOf(token.keyOf(account))
      )
    ],
    [
      'icrc2_allowance',
      query(
        { argument: Icrc.AllowanceArgs, result: Icrc.AllowanceResult },
        ({ account, spender }: Icrc.AllowanceArgsWire, { nowNs }) => {
          const allowance = ledger.allowance(token.keyOf(account), token.keyOf(spender), nowNs);
          const { amount, expiresAtNs } = allowance;
          return { allowance: amount, expires_at: expiresAtNs === undefined ? [] : [expiresAtNs] };
        }
      )
    ]
  ];
}

function movingMethods(ledger: TokenLedger, token: Token): readonly (readonly [string, Method])[] {
  const execute = (operation: Operation, notes: NotesWire, nowNs: bigint): object =>
    asResult(() => ledger.execute(operation, icrcNotes(notes), nowNs));
  return [
    [
      'icrc1_transfer',
      update(
        { argument: Icrc.TransferArgs, result: Icrc.TransferResult },
        (args: Icrc.TransferArgsWire, { caller, nowNs }) => {
          const from = accountOf(caller, args.from_subaccount);
          return asResult(() => transfer(ledger, token, { ...args, from, spender: [] }, nowNs));
        }
      )
    ],
    [
      'icrc2_transfer_from',
      update(
        { argument: Icrc.TransferFromArgs, result: Icrc.TransferFromResult },
        (args: Icrc.TransferFromArgsWire, { caller, nowNs }) => {
          const spender: Optional<Account> = [accountOf(caller, args.spender_subaccount)];
          return asResult(() => transfer(ledger, token, { ...args, spender }, nowNs));
        }
      )
    ],
    [
      'icrc2_approve',
      update(
        { argument: Icrc.ApproveArgs, result: Icrc.ApproveResult },
        (args: Icrc.ApproveArgsWire, { caller, nowNs }) => execute(approval(token, caller, args), args, nowNs)
      )
    ]
  ];
}

/** A transfer; a burn when it goes to the minting account. */
function transfer(
  ledger: TokenLedger,
  token: Token,
  { from, to, spender: [spender], amount, fee, ...notes }: TransferWire,
  nowNs: bigint
): bigint {
  for (const { owner } of [from, to]) refuseManagementCanister(owner);
  const parties = {
    from: token.keyOf(from),
    spender: spender ? ([token.keyOf(spender)] as const) : ([] as const)
  };
  const toKey = token.keyOf(to);
  if (token.mintingAccount && toKey === token.keyOf(token.mintingAccount)) {
    if (fee.length > 0 && fee[0] !== 0n) throw new LedgerRefusal({ BadFee: { expected_fee: 0n } });
    if (amount < ledger.fee) throw new LedgerRefusal({ BadBurn: { min_burn_amount: ledger.fee } });
    return ledger.execute({ Burn: { ...parties, amount } }, icrcNotes(notes), nowNs);
  }
  return ledger.execute({ Transfer: { ...parties, to: toKey, amount, fee } }, icrcNotes(notes), nowNs);
}

function approval(token: Token, caller: Principal, args: Icrc.ApproveArgsWire): Operation {
  if (caller.compareTo(args.spender.owner) === 'eq') throw new CanisterTrap('self approval is not allowed');
  const { fee, expected_allowance, expires_at } = args;
  const amount = args.amount < token.amountMax ? args.amount : token.amountMax;
  const from = token.keyOf(accountOf(caller, args.from_subaccount));
  return {
    Approve: { from, spender: token.keyOf(args.spender), amount, fee, expected_allowance, expires_at }
  };
}

/** Memo and creation time as a ledger of the standard takes them. @throws {CanisterTrap} for a memo too long. */
export function icrcNotes({ memo, created_at_time }: NotesWire): TransactionNotes {
  const length = memo[0]?.length ?? 0;
  if (length > MEMO_BYTES_MAX) {
    throw new CanisterTrap(`memo too long: ${length} bytes, at most ${MEMO_BYTES_MAX} are allowed`);
  }
  return { memo, created_at_time, numeric_memo: 0n };
}

function refuseManagementCanister(owner: Principal): void {
  if (owner.toUint8Array().length > 0) return;
  const message = `Owner of the account ${owner.toText()} cannot be part of transactions`;
  throw new LedgerRefusal({ GenericError: { error_code: 100_001n, message } });
}

/** `Ok` with what `run` gives, or `Err` with why the ledger refuses. */
export function asResult(run: () => unknown): { readonly Ok: unknown } | { readonly Err: unknown } {
  try {
    return { Ok: run() };
  } catch (error) {
    if (error instanceof LedgerRefusal) return { Err: error.variant };
    throw error;
  }
}

function metadata(ledger: TokenLedger, token: Token): readonly (readonly [string, object])[] {
  return [
    ['icrc1:decimals', { Nat: BigInt(token.decimals) }],
    ['icrc1:name', { Text: token.name }],
    ['icrc1:symbol', { Text: token.symbol }],
    ['icrc1:fee', { Nat: ledger.fee }],
    ['icrc1:max_memo_length', { Nat: BigInt(MEMO_BYTES_MAX) }]
  ];
}
