/** canister_inspect_message: which calls of users it lets in. */
import { codesOf, rejectionOf, replyInt, replyOf, replyText } from './client';
import { createIdentity } from './identities';
import { type Probe } from './network';
import { registerOf } from './observations';
import { type Program, program } from './probe/program';
import { row, useNetwork } from './row';

const network = useNetwork();

const inspecting = (inspect: Program): Promise<Probe> =>
  network.probe(program().onHook('canister_inspect_message', inspect), {
    module: { hooks: ['canister_inspect_message'] }
  });

/** Leaves whether the method has a name of this length. */
const isNameOfLength = (length: number): Program =>
  program().ic0('msg_method_name_size').int(length).op('equal');

row(
  58,
  'System API, Ingress message inspection',
  'a call that is not accepted is refused, uncertified, and not run',
  async () => {
    const probe = await inspecting(program());

    const outcome = await probe.update(program().increment(0).replyText(''));

    expect(codesOf(outcome)).toBe('4 IC0406');
    expect(outcome.isCertified).toBe(false);
    expect(await registerOf(probe)).toBe(0n);
  }
);

row(58, 'System API, Ingress message inspection', 'a call that is accepted runs', async () => {
  const probe = await inspecting(program().ic0('accept_message'));

  expect(replyText(await probe.update(program().replyText('in')))).toBe('in');
});

row(58, 'System API, Ingress message inspection', 'without the hook every call is accepted', async () => {
  const probe = await network.probe();

  expect(replyText(await probe.update(program().replyText('in')))).toBe('in');
});

row(58, 'System API, Ingress message inspection', 'it decides by the name of the method', async () => {
  const probe = await inspecting(isNameOfLength('update'.length).when(program().ic0('accept_message')));
  const { client } = network;
  const run = program().replyText('in').toBytes();

  expect(replyText(await client.update(probe.id, 'update', run))).toBe('in');
  expect(codesOf(await client.update(probe.id, 'query', run))).toBe('4 IC0406');
  expect(codesOf(await client.update(probe.id, 'missing', run))).toBe('4 IC0406');
});

row(58, 'System API, Ingress message inspection', 'it sees caller and argument', async () => {
  const identity = createIdentity();
  const callerLength = program().ic0('msg_caller_size').int(identity.sender.length).op('equal');
  const argLength = program()
    .ic0('msg_arg_data_size')
    .int(program().replyText('in').toBytes().length)
    .op('equal');
  const probe = await inspecting(
    callerLength.then(argLength).op('multiply').when(program().ic0('accept_message'))
  );

  expect(replyText(await probe.update(program().replyText('in'), { identity }))).toBe('in');
  expect(codesOf(await probe.update(program().replyText('in')))).toBe('4 IC0406');
  expect(codesOf(await probe.update(program().replyText('longer'), { identity }))).toBe('4 IC0406');
});

row(
  58,
  'System API, Ingress message inspection',
  'a trap refuses, also after accepting, and accepting twice traps',
  async () => {
    const trapping = await inspecting(program().trap('no'));
    const after = await inspecting(program().ic0('accept_message').trap('no'));
    const twice = await inspecting(program().ic0('accept_message').ic0('accept_message'));

    for (const probe of [trapping, after, twice]) {
      const outcome = await probe.update(program().increment(0).replyText(''));
      expect(codesOf(outcome)).toBe(probe === twice ? '5 IC0504' : '5 IC0503');
      expect(outcome.isCertified).toBe(false);
      expect(await registerOf(probe)).toBe(0n);
    }
  }
);

row(
  58,
  'Abstract behavior, API Request submission',
  'a canister that is not running is not asked, and takes no calls of users',
  async () => {
    const probe = await inspecting(program().ic0('accept_message'));
    await probe.manage('stop_canister');

    const outcome = await probe.update(program().replyText(''));
    expect(codesOf(outcome)).toBe('5 IC0508');
    expect(outcome.isCertified).toBe(false);
    await probe.manage('start_canister');
    expect(replyText(await probe.update(program().replyText('in')))).toBe('in');
  }
);

row(58, 'System API, Ingress message inspection', 'what it changes is dropped', async () => {
  const probe = await inspecting(program().increment(0).stableGrow(1).ic0('accept_message'));

  const outcome = await probe.update(program().register(0).replyInt());

  expect(replyInt(outcome)).toBe(0n);
  expect(replyInt(await probe.query(program().ic0('stable64_size').replyInt()))).toBe(0n);
});

row(
  58,
  'System API, Ingress message inspection',
  'it is not asked for queries and calls of canisters',
  async () => {
    const probe = await inspecting(program());
    const other = await network.probe();
    const run = program().replyText('in');

    expect(replyText(await probe.query(run))).toBe('in');
    expect(replyText(await probe.compositeQuery(run))).toBe('in');
    expect(replyText(await other.update(program().call({ to: probe.id, arg: run })))).toBe('in');
  }
);

row(
  58,
  'System API, Ingress message inspection',
  'it is not asked for calls of the management canister',
  async () => {
    const probe = await inspecting(program());

    expect(codesOf(await probe.manage('canister_status'))).toBe('replied');
  }
);

row(
  58,
  'Abstract behavior, API Request submission',
  'a canister without code refuses, uncertified',
  async () => {
    const { id } = await network.create();

    const outcome = await network.client.update(id, 'update', new Uint8Array(0));

    expect(codesOf(outcome)).toBe('5 IC0537');
    expect(outcome.isCertified).toBe(false);
  }
);

row(58, 'Resource limits', 'inspection has 200 million instructions', async () => {
  const probe = await inspecting(program().op('loop_for_ever'));
  const started = Date.now();

  const outcome = await probe.update(program().replyText(''));

  expect(outcome.kind).toBe('rejected');
  expect(outcome.isCertified).toBe(false);
  expect(rejectionOf(outcome)).not.toBe('');
  expect(Date.now() - started).toBeLessThan(20_000);
  expect(replyOf(await probe.query(program().replyText('alive')))).toHaveLength(5);
});
