/**
 * The main job: two accounts with money in them change owners in one balanced resource machine transaction.
 * Everything goes through the SDK and real interfaces; only the adapter's proofs are mock seals (test/fixtures).
 */
import { type SignIdentity } from '@dfinity/agent';
import {
  type Address,
  type Hex,
  erc20Abi,
  getAddress,
  parseEther,
  recoverTransactionAddress,
  toHex
} from 'viem';
import { type TransactionSerialized } from 'viem';
import { unwrap } from '../../src/api/errors';
import { type AccountViewWire, type SignerService } from '../../src/api/signer-idl';
import { type Bytes32, bytes32 } from '../../src/core/bytes';
import { isProtocolError } from '../../src/core/error';
import { BLOCK_TYPES } from '../../src/core/log/block';
import { type TransferPlan } from '../../src/sdk';
import * as sdk from '../../src/sdk';
import { agree, executePlan } from '../../test/support/adapter-client';
import { type DevNetwork } from '../network/dev-network';
import { pollUntil } from '../poll';
import { type Steps } from './steps';

/** A person of the story. `signer` speaks with the person's identity. */
export type Person = {
  readonly name: string;
  readonly identity: SignIdentity;
  readonly signer: SignerService;
};

/** An account of the story and whose it is now. */
export type StoryAccount = {
  readonly name: string;
  readonly id: Bytes32;
  readonly evm: Address;
  owner: Person;
};

/** A mined transaction that was read back and recovered to the account's address. */
export type MinedTransaction = {
  readonly account: string;
  readonly what: string;
  readonly hash: Hex;
  readonly by: string;
};

/** A request for a signature that was refused, as it must be. */
export type Refusal = { readonly code: string; readonly asked: string };

export type StoryResult = {
  readonly accounts: readonly {
    readonly account: string;
    readonly id: Hex;
    readonly evmAddress: Address;
    readonly ownedBefore: string;
    readonly ownedAfter: string;
    readonly etherWei: string;
    readonly tokens: string;
  }[];
  readonly transactions: readonly MinedTransaction[];
  readonly adapterTransactions: readonly { readonly what: string; readonly hash: Hex }[];
  readonly refusals: readonly Refusal[];
};

const FUNDING_WEI = parseEther('5');
const FUNDING_TOKENS = parseEther('1000');
const FIRST_TRANSFER_WEI = parseEther('0.25');
const LATER_TRANSFER_WEI = parseEther('1');
const LATER_TRANSFER_TOKENS = parseEther('400');
/** Where the story's payments go: an address nobody in it controls. */
const SHOP: Address = getAddress(`0x${'c0ffee'.padStart(40, '0')}`);
const TRANSITION_BLOCK = JSON.stringify({ Text: BLOCK_TYPES.transition });
const RELAY_LIMITS = { timeoutMs: 120_000, intervalMs: 250 };

/** Plays the story. @throws at the first step that does not hold. */
export class Story {
  private readonly refusals: Refusal[] = [];
  private readonly mined: MinedTransaction[] = [];
  private readonly adapterTransactions: { what: string; hash: Hex }[] = [];

  constructor(
    private readonly network: DevNetwork,
    private readonly steps: Steps
  ) {}

  /** From two new owners to two new owners. */
  async play(alice: Person, bob: Person): Promise<StoryResult> {
    const { steps } = this;
    const [first, second] = await steps.run('two accounts are created for two owners', () =>
      Promise.all([this.createAccount('account 1', alice), this.createAccount('account 2', bob)])
    );
    const accounts = [first, second];
    await steps.run('each account receives ether and an ERC-20', () => this.fund(accounts));
    await steps.run('each signs an ordinary transfer, mined and read back', () =>
      this.forEach(accounts, (account) => this.pay(account, FIRST_TRANSFER_WEI))
    );
    await steps.run('account resources are created in the adapter, the relayer binds them', () =>
      this.bind(accounts)
    );
    await steps.run('both accounts are sealed', () => this.seal(accounts));
    await steps.run('a sealed account signs nothing', () =>
      this.expectRefusal(first, alice, 'account/sealed')
    );
    const swap = await steps.run('one transaction swaps them, approved by both', () =>
      this.swap(first, second)
    );
    await steps.run('the adapter executes it', () => this.execute('swap', swap));
    await steps.run('the relayer carries the proof, both accounts change owner at once', () =>
      this.awaitOwners([
        [first, bob],
        [second, alice]
      ])
    );
    await steps.run('the former owner is refused', () =>
      this.expectRefusal(first, alice, 'account/not-owner')
    );
    await steps.run('the new owners move ether and tokens', () =>
      this.forEach(accounts, async (account) => {
        await this.pay(account, LATER_TRANSFER_WEI);
        await this.payTokens(account, LATER_TRANSFER_TOKENS);
      })
    );
    return steps.run('balances add up', () => this.report([alice, bob], accounts));
  }

