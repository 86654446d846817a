/** Composite queries: calls between queries, and what they see of each other's state. */
import { codesOf, replyInt, replyOf, replyText } from './client';
import { createIdentity } from './identities';
import { encodeArgument, MANAGEMENT, resultOf } from './management';
import { registerOf } from './observations';
import { parseReject, program, type CallOptions } from './probe/program';
import { row, useNetwork } from './row';

const network = useNetwork();

row(48, 'Abstract behavior, Query call', 'a composite query calls queries of other canisters', async () => {
  const probe = await network.probe();
  const other = await network.probe(program().setRegister(0, 42));
  const run = program().call({ to: other.id, method: 'query', arg: program().register(0).replyInt() });

  expect(replyInt(await probe.compositeQuery(run))).toBe(42n);
});

row(
  48,
  'Abstract behavior, Query call',
  'a composite query calls composite queries of other canisters',
  async () => {
    const [first, second, third] = [await network.probe(), await network.probe(), await network.probe()];
    const inner = program().call({ to: third.id, method: 'query', arg: program().caller().reply() });
    const run = program().call({ to: second.id, method: 'composite', arg: inner });

    expect(replyOf(await first.compositeQuery(run))).toEqual(second.id);
  }
);

row(48, 'Abstract behavior, Query call', 'it may answer without a call', async () => {
  const probe = await network.probe();

  expect(replyText(await probe.compositeQuery(program().replyText('at once')))).toBe('at once');
  expect(codesOf(await probe.compositeQuery(program()))).toBe('5 IC0506');
  expect(codesOf(await probe.compositeQuery(program().trap('no')))).toBe('5 IC0503');
  expect(codesOf(await probe.compositeQuery(program().reject('no')))).toBe('4 IC0406');
});

row(
  48,
  'System API, Replicated and Non-Replicated execution mode',
  'a replicated call of it is rejected',
  async () => {
    const probe = await network.probe();
    const other = await network.probe();
    const run = program().replyText('no');

    const byUser = await network.client.update(probe.id, 'composite', run.toBytes());
    const byCanister = await probe.update(program().call({ to: other.id, method: 'composite', arg: run }));

    expect(codesOf(byUser)).toBe('5 IC0527');
    expect(parseReject(replyOf(byCanister))).toMatchObject({ code: 5 });
  }
);

row(
  48,
  'Abstract behavior, Query call',
  'a composite query calls neither updates nor methods that are not there',
  async () => {
    const probe = await network.probe();
    const other = await network.probe();
    const gone = await network.probe();
    await gone.manage('stop_canister');
    const call = (options: CallOptions) => probe.compositeQuery(program().call(options));
    const arg = program().replyText('no');

    const update = await call({ to: other.id, method: 'update', arg });
    const missing = await call({ to: other.id, method: 'missing', arg });
    const stopped = await call({ to: gone.id, method: 'query', arg });

    for (const outcome of [update, missing, stopped]) {
      expect(parseReject(replyOf(outcome))).toMatchObject({ code: 5 });
    }
  }
);

row(48, 'Abstract behavior, Query call', 'a plain query makes no calls', async () => {
  const probe = await network.probe();
  const other = await network.probe();
  const run = program().call({ to: other.id, method: 'query', arg: program().replyText('') });

  expect(codesOf(await probe.query(run))).toBe('5 IC0504');
});

row(
  48,
  'Abstract behavior, Query call',
  'rejections and traps of callees reach the reject callback',
  async () => {
    const probe = await network.probe();
    const other = await network.probe();
    const run = (arg: CallOptions['arg']) =>
      probe.compositeQuery(program().call({ to: other.id, method: 'query', arg: arg ?? program() }));

    expect(parseReject(replyOf(await run(program().reject('so'))))).toEqual({ code: 4, message: 'so' });
    expect(parseReject(replyOf(await run(program().trap('so'))))).toMatchObject({ code: 5 });
    expect(parseReject(replyOf(await run(program())))).toMatchObject({ code: 5 });
  }
);

