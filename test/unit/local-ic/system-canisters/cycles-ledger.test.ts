import { Principal } from '@dfinity/principal';
import { IDL } from '@dfinity/candid';
import * as Wire from '../../../../src/local-ic/system-canisters/cycles-ledger-idl';
import * as Icrc from '../../../../src/local-ic/system-canisters/icrc-idl';
import { CYCLES_LEDGER_ID } from '../../../../src/local-ic/system-canisters/system-canister-ids';
import {
  ANONYMOUS,
  errorCodeOf,
  type Installed,
  rejectMessageOf,
  replyOf,
  user
} from '../../../fixtures/local-ic/test-replica';
import { buildCanister } from '../../../fixtures/local-ic/wat-canister';
import {
  accountOf,
  DevelopmentNetwork,
  type MethodTypes
} from '../../../support/local-ic/development-network';

const FEE = 100_000_000n;
const TRILLION = 10n ** 12n;
const ALICE = user(1);
const BOB = user(2);
const ALL = 2n ** 127n - 1n;

const target = (method: string, types: MethodTypes) => ({ canister: CYCLES_LEDGER_ID, method, types });
const BALANCE = target('icrc1_balance_of', { argument: Icrc.AccountIdl, result: IDL.Nat });
const SUPPLY = target('icrc1_total_supply', { result: IDL.Nat });
const TRANSFER = target('icrc1_transfer', { argument: Icrc.TransferArgs, result: Icrc.TransferResult });
const TRANSFER_FROM = target('icrc2_transfer_from', {
  argument: Icrc.TransferFromArgs,
  result: Icrc.TransferFromResult
});
const APPROVE = target('icrc2_approve', { argument: Icrc.ApproveArgs, result: Icrc.ApproveResult });
const ALLOWANCE = target('icrc2_allowance', { argument: Icrc.AllowanceArgs, result: Icrc.AllowanceResult });
const CREATE = target('create_canister', {
  argument: Wire.CreateCanisterArgs,
  result: Wire.CreateCanisterResult
});
const CREATE_FROM = target('create_canister_from', {
  argument: Wire.CreateCanisterFromArgs,
  result: Wire.CreateCanisterFromResult
});
const WITHDRAW = target('withdraw', { argument: Wire.WithdrawArgs, result: Wire.WithdrawResult });

let network: DevelopmentNetwork;

beforeEach(() => {
  network = new DevelopmentNetwork();
});

afterEach(() => {
  network.host.replica.close();
});

const balanceOf = (owner: Uint8Array): Promise<bigint> => network.query(BALANCE, accountOf(owner));

const transferArgs = (to: Uint8Array, amount: bigint, more: object = {}): object => ({
  from_subaccount: [],
  to: accountOf(to),
  amount,
  fee: [],
  memo: [],
  created_at_time: [],
  ...more
});
const transfer = (
  to: Uint8Array,
  amount: bigint,
  more: object = {},
  from: Uint8Array = ANONYMOUS
): Promise<unknown> => network.update(TRANSFER, transferArgs(to, amount, more), from);

const createArgs = (amount: bigint, more: object = {}): object => ({
  from_subaccount: [],
  created_at_time: [],
  amount,
  creation_args: [],
  ...more
});

const approveArgs = (spender: Uint8Array, amount: bigint, more: object = {}): object => ({
  from_subaccount: [],
  spender: accountOf(spender),
  amount,
  expected_allowance: [],
  expires_at: [],
  fee: [],
  memo: [],
  created_at_time: [],
  ...more
});

describe('at first', () => {
  it('the anonymous principal has all cycles, and the network accounts for them', async () => {
    expect(await balanceOf(ANONYMOUS)).toBe(ALL);
    expect(await network.query(SUPPLY)).toBe(ALL);
    expect(network.unaccountedCycles([])).toBe(0n);
  });
});

