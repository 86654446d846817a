import { IDL } from '@dfinity/candid';
import { Principal } from '@dfinity/principal';
import { hexToBytes } from '@noble/hashes/utils';
import { accountIdentifier } from '../../../../src/local-ic/system-canisters/account';
import * as Wire from '../../../../src/local-ic/system-canisters/icp-ledger-idl';
import * as Icrc from '../../../../src/local-ic/system-canisters/icrc-idl';
import { GOVERNANCE_ID, ICP_LEDGER_ID } from '../../../../src/local-ic/system-canisters/system-canister-ids';
import { ANONYMOUS, user } from '../../../fixtures/local-ic/test-replica';
import {
  accountOf,
  DevelopmentNetwork,
  type MethodTypes
} from '../../../support/local-ic/development-network';

const FEE = 10_000n;
const ICP = 100_000_000n;
const ALL = 1_000_000_000n * ICP;
const ALICE = user(1);
const ANONYMOUS_IDENTIFIER = hexToBytes('1c7a48ba6a562aa9eaa2481a9049cdf0433b9738c992d698c31d8abf89cadc79');

const target = (method: string, types: MethodTypes) => ({ canister: ICP_LEDGER_ID, method, types });
const TRANSFER = target('transfer', { argument: Wire.TransferArgs, result: Wire.TransferResult });
const ICRC_TRANSFER = target('icrc1_transfer', { argument: Icrc.TransferArgs, result: Icrc.TransferResult });
const BALANCE = target('account_balance', { argument: Wire.AccountBalanceArgs, result: Wire.Tokens });
const ICRC_BALANCE = target('icrc1_balance_of', { argument: Icrc.AccountIdl, result: IDL.Nat });
const SUPPLY = target('icrc1_total_supply', { result: IDL.Nat });
const QUERY_BLOCKS = target('query_blocks', {
  argument: Wire.GetBlocksArgs,
  result: Wire.QueryBlocksResponse
});

let network: DevelopmentNetwork;

beforeEach(() => {
  network = new DevelopmentNetwork();
});

afterEach(() => {
  network.host.replica.close();
});

const identifierOf = (owner: Uint8Array): Uint8Array => accountIdentifier(accountOf(owner));
const transfer = (more: object): Promise<unknown> =>
  network.update(TRANSFER, {
    memo: 7n,
    amount: { e8s: ICP },
    fee: { e8s: FEE },
    from_subaccount: [],
    to: identifierOf(ALICE),
    created_at_time: [],
    ...more
  });

describe('balances', () => {
  it('of an account are the same by its identifier and by its owner', async () => {
    expect(await network.query(BALANCE, { account: ANONYMOUS_IDENTIFIER })).toEqual({ e8s: ALL });
    expect(await network.query(ICRC_BALANCE, accountOf(ANONYMOUS))).toBe(ALL);
  });

  it('of an identifier with a wrong checksum are not asked for', async () => {
    const account = ANONYMOUS_IDENTIFIER.map((byte, index) => (index === 0 ? byte ^ 1 : byte));
    await expect(network.query(BALANCE, { account })).rejects.toThrow(/IC0503.*checksum/s);
  });
});

describe('transfer', () => {
  it('moves ICP to an identifier and burns the fee', async () => {
    expect(await transfer({})).toEqual({ Ok: 1n });

    expect(await network.query(ICRC_BALANCE, accountOf(ALICE))).toBe(ICP);
    expect(await network.query(SUPPLY)).toBe(ALL - FEE);
  });

  it('refuses by the names of its interface', async () => {
    const now = network.host.clock.now();
    const at = (ns: bigint): object => ({ created_at_time: [{ timestamp_nanos: ns }] });
    const hour = 3_600_000_000_000n;

    expect(await transfer(at(now))).toEqual({ Ok: 1n });
    expect(await transfer(at(now))).toEqual({ Err: { TxDuplicate: { duplicate_of: 1n } } });
    expect(await transfer(at(now - 25n * hour))).toEqual({
      Err: { TxTooOld: { allowed_window_nanos: 24n * hour } }
    });
    expect(await transfer(at(now + hour))).toEqual({ Err: { TxCreatedInFuture: null } });
    expect(await transfer({ fee: { e8s: 0n } })).toEqual({ Err: { BadFee: { expected_fee: { e8s: FEE } } } });
    expect(await transfer({ from_subaccount: [new Uint8Array(32).fill(1)] })).toEqual({
      Err: { InsufficientFunds: { balance: { e8s: 0n } } }
    });
  });

  it('to the minting account burns, at no fee', async () => {
    const to = accountIdentifier({ owner: GOVERNANCE_ID, subaccount: [] });

    expect(await transfer({ to })).toEqual({ Err: { BadFee: { expected_fee: { e8s: 0n } } } });
    expect(await transfer({ to, fee: { e8s: 0n } })).toEqual({ Ok: 1n });
    expect(await network.query(SUPPLY)).toBe(ALL - ICP);
  });
});

describe('icrc1_transfer', () => {
  it('to the minting account burns what is worth a fee', async () => {
    const args = {
      from_subaccount: [],
      to: accountOf(GOVERNANCE_ID.toUint8Array()),
      amount: FEE - 1n,
      fee: [],
      memo: [],
      created_at_time: []
    };

    expect(await network.update(ICRC_TRANSFER, args)).toEqual({
      Err: { BadBurn: { min_burn_amount: FEE } }
    });
    expect(await network.update(ICRC_TRANSFER, { ...args, amount: FEE })).toEqual({ Ok: 1n });
    expect(await network.query(SUPPLY)).toBe(ALL - FEE);
  });
});

describe('query_blocks', () => {
  it('shows what happened, as the older interface names it', async () => {
    await transfer({});
    const huge = { owner: Principal.fromUint8Array(ALICE), subaccount: [] };
    await network.update(
      target('icrc2_approve', { argument: Icrc.ApproveArgs, result: Icrc.ApproveResult }),
      {
        from_subaccount: [],
        spender: huge,
        amount: 2n ** 100n,
        expected_allowance: [],
        expires_at: [],
        fee: [],
        memo: [],
        created_at_time: []
      }
    );

    const { chain_length, blocks } = await network.query<{ chain_length: bigint; blocks: unknown[] }>(
      QUERY_BLOCKS,
      { start: 1n, length: 9n }
    );

    expect(chain_length).toBe(3n);
    expect(blocks).toMatchObject([
      {
        transaction: {
          memo: 7n,
          operation: [
            {
              Transfer: {
                from: ANONYMOUS_IDENTIFIER,
                to: identifierOf(ALICE),
                amount: { e8s: ICP },
                fee: { e8s: FEE }
              }
            }
          ]
        }
      },
      { transaction: { operation: [{ Approve: { allowance: { e8s: 2n ** 64n - 1n } } }] } }
    ]);
  });

  it('beyond the chain shows nothing', async () => {
    expect(
      await network.query(QUERY_BLOCKS, { start: 2n ** 64n - 1n, length: 2n ** 64n - 1n })
    ).toMatchObject({
      blocks: []
    });
  });
});