row(
  48,
  'Abstract behavior, Query call',
  'callbacks see what the method changed, and nothing is kept',
  async () => {
    const probe = await network.probe();
    const other = await network.probe();
    const callee = { to: other.id, method: 'query', arg: program().increment(0).replyText('') };
    const last = program().increment(0).register(0).replyInt();
    const first = program()
      .increment(0)
      .call({ ...callee, onReply: last });
    const run = program()
      .increment(0)
      .call({ ...callee, onReply: first });

    expect(replyInt(await probe.compositeQuery(run))).toBe(3n);
    expect(await registerOf(probe)).toBe(0n);
    expect(await registerOf(other)).toBe(0n);
  }
);

row(
  48,
  'Abstract behavior, Query call',
  'a callee called twice does not see what it changed before',
  async () => {
    const probe = await network.probe();
    const other = await network.probe();
    const count = program().increment(0).register(0).replyInt();
    const call = { to: other.id, method: 'query', arg: count };

    expect(
      replyInt(await probe.compositeQuery(program().call({ ...call, onReply: program().call(call) })))
    ).toBe(1n);
  }
);

row(
  48,
  'Abstract behavior, Query call',
  'all calls are answered, one after another, until an answer is there',
  async () => {
    const probe = await network.probe();
    const other = await network.probe();
    const third = program().increment(0).register(0).int(3).op('equal').when(program().replyText('all'));
    const call = { to: other.id, method: 'query', arg: program().replyText(''), onReply: third };

    const outcome = await probe.compositeQuery(program().call(call).call(call).call(call));

    expect(replyText(outcome)).toBe('all');
  }
);

row(
  48,
  'System API, msg_caller',
  'the method and its callbacks see the user, the callee sees the canister',
  async () => {
    const probe = await network.probe();
    const other = await network.probe();
    const identity = createIdentity();
    const run = program().caller().append().call({
      to: other.id,
      method: 'query',
      arg: program().caller().reply(),
      onReply: program().argData().append().caller().reply()
    });

    const outcome = await probe.compositeQuery(run, { identity });

    expect(replyOf(outcome)).toEqual(Uint8Array.from([...probe.id, ...identity.sender]));
  }
);

row(
  48,
  'System API, data_certificate_present',
  'only the target has the certificate, and not in its callbacks',
  async () => {
    const probe = await network.probe();
    const other = await network.probe();
    const present = () => program().ic0('data_certificate_present').op('to_bytes');
    const here = await probe.compositeQuery(present().reply());
    const there = await probe.compositeQuery(
      program().call({
        to: other.id,
        method: 'query',
        arg: present().reply(),
        onReply: program().argData().append().then(present()).reply()
      })
    );

    expect(replyInt(here)).toBe(1n);
    expect(replyOf(there)).toEqual(new Uint8Array(16));
  }
);

row(48, 'Abstract behavior, Query call', 'an endless chain of composite queries is rejected', async () => {
  const [first, second] = [await network.probe(), await network.probe()];
  const slot = 20;
  for (const [from, to] of [
    [first, second],
    [second, first]
  ] as const) {
    const chain = program().call({
      to: to.id,
      method: 'composite',
      arg: program().kept(slot).op('run'),
      onReject: program().rejectMessage().give('trap')
    });
    await from.update(program().keep(slot, chain).replyText(''));
  }

  const outcome = await first.compositeQuery(program().kept(slot).op('run'));

  expect(codesOf(outcome)).toMatch(/^5 /);
});

row(
  48,
  'System API, call_on_cleanup',
  'a trap in a callback rejects the query with its message',
  async () => {
    const probe = await network.probe();
    const other = await network.probe();
    const call = { to: other.id, method: 'query', arg: program().replyText('') };
    const run = program().call({ ...call, onReply: program().trap('in the callback'), onCleanup: program() });

    expect(codesOf(await probe.compositeQuery(run))).toBe('5 IC0503');
  }
);

row(48, 'Management canister, canister_status', 'a composite query asks for its own status', async () => {
  const probe = await network.probe();
  const run = program().call({
    to: MANAGEMENT,
    method: 'canister_status',
    arg: encodeArgument('canister_status', { canister_id: probe.principal })
  });

  expect(resultOf('canister_status', await probe.compositeQuery(run))).toMatchObject({
    status: { running: null }
  });
});
