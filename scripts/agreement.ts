/**
 * `npm run agreement -- --seed N --cases N [--plain]`: N random and edge inputs a door through noble, the native code in
 * Node and the native code in a canister. Prints what was compared as JSON, and ends with 1 when any answers differ.
 */
import { parseArgs } from 'node:util';
import { DOORS, type Door } from '../test/support/agreement/agreement-case';
import { type DoorReport } from '../test/support/agreement/compare-door';
import { runAgreement } from '../test/support/agreement/run-agreement';
import { buildFixtureCanister } from '../test/support/build-fixture-canister';
import { chosenVariant, takeVariant } from './build/variant';

async function main(): Promise<void> {
  const { values } = parseArgs({
    args: takeVariant(process.argv.slice(2)),
    options: { seed: { type: 'string', default: '1' }, cases: { type: 'string', default: '100000' } }
  });
  const [seed, cases] = [Number(values.seed), Number(values.cases)];
  if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(cases)) throw new Error('expected whole numbers');
  const variant = chosenVariant();
  const reports = await runAgreement({
    seed,
    cases,
    canisterCases: Object.fromEntries(DOORS.map((door) => [door, cases])) as Record<Door, number>,
    wasmModule: await buildFixtureCanister('test/fixtures/local-ic/azle-crypto.ts', variant),
    inQueries: variant === 'native'
  });
  const doors = Object.fromEntries(Object.entries(reports).map(([door, report]) => [door, readable(report)]));
  process.stdout.write(`${JSON.stringify({ seed, cases, variant, doors }, null, 2)}\n`);
  if (Object.values(reports).some(({ disagreementCount }) => disagreementCount > 0)) process.exitCode = 1;
}

const readable = ({ labels, ...rest }: DoorReport): object => ({
  ...rest,
  affirmedByKind: Object.fromEntries(
    Object.entries(labels).map(([label, { cases, affirmed }]) => [label, `${affirmed} of ${cases}`])
  )
});

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
});
