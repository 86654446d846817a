/** From where the functions of the System API may be called: every function in every context. */
import { codesOf, type Outcome, rejectionOf, replyOf } from './client';
import { type Probe } from './network';
import { type Context, isAvailable } from './probe/availability';
import { HARMLESS_CALLS, type HarmlessCall, VARIABLE } from './probe/harmless-calls';
import { type Program, program } from './probe/program';
import { type SystemApiName } from './probe/system-api';
import { row, useNetwork } from './row';

const network = useNetwork();

const createProbe = (init?: Program, hooks?: readonly 'canister_inspect_message'[]): Promise<Probe> =>
  network.probe(init, {
    settings: { environment_variables: [[VARIABLE]] },
    ...(hooks && { module: { hooks } })
  });

/** The call, and an answer unless it is one. */
const answering = ({ run, isAnswer }: HarmlessCall): Program =>
  isAnswer ? run : program().then(run).replyText('');

/** Sends the call to where it is made, and tells how that ended. */
type Attempt = (call: HarmlessCall, index: number) => Promise<Outcome>;

function isRefused(outcome: Outcome): boolean {
  const codes = codesOf(outcome);
  if (codes === '5 IC0504') return true;
  if (codes === 'replied' || codes === '4 IC0406') return false;
  throw new Error(`neither made nor refused: ${codes} ${rejectionOf(outcome)}`);
}

function expectRefused(context: Context, refused: readonly SystemApiName[]): void {
  expect(refused).toEqual(namesWhere(({ name }) => !isAvailable(name, context)));
}

const namesWhere = (isTrue: (call: HarmlessCall, index: number) => boolean): SystemApiName[] =>
  HARMLESS_CALLS.filter(isTrue).map(({ name }) => name);

/** The functions whose attempt is refused. */
async function refusedBy(attempt: Attempt): Promise<SystemApiName[]> {
  const outcomes = await Promise.all(HARMLESS_CALLS.map(attempt));
  return namesWhere((_, index) => isRefused(outcomes[index] as Outcome));
}

function rowFor(context: Context, where: string, prepare: () => Promise<Attempt>): void {
  row(45, 'System API, Overview of imports', `${context}: what may be called from ${where}`, async () => {
    expectRefused(context, await refusedBy(await prepare()));
  });
}

rowFor('U', 'an update method', async () => {
  const probe = await createProbe();
  return (call) => probe.update(answering(call));
});

rowFor('RQ', 'a query in replicated mode', async () => {
  const probe = await createProbe();
  return (call) => network.client.update(probe.id, 'query', answering(call).toBytes());
});

rowFor('NRQ', 'a query', async () => {
  const probe = await createProbe();
  return (call) => probe.query(answering(call));
});

rowFor('CQ', 'a composite query', async () => {
  const probe = await createProbe();
  return (call) => probe.compositeQuery(answering(call));
});

const replied = program().replyText('');
const rejected = program().reject('');

rowFor('Ry', 'a reply callback', async () => {
  const probe = await createProbe();
  return (call) => probe.update(program().call({ to: probe.id, arg: replied, onReply: answering(call) }));
});

rowFor('Rt', 'a reject callback', async () => {
  const probe = await createProbe();
  return (call) => probe.update(program().call({ to: probe.id, arg: rejected, onReject: answering(call) }));
});

rowFor('CRy', 'a reply callback of a composite query', async () => {
  const [probe, other] = [await createProbe(), await network.probe()];
  const to = { to: other.id, method: 'query', arg: replied };
  return (call) => probe.compositeQuery(program().call({ ...to, onReply: answering(call) }));
});

rowFor('CRt', 'a reject callback of a composite query', async () => {
  const [probe, other] = [await createProbe(), await network.probe()];
  const to = { to: other.id, method: 'query', arg: rejected };
  return (call) => probe.compositeQuery(program().call({ ...to, onReject: answering(call) }));
});

rowFor('I', 'canister_init', async () => {
  const probe = await createProbe();
  return ({ run }) => probe.reinstall(run);
});

rowFor('I', 'canister_post_upgrade', async () => {
  const probe = await createProbe();
  return ({ run }) => probe.upgrade(run);
});

