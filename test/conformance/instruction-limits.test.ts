/** Limits of instructions: endless loops end, and the host lives on. */
import { codesOf, type Outcome, replyText } from './client';
import { type Probe } from './network';
import { registerOf } from './observations';
import { program } from './probe/program';
import { row, useNetwork } from './row';

const network = useNetwork();

const endless = () => program().increment(0).op('loop_for_ever');
/** How long a loop may take, whatever the machine. */
const PATIENCE_MS = 100_000;

async function expectAlive(probe: Probe): Promise<void> {
  expect(await registerOf(probe)).toBe(0n);
  expect(replyText(await probe.update(program().replyText('alive')))).toBe('alive');
}

async function timed(run: () => Promise<Outcome>): Promise<Outcome> {
  const started = Date.now();
  const outcome = await run();
  expect(Date.now() - started).toBeLessThan(PATIENCE_MS);
  return outcome;
}

row(64, 'Resource limits', 'an endless loop in a query ends', async () => {
  const probe = await network.probe();

  expect(codesOf(await timed(() => probe.query(endless())))).toBe('5 IC0522');

  await expectAlive(probe);
});

row(64, 'Resource limits', 'an endless loop in an update ends', async () => {
  const probe = await network.probe();

  expect(codesOf(await timed(() => probe.update(endless())))).toBe('5 IC0522');

  await expectAlive(probe);
});

row(64, 'Resource limits', 'an endless loop in a callback ends, and cleanup runs', async () => {
  const probe = await network.probe();
  const onCleanup = program().increment(1);
  const call = { to: probe.id, arg: program().replyText(''), onReply: endless(), onCleanup };

  expect(codesOf(await timed(() => probe.update(program().call(call))))).toBe('5 IC0522');

  expect(await registerOf(probe, 1)).toBe(1n);
  await expectAlive(probe);
});

row(64, 'Resource limits', 'an endless loop in a timer ends', async () => {
  const probe = await network.probe(program().onHook('canister_global_timer', endless()));
  await probe.update(program().ic0('global_timer_set', 1).op('drop').replyText(''));
  await network.pass(2);

  await expectAlive(probe);
});

row(
  64,
  'Resource limits',
  'the limit counts all instructions of an execution, calls of functions too',
  async () => {
    const probe = await network.probe();
    const busy = program()
      .repeat(2 ** 31, program().increment(1))
      .replyText('done');

    expect(codesOf(await timed(() => probe.query(busy)))).toBe('5 IC0522');
    await expectAlive(probe);
  }
);