describe('icrc1_transfer', () => {
  it('moves the amount, burns the fee and answers the block', async () => {
    expect(await transfer(ALICE, TRILLION)).toEqual({ Ok: 1n });
    expect(await transfer(BOB, 1n, { fee: [FEE] }, ALICE)).toEqual({ Ok: 2n });

    expect([await balanceOf(ALICE), await balanceOf(BOB)]).toEqual([TRILLION - 1n - FEE, 1n]);
    expect(await network.query(SUPPLY)).toBe(ALL - 2n * FEE);
  });

  it.each<[string, object, object]>([
    ['another fee', { fee: [FEE - 1n] }, { BadFee: { expected_fee: FEE } }],
    ['more than there is', { amount: TRILLION - FEE + 1n }, { InsufficientFunds: { balance: TRILLION } }]
  ])('refuses %s and changes nothing', async (_what, more, error) => {
    await transfer(ALICE, TRILLION);

    expect(await transfer(BOB, 1n, more, ALICE)).toEqual({ Err: error });
    expect([await balanceOf(ALICE), await balanceOf(BOB)]).toEqual([TRILLION, 0n]);
  });

  it('takes a transaction with a creation time once, within a day and a minute', async () => {
    const now = network.host.clock.now();
    const at = { created_at_time: [now] };

    expect(await transfer(ALICE, 5n, at)).toEqual({ Ok: 1n });
    expect(await transfer(ALICE, 5n, at)).toEqual({ Err: { Duplicate: { duplicate_of: 1n } } });
    expect(await transfer(ALICE, 5n, { ...at, memo: [Uint8Array.of(1)] })).toEqual({ Ok: 2n });
    await network.host.advance(86_400 + 60);
    expect(await transfer(ALICE, 5n, at)).toEqual({ Err: { Duplicate: { duplicate_of: 1n } } });
    await network.host.advance(1);
    expect(await transfer(ALICE, 5n, at)).toEqual({ Err: { TooOld: null } });
    expect(await balanceOf(ALICE)).toBe(10n);
  });

  it('refuses a creation time more than a minute ahead', async () => {
    const now = network.host.clock.now();

    expect(await transfer(ALICE, 5n, { created_at_time: [now + 60_000_000_001n] })).toEqual({
      Err: { CreatedInFuture: { ledger_time: now } }
    });
    expect(await transfer(ALICE, 5n, { created_at_time: [now + 60_000_000_000n] })).toEqual({ Ok: 1n });
  });

  it.each([
    ['a memo of 33 bytes', { memo: [new Uint8Array(33)] }],
    ['a subaccount of 31 bytes', { from_subaccount: [new Uint8Array(31)] }]
  ])('traps for %s', async (_what, more) => {
    await expect(transfer(ALICE, 5n, more)).rejects.toThrow(/IC0503/);
  });
});

describe('icrc2', () => {
  it('lets a spender take what was approved, fee included, until it is used up', async () => {
    await transfer(ALICE, TRILLION);
    expect(await network.update(APPROVE, approveArgs(BOB, 10n + FEE), ALICE)).toEqual({ Ok: 2n });
    const take = {
      spender_subaccount: [],
      from: accountOf(ALICE),
      to: accountOf(BOB),
      amount: 10n,
      fee: [],
      memo: [],
      created_at_time: []
    };

    expect(await network.update(TRANSFER_FROM, { ...take, amount: 11n }, BOB)).toEqual({
      Err: { InsufficientAllowance: { allowance: 10n + FEE } }
    });
    expect(await network.update(TRANSFER_FROM, take, BOB)).toEqual({ Ok: 3n });
    expect(await network.update(TRANSFER_FROM, take, BOB)).toEqual({
      Err: { InsufficientAllowance: { allowance: 0n } }
    });
    expect(await balanceOf(BOB)).toBe(10n);
    expect(await balanceOf(ALICE)).toBe(TRILLION - 10n - 2n * FEE);
  });

  it('lets an allowance expire, and refuses one that expected another or that is over already', async () => {
    await transfer(ALICE, TRILLION);
    const now = network.host.clock.now();
    const soon = now + 10_000_000_000n;
    const approve = (more: object): Promise<unknown> =>
      network.update(APPROVE, approveArgs(BOB, 7n, more), ALICE);
    const allowance = (): Promise<object> =>
      network.query(ALLOWANCE, { account: accountOf(ALICE), spender: accountOf(BOB) });

    expect(await approve({ expires_at: [now] })).toEqual({ Err: { Expired: { ledger_time: now } } });
    expect(await approve({ expires_at: [soon] })).toEqual({ Ok: 2n });
    expect(await allowance()).toEqual({ allowance: 7n, expires_at: [soon] });
    expect(await approve({ expected_allowance: [6n] })).toEqual({
      Err: { AllowanceChanged: { current_allowance: 7n } }
    });
    await network.host.advance(11);
    expect(await allowance()).toEqual({ allowance: 0n, expires_at: [] });
  });

  it('traps when somebody approves oneself', async () => {
    await expect(network.update(APPROVE, approveArgs(ANONYMOUS, 1n))).rejects.toThrow(/self approval/);
  });
});

