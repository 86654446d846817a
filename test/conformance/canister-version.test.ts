/** The canister version: what makes it grow, and what does not. */
import { codesOf, replyInt, replyOf } from './client';
import { type Probe } from './network';
import { managementCall, settings } from './management';
import { registerOf, valueOf } from './observations';
import { program } from './probe/program';
import { row, useNetwork } from './row';

const network = useNetwork();

const versionOf = async (probe: Probe): Promise<bigint> => (await probe.status()).version;

async function expectGrowth(probe: Probe, happening: () => Promise<unknown>): Promise<void> {
  const before = await versionOf(probe);
  await happening();
  expect(await versionOf(probe)).toBeGreaterThan(before);
}

row(
  57,
  'System API, canister_version',
  'every change of code, settings, status and memory makes it grow',
  async () => {
    const probe = await network.probe();
    const updateSettings = {
      canister_id: probe.principal,
      settings: settings({ freezing_threshold: [1000n] })
    };
    const changes: Readonly<Record<string, () => Promise<unknown>>> = {
      update: () => probe.update(program().replyText('')),
      'an update without answer': () => probe.update(program()),
      settings: () => network.manage('update_settings', updateSettings),
      upgrade: () => probe.upgrade(),
      reinstall: () => probe.reinstall(),
      stop: () => probe.manage('stop_canister'),
      'stop, stopped': () => probe.manage('stop_canister'),
      start: () => probe.manage('start_canister'),
      uninstall: () => probe.manage('uninstall_code'),
      install: () => probe.reinstall()
    };

    for (const change of Object.values(changes)) await expectGrowth(probe, change);
  }
);

row(57, 'System API, canister_version', 'response callbacks and timers make it grow', async () => {
  const probe = await network.probe(program().onHook('canister_global_timer', program().increment(0)));
  const seen = program().ic0('canister_version').register(1).op('subtract').replyInt();
  const run = program()
    .ic0('canister_version')
    .int(1)
    .op('store_register')
    .call({ to: probe.id, method: 'query', arg: program().replyText(''), onReply: seen });
  expect(replyInt(await probe.update(run))).toBeGreaterThan(0n);

  await expectGrowth(probe, async () => {
    await probe.update(program().ic0('global_timer_set', 1).op('drop').replyText(''));
    await network.until(async () => (await registerOf(probe)) === 1n);
  });
});

row(57, 'System API, canister_version', 'the canister sees the version of its status', async () => {
  const probe = await network.probe();
  const before = await versionOf(probe);

  const seen = await valueOf(probe, program().ic0('canister_version'));

  expect(seen).toBeGreaterThanOrEqual(before);
  expect(seen).toBeLessThanOrEqual(await versionOf(probe));
});

row(57, 'System API, canister_version', 'queries see it and leave it', async () => {
  const probe = await network.probe();
  const before = await valueOf(probe, program().ic0('canister_version'));
  for (let query = 0; query < 5; query++) await probe.query(program().increment(0).replyText(''));

  expect(await valueOf(probe, program().ic0('canister_version'))).toBe(before);
});

row(
  57,
  'System API, canister_version',
  'pre_upgrade sees the old one, post_upgrade the new one',
  async () => {
    const tell = (at: number) =>
      program().ic0('canister_version').op('to_bytes').int(at).op('swap').op('split').op('stable64_write');
    const probe = await network.probe(program().stableGrow(1).onHook('canister_pre_upgrade', tell(0)));

    replyOf(await probe.upgrade(tell(8)));

    const seen = Buffer.from(replyOf(await probe.query(program().stableRead(0, 16).reply())));
    expect(seen.readBigUInt64LE(8)).toBeGreaterThan(seen.readBigUInt64LE(0));
  }
);

row(57, 'System API, canister_version', 'init sees the new one', async () => {
  const init = program().ic0('canister_version').int(0).op('store_register');
  const canister = await network.probe(init);
  const { version: before } = await canister.status();

  replyOf(await canister.reinstall(init));

  expect(await registerOf(canister)).toBeGreaterThan(before);
});

row(
  57,
  'Management canister, sender_canister_version',
  'a canister may name the version it calls with, and no other',
  async () => {
    const probe = await network.probe();
    const controlled = await network.probe(program(), {
      settings: { controllers: [[probe.principal, network.controllerPrincipal]] }
    });
    const updateNaming = async (version: bigint): Promise<string> => {
      const argument = {
        canister_id: controlled.principal,
        settings: settings({}),
        sender_canister_version: [version]
      };
      const call = program().call({
        ...managementCall('update_settings', argument),
        onReply: program().replyText(''),
        onReject: program().reject('refused')
      });
      return codesOf(await probe.update(call));
    };
    const version = await valueOf(probe, program().ic0('canister_version'));

    expect(await updateNaming(version)).toBe('replied');
    expect(await updateNaming(version + 1000n)).toBe('4 IC0406');
  }
);
