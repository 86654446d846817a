/** How calls end: answers, exactly one of them, and what the network says where there is none. */
import { codesOf, rejectionOf, replyInt, replyOf, replyText } from './client';
import { parseReject, program } from './probe/program';
import { row, useNetwork } from './row';

const network = useNetwork();

const MIB = 1024 * 1024;

row(33, 'Canister lifecycle', 'calls of a canister that does not exist are rejected with 3', async () => {
  const probe = await network.probe();
  await probe.manage('stop_canister');
  await probe.manage('delete_canister');

  const update = await probe.update(program());
  const query = await probe.query(program());

  expect(codesOf(update)).toBe('3 IC0301');
  expect(codesOf(query)).toBe('3 IC0301');
  expect(rejectionOf(query)).toContain(`Canister ${probe.principal.toText()} not found`);
});

row(
  33,
  'Abstract behavior, Call context creation',
  'calls of a canister without code are rejected with 5',
  async () => {
    const { id } = await network.create();

    const update = await network.client.update(id, 'update', new Uint8Array(0));
    const query = await network.client.query(id, 'query', new Uint8Array(0));

    expect(codesOf(update)).toBe('5 IC0537');
    expect(codesOf(query)).toBe('5 IC0537');
    expect(rejectionOf(query)).toContain('contains no Wasm module');
  }
);

row(
  33,
  'System API, Entry points',
  'calls of a method that is not there, or of another kind, are rejected',
  async () => {
    const { id } = await network.probe();
    const { client } = network;
    const nothing = new Uint8Array(0);

    const update = await client.update(id, 'missing', nothing);
    const query = await client.query(id, 'missing', nothing);
    const updateAsQuery = await client.query(id, 'update', nothing);
    const otherCase = await client.update(id, 'Update', nothing);
    const unnamed = await client.update(id, '', nothing);

    expect(codesOf(update)).toBe('5 IC0536');
    expect(rejectionOf(update)).toContain(`has no update method 'missing'`);
    expect(codesOf(query)).toBe('5 IC0536');
    expect(rejectionOf(query)).toContain(`has no query method 'missing'`);
    for (const outcome of [updateAsQuery, otherCase, unnamed]) expect(codesOf(outcome)).toBe('5 IC0536');
  }
);

row(34, 'System API, msg_reject', 'the message reaches users verbatim, with 4', async () => {
  const probe = await network.probe();

  for (const message of ['no', '', 'nicht „so“ \u{1f980}\0']) {
    const update = await probe.update(program().reject(message));
    const query = await probe.query(program().reject(message));

    expect(codesOf(update)).toBe('4 IC0406');
    expect(rejectionOf(update)).toBe(message);
    expect(codesOf(query)).toBe('4 IC0406');
    expect(rejectionOf(query)).toBe(message);
  }
});

row(34, 'System API, msg_reject', 'the message reaches canisters verbatim, with 4', async () => {
  const probe = await network.probe();
  const other = await network.probe();

  const outcome = await probe.update(program().call({ to: other.id, arg: program().reject('not „so“') }));

  expect(parseReject(replyOf(outcome))).toEqual({ code: 4, message: 'not „so“' });
});

row(34, 'System API, msg_reject', 'a message that is not UTF-8 traps', async () => {
  const probe = await network.probe();
  const outcome = await probe.update(program().blob(Uint8Array.of(0xff, 0xfe)).give('msg_reject'));

  expect(codesOf(outcome)).toBe('5 IC0504');
});

row(34, 'System API, msg_reject', 'data of a reply that is not sent is discarded', async () => {
  const probe = await network.probe();
  const outcome = await probe.update(program().text('data').append().reject('no'));

  expect(rejectionOf(outcome)).toBe('no');
});