  private async createAccount(name: string, owner: Person): Promise<StoryAccount> {
    const view = unwrap(await owner.signer.create_account());
    return {
      name,
      id: bytes32(new Uint8Array(view.id), 'account id'),
      evm: getAddress(toHex(new Uint8Array(view.evm_address))),
      owner
    };
  }

  private async fund(accounts: readonly StoryAccount[]): Promise<void> {
    const { evm, deployment } = this.network;
    for (const { evm: to } of accounts) {
      const ether = await evm.wallet.sendTransaction({
        account: evm.account,
        chain: evm.chain,
        to,
        value: FUNDING_WEI
      });
      const tokens = await evm.wallet.writeContract({
        account: evm.account,
        chain: evm.chain,
        address: deployment.token,
        abi: erc20Abi,
        functionName: 'transfer',
        args: [to, FUNDING_TOKENS]
      });
      for (const hash of [ether, tokens]) await evm.reader.waitForTransactionReceipt({ hash });
    }
  }

  private pay(account: StoryAccount, amountWei: bigint): Promise<void> {
    return this.send(account, { what: 'ether', intent: { kind: 'ether', to: SHOP, amountWei } });
  }

  private payTokens(account: StoryAccount, amount: bigint): Promise<void> {
    const intent = { kind: 'erc20', token: this.network.deployment.token, to: SHOP, amount } as const;
    return this.send(account, { what: 'ERC-20', intent });
  }

  /** Signs as the account's owner, broadcasts, and has viem recover the sender of what was mined. */
  private async send(
    account: StoryAccount,
    { what, intent }: { readonly what: string; readonly intent: sdk.EvmIntent }
  ): Promise<void> {
    const { reader } = this.network.evm;
    const transaction = await sdk.prepareEvmTransaction(reader, { from: account.evm, intent });
    const signed = await sdk.signEvmTransaction(account.owner.signer, {
      account: account.id,
      from: account.evm,
      transaction
    });
    const serializedTransaction = toHex(signed.raw);
    const hash = await reader.sendRawTransaction({ serializedTransaction });
    const receipt = await reader.waitForTransactionReceipt({ hash });
    const readBack = await reader.getTransaction({ hash });
    const recovered = await recoverTransactionAddress({
      serializedTransaction: serializedTransaction as TransactionSerialized
    });
    if (
      receipt.status !== 'success' ||
      getAddress(readBack.from) !== account.evm ||
      recovered !== account.evm
    ) {
      throw new Error(`${hash}: expected a mined transaction of ${account.evm}, recovered ${recovered}`);
    }
    this.mined.push({ account: account.name, what, hash, by: account.owner.name });
  }

  private async bind(accounts: readonly StoryAccount[]): Promise<void> {
    for (const account of accounts) {
      const proposed = await sdk.proposeBinding(this.canisters(account.owner), {
        accountId: account.id,
        domainId: this.network.domainId
      });
      await this.execute(`binding of ${account.name}`, await agree(proposed, [account.owner]));
    }
    await this.forEach(accounts, (account) =>
      pollUntil(
        `${account.name} to be bound`,
        async () => (await this.read(account)).head[0],
        RELAY_LIMITS
      ).then(() => undefined)
    );
  }

  private async seal(accounts: readonly StoryAccount[]): Promise<void> {
    await this.forEach(accounts, async ({ id, owner }) => {
      unwrap(await owner.signer.seal_account(id));
    });
  }

  private async swap(first: StoryAccount, second: StoryAccount): Promise<TransferPlan> {
    const proposed = await sdk.proposeTransfer(this.canisters(first.owner), [
      { accountId: first.id, to: second.owner.identity.getPrincipal() },
      { accountId: second.id, to: first.owner.identity.getPrincipal() }
    ]);
    return agree(proposed, [first.owner, second.owner]);
  }

  /** Proves the plan with mock seals and has the adapter execute it; anyone may send it, here the funder does. */
  private async execute(what: string, plan: TransferPlan): Promise<void> {
    this.adapterTransactions.push({ what, hash: await executePlan(this.network, plan) });
  }

