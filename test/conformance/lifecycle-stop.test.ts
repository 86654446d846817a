/** Stopping, starting and deleting canisters, also while they are in calls. */
import { codesOf, rejectionOf, replyInt, replyOf, replyText } from './client';
import { Holder } from './holding';
import { createIdentity } from './identities';
import { type Probe } from './network';
import { registerOf } from './observations';
import { parseReject, program } from './probe/program';
import { row, useNetwork } from './row';

const network = useNetwork();

const statusOf = async (probe: Probe): Promise<string> => Object.keys((await probe.status()).status).join();

/** Resolves when the canister has that status. */
async function whenStatus(probe: Probe, status: string): Promise<void> {
  while ((await statusOf(probe)) !== status);
}

/** A canister with an open call, which ends with `released` when the holder is released. */
async function openCall() {
  const holder = await Holder.create(network);
  const probe = await network.probe();
  const answer = probe.update(program().call(holder.call()));
  await holder.whenCalled(1n);
  return { holder, probe, answer };
}

row(
  53,
  'Management canister, stop_canister',
  'a canister that is in no call stops at once, and starts again',
  async () => {
    const probe = await network.probe(program().setRegister(0, 7));
    expect(await statusOf(probe)).toBe('running');

    replyOf(await probe.manage('stop_canister'));
    expect(await statusOf(probe)).toBe('stopped');
    replyOf(await probe.manage('stop_canister'));
    expect(await statusOf(probe)).toBe('stopped');

    replyOf(await probe.manage('start_canister'));
    replyOf(await probe.manage('start_canister'));
    expect(await statusOf(probe)).toBe('running');
    expect(await registerOf(probe)).toBe(7n);
  }
);

row(
  53,
  'Management canister, stop_canister',
  'calls and queries of a stopped canister are rejected with 5',
  async () => {
    const probe = await network.probe();
    const other = await network.probe();
    await probe.manage('stop_canister');

    expect(codesOf(await probe.update(program().replyText('')))).toBe('5 IC0508');
    expect(codesOf(await probe.query(program().replyText('')))).toBe('5 IC0508');
    expect(codesOf(await probe.compositeQuery(program().replyText('')))).toBe('5 IC0508');
    const met = parseReject(replyOf(await other.update(program().call({ to: probe.id }))));
    expect(met.code).toBe(5);
    expect(met.message).toContain('is stopped');
  }
);

row(
  53,
  'Management canister, stop_canister',
  'in a call it stays stopping and takes no more, until the call has ended',
  async () => {
    const { holder, probe, answer } = await openCall();
    const stop = probe.manage('stop_canister');
    await whenStatus(probe, 'stopping');

    expect(codesOf(await probe.update(program().replyText('')))).toBe('5 IC0509');
    expect(codesOf(await probe.query(program().replyText('')))).toBe('5 IC0509');
    expect(await statusOf(probe)).toBe('stopping');

    await holder.release();
    expect(replyText(await answer)).toBe('released');
    expect(codesOf(await stop)).toBe('replied');
    expect(await statusOf(probe)).toBe('stopped');
  }
);

row(53, 'Management canister, stop_canister', 'several stops are answered together', async () => {
  const { holder, probe, answer } = await openCall();
  const stops = [probe.manage('stop_canister'), probe.manage('stop_canister')];
  await whenStatus(probe, 'stopping');
  await holder.release();

  expect(replyText(await answer)).toBe('released');
  for (const stop of stops) expect(codesOf(await stop)).toBe('replied');
});

row(
  53,
  'Management canister, start_canister',
  'started while stopping, it runs, and the stop is rejected',
  async () => {
    const { holder, probe, answer } = await openCall();
    const stop = probe.manage('stop_canister');
    await whenStatus(probe, 'stopping');

    replyOf(await probe.manage('start_canister'));

    expect(codesOf(await stop)).toBe('5 IC0511');
    expect(await statusOf(probe)).toBe('running');
    expect(replyText(await probe.update(program().replyText('again')))).toBe('again');
    await holder.release();
    expect(replyText(await answer)).toBe('released');
  }
);

