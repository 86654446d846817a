/** Traps: their codes, and that nothing of what the execution did remains. */
import { codesOf, rejectionOf, replyInt, replyOf, replyText } from './client';
import { FREE_SLOT } from './probe/probe-module';
import { type Probe } from './network';
import { registerOf } from './observations';
import { type Program, program } from './probe/program';
import { row, useNetwork } from './row';

const network = useNetwork();

const TRAPS: Readonly<Record<string, Program>> = {
  unreachable: program().op('unreachable'),
  'heap out of bounds': program().int(0xffff_fff0).op('load_byte'),
  'stable memory out of bounds': program().stableRead(1_000_000, 1),
  'integer division by 0': program().int(1).int(0).op('divide'),
  'table out of bounds': program().op('call_outside_table'),
  'stack overflow': program().op('recurse_for_ever')
};

row(36, 'Abstract behavior, Message execution', 'traps of WebAssembly are rejected with 5', async () => {
  const probe = await network.probe();

  for (const [name, trap] of Object.entries(TRAPS)) {
    const update = await probe.update(program().increment(0).then(trap));
    const query = await probe.query(trap);

    expect([name, codesOf(update)]).toEqual([name, '5 IC0502']);
    expect([name, codesOf(query)]).toEqual([name, '5 IC0502']);
    expect(rejectionOf(update).toLowerCase()).toContain(name);
  }
  expect(await registerOf(probe, 0)).toBe(0n);
});

row(36, 'System API, trap', 'the message of an explicit trap is told, with 5', async () => {
  const probe = await network.probe();

  for (const run of [
    () => probe.update(program().trap('so it is')),
    () => probe.query(program().trap('so it is'))
  ]) {
    const outcome = await run();
    expect(codesOf(outcome)).toBe('5 IC0503');
    expect(rejectionOf(outcome)).toContain('so it is');
  }
});

row(36, 'System API, trap', 'it traps whatever it is given', async () => {
  const probe = await network.probe();
  const notUtf8 = program()
    .blob(Uint8Array.of(0x61, 0xff, 0x62))
    .give('trap');
  const outside = program().ic0('trap', 0xffff_0000, 100);

  expect(codesOf(await probe.update(notUtf8))).toBe('5 IC0503');
  expect(codesOf(await probe.update(outside.replyText('survived')))).toMatch(/^5 /);
});

row(
  36,
  'Abstract behavior, Message execution',
  'a trap undoes heap, globals, stable memory, timer and certified data',
  async () => {
    const certify = (text: string) => program().text(text).give('certified_data_set');
    const probe = await network.probe(
      program().stableGrow(1).stableWrite(0, Buffer.from('old')).then(certify('old'))
    );
    const pages = replyInt(await probe.query(program().op('memory_size').replyInt()));
    const changes = program()
      .setRegister(0, 1)
      .keep(FREE_SLOT, Buffer.from('new'))
      .int(3)
      .op('memory_grow')
      .op('drop')
      .stableWrite(0, Buffer.from('new'))
      .stableGrow(1)
      .ic0('global_timer_set', 1n << 62n)
      .op('drop')
      .then(certify('new'));

    expect(codesOf(await probe.update(changes.trap('and back')))).toBe('5 IC0503');

    expect(await registerOf(probe, 0)).toBe(0n);
    expect(replyOf(await probe.query(program().kept(FREE_SLOT).reply()))).toHaveLength(0);
    expect(replyInt(await probe.query(program().op('memory_size').replyInt()))).toBe(pages);
    expect(replyText(await probe.query(program().stableRead(0, 3).reply()))).toBe('old');
    expect(replyInt(await probe.query(program().ic0('stable64_size').replyInt()))).toBe(1n);
    expect(replyInt(await probe.update(program().ic0('global_timer_set', 0).replyInt()))).toBe(0n);
    const certificate = replyOf(await probe.query(program().read('data_certificate').reply()));
    expect(Buffer.from(certificate).includes('old')).toBe(true);
    expect(Buffer.from(certificate).includes('new')).toBe(false);
  }
);

row(
  36,
  'Abstract behavior, Message execution',
  'after a trap the canister goes on, with and without grown memory',
  async () => {
    const probe = await network.probe();
    for (let round = 1n; round <= 5n; round++) {
      await probe.update(program().increment(0).int(1).op('memory_grow').op('drop').trap('no'));
      const outcome = await probe.update(program().increment(0).register(0).replyInt());
      expect(replyInt(outcome)).toBe(round);
    }
  }
);

row(36, 'Abstract behavior, Message execution', 'a trap after the reply takes the reply back', async () => {
  const probe = await network.probe();
  const outcome = await probe.update(program().replyText('no').trap('after'));

  expect(codesOf(outcome)).toBe('5 IC0503');
});

const changeAll = (): Program =>
  program().increment(0).stableGrow(1).int(1).op('memory_grow').op('drop').replyText('done');

async function isUnchanged(probe: Probe): Promise<boolean> {
  const count = await registerOf(probe, 0);
  const stable = replyInt(await probe.query(program().ic0('stable64_size').replyInt()));
  return count === 0n && stable === 0n;
}

row(37, 'Abstract behavior, Query call', 'a query keeps nothing, whether it answers or traps', async () => {
  const probe = await network.probe();

  expect(replyText(await probe.query(changeAll()))).toBe('done');
  expect(codesOf(await probe.query(changeAll().trap('no')))).toBe('5 IC0503');

  expect(await isUnchanged(probe)).toBe(true);
});

row(
  37,
  'Abstract behavior, Message execution',
  'a query called as an update keeps nothing either',
  async () => {
    const probe = await network.probe();
    const outcome = await network.client.update(probe.id, 'query', changeAll().toBytes());

    expect(outcome.isCertified).toBe(true);
    expect(replyText(outcome)).toBe('done');
    expect(await isUnchanged(probe)).toBe(true);
  }
);

row(
  37,
  'Abstract behavior, Message execution',
  'a query called by a canister keeps nothing either',
  async () => {
    const probe = await network.probe();
    const other = await network.probe();
    const run = program().call({ to: other.id, method: 'query', arg: changeAll() });

    expect(replyText(await probe.update(run))).toBe('done');
    expect(await isUnchanged(other)).toBe(true);
  }
);

row(
  37,
  'System API, in_replicated_execution',
  'it tells queries in one mode from those in the other',
  async () => {
    const probe = await network.probe();
    const run = program().ic0('in_replicated_execution').replyInt();

    expect(replyInt(await probe.query(run))).toBe(0n);
    expect(replyInt(await network.client.update(probe.id, 'query', run.toBytes()))).toBe(1n);
    expect(replyInt(await probe.update(run))).toBe(1n);
  }
);

row(42, 'System API, call_perform', 'a trap takes back the calls that were made', async () => {
  const probe = await network.probe();
  const other = await network.probe();
  const call = { to: other.id, arg: program().increment(0).replyText('') };
  await probe.update(program().call(call).call(call).trap('no'));

  // A call made afterwards would arrive after those.
  await probe.update(program().call({ to: other.id, arg: program().replyText('') }));

  expect(await registerOf(other, 0)).toBe(0n);
});
