import { IDL } from '@dfinity/candid';
import { Principal } from '@dfinity/principal';
import {
  accountIdentifier,
  accountOf as toAccount,
  subaccountOfPrincipal
} from '../../../../src/local-ic/system-canisters/account';
import * as Wire from '../../../../src/local-ic/system-canisters/cycles-minting-idl';
import * as Icp from '../../../../src/local-ic/system-canisters/icp-ledger-idl';
import * as Icrc from '../../../../src/local-ic/system-canisters/icrc-idl';
import {
  CYCLES_LEDGER_ID,
  CYCLES_MINTING_ID,
  ICP_LEDGER_ID
} from '../../../../src/local-ic/system-canisters/system-canister-ids';
import { ANONYMOUS } from '../../../fixtures/local-ic/test-replica';
import {
  accountOf,
  DevelopmentNetwork,
  type MethodTypes
} from '../../../support/local-ic/development-network';

const ICP_FEE = 10_000n;
const CYCLES_FEE = 100_000_000n;
const ICP = 100_000_000n;
const CYCLES_PER_ICP = 3_520_000_000_000n;
const MINT = 0x544e_494dn;
const CREATE = 0x4145_5243n;
const TOP_UP = 0x5055_5054n;
const ME = Principal.anonymous();

const target = (method: string, types: MethodTypes) => ({ canister: CYCLES_MINTING_ID, method, types });
const NOTIFY_MINT = target('notify_mint_cycles', {
  argument: Wire.NotifyMintCyclesArgs,
  result: Wire.NotifyMintCyclesResult
});
const NOTIFY_CREATE = target('notify_create_canister', {
  argument: Wire.NotifyCreateCanisterArgs,
  result: Wire.NotifyCreateCanisterResult
});
const NOTIFY_TOP_UP = target('notify_top_up', {
  argument: Wire.NotifyTopUpArgs,
  result: Wire.NotifyTopUpResult
});

let network: DevelopmentNetwork;

beforeEach(() => {
  network = new DevelopmentNetwork();
});

afterEach(() => {
  network.host.replica.close();
});

/** Pays an ICP for `beneficiary`; index of the block. */
async function pay(beneficiary: Principal, memo: bigint, e8s = ICP): Promise<bigint> {
  const { Ok } = await network.update<{ Ok: bigint }>(
    {
      canister: ICP_LEDGER_ID,
      method: 'transfer',
      types: { argument: Icp.TransferArgs, result: Icp.TransferResult }
    },
    {
      memo,
      amount: { e8s },
      fee: { e8s: ICP_FEE },
      from_subaccount: [],
      to: accountIdentifier(toAccount(CYCLES_MINTING_ID, [subaccountOfPrincipal(beneficiary)])),
      created_at_time: []
    }
  );
  return Ok;
}

const icpSupply = (): Promise<bigint> =>
  network.query({ canister: ICP_LEDGER_ID, method: 'icrc1_total_supply', types: { result: IDL.Nat } });
const icpBalance = (owner: Uint8Array): Promise<bigint> =>
  network.query(
    {
      canister: ICP_LEDGER_ID,
      method: 'icrc1_balance_of',
      types: { argument: Icrc.AccountIdl, result: IDL.Nat }
    },
    accountOf(owner)
  );
const mintArgs = (block_index: bigint): object => ({ block_index, to_subaccount: [], deposit_memo: [] });

describe('notify_mint_cycles', () => {
  it('burns the ICP and deposits their cycles, once', async () => {
    const block = await pay(ME, MINT);
    const supply = await icpSupply();
    const cyclesBefore = await network.query<bigint>(
      {
        canister: CYCLES_LEDGER_ID,
        method: 'icrc1_balance_of',
        types: { argument: Icrc.AccountIdl, result: IDL.Nat }
      },
      accountOf(ANONYMOUS)
    );

    const answer = await network.update(NOTIFY_MINT, mintArgs(block));

    const balance = cyclesBefore + CYCLES_PER_ICP - CYCLES_FEE;
    expect(answer).toEqual({ Ok: { block_index: 1n, minted: CYCLES_PER_ICP, balance } });
    expect(await network.update(NOTIFY_MINT, mintArgs(block))).toEqual(answer);
    expect(await icpSupply()).toBe(supply - ICP);
    expect(network.unaccountedCycles([])).toBe(0n);
  });

  it('gives too little back less two fees', async () => {
    const before = await icpBalance(ANONYMOUS);
    const block = await pay(ME, MINT, 2n * ICP_FEE + 1n);
    const tiny = await pay(ME, MINT, 1n);

    expect(await network.update(NOTIFY_MINT, mintArgs(tiny))).toMatchObject({
      Err: { Refunded: { block_index: [] } }
    });
    expect(await network.update(NOTIFY_MINT, mintArgs(block))).toMatchObject({ Ok: {} });
    expect(await icpBalance(ANONYMOUS)).toBe(before - 2n * ICP_FEE - (2n * ICP_FEE + 1n) - 1n);
    expect(network.unaccountedCycles([])).toBe(0n);
  });

  it.each<[string, () => Promise<bigint>, RegExp]>([
    ['another purpose', () => pay(ME, CREATE), /Intent/],
    ['somebody else', () => pay(CYCLES_LEDGER_ID, MINT), /Destination/],
    ['a mint', () => Promise.resolve(0n), /transfer/],
    ['no block', () => Promise.resolve(99n), /not found/]
  ])('refuses a payment for %s', async (_what, payment, reason) => {
    expect(await network.update(NOTIFY_MINT, mintArgs(await payment()))).toEqual({
      Err: { InvalidTransaction: expect.stringMatching(reason) as string }
    });
  });
});

