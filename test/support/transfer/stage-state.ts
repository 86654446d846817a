/** Everything that anybody can read of both canisters: what a refusal must leave as it was. */
import { unwrap } from '../../../src/api/errors';
import { type TestPerson, type TestStage } from '../test-stage';

const MAX_PAGE = 100;

/** Accounts of these people, status and log length of the signer, and all domains with their latest checkpoints. */
export async function readState(stage: TestStage, people: readonly TestPerson[]): Promise<unknown> {
  const { signer, domains } = stage;
  const [status, log, views, ...pages] = await Promise.all([
    signer.status(),
    signer.icrc3_get_blocks([]),
    domains.domains(),
    ...people.map(({ identity }) => signer.accounts_of(identity.getPrincipal(), 0n, MAX_PAGE))
  ]);
  return { status, logLength: log.log_length, views, pages };
}

/**
 * Code of the refusal that `call` ends with, after which nothing that can be read has changed.
 * @throws when it is no refusal, or changed something.
 */
export async function refusalOf(
  stage: { readonly stage: TestStage; readonly people: readonly TestPerson[] },
  call: () => Promise<
    { readonly Ok: unknown } | { readonly Err: { readonly code: string; readonly message: string } }
  >
): Promise<string> {
  const before = await readState(stage.stage, stage.people);
  const result = await call();
  expect(await readState(stage.stage, stage.people)).toEqual(before);
  if ('Err' in result) return result.Err.code;
  throw new Error(`expected a refusal, got ${typeof unwrap(result)}`);
}
