/** What a local network keeps in its state folder. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { replyOf, replyText, valueAt } from './client';
import { requestId } from './envelopes';
import { lacking, seconds } from './network';
import { registerOf } from './observations';
import { program } from './probe/program';
import { needing, row, useNetwork } from './row';

const stateDir = lacking('restart') ? '' : mkdtempSync(join(tmpdir(), 'conformance-state-'));
const network = useNetwork(stateDir === '' ? {} : { stateDir });

afterAll(() => {
  if (stateDir !== '') rmSync(stateDir, { recursive: true, force: true });
});

const SECTION = 'Local network, state folder';

row(
  '+',
  SECTION,
  'heap, stable memory, code, settings and certified data outlive a restart',
  needing('restart', async () => {
    const probe = await network.probe(
      program().setRegister(0, 1).stableGrow(2).stableWrite(70_000, Buffer.from('kept')),
      { settings: { freezing_threshold: [123_456n] } }
    );
    await probe.update(
      program().increment(0).blob(Uint8Array.of(7)).give('certified_data_set').replyText('')
    );
    const before = await probe.status();

    await network.restart();

    expect(await registerOf(probe)).toBe(2n);
    expect(replyText(await probe.query(program().stableRead(70_000, 4).reply()))).toBe('kept');
    const certificate = replyOf(await probe.query(program().read('data_certificate').reply()));
    expect(valueAt(certificate, ['canister', probe.id, 'certified_data'])).toEqual(Uint8Array.of(7));
    const after = await probe.status();
    expect(after.module_hash).toEqual(before.module_hash);
    expect(after.settings).toEqual(before.settings);
  })
);

row(
  '+',
  SECTION,
  'a call answered before is answered as before, and not run again',
  needing('restart', async () => {
    const probe = await network.probe();
    const run = program().increment(0).replyText('done').toBytes();
    const content = network.client.content('call', probe.id, 'update', run);
    await network.client.send('v4 canister call', probe.id, content);

    await network.restart();

    expect(replyText(await network.client.outcomeOf(probe.id, requestId(content)))).toBe('done');
    expect((await network.client.send('v4 canister call', probe.id, content)).status).toBe(200);
    expect(await registerOf(probe)).toBe(1n);
  })
);

row(
  '+',
  SECTION,
  'a timer set before fires after',
  needing('restart', async () => {
    const probe = await network.probe(program().onHook('canister_global_timer', program().increment(0)));
    const due = network.nowNs() + seconds(60);
    await probe.update(program().ic0('global_timer_set', due).op('drop').replyText(''));

    await network.restart();
    expect(await registerOf(probe)).toBe(0n);
    await network.pass(61);

    expect(await registerOf(probe)).toBe(1n);
  })
);

row(
  '+',
  SECTION,
  'the keys stay, and new canisters get new ids',
  needing('restart', async () => {
    const { rootKey } = network;
    const before = await network.create();

    await network.restart();

    expect(network.rootKey).toEqual(rootKey);
    expect((await network.create()).principal.toText()).not.toBe(before.principal.toText());
  })
);