describe('notify_create_canister', () => {
  const createArgs = (block_index: bigint, more: object = {}): object => ({
    block_index,
    controller: ME,
    subnet_selection: [],
    settings: [],
    ...more
  });

  it('creates a canister of the payer with the cycles less the fee of creation', async () => {
    const block = await pay(ME, CREATE);

    const { Ok: id } = await network.update<{ Ok: Principal }>(NOTIFY_CREATE, createArgs(block));

    expect(network.host.replica.cyclesOf(id.toUint8Array())).toBe(CYCLES_PER_ICP - 500_000_000_000n);
    expect(network.host.replica.canister(id.toUint8Array())?.controllers).toEqual([ANONYMOUS]);
    expect(await network.update(NOTIFY_CREATE, createArgs(block))).toEqual({ Ok: id });
    expect(network.unaccountedCycles([{ id: id.toUint8Array() }])).toBe(0n);
  });

  it('gives too little back less four fees, and the next payment gets the cycles', async () => {
    const before = await icpBalance(ANONYMOUS);
    const block = await pay(ME, CREATE, ICP / 100n);

    expect(await network.update(NOTIFY_CREATE, createArgs(block))).toMatchObject({
      Err: { Refunded: { block_index: [block + 1n] } }
    });
    expect(await icpBalance(ANONYMOUS)).toBe(before - 5n * ICP_FEE);
    const minted = network.host.replica.ledger.mintedCycles;
    await network.update(NOTIFY_MINT, mintArgs(await pay(ME, MINT, ICP / 100n)));
    expect(network.host.replica.ledger.mintedCycles).toBe(minted);
    expect(network.unaccountedCycles([])).toBe(0n);
  });

  it('refuses to create for others', async () => {
    const block = await pay(CYCLES_LEDGER_ID, CREATE);
    expect(
      await network.update(NOTIFY_CREATE, createArgs(block, { controller: CYCLES_LEDGER_ID }))
    ).toHaveProperty('Err.Other');
  });
});

describe('notify_top_up', () => {
  it('gives the cycles to the canister', async () => {
    const canister = await network.host.create({ amount: [5n] });
    const block = await pay(canister.principal, TOP_UP);

    expect(
      await network.update(NOTIFY_TOP_UP, { block_index: block, canister_id: canister.principal })
    ).toEqual({ Ok: CYCLES_PER_ICP });
    expect(network.host.replica.cyclesOf(canister.id)).toBe(5n + CYCLES_PER_ICP);
    expect(network.unaccountedCycles([canister])).toBe(0n);
  });

  it('gives back when there is no such canister, also after a restart', async () => {
    const nobody = Principal.fromText('rwlgt-iiaaa-aaaaa-aaaaa-cai');
    const block = await pay(nobody, TOP_UP);
    const notice = { block_index: block, canister_id: nobody };
    const answer = await network.update(NOTIFY_TOP_UP, notice);
    const records = network.systemCanisters.map((canister) => canister.record());
    network.host.replica.close();

    network = new DevelopmentNetwork();
    network.systemCanisters.forEach((canister, index) => {
      canister.restore(records[index] ?? new Uint8Array(0));
    });

    expect(answer).toHaveProperty('Err.Refunded');
    expect(await network.update(NOTIFY_TOP_UP, notice)).toEqual(answer);
    expect(network.systemCanisters[2]?.cycles).toBe(CYCLES_PER_ICP);
  });
});

it('says which subnet there is and what an ICP is worth', async () => {
  const [subnet] = await network.query<Principal[]>(
    target('get_default_subnets', { result: IDL.Vec(IDL.Principal) })
  );
  expect(subnet?.toText()).toBe(Principal.selfAuthenticating(new Uint8Array(133).fill(9)).toText());
  expect(
    await network.query(target('get_icp_xdr_conversion_rate', { result: Wire.ConversionRate }))
  ).toMatchObject({ data: { xdr_permyriad_per_icp: 35_200n } });
});
