/** The ICP ledger, `ryjl3-tyaaa-aaaaa-aaaba-cai`: ICRC-1 and ICRC-2, and the methods of before those standards. */
import { type Principal } from '@dfinity/principal';
import { bytesToHex, hexToBytes } from '@noble/hashes/utils';
import { type SystemCanisterHost } from '../replica/system-canister';
import { type Account, accountIdentifier, accountOf, checkedAccountIdentifier } from './account';
import { HostedCanister, type Method, query, update } from './hosted-canister';
import * as Wire from './icp-ledger-idl';
import { icrcMethods } from './icrc-methods';
import { AccountIdl } from './icrc-idl';
import { LedgerRecord } from './ledger-record';
import { GOVERNANCE_ID, ICP_LEDGER_ID } from './system-canister-ids';
import {
  type Block,
  LedgerRefusal,
  NO_NOTES,
  type Operation,
  type RefusalVariant,
  TokenLedger,
  TRANSACTION_WINDOW_NS
} from './token-ledger';

/** In e8s: a hundred-millionth of an ICP. */
const ICP_TRANSFER_FEE = 10_000n;
const BLOCKS_PER_ANSWER = 2000n;
const DECIMALS = 8;
const NAME = 'Internet Computer';
const SYMBOL = 'ICP';

/** Key of the account that an account identifier names. */
export const icpAccountKey = (account: Account): string => bytesToHex(accountIdentifier(account));

const MINTING_ACCOUNT = accountOf(GOVERNANCE_ID);

export class IcpLedgerCanister extends HostedCanister {
  readonly id = ICP_LEDGER_ID.toUint8Array();
  readonly cycles = 0n;
  readonly ledger = new TokenLedger({ fee: ICP_TRANSFER_FEE, burnFee: 0n });
  protected readonly methods: ReadonlyMap<string, Method>;
  readonly #record = new LedgerRecord();

  /** A ledger in which `first` has all ICP there are. */
  constructor(host: SystemCanisterHost, first: { readonly owner: Principal; readonly e8s: bigint }) {
    super(() => host.timeNs());
    const to = icpAccountKey(accountOf(first.owner));
    this.ledger.execute({ Mint: { to, amount: first.e8s } }, NO_NOTES, host.timeNs());
    this.methods = new Map([
      ...icrcMethods(this.ledger, {
        name: NAME,
        symbol: SYMBOL,
        decimals: DECIMALS,
        amountMax: 2n ** 64n - 1n,
        mintingAccount: MINTING_ACCOUNT,
        keyOf: icpAccountKey
      }),
      ...this.#describingMethods(),
      ...this.#accountMethods(),
      ['query_blocks', this.#queryBlocksMethod()]
    ]);
  }

  record(): Uint8Array {
    return this.#record.encode(this.ledger.blocks, () => new Uint8Array(0));
  }

  restore(record: Uint8Array): void {
    this.ledger.restore(this.#record.decode(record).blocks);
  }

  #describingMethods(): readonly (readonly [string, Method])[] {
    return [
      ['name', query({ result: Wire.Name }, () => ({ name: NAME }))],
      ['symbol', query({ result: Wire.Symbol }, () => ({ symbol: SYMBOL }))],
      ['decimals', query({ result: Wire.Decimals }, () => ({ decimals: DECIMALS }))],
      ['archives', query({ result: Wire.Archives }, () => ({ archives: [] }))],
      [
        'transfer_fee',
        query({ argument: Wire.TransferFeeArg, result: Wire.TransferFee }, () => ({
          transfer_fee: { e8s: ICP_TRANSFER_FEE }
        }))
      ]
    ];
  }

  #accountMethods(): readonly (readonly [string, Method])[] {
    return [
      [
        'transfer',
        update(
          { argument: Wire.TransferArgs, result: Wire.TransferResult },
          (args: Wire.TransferArgsWire, { caller, nowNs }) => this.#transfer(args, caller, nowNs)
        )
      ],
      [
        'account_balance',
        query(
          { argument: Wire.AccountBalanceArgs, result: Wire.Tokens },
          ({ account }: { readonly account: Uint8Array }) => ({
            e8s: this.ledger.balanceOf(bytesToHex(checkedAccountIdentifier(account)))
          })
        )
      ],
      [
        'account_identifier',
        query({ argument: AccountIdl, result: Wire.AccountIdentifier }, accountIdentifier)
      ]
    ];
  }

