/** Global timer, heartbeat and time. */
import { replyInt, replyOf } from './client';
import { type Probe, seconds } from './network';
import { registerOf, valueOf } from './observations';
import { FREE_SLOT } from './probe/probe-module';
import { type Program, program } from './probe/program';
import { row, useNetwork } from './row';

const network = useNetwork();

const NEVER = 1n << 62n;
const counting = (): Program => program().onHook('canister_global_timer', program().increment(0));
/** Sets the timer to some time from now and drops what it was. */
const setIn = (delay: number): Program =>
  program().ic0('time').int(seconds(delay)).op('add').op('global_timer_set').op('drop');

async function letTimePass(probe: Probe, delay: number): Promise<void> {
  const started = await valueOf(probe, program().ic0('time'));
  await network.until(async () => (await valueOf(probe, program().ic0('time'))) > started + seconds(delay));
}

row(59, 'System API, Global timer', 'it runs once, and not before its time', async () => {
  const probe = await network.probe(counting());
  const now = replyInt(await probe.update(setIn(3).ic0('time').replyInt()));
  await probe.update(
    program()
      .onHook('canister_global_timer', program().increment(0).ic0('time').int(1).op('store_register'))
      .replyText('')
  );

  expect(await registerOf(probe)).toBe(0n);
  await network.until(async () => (await registerOf(probe)) > 0n);

  expect(await registerOf(probe, 1)).toBeGreaterThanOrEqual(now + seconds(3));
  await letTimePass(probe, 2);
  expect(await registerOf(probe)).toBe(1n);
});

row(59, 'System API, global_timer_set', 'it returns the previous time, 0 for none', async () => {
  const probe = await network.probe(counting());
  const set = async (time: bigint): Promise<bigint> =>
    replyInt(await probe.update(program().ic0('global_timer_set', time).replyInt()));

  expect(await set(NEVER)).toBe(0n);
  expect(await set(NEVER + 1n)).toBe(NEVER);
  expect(await set(0n)).toBe(NEVER + 1n);
  expect(await set(0n)).toBe(0n);
  const twice = program().ic0('global_timer_set', NEVER).op('drop').ic0('global_timer_set', 0);
  expect(replyInt(await probe.update(twice.replyInt()))).toBe(NEVER);
});

row(59, 'System API, global_timer_set', '0 switches it off', async () => {
  const probe = await network.probe(counting());
  await probe.update(setIn(2).replyText(''));
  await probe.update(program().ic0('global_timer_set', 0).op('drop').replyText(''));

  await letTimePass(probe, 3);

  expect(await registerOf(probe)).toBe(0n);
});

row(59, 'System API, Global timer', 'a time in the past fires at once', async () => {
  const probe = await network.probe(counting());
  await probe.update(program().ic0('global_timer_set', 1).op('drop').replyText(''));

  await network.until(async () => (await registerOf(probe)) === 1n);
});

row(59, 'System API, Global timer', 'it is off while it runs, and may set itself again', async () => {
  const again = program()
    .increment(0)
    .ic0('time')
    .int(seconds(1))
    .op('add')
    .op('global_timer_set')
    .int(1)
    .op('store_register');
  const probe = await network.probe(program().setRegister(1, 99).onHook('canister_global_timer', again));
  await probe.update(program().ic0('global_timer_set', 1).op('drop').replyText(''));

  await network.until(async () => (await registerOf(probe)) >= 2n);
  await probe.update(counting().ic0('global_timer_set', 0).op('drop').replyText(''));

  expect(await registerOf(probe, 1)).toBe(0n);
});

row(59, 'System API, Global timer', 'a trap in it undoes what it did, and it stays off', async () => {
  const trapping = program().increment(0).ic0('global_timer_set', 1).op('drop').trap('no');
  const probe = await network.probe(program().onHook('canister_global_timer', trapping));
  await probe.update(program().ic0('global_timer_set', 1).op('drop').replyText(''));
  await letTimePass(probe, 2);

  expect(await registerOf(probe)).toBe(0n);
  expect(replyInt(await probe.update(program().ic0('global_timer_set', 0).replyInt()))).toBe(0n);
});

row(
  59,
  'System API, Global timer',
  'a trap of the message that set it leaves the timer as it was',
  async () => {
    const probe = await network.probe(counting());
    await probe.update(program().ic0('global_timer_set', 1).op('drop').trap('no'));
    await letTimePass(probe, 2);

    expect(await registerOf(probe)).toBe(0n);
  }
);