describe('create_canister', () => {
  it('makes a canister of the caller with the cycles less the fee of creation', async () => {
    await transfer(ALICE, 5n * TRILLION);

    const answer = await network.update<{ Ok: { block_id: bigint; canister_id: Principal } }>(
      CREATE,
      createArgs(2n * TRILLION),
      ALICE
    );

    const created: Installed = {
      id: answer.Ok.canister_id.toUint8Array(),
      principal: answer.Ok.canister_id
    };
    expect(answer.Ok.block_id).toBe(2n);
    expect(await balanceOf(ALICE)).toBe(3n * TRILLION - FEE);
    expect(network.host.replica.cyclesOf(created.id)).toBe(2n * TRILLION - 500_000_000_000n);
    expect(network.host.replica.canister(created.id)?.controllers).toEqual([ALICE]);
    expect(network.unaccountedCycles([created])).toBe(0n);
  });

  it('gives back the cycles less a fee when they do not suffice', async () => {
    await transfer(ALICE, TRILLION);

    const answer = await network.update(CREATE, createArgs(10n * FEE), ALICE);

    expect(answer).toEqual({
      Err: {
        FailedToCreate: {
          fee_block: [2n],
          refund_block: [3n],
          error: expect.stringContaining('fee of 500000000000') as string
        }
      }
    });
    expect(await balanceOf(ALICE)).toBe(TRILLION - 2n * FEE);
    expect(network.unaccountedCycles([])).toBe(0n);
  });

  it('refuses a subnet that is not this one, and gives back', async () => {
    const elsewhere = { settings: [], subnet_selection: [{ Subnet: { subnet: CYCLES_LEDGER_ID } }] };

    const answer = await network.update(CREATE, createArgs(TRILLION, { creation_args: [elsewhere] }));

    expect(answer).toMatchObject({ Err: { FailedToCreate: { refund_block: [2n] } } });
  });

  it('creates once for one creation time, and names the canister again', async () => {
    const args = createArgs(TRILLION, { created_at_time: [network.host.clock.now()] });

    const first = await network.update<{ Ok: { canister_id: Principal } }>(CREATE, args);

    expect(await network.update(CREATE, args)).toEqual({
      Err: { Duplicate: { duplicate_of: 1n, canister_id: [first.Ok.canister_id] } }
    });
  });

  it('takes from another account by its allowance, which comes back too when it fails', async () => {
    await transfer(ALICE, 5n * TRILLION);
    await network.update(APPROVE, approveArgs(BOB, 10n * FEE), ALICE);
    const args = {
      from: accountOf(ALICE),
      spender_subaccount: [],
      created_at_time: [],
      amount: 5n * FEE,
      creation_args: []
    };

    expect(await network.update(CREATE_FROM, args, BOB)).toMatchObject({
      Err: {
        FailedToCreateFrom: {
          create_from_block: [3n],
          refund_block: [4n],
          approval_refund_block: [5n],
          rejection_code: { CanisterError: null }
        }
      }
    });
    expect(
      await network.query(ALLOWANCE, { account: accountOf(ALICE), spender: accountOf(BOB) })
    ).toMatchObject({ allowance: 7n * FEE });
    expect(network.unaccountedCycles([])).toBe(0n);
  });
});

describe('withdraw', () => {
  const withdrawArgs = (to: Principal, amount: bigint): object => ({
    amount,
    from_subaccount: [],
    to,
    created_at_time: []
  });

  it('gives the cycles to the canister', async () => {
    const canister = await network.host.create({ amount: [TRILLION] });

    expect(await network.update(WITHDRAW, withdrawArgs(canister.principal, 7n))).toEqual({ Ok: 1n });
    expect(network.host.replica.cyclesOf(canister.id)).toBe(TRILLION + 7n);
    expect(await balanceOf(ANONYMOUS)).toBe(ALL - 7n - FEE);
    expect(network.unaccountedCycles([canister])).toBe(0n);
  });

  it('gives back when there is no such canister', async () => {
    const nobody = Principal.fromText('rwlgt-iiaaa-aaaaa-aaaaa-cai');

    expect(await network.update(WITHDRAW, withdrawArgs(nobody, 3n * FEE))).toMatchObject({
      Err: { FailedToWithdraw: { fee_block: [2n], rejection_code: { DestinationInvalid: null } } }
    });
    expect(await balanceOf(ANONYMOUS)).toBe(ALL - 2n * FEE);
    expect(network.unaccountedCycles([])).toBe(0n);
  });

  it.each([
    ['a user', Principal.fromUint8Array(ALICE), 1n, 'InvalidReceiver'],
    ['nothing', CYCLES_LEDGER_ID, 0n, 'GenericError']
  ])('refuses %s', async (_what, to, amount, error) => {
    expect(await network.update(WITHDRAW, withdrawArgs(to, amount))).toHaveProperty(`Err.${error}`);
  });
});