row(
  53,
  'Management canister, stop_canister',
  'a stopping canister finishes its callbacks, which may call again',
  async () => {
    const holder = await Holder.create(network);
    const probe = await network.probe();
    const again = program().call({
      to: holder.probe.id,
      arg: program().replyText('second'),
      onReply: program().ic0('canister_status').replyInt()
    });
    const answer = probe.update(program().call(holder.call({ onReply: again })));
    await holder.whenCalled(1n);
    const stop = probe.manage('stop_canister');
    await whenStatus(probe, 'stopping');
    await holder.release();

    expect(replyInt(await answer)).toBe(2n);
    expect(codesOf(await stop)).toBe('replied');
  }
);

row(53, 'System API, canister_status', 'the canister sees its own status', async () => {
  const probe = await network.probe();
  const seen = program().ic0('canister_status').int(1).op('store_register');
  expect(replyInt(await probe.update(program().ic0('canister_status').replyInt()))).toBe(1n);

  await probe.manage('stop_canister');
  replyOf(await probe.upgrade(seen));
  await probe.manage('start_canister');

  expect(await registerOf(probe, 1)).toBe(3n);
});

row(
  53,
  'Management canister, stop_canister',
  'a stopped canister can be upgraded, and stays stopped',
  async () => {
    const probe = await network.probe(program().stableGrow(1));
    await probe.manage('stop_canister');

    replyOf(await probe.upgrade(program().setRegister(0, 3)));

    expect(await statusOf(probe)).toBe('stopped');
    await probe.manage('start_canister');
    expect(await registerOf(probe)).toBe(3n);
  }
);

row(
  53,
  'Management canister, stop_canister',
  'timers of a stopped canister wait until it is started',
  async () => {
    const timer = program().onHook('canister_global_timer', program().increment(0));
    const probe = await network.probe(timer);
    await probe.manage('stop_canister');
    replyOf(await probe.upgrade(timer.ic0('global_timer_set', 1).op('drop')));
    await network.pass(2);
    replyOf(await probe.manage('start_canister'));

    await network.until(async () => (await registerOf(probe)) === 1n);
  }
);

row(54, 'Management canister, delete_canister', 'a canister that is not stopped is not deleted', async () => {
  const probe = await network.probe(program().setRegister(0, 7));

  expect(codesOf(await probe.manage('delete_canister'))).toBe('5 IC0510');
  expect(await registerOf(probe)).toBe(7n);
});

row(54, 'Management canister, delete_canister', 'nor one that is still stopping', async () => {
  const { holder, probe, answer } = await openCall();
  const stop = probe.manage('stop_canister');
  await whenStatus(probe, 'stopping');

  expect(codesOf(await probe.manage('delete_canister'))).toBe('5 IC0510');

  await holder.release();
  expect(replyText(await answer)).toBe('released');
  expect(codesOf(await stop)).toBe('replied');
});

row(54, 'Management canister, delete_canister', 'a deleted canister is unknown to every method', async () => {
  const probe = await network.probe();
  await probe.manage('stop_canister');
  expect(codesOf(await probe.manage('delete_canister'))).toBe('replied');

  expect(codesOf(await probe.update(program()))).toBe('3 IC0301');
  for (const method of ['canister_status', 'start_canister', 'stop_canister', 'delete_canister'] as const) {
    expect(codesOf(await probe.manage(method))).toMatch(/^3 /);
  }
  const install = await network.install(probe, await network.probeModule());
  expect(rejectionOf(install)).toContain('not found');
});

row(54, 'Management canister, delete_canister', 'its id is not used again', async () => {
  const probe = await network.probe();
  await probe.manage('stop_canister');
  await probe.manage('delete_canister');

  const again = network.create({ specifiedId: probe.principal });

  await expect(again).rejects.toThrow(/rejected|HTTP 4/);
  const { id } = await network.create();
  expect(id).not.toEqual(probe.id);
});

row(55, 'Management canister, stop_canister', 'only controllers stop, start and delete', async () => {
  const probe = await network.probe();
  const value = { canister_id: probe.principal };
  const identity = createIdentity();

  for (const method of ['stop_canister', 'start_canister', 'delete_canister'] as const) {
    expect(codesOf(await network.manage(method, value, { identity }))).toBe('5 IC0512');
  }
  expect(await statusOf(probe)).toBe('running');
});
