/** Calls between canisters: their order, how they are put together, and how they fail. */
import { codesOf, replyOf, replyText } from './client';
import { CALLBACK_INDEX, WRONG_TYPE_INDEX } from './probe/probe-module';
import { type CallOptions, parseReject, program, relayReject, type Program } from './probe/program';
import { type Probe } from './network';
import { registerOf } from './observations';
import { row, useNetwork } from './row';

const network = useNetwork();

const CALLS = 50;
const SEEN = 10;

/** Appends a byte to what the canister has seen. */
const see = (byte: number): Program =>
  program().kept(SEEN).blob(Uint8Array.of(byte)).op('concat').int(SEEN).op('store_kept').replyText('');

/** Counts the answers and answers with the last. */
const awaitAll = (count: number): Program =>
  program().increment(0).register(0).int(count).op('equal').when(program().replyText('all'));

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

row(39, 'Ordering guarantees', 'calls from one canister to another arrive as they were sent', async () => {
  const probe = await network.probe();
  const other = await network.probe();
  const run = program();
  for (const byte of upTo(CALLS)) run.call({ to: other.id, arg: see(byte), onReply: awaitAll(CALLS) });

  expect(replyText(await probe.update(run))).toBe('all');

  expect([...replyOf(await other.query(program().kept(SEEN).reply()))]).toEqual(upTo(CALLS));
});

row(39, 'Ordering guarantees', 'so do those to itself, and those made after an answer came', async () => {
  const probe = await network.probe();
  const second = program();
  for (const byte of [4, 5, 6]) second.call({ to: probe.id, arg: see(byte), onReply: awaitAll(7) });
  const run = program();
  for (const byte of [1, 2, 3]) run.call({ to: probe.id, arg: see(byte), onReply: awaitAll(7) });
  run.call({ to: probe.id, arg: program().replyText(''), onReply: second.then(awaitAll(7)) });

  expect(replyText(await probe.update(run))).toBe('all');

  expect([...replyOf(await probe.query(program().kept(SEEN).reply()))]).toEqual([1, 2, 3, 4, 5, 6]);
});

row(39, 'Ordering guarantees', 'a call that traps does not disturb the order of others', async () => {
  const probe = await network.probe();
  const other = await network.probe();
  const counting = { to: other.id, onReply: awaitAll(3), onReject: awaitAll(3) };
  const run = program()
    .call({ ...counting, arg: see(1) })
    .call({ ...counting, arg: see(2).trap('no') })
    .call({ ...counting, arg: see(3) });

  expect(replyText(await probe.update(run))).toBe('all');

  expect([...replyOf(await other.query(program().kept(SEEN).reply()))]).toEqual([1, 3]);
});

const CALL_PARTS: Readonly<Record<string, Program>> = {
  call_data_append: program().text('x').give('call_data_append'),
  call_on_cleanup: program().ic0('call_on_cleanup', CALLBACK_INDEX, 0),
  call_cycles_add: program().ic0('call_cycles_add', 1),
  call_cycles_add128: program().ic0('call_cycles_add128', 0, 1),
  call_with_best_effort_response: program().ic0('call_with_best_effort_response', 10),
  call_perform: program().ic0('call_perform').op('drop')
};

row(43, 'System API, call_new', 'the other functions trap when no call is under construction', async () => {
  const probe = await network.probe();
  const whole = { to: probe.id, arg: program().replyText('') };

  for (const [name, part] of Object.entries(CALL_PARTS)) {
    const before = await probe.update(program().then(part).replyText('went on'));
    const after = await probe.update(program().call(whole).then(part).replyText('went on'));

    expect([name, codesOf(before)]).toEqual([name, '5 IC0504']);
    expect([name, codesOf(after)]).toEqual([name, '5 IC0504']);
  }
});

row(43, 'System API, call_new', 'a second cleanup and a second timeout trap', async () => {
  const probe = await network.probe();
  const onCleanup = program();
  const twoCleanups = program().startCall({ to: probe.id, onCleanup }).ic0('call_on_cleanup', 0, 0);
  const twoTimeouts = program()
    .startCall({ to: probe.id, timeoutSeconds: 5 })
    .ic0('call_with_best_effort_response', 5);

  expect(codesOf(await probe.update(twoCleanups.replyText('')))).toBe('5 IC0504');
  expect(codesOf(await probe.update(twoTimeouts.replyText('')))).toBe('5 IC0504');
});