  #transfer(args: Wire.TransferArgsWire, caller: Principal, nowNs: bigint): object {
    const from = icpAccountKey(accountOf(caller, args.from_subaccount));
    const to = bytesToHex(checkedAccountIdentifier(args.to));
    const notes = {
      memo: [] as const,
      numeric_memo: args.memo,
      created_at_time: nanosecondsOf(args)
    };
    try {
      const operation = legacyOperation(from, to, args);
      return { Ok: this.ledger.execute(operation, notes, nowNs) };
    } catch (error) {
      if (error instanceof LedgerRefusal) return { Err: legacyError(error.variant) };
      throw error;
    }
  }

  #queryBlocksMethod(): Method {
    return query(
      { argument: Wire.GetBlocksArgs, result: Wire.QueryBlocksResponse },
      ({ start, length }: Wire.GetBlocksArgsWire) => {
        const { blocks } = this.ledger;
        const count = length < BLOCKS_PER_ANSWER ? length : BLOCKS_PER_ANSWER;
        const chosen =
          start < BigInt(blocks.length) ? blocks.slice(Number(start), Number(start + count)) : [];
        return {
          chain_length: BigInt(blocks.length),
          certificate: [],
          blocks: chosen.map(legacyBlock),
          first_block_index: start,
          archived_blocks: []
        };
      }
    );
  }
}

function nanosecondsOf({ created_at_time: [time] }: Wire.TransferArgsWire): readonly [] | readonly [bigint] {
  return time ? [time.timestamp_nanos] : [];
}

/** What the older interface calls a transfer. @throws {LedgerRefusal} for a fee that is not the ledger's. */
function legacyOperation(from: string, to: string, { amount, fee }: Wire.TransferArgsWire): Operation {
  if (to !== icpAccountKey(MINTING_ACCOUNT)) {
    return { Transfer: { from, to, spender: [], amount: amount.e8s, fee: [fee.e8s] } };
  }
  if (fee.e8s !== 0n) throw new LedgerRefusal({ BadFee: { expected_fee: 0n } });
  return { Burn: { from, spender: [], amount: amount.e8s } };
}

/** The older interface's name of a refusal. */
function legacyError(variant: RefusalVariant): object {
  if ('BadFee' in variant) return { BadFee: { expected_fee: { e8s: variant.BadFee.expected_fee } } };
  if ('InsufficientFunds' in variant) {
    return { InsufficientFunds: { balance: { e8s: variant.InsufficientFunds.balance } } };
  }
  if ('Duplicate' in variant) return { TxDuplicate: { duplicate_of: variant.Duplicate.duplicate_of } };
  if ('TooOld' in variant) return { TxTooOld: { allowed_window_nanos: TRANSACTION_WINDOW_NS } };
  if ('CreatedInFuture' in variant) return { TxCreatedInFuture: null };
  throw new Error(`BUG: a transfer is refused with ${Object.keys(variant).join()}`);
}

function legacyBlock({ operation, memo, numeric_memo, created_at_time, timestamp }: Block): object {
  return {
    parent_hash: [],
    transaction: {
      memo: numeric_memo,
      icrc1_memo: memo,
      operation: [legacyWire(operation)],
      created_at_time: { timestamp_nanos: created_at_time[0] ?? timestamp }
    },
    timestamp: { timestamp_nanos: timestamp }
  };
}

function legacyWire(operation: Operation): object {
  const fee = { e8s: ICP_TRANSFER_FEE };
  if ('Mint' in operation) {
    const { to, amount } = operation.Mint;
    return { Mint: { to: hexToBytes(to), amount: { e8s: amount } } };
  }
  if ('Burn' in operation) {
    const { from, spender, amount } = operation.Burn;
    return { Burn: { from: hexToBytes(from), spender: spender.map(hexToBytes), amount: { e8s: amount } } };
  }
  if ('Transfer' in operation) {
    const { from, to, spender, amount } = operation.Transfer;
    const parties = { from: hexToBytes(from), to: hexToBytes(to), spender: spender.map(hexToBytes) };
    return { Transfer: { ...parties, amount: { e8s: amount }, fee } };
  }
  const { from, spender, amount, expires_at, expected_allowance } = operation.Approve;
  return {
    Approve: {
      from: hexToBytes(from),
      spender: hexToBytes(spender),
      allowance_e8s: amount,
      allowance: { e8s: amount },
      fee,
      expires_at: expires_at.map((timestamp_nanos) => ({ timestamp_nanos })),
      expected_allowance: expected_allowance.map((e8s) => ({ e8s }))
    }
  };
}