  private async awaitOwners(expected: readonly (readonly [StoryAccount, Person])[]): Promise<void> {
    for (const [account, person] of expected) {
      await pollUntil(
        `${account.name} to belong to ${person.name}`,
        async () => {
          const view = await this.read(account);
          const isTheirs = view.owner.compareTo(person.identity.getPrincipal()) === 'eq';
          return isTheirs && 'active' in view.status ? view : undefined;
        },
        RELAY_LIMITS
      );
      account.owner = person;
    }
    await this.assertOneMessage(expected.length);
  }

  /** The log's last blocks are the transitions, stamped with the one time of a single message. */
  private async assertOneMessage(count: number): Promise<void> {
    const { log_length: length } = await this.network.signer.icrc3_get_blocks([]);
    const page = await this.network.signer.icrc3_get_blocks([
      { start: length - BigInt(count), length: BigInt(count) }
    ]);
    const fields = page.blocks.map(({ block }) => new Map('Map' in block ? block.Map : []));
    const types = fields.map((field) => JSON.stringify(field.get('btype')));
    const times = fields
      .map((field) => field.get('ts'))
      .map((ts) => (ts !== undefined && 'Nat' in ts ? ts.Nat : -1n));
    if (types.some((type) => type !== TRANSITION_BLOCK) || new Set(times).size !== 1) {
      throw new Error(`expected ${count} transitions of one message, got ${types.join()} at ${times.join()}`);
    }
  }

  /** Asks for a signature that must be refused with this code; the account must stay as it was. */
  private async expectRefusal(account: StoryAccount, asker: Person, code: string): Promise<void> {
    const before = await this.read(account);
    const transaction = await sdk.prepareEvmTransaction(this.network.evm.reader, {
      from: account.evm,
      intent: { kind: 'ether', to: SHOP, amountWei: 1n }
    });
    const attempt = sdk.signEvmTransaction(asker.signer, {
      account: account.id,
      from: account.evm,
      transaction
    });
    const error: unknown = await attempt.then(
      () => undefined,
      (caught: unknown) => caught
    );
    if (!isProtocolError(error, code)) throw new Error(`expected the refusal ${code}, got ${String(error)}`);
    if ((await this.read(account)).log_count !== before.log_count)
      throw new Error('a refused request left a trace');
    this.refusals.push({ code, asked: `${asker.name} for ${account.name}` });
  }

  private async report(before: readonly Person[], accounts: readonly StoryAccount[]): Promise<StoryResult> {
    const rows = await Promise.all(
      accounts.map(async (account, index) => {
        const [etherWei, tokens] = await this.balances(account);
        const spentAtMostWei = FIRST_TRANSFER_WEI + LATER_TRANSFER_WEI + parseEther('0.1');
        if (tokens !== FUNDING_TOKENS - LATER_TRANSFER_TOKENS || etherWei < FUNDING_WEI - spentAtMostWei) {
          throw new Error(`${account.name}: unexpected balances ${etherWei} wei, ${tokens} tokens`);
        }
        return {
          account: account.name,
          id: toHex(account.id),
          evmAddress: account.evm,
          ownedBefore: before[index]?.name ?? '',
          ownedAfter: account.owner.name,
          etherWei: etherWei.toString(),
          tokens: tokens.toString()
        };
      })
    );
    return {
      accounts: rows,
      transactions: this.mined,
      adapterTransactions: this.adapterTransactions,
      refusals: this.refusals
    };
  }

  private async balances(account: StoryAccount): Promise<readonly [bigint, bigint]> {
    const { evm, deployment } = this.network;
    const tokens = await evm.reader.readContract({
      address: deployment.token,
      abi: erc20Abi,
      functionName: 'balanceOf',
      args: [account.evm]
    });
    return [await evm.reader.getBalance({ address: account.evm }), tokens];
  }

  private async read(account: StoryAccount): Promise<AccountViewWire> {
    return unwrap(await this.network.signer.account(account.id));
  }

  private canisters(person: Person): Parameters<typeof sdk.proposeTransfer>[0] {
    return { signer: person.signer, domains: this.network.domains, signerId: this.network.signerId };
  }

  private async forEach(
    accounts: readonly StoryAccount[],
    work: (account: StoryAccount) => Promise<void>
  ): Promise<void> {
    await Promise.all(accounts.map(work));
  }
}