row(43, 'System API, call_new', 'it discards the call under construction', async () => {
  const probe = await network.probe();
  const [first, second] = [await network.probe(), await network.probe()];
  const count = program().increment(0).replyText('counted');
  const run = program().startCall({ to: first.id, arg: count }).call({ to: second.id, arg: count });

  expect(replyText(await probe.update(run))).toBe('counted');

  expect(await registerOf(first)).toBe(0n);
  expect(await registerOf(second)).toBe(1n);
});

row(43, 'System API, call_new', 'a call that is not performed is not made', async () => {
  const probe = await network.probe();
  const other = await network.probe();
  const started = program().startCall({ to: other.id, arg: program().increment(0).replyText('') });

  expect(codesOf(await probe.update(started))).toBe('5 IC0506');
  expect(await registerOf(other)).toBe(0n);
});

row('+', 'System API, call_data_append', 'the argument is what was appended, in order', async () => {
  const probe = await network.probe();
  const other = await network.probe();
  const run = program()
    .startCall({ to: other.id, arg: program().text('one and ') })
    .blob(program().text('two').op('concat').reply())
    .give('call_data_append')
    .op('call_perform')
    .op('drop');

  expect(replyText(await probe.update(run))).toBe('one and two');
});

row('+', 'System API, call_data_append', 'more than 10 MiB trap', async () => {
  const probe = await network.probe();
  const run = program()
    .startCall({ to: probe.id })
    .int(10 * 1024 * 1024 + 1)
    .op('alloc')
    .give('call_data_append');

  expect(codesOf(await probe.update(run.replyText('')))).toMatch(/^5 /);
});

row(
  '+',
  'System API, Callbacks',
  'a callback that the table does not have, or of another type, traps',
  async () => {
    const probe = await network.probe();
    const run = (reply: number) =>
      program()
        .self()
        .op('split')
        .text('update')
        .op('split')
        .ic0('call_new', reply, 0, reply, 0)
        .ic0('call_on_cleanup', CALLBACK_INDEX, 0)
        .blob(program().replyText(''))
        .give('call_data_append')
        .op('call_perform')
        .op('drop');

    expect(codesOf(await probe.update(run(WRONG_TYPE_INDEX)))).toMatch(/^5 /);
    expect(codesOf(await probe.update(run(1_000_000)))).toMatch(/^5 /);
  }
);

/** Code and text of the rejection that a call meets. */
async function rejectionMet(probe: Probe, call: CallOptions): Promise<{ code: number; message: string }> {
  const onReply = program().trap('it was answered');
  return parseReject(
    replyOf(await probe.update(program().call({ ...call, onReply, onReject: relayReject() })))
  );
}

row(44, 'HTTPS interface, Reject codes', 'a canister that does not exist: 3', async () => {
  const probe = await network.probe();
  const gone = await network.probe();
  await gone.manage('stop_canister');
  await gone.manage('delete_canister');

  expect(await rejectionMet(probe, { to: gone.id })).toMatchObject({ code: 3 });
});

row(
  44,
  'HTTPS interface, Reject codes',
  'a trap, no answer, no method, no code, not running: 5',
  async () => {
    const probe = await network.probe();
    const other = await network.probe();
    const empty = await network.create();
    const stopped = await network.probe();
    await stopped.manage('stop_canister');

    const trap = await rejectionMet(probe, { to: other.id, arg: program().trap('so it is') });
    expect(trap.code).toBe(5);
    expect(trap.message).toContain('so it is');
    expect(await rejectionMet(probe, { to: other.id, arg: program() })).toMatchObject({ code: 5 });
    expect(await rejectionMet(probe, { to: other.id, method: 'missing' })).toMatchObject({ code: 5 });
    expect(await rejectionMet(probe, { to: empty.id })).toMatchObject({ code: 5 });
    expect(await rejectionMet(probe, { to: stopped.id })).toMatchObject({ code: 5 });
  }
);

row(44, 'HTTPS interface, Reject codes', 'a call to itself can fail in the same ways', async () => {
  const probe = await network.probe();

  expect(await rejectionMet(probe, { to: probe.id, arg: program().trap('me') })).toMatchObject({ code: 5 });
  expect(await rejectionMet(probe, { to: probe.id, arg: program().reject('me') })).toEqual({
    code: 4,
    message: 'me'
  });
});
