/** The end of the story as a short table. */
import { formatEther } from 'viem';
import { type Variant } from '../build/variant';
import { type Print } from './steps';
import { type StoryResult } from './story';

const CANISTERS: Readonly<Record<Variant, string>> = {
  native: 'The canisters are native builds: hashes and curves run as Wasm linked into them.',
  plain: 'The canisters are plain builds: hashes and curves run as JavaScript.'
};

/** Prints who owned, who owns, balances, transactions, seconds, endpoints and what the canisters were made of. */
export function printReport(
  print: Print,
  report: {
    readonly result: StoryResult;
    readonly variant: Variant;
    readonly figures: Readonly<Record<string, number>>;
    readonly endpoints: Readonly<Record<string, string>>;
  }
): void {
  const { result } = report;
  print('');
  printRows(print, [
    ['account', 'owned by', 'now owned by', 'ether', 'tokens', 'EVM address'],
    ...result.accounts.map((row) => [
      row.account,
      row.ownedBefore,
      row.ownedAfter,
      Number(formatEther(BigInt(row.etherWei))).toFixed(4),
      formatEther(BigInt(row.tokens)),
      row.evmAddress
    ])
  ]);
  print('');
  printRows(print, [
    ['signed for', 'asked by', 'what', 'mined as'],
    ...result.transactions.map((row) => [row.account, row.by, row.what, row.hash]),
    ...result.adapterTransactions.map((row) => ['adapter', 'anyone', row.what, row.hash])
  ]);
  print('');
  for (const { asked, code } of result.refusals) print(`refused: ${asked} (${code})`);
  printRows(
    print,
    Object.entries(report.figures).map(([name, ms]) => [
      name.replace(/Ms$/, ''),
      `${(ms / 1_000).toFixed(1)} s`
    ])
  );
  print('');
  printRows(print, Object.entries(report.endpoints));
  print(CANISTERS[report.variant]);
  print('A development network: its keys are public test keys, its proofs mock seals.');
}

function printRows(print: Print, rows: readonly (readonly string[])[]): void {
  const widths = rows.reduce<number[]>(
    (widest, row) => row.map((cell, column) => Math.max(widest[column] ?? 0, cell.length)),
    []
  );
  for (const row of rows)
    print(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd()
    );
}