describe('deposit', () => {
  const depositArg = new Uint8Array(IDL.encode([Wire.DepositArgs], [{ to: accountOf(BOB), memo: [] }]));

  async function depositFrom(cycles: bigint): Promise<Installed & { readonly outcome: string }> {
    const wasmModule = await buildCanister((text) => ({
      callbacks: [
        '(call $reply_i64 (call $msg_cycles_refunded))',
        '(call $reply_i64 (i64.extend_i32_u (call $msg_reject_code)))'
      ],
      exports: {
        'canister_update go': `
          (call $call_new ${text.blob(CYCLES_LEDGER_ID.toUint8Array())} ${text.text('deposit')}
            (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0))
          (call $call_data_append ${text.blob(depositArg)})
          (call $call_cycles_add (i64.const ${cycles}))
          (drop (call $call_perform))`
      }
    }));
    const canister = await network.host.install(wasmModule, { creation: { amount: [10n * TRILLION] } });
    const outcome = replyOf(await network.host.call(canister.id, 'go'));
    return { ...canister, outcome: new DataView(outcome.buffer).getBigUint64(0, true).toString() };
  }

  it('puts cycles of a canister on an account, less the fee', async () => {
    const canister = await depositFrom(TRILLION);

    expect(canister.outcome).toBe('0');
    expect(await balanceOf(BOB)).toBe(TRILLION - FEE);
    expect(network.unaccountedCycles([canister])).toBe(0n);
  });

  it('refuses less than the fee, and refunds', async () => {
    const canister = await depositFrom(FEE);

    expect(canister.outcome).toBe('5');
    expect(await balanceOf(BOB)).toBe(0n);
    expect(network.unaccountedCycles([canister])).toBe(0n);
  });
});

describe('calls that fit no method', () => {
  const ID = CYCLES_LEDGER_ID.toUint8Array();

  it('end as those of any canister', async () => {
    expect(errorCodeOf(await network.host.call(ID, 'no_such_method'))).toBe('IC0536');
    expect(errorCodeOf(await network.host.query(ID, 'withdraw'))).toBe('IC0536');
    const malformed = await network.host.call(ID, 'icrc1_transfer', { arg: Uint8Array.of(1) });
    expect(errorCodeOf(malformed)).toBe('IC0503');
    expect(rejectMessageOf(malformed)).toMatch(/failed to decode call arguments/);
  });
});

describe('the record', () => {
  it('brings back balances, allowances, duplicates and cycles', async () => {
    const at = { created_at_time: [network.host.clock.now()] };
    await transfer(ALICE, TRILLION, at);
    await network.update(APPROVE, approveArgs(BOB, 9n), ALICE);
    const creation = createArgs(TRILLION, at);
    const created = await network.update<{ Ok: { canister_id: Principal } }>(CREATE, creation);
    const records = network.systemCanisters.map((canister) => canister.record());
    const held = network.systemCanisters.map(({ cycles }) => cycles);
    network.host.replica.close();

    network = new DevelopmentNetwork();
    network.systemCanisters.forEach((canister, index) => {
      canister.restore(records[index] ?? new Uint8Array(0));
    });

    expect(await balanceOf(ALICE)).toBe(TRILLION - FEE);
    expect(
      await network.query(ALLOWANCE, { account: accountOf(ALICE), spender: accountOf(BOB) })
    ).toMatchObject({ allowance: 9n });
    expect(await transfer(ALICE, TRILLION, at)).toEqual({ Err: { Duplicate: { duplicate_of: 1n } } });
    expect(await network.update(CREATE, creation)).toEqual({
      Err: { Duplicate: { duplicate_of: 3n, canister_id: [created.Ok.canister_id] } }
    });
    expect(network.systemCanisters.map(({ cycles }) => cycles)).toEqual(held);
    expect(network.systemCanisters.map((canister) => canister.record())).toEqual(records);
  });

  it('is the same array while nothing changes', async () => {
    const [, ledger] = network.systemCanisters;
    const before = ledger?.record();
    await network.query(SUPPLY);
    expect(ledger?.record()).toBe(before);
    await transfer(ALICE, 1n);
    expect(ledger?.record()).not.toBe(before);
  });

  it('of another version is refused', () => {
    const [, ledger] = network.systemCanisters;
    expect(() => ledger?.restore(Uint8Array.of(2))).toThrow(/version 1, got 2/);
  });
});
