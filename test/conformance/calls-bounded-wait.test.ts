/** Bounded-wait calls: they end at their deadline, whatever the callee does. */
import { codesOf, replyInt, replyOf, replyText } from './client';
import { Holder } from './holding';
import { seconds } from './network';
import { registerOf } from './observations';
import { parseReject, program, relayReject } from './probe/program';
import { row, useNetwork } from './row';

const network = useNetwork();

row(
  47,
  'System API, call_with_best_effort_response',
  'an answer in time is delivered as for any call',
  async () => {
    const probe = await network.probe();
    const other = await network.probe();
    const replied = { to: other.id, arg: program().replyText('in time'), timeoutSeconds: 60 };
    const rejected = { to: other.id, arg: program().reject('in time'), timeoutSeconds: 60 };

    expect(replyText(await probe.update(program().call(replied)))).toBe('in time');
    const rejection = replyOf(await probe.update(program().call(rejected)));
    expect(parseReject(rejection)).toEqual({ code: 4, message: 'in time' });
  }
);

row(
  47,
  'Abstract behavior, Call expiry',
  'past the deadline the caller gets 6, and the late answer is dropped',
  async () => {
    const probe = await network.probe();
    const holder = await Holder.create(network);
    const onReply = program().setRegister(0, 1).replyText('answered');
    const onReject = program().increment(1).then(relayReject());
    const call = holder.call({ onReply, onReject, timeoutSeconds: 1 });

    const outcome = await probe.update(program().call(call));
    expect(parseReject(replyOf(outcome))).toMatchObject({ code: 6 });

    await holder.release();
    // The callee's next answer comes after the late one.
    const next = { to: holder.probe.id, arg: program().replyText('next') };
    expect(replyText(await probe.update(program().call(next)))).toBe('next');
    expect(await registerOf(probe, 0)).toBe(0n);
    expect(await registerOf(probe, 1)).toBe(1n);
  }
);

row(47, 'System API, call_perform', 'a call without a bound waits longer than that', async () => {
  const probe = await network.probe();
  const holder = await Holder.create(network);
  const answer = probe.update(program().call(holder.call()));

  const started = replyInt(await probe.query(program().ic0('time').replyInt()));
  const hasPassed = async (): Promise<boolean> =>
    replyInt(await probe.query(program().ic0('time').replyInt())) > started + seconds(2);
  while (!(await hasPassed()));
  await holder.release();

  expect(replyText(await answer)).toBe('released');
});

row(
  47,
  'System API, msg_deadline',
  'callees see the deadline, users and unbounded calls have none',
  async () => {
    const probe = await network.probe();
    const other = await network.probe();
    const tell = program().ic0('msg_deadline').op('to_bytes').append().ic0('time').replyInt();
    const bounded = program().call({ to: other.id, arg: tell, timeoutSeconds: 100 });
    const unbounded = program().call({ to: other.id, arg: tell });
    const read = (bytes: Uint8Array): bigint[] => [0, 8].map((at) => Buffer.from(bytes).readBigUInt64LE(at));

    const [deadline = 0n, now = 0n] = read(replyOf(await probe.update(bounded)));

    expect(deadline).toBeGreaterThan(now + seconds(50));
    expect(deadline).toBeLessThanOrEqual(now + seconds(100));
    expect(read(replyOf(await probe.update(unbounded)))[0]).toBe(0n);
    expect(read(replyOf(await probe.update(tell)))[0]).toBe(0n);
    expect(read(replyOf(await probe.query(tell)))[0]).toBe(0n);
  }
);

row(
  47,
  'System API, msg_deadline',
  'a callback still sees the deadline of the call it belongs to',
  async () => {
    const probe = await network.probe();
    const other = await network.probe();
    const deadline = program().ic0('msg_deadline').int(0).op('equal').op('not').replyInt();
    const arg = program().call({ to: other.id, arg: program().replyText(''), onReply: deadline });

    const bounded = await probe.update(program().call({ to: other.id, arg, timeoutSeconds: 100 }));
    const unbounded = await probe.update(program().call({ to: other.id, arg }));

    expect(replyInt(bounded)).toBe(1n);
    expect(replyInt(unbounded)).toBe(0n);
  }
);

row(47, 'System API, msg_deadline', 'queries see no deadline even in bounded-wait calls', async () => {
  const probe = await network.probe();
  const call = { to: probe.id, method: 'query', arg: program().ic0('msg_deadline').replyInt() };

  expect(replyInt(await probe.update(program().call({ ...call, timeoutSeconds: 100 })))).toBe(0n);
});

row(
  47,
  'System API, call_with_best_effort_response',
  'any timeout is permitted, long ones are cut',
  async () => {
    const probe = await network.probe();
    const tell = program().ic0('msg_deadline').ic0('time').op('subtract').replyInt();
    const call = { to: probe.id, arg: tell, timeoutSeconds: 0xffff_ffff };

    const left = replyInt(await probe.update(program().call(call)));

    expect(left).toBeGreaterThan(0n);
    // MAX_CALL_TIMEOUT is 300 s on the Internet Computer.
    expect(left).toBeLessThanOrEqual(seconds(300));
  }
);

row(
  47,
  'Abstract behavior, Call expiry',
  'an expired call returns no cycles that the callee may have accepted',
  async () => {
    const probe = await network.probe();
    const holder = await Holder.create(network);
    const onReject = program().ic0('msg_cycles_refunded').replyInt();
    const call = holder.call({ onReject, timeoutSeconds: 1, cycles: 1_000_000n });

    const outcome = await probe.update(program().call(call));
    await holder.release();

    expect(codesOf(outcome)).toBe('replied');
    expect(replyInt(outcome)).toBe(0n);
  }
);
