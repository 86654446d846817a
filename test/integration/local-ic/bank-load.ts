/** Clients of two banks, and a record of everything they were promised. */
import { randomInt } from 'node:crypto';
import { ACCOUNTS, MAX_OPERATIONS } from '../../fixtures/local-ic/bank-canister';
import { ANONYMOUS } from '../../support/local-ic/signed-envelope';
import { type CallOutcome, type RawCall, RawClient } from '../../support/local-ic/raw-client';
import { createCanisterCall, createdCanister, installCall } from '../../support/local-ic/management-calls';

const MANAGEMENT = new Uint8Array(0);
const CLIENTS = 6;

type Kind = 'move' | 'send' | 'trap';

/** A call, and what is known of it. */
export type TrackedCall = {
  /** Canister under which its status is read. */
  readonly target: Uint8Array;
  readonly requestId: Uint8Array;
  outcome: CallOutcome['kind'] | 'never taken on';
};

export type Operation = TrackedCall & { readonly id: number; readonly kind: Kind; readonly bank: Bank };

export type Bank = {
  readonly id: Uint8Array;
  upgradesTried: number;
  upgradesAcknowledged: number;
  ticksSeen: bigint;
};

export class BankLoad {
  readonly operations: Operation[] = [];
  readonly createdCanisters: Uint8Array[] = [];
  /** Calls of clients that did not hear how they ended. */
  readonly unsettled: TrackedCall[] = [];
  readonly banks: Bank[] = [];
  #nextId = 0;

  constructor(private readonly bankWasm: Uint8Array) {}

  /** Creates and installs two banks. */
  async open(url: string): Promise<void> {
    const client = new RawClient(url);
    while (this.banks.length < 2) {
      const id = await this.#create(client);
      if (!id) throw new Error('no bank was created');
      const bank = { id, upgradesTried: 0, upgradesAcknowledged: 0, ticksSeen: 0n };
      const { kind } = await client.call(installCall(id, this.bankWasm, { install: null })).outcome;
      if (kind !== 'replied') throw new Error(`a bank was not installed: ${kind}`);
      this.banks.push(bank);
    }
  }

  /** Keeps all clients busy until the network is gone. */
  async runUntilLost(url: string): Promise<void> {
    const client = new RawClient(url);
    const work = async (): Promise<void> => {
      while ((await this.#doSomething(client)) !== 'lost');
    };
    await Promise.all(Array.from({ length: CLIENTS }, work));
  }

  async #doSomething(client: RawClient): Promise<CallOutcome['kind']> {
    const bank = this.banks[randomInt(2)];
    if (!bank) throw new Error('no bank is open');
    const choice = randomInt(100);
    if (choice === 0) return (await this.#create(client)) ? 'replied' : 'lost';
    if (choice <= 2) return this.#upgrade(client, bank);
    const kind = choice < 40 ? 'send' : choice < 50 ? 'trap' : 'move';
    return this.#operate(client, bank, kind);
  }

  async #operate(client: RawClient, bank: Bank, kind: Kind): Promise<CallOutcome['kind']> {
    const id = this.#nextId++;
    if (id >= MAX_OPERATIONS) throw new Error('the banks have no room for more operations');
    const other = this.banks.find((candidate) => candidate !== bank);
    const arg = Buffer.alloc(16);
    arg.writeUInt32LE(id, 0);
    arg.writeUInt32LE(randomInt(ACCOUNTS), 4);
    arg.writeUInt32LE(randomInt(ACCOUNTS), 8);
    arg.writeUInt32LE(randomInt(1000), 12);
    const call = client.call({
      canisterId: bank.id,
      methodName: kind,
      arg: Buffer.concat([arg, kind === 'send' ? (other?.id ?? MANAGEMENT) : MANAGEMENT]),
      version: randomInt(4) === 0 ? 'v2' : 'v3'
    });
    const operation: Operation = { ...tracked(bank.id, call), id, kind, bank };
    this.operations.push(operation);
    return (await this.#outcomeOf(call, operation)).kind;
  }

  async #upgrade(client: RawClient, bank: Bank): Promise<CallOutcome['kind']> {
    bank.upgradesTried++;
    const call = client.call(installCall(bank.id, this.bankWasm, { upgrade: [] }));
    const { kind } = await this.#outcomeOf(call, tracked(bank.id, call));
    if (kind === 'replied') bank.upgradesAcknowledged++;
    return kind;
  }

  /** The new canister's id, unless the connection broke. */
  async #create(client: RawClient): Promise<Uint8Array | undefined> {
    const call = client.call(createCanisterCall());
    const outcome = await this.#outcomeOf(call, tracked(ANONYMOUS, call));
    if (outcome.kind === 'lost') return undefined;
    if (outcome.kind !== 'replied') throw new Error(`no canister was created: ${JSON.stringify(outcome)}`);
    const id = createdCanister(outcome.reply);
    this.createdCanisters.push(id);
    return id;
  }

  async #outcomeOf(call: RawCall, record: TrackedCall): Promise<CallOutcome> {
    const outcome = await call.outcome;
    record.outcome = outcome.kind;
    if (outcome.kind === 'lost' || outcome.kind === 'accepted') this.unsettled.push(record);
    return outcome;
  }
}

const tracked = (target: Uint8Array, { requestId }: RawCall): TrackedCall => ({
  target,
  requestId,
  outcome: 'lost'
});