row(45, 'System API, Overview of imports', 'G: what may be called from canister_pre_upgrade', async () => {
  const probe = await createProbe();
  const refused: SystemApiName[] = [];
  for (const { name, run } of HARMLESS_CALLS) {
    replyOf(await probe.update(program().onHook('canister_pre_upgrade', run).replyText('')));
    const outcome = await probe.upgrade();
    if (isRefused(outcome)) refused.push(name);
  }
  expectRefused('G', refused);
});

/** Leaves a mark at `index` of stable memory. */
const mark = (index: number): Program => program().stableWrite(index, Uint8Array.of(1));

async function markedOf(probe: Probe): Promise<Uint8Array> {
  return replyOf(await probe.query(program().stableRead(0, HARMLESS_CALLS.length).reply()));
}

row(45, 'System API, Overview of imports', 'C: what may be called from a cleanup callback', async () => {
  const probe = await createProbe(program().stableGrow(1));
  const attempts = HARMLESS_CALLS.map(({ run }, index) =>
    probe.update(
      program().call({
        to: probe.id,
        arg: replied,
        onReply: program().trap('to clean up'),
        onCleanup: program().then(run).then(mark(index))
      })
    )
  );
  for (const attempt of attempts) expect(codesOf(await attempt)).toBe('5 IC0503');

  const marked = await markedOf(probe);
  expectRefused(
    'C',
    namesWhere((_, index) => marked[index] === 0)
  );
});

row(
  45,
  'System API, Overview of imports',
  'CC: what may be called from a cleanup callback of a composite query',
  async () => {
    const [probe, other] = [await createProbe(), await network.probe()];
    const to = { to: other.id, method: 'query', arg: replied, onReply: program().trap('to clean up') };
    const outcomes = await Promise.all(
      HARMLESS_CALLS.map(({ run }) => probe.compositeQuery(program().call({ ...to, onCleanup: run })))
    );
    const failed = namesWhere((_, index) =>
      rejectionOf(outcomes[index] as Outcome).includes('call_on_cleanup also failed')
    );
    expectRefused('CC', failed);
  }
);

row(
  45,
  'System API, Overview of imports',
  'F: what may be called from canister_inspect_message',
  async () => {
    const inspect = program().onHook('canister_inspect_message', program().argData().op('run'));
    const probe = await createProbe(inspect, ['canister_inspect_message']);
    // The argument is run twice: to inspect it, and then as the message.
    const twice = ({ name, run }: HarmlessCall): Program =>
      program()
        .ic0('in_replicated_execution')
        .op('not')
        .when(name === 'accept_message' ? run : program().then(run).ic0('accept_message'))
        .ic0('in_replicated_execution')
        .when(program().replyText(''));

    const outcomes = await Promise.all(HARMLESS_CALLS.map((call) => probe.update(twice(call))));

    expectRefused(
      'F',
      namesWhere((_, index) => codesOf(outcomes[index] as Outcome) === '5 IC0504')
    );
  }
);

row(45, 'System API, Overview of imports', 's: what may be called from the start function', async () => {
  const canister = await network.create({ settings: { environment_variables: [[VARIABLE]] } });
  const refused: SystemApiName[] = [];
  for (const { name, run } of HARMLESS_CALLS) {
    const wasmModule = await network.probeModule({ start: run.toBytes() });
    const outcome = await network.install(canister, wasmModule, { mode: { reinstall: null } });
    if (isRefused(outcome)) refused.push(name);
  }
  expectRefused('s', refused);
});

row(45, 'System API, Overview of imports', 'T: what may be called from a system task', async () => {
  const probes = await Promise.all(
    HARMLESS_CALLS.map(({ run }, index) => {
      const task = program().then(run).then(mark(index));
      const init = program().stableGrow(1).onHook('canister_global_timer', task);
      return createProbe(init.ic0('global_timer_set', 1).op('drop'));
    })
  );
  const refused = async (): Promise<SystemApiName[]> => {
    const marks = await Promise.all(probes.map(markedOf));
    return namesWhere((_, index) => marks[index]?.[index] === 0);
  };
  const expected = namesWhere(({ name }) => !isAvailable(name, 'T'));
  await network.until(async () => (await refused()).length <= expected.length);

  expectRefused('T', await refused());
});
