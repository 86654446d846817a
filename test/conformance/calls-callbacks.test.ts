/** Calls between canisters: who sees whom, what commits when, callbacks and their cleanup. */
import { codesOf, rejectionOf, replyInt, replyOf, replyText } from './client';
import { createIdentity } from './identities';
import { type Probe } from './network';
import { registerOf } from './observations';
import { type Program, program } from './probe/program';
import { row, useNetwork } from './row';

const network = useNetwork();

/** A call that `callee` answers at once. */
const answered = (callee: Probe, onReply: Program, onCleanup?: Program) => ({
  to: callee.id,
  arg: program().replyText('answer'),
  onReply,
  ...(onCleanup && { onCleanup })
});

row(
  38,
  'System API, msg_caller',
  'the callee sees the calling canister, a callback the original caller',
  async () => {
    const probe = await network.probe();
    const other = await network.probe();
    const identity = createIdentity();
    const asCallee = program().call({ to: other.id, arg: program().caller().reply() });
    const inReply = program().call(answered(other, program().caller().reply()));
    const inReject = program().call({
      to: other.id,
      arg: program().reject('no'),
      onReject: program().caller().reply()
    });

    expect(replyOf(await probe.update(asCallee, { identity }))).toEqual(probe.id);
    expect(replyOf(await probe.update(inReply, { identity }))).toEqual(identity.sender);
    expect(replyOf(await probe.update(inReject, { identity }))).toEqual(identity.sender);
  }
);

row(38, 'System API, msg_caller', 'a canister that calls itself is its own caller', async () => {
  const probe = await network.probe();
  const seen = program().caller().append().self().reply();

  const outcome = await probe.update(program().call({ to: probe.id, arg: seen }));

  expect(replyOf(outcome)).toEqual(Uint8Array.from([...probe.id, ...probe.id]));
});

row(38, 'System API, msg_caller', 'a cleanup callback sees the original caller', async () => {
  const probe = await network.probe();
  const identity = createIdentity();
  const slot = 10;
  const onCleanup = program().caller().int(slot).op('store_kept');
  const run = program().call(answered(probe, program().trap('no'), onCleanup));

  expect(codesOf(await probe.update(run, { identity }))).toBe('5 IC0503');

  expect(replyOf(await probe.query(program().kept(slot).reply()))).toEqual(identity.sender);
});

row(38, 'System API, msg_arg_data', 'the argument in a reply callback is the reply', async () => {
  const probe = await network.probe();
  const run = program().call(answered(probe, program().argData().reply()));

  expect(replyText(await probe.update(run))).toBe('answer');
});

row(
  40,
  'System API, Entry points',
  'what was changed before a call is seen by messages that come between',
  async () => {
    const probe = await network.probe();
    const other = await network.probe();
    const back = program().call({ to: probe.id, arg: program().register(0).replyInt() });
    const run = program().setRegister(0, 7).call({ to: other.id, arg: back });

    expect(replyInt(await probe.update(run))).toBe(7n);
  }
);

row(
  40,
  'System API, Entry points',
  'a trap in a callback undoes the callback and nothing before it',
  async () => {
    const probe = await network.probe();
    const trapping = program().increment(1).stableGrow(1).trap('in the callback');
    const run = program().increment(0).stableGrow(1).call(answered(probe, trapping));

    const outcome = await probe.update(run);

    expect(codesOf(outcome)).toBe('5 IC0503');
    expect(rejectionOf(outcome)).toContain('in the callback');
    expect(await registerOf(probe, 0)).toBe(1n);
    expect(await registerOf(probe, 1)).toBe(0n);
    expect(replyInt(await probe.query(program().ic0('stable64_size').replyInt()))).toBe(1n);
  }
);

row(
  40,
  'System API, Entry points',
  'a trap in a callback does not end the call while others are open',
  async () => {
    const probe = await network.probe();
    const other = await network.probe();
    const run = program()
      .call(answered(probe, program().trap('first')))
      .call(answered(other, program().call(answered(other, program().replyText('second')))));

    expect(replyText(await probe.update(run))).toBe('second');
  }
);