row(
  35,
  'Abstract behavior, Call context starvation',
  'a method that does not answer is rejected with 5',
  async () => {
    const probe = await network.probe();
    const silent = program().text('never sent').append();

    expect(codesOf(await probe.update(silent))).toBe('5 IC0506');
    expect(codesOf(await probe.query(silent))).toBe('5 IC0506');
  }
);

row(
  35,
  'Abstract behavior, Call context starvation',
  'what a method changed without answering stays',
  async () => {
    const probe = await network.probe();
    await probe.update(program().increment(0));

    expect(replyInt(await probe.query(program().register(0).replyInt()))).toBe(1n);
  }
);

row(35, 'System API, Responding', 'a second answer traps, in every combination', async () => {
  const probe = await network.probe();
  const answers = {
    reply: () => program().text('a').reply(),
    reject: () => program().reject('b'),
    append: () => program().text('c').append()
  };
  for (const first of [answers.reply, answers.reject]) {
    for (const second of Object.values(answers)) {
      const twice = program().increment(0).then(first()).then(second());

      expect(codesOf(await probe.update(twice))).toBe('5 IC0504');
      expect(codesOf(await probe.query(twice))).toBe('5 IC0504');
    }
  }
  expect(replyInt(await probe.query(program().register(0).replyInt()))).toBe(0n);
});

row(35, 'System API, Responding', 'a callback after the answer may not answer again', async () => {
  const probe = await network.probe();
  const other = await network.probe();
  const callee = { to: other.id, arg: program().replyText('') };
  const answering = program().call({ ...callee, onReply: program().increment(0).replyText('late') });
  const silent = program().call({ ...callee, onReply: program().increment(1) });

  expect(replyText(await probe.update(answering.replyText('early')))).toBe('early');
  expect(replyText(await probe.update(silent.replyText('early')))).toBe('early');

  const registers = (): Promise<bigint> =>
    probe.query(program().register(0).int(10).op('multiply').register(1).op('add').replyInt()).then(replyInt);
  await network.until(async () => (await registers()) !== 0n);
  expect(await registers()).toBe(1n);
});

row(
  35,
  'System API, msg_reply_data_append',
  'data accumulates within an execution and is dropped at its end',
  async () => {
    const probe = await network.probe();
    const other = await network.probe();
    const parts = program().text('one ').append().text('two').append().op('msg_reply');
    const dropped = program()
      .text('dropped ')
      .append()
      .call({ to: other.id, arg: program().replyText(''), onReply: program().replyText('kept') });

    expect(replyText(await probe.update(parts))).toBe('one two');
    expect(replyText(await probe.update(dropped))).toBe('kept');
  }
);

row(35, 'System API, msg_reply', 'a reply without data is empty', async () => {
  const probe = await network.probe();

  expect(replyOf(await probe.update(program().op('msg_reply')))).toHaveLength(0);
  expect(replyOf(await probe.query(program().op('msg_reply')))).toHaveLength(0);
});

row(
  35,
  'System API, msg_reply_data_append',
  'replies of 2 MiB pass, longer ones of updates trap',
  async () => {
    const probe = await network.probe();
    const zeros = (length: number) => program().int(length).op('alloc');

    const longest = await probe.update(zeros(2 * MIB).reply());
    const tooLong = await probe.update(zeros(2 * MIB + 1).reply());
    const twoParts = await probe.update(
      zeros(2 * MIB)
        .append()
        .text('x')
        .reply()
    );

    expect(replyOf(longest)).toHaveLength(2 * MIB);
    expect(codesOf(tooLong)).toBe('5 IC0504');
    expect(codesOf(twoParts)).toBe('5 IC0504');
  }
);

row(35, 'Resource limits', 'replies of queries may have 3 MiB', async () => {
  const probe = await network.probe();
  const zeros = (length: number) => program().int(length).op('alloc').reply();

  expect(replyOf(await probe.query(zeros(3 * MIB)))).toHaveLength(3 * MIB);
  expect(codesOf(await probe.query(zeros(3 * MIB + 1)))).toBe('5 IC0504');
});