row(59, 'System API, Global timer', 'an upgrade switches it off, post_upgrade may set it again', async () => {
  const probe = await network.probe(counting());
  await probe.update(setIn(2).replyText(''));
  replyOf(await probe.upgrade(counting()));
  await letTimePass(probe, 3);
  expect(await registerOf(probe)).toBe(0n);

  replyOf(await probe.upgrade(counting().ic0('global_timer_set', 1).op('drop')));
  await network.until(async () => (await registerOf(probe)) === 1n);
});

row(
  59,
  'Abstract behavior, Code upgrade',
  'pre_upgrade still sees the timer, post_upgrade does not',
  async () => {
    const tell = (at: number) =>
      program().ic0('global_timer_set', 0).op('to_bytes').int(at).op('swap').op('split').op('stable64_write');
    const probe = await network.probe(
      program()
        .stableGrow(1)
        .ic0('global_timer_set', NEVER)
        .op('drop')
        .onHook('canister_pre_upgrade', tell(0))
    );

    replyOf(await probe.upgrade(tell(8)));

    const seen = Buffer.from(replyOf(await probe.query(program().stableRead(0, 16).reply())));
    expect([seen.readBigUInt64LE(0), seen.readBigUInt64LE(8)]).toEqual([NEVER, 0n]);
  }
);

row(59, 'System API, msg_caller', 'a system task is called by the management canister', async () => {
  const task = program().ic0('msg_caller_size').int(1).op('store_register').increment(0);
  const probe = await network.probe(program().setRegister(1, 99).onHook('canister_global_timer', task));
  await probe.update(program().ic0('global_timer_set', 1).op('drop').replyText(''));

  await network.until(async () => (await registerOf(probe)) === 1n);
  expect(await registerOf(probe, 1)).toBe(0n);
});

row(59, 'System API, Global timer', 'it may call, and its callbacks run', async () => {
  const other = await network.probe();
  const task = program().call({
    to: other.id,
    arg: program().replyText(''),
    onReply: program().increment(0)
  });
  const probe = await network.probe(program().onHook('canister_global_timer', task));
  await probe.update(program().ic0('global_timer_set', 1).op('drop').replyText(''));

  await network.until(async () => (await registerOf(probe)) === 1n);
});

row('+', 'System API, Heartbeat', 'it beats again and again, may call, and survives a trap', async () => {
  const module = { hooks: ['canister_heartbeat'] } as const;
  const beat = program().increment(0).register(0).int(2).op('equal').when(program().trap('the second'));
  const trapping = await network.probe(program().onHook('canister_heartbeat', beat), { module });
  const other = await network.probe();
  const call = { to: other.id, arg: program().increment(0).replyText('') };
  const calling = await network.probe(program().onHook('canister_heartbeat', program().call(call)), {
    module
  });

  await network.until(async () => (await registerOf(other)) >= 3n);

  // The trap undoes the second count each time.
  expect(await registerOf(trapping)).toBe(1n);
  for (const probe of [trapping, calling]) replyOf(await probe.manage('uninstall_code'));
});

row(
  60,
  'System API, System time',
  'it is constant within an execution and never runs backwards',
  async () => {
    const probe = await network.probe(program().ic0('time').int(FREE_SLOT).op('store_register'));
    const work = program().repeat(10_000, program().increment(0));
    const spent = program().ic0('time').then(work).ic0('time').op('swap').op('subtract').replyInt();
    expect(replyInt(await probe.update(spent))).toBe(0n);

    let last = await registerOf(probe, FREE_SLOT);
    for (let message = 0; message < 5; message++) {
      const outcome = await probe.update(program().ic0('time').replyInt());
      expect(replyInt(outcome)).toBeGreaterThanOrEqual(last);
      last = replyInt(outcome);
    }
    await probe.upgrade(program().ic0('time').int(0).op('store_register'));
    expect(await registerOf(probe)).toBeGreaterThanOrEqual(last);
  }
);

row(60, 'System API, System time', 'callbacks are not earlier than the call', async () => {
  const probe = await network.probe();
  const onReply = program().ic0('time').register(1).op('less').replyInt();
  const run = program()
    .ic0('time')
    .int(1)
    .op('store_register')
    .call({ to: probe.id, arg: program().replyText(''), onReply });

  expect(replyInt(await probe.update(run))).toBe(0n);
});