row(
  40,
  'System API, call_perform',
  'a callback may call again, and its trap takes that call back',
  async () => {
    const probe = await network.probe();
    const other = await network.probe();
    const count = { to: other.id, arg: program().increment(0).replyText('') };
    const calling = program().call(
      answered(other, program().call({ ...count, onReply: program().replyText('ok') }))
    );
    const trapping = program().call(answered(other, program().call(count).trap('no')));

    expect(replyText(await probe.update(calling))).toBe('ok');
    expect(codesOf(await probe.update(trapping))).toBe('5 IC0503');
    expect(await registerOf(other, 0)).toBe(1n);
  }
);

row(
  41,
  'System API, call_on_cleanup',
  'cleanup runs after a trap in the callback, on the state before it',
  async () => {
    const probe = await network.probe();
    const onReply = program().setRegister(0, 5).trap('no');
    const onCleanup = program().register(0).int(100).op('add').int(1).op('store_register');
    const run = program()
      .setRegister(0, 1)
      .call(answered(probe, onReply, onCleanup));

    const outcome = await probe.update(run);

    expect(codesOf(outcome)).toBe('5 IC0503');
    expect(await registerOf(probe, 0)).toBe(1n);
    expect(await registerOf(probe, 1)).toBe(101n);
  }
);

row(
  41,
  'System API, msg_reject_code',
  'cleanup knows whether the callback was of a reply or of a rejection',
  async () => {
    const probe = await network.probe();
    const onCleanup = program().ic0('msg_reject_code').int(2).op('store_register');
    const trapping = { onReply: program().trap('no'), onReject: program().trap('no'), onCleanup };
    const replied = { to: probe.id, arg: program().replyText(''), ...trapping };
    const rejected = { to: probe.id, arg: program().reject(''), ...trapping };

    await probe.update(program().setRegister(2, 99).call(replied));
    expect(await registerOf(probe, 2)).toBe(0n);
    await probe.update(program().setRegister(2, 99).call(rejected));
    expect(await registerOf(probe, 2)).toBe(4n);
  }
);

row(41, 'System API, call_on_cleanup', 'a trap in cleanup undoes the cleanup', async () => {
  const probe = await network.probe();
  const onCleanup = program().increment(0).trap('in cleanup');
  const run = program().call(answered(probe, program().trap('in the callback'), onCleanup));

  const outcome = await probe.update(run);

  expect(codesOf(outcome)).toBe('5 IC0503');
  expect(rejectionOf(outcome)).toContain('in the callback');
  expect(rejectionOf(outcome)).toContain('in cleanup');
  expect(await registerOf(probe, 0)).toBe(0n);
});

row(41, 'System API, call_on_cleanup', 'cleanup does not run when the callback ends well', async () => {
  const probe = await network.probe();
  const replied = answered(probe, program().replyText('fine'), program().increment(0));

  expect(replyText(await probe.update(program().call(replied)))).toBe('fine');
  expect(await registerOf(probe, 0)).toBe(0n);
});

row(41, 'System API, call_on_cleanup', 'cleanup runs when the callback answers a second time', async () => {
  const probe = await network.probe();
  const run = program().call(answered(probe, program().replyText('late'), program().increment(0)));

  expect(replyText(await probe.update(run.replyText('early')))).toBe('early');

  await network.until(async () => (await registerOf(probe, 0)) === 1n);
});

row('+', 'System API, Callbacks', 'each call has its own environment', async () => {
  const probe = await network.probe();
  const append = (text: string) =>
    program()
      .kept(9)
      .text(text)
      .op('concat')
      .int(9)
      .op('store_kept')
      .kept(9)
      .op('split')
      .int(3)
      .op('equal')
      .when(program().kept(9).reply());
  const run = program();
  for (const text of ['a', 'b', 'c']) run.call(answered(probe, append(text)));

  const reply = replyText(await probe.update(run));

  expect([...reply].sort().join('')).toBe('abc');
});
