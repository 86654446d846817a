/** What must hold of the banks after every restart. */
import { ACCOUNTS, type BankBooks, FIRST_BALANCE, parseBank } from '../../fixtures/local-ic/bank-canister';
import { RawClient } from '../../support/local-ic/raw-client';
import { type Bank, type BankLoad, type Operation, type TrackedCall } from './bank-load';

const SETTLED_WITHIN_MS = 30_000;

/** Waits until every call under way has ended, then compares the banks with what clients were promised. */
export async function auditBanks(load: BankLoad, url: string): Promise<void> {
  const client = new RawClient(url);
  await Promise.all(load.unsettled.splice(0).map((call) => settle(client, call)));
  const books = new Map<Bank, BankBooks>();
  for (const bank of load.banks) books.set(bank, await readBooks(client, bank));
  expectConservation([...books.values()]);
  for (const operation of load.operations) expectApplied(operation, books);
  for (const id of load.createdCanisters) expect(await client.hasCanister(id)).toBe(true);
}

/** Asks until the call has ended. One that was taken on is known for ever after. */
async function settle(client: RawClient, call: TrackedCall): Promise<void> {
  const deadline = Date.now() + SETTLED_WITHIN_MS;
  let status = await client.statusOf(call.target, call.requestId);
  while (status === 'under way') {
    if (Date.now() > deadline) throw new Error('a call under way does not end');
    status = await client.statusOf(call.target, call.requestId);
  }
  if (status === undefined && call.outcome === 'accepted') throw new Error('a call taken on was forgotten');
  call.outcome = status?.kind ?? 'never taken on';
}

async function readBooks(client: RawClient, bank: Bank): Promise<BankBooks> {
  const { isHalved, ...books } = parseBank(await client.query(bank.id, 'dump'));
  expect(isHalved).toBe(false);
  const { upgrades, ticks, rejects } = books.counters;
  expect(Number(upgrades)).toBeGreaterThanOrEqual(bank.upgradesAcknowledged);
  expect(Number(upgrades)).toBeLessThanOrEqual(bank.upgradesTried);
  expect(ticks >= bank.ticksSeen).toBe(true);
  bank.ticksSeen = ticks;
  expect(rejects).toBe(0n);
  return books;
}

/** No money and no cycles are made or lost between the banks. */
function expectConservation(books: readonly BankBooks[]): void {
  const sum = (of: (book: BankBooks) => bigint): bigint => books.map(of).reduce((a, b) => a + b);
  expect(sum(({ total }) => total)).toBe(BigInt(books.length * ACCOUNTS) * FIRST_BALANCE);
  expect(sum(({ counters }) => counters.sentCycles)).toBe(sum(({ counters }) => counters.acceptedCycles));
}

/** An operation was applied once where it was promised and never where it was refused. */
function expectApplied({ id, kind, bank, outcome }: Operation, books: ReadonlyMap<Bank, BankBooks>): void {
  const isApplied = outcome === 'replied';
  for (const [holder, { counts }] of books) {
    const isConcerned = holder === bank || kind === 'send';
    const expected = isApplied && isConcerned ? 1 : 0;
    if (counts[id] === expected) continue;
    throw new Error(`${kind} ${id} (${outcome}) was applied ${counts[id]} times instead of ${expected}`);
  }
  if (kind === 'trap' && isApplied) throw new Error(`${kind} ${id} was answered`);
}
