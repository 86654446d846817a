/** The probe canister itself: its stack machine does what its programs say. */
import { codesOf, rejectionOf, replyInt, replyOf, replyText } from './client';
import { FREE_SLOT } from './probe/probe-module';
import { parseReject, program } from './probe/program';
import { row, useNetwork } from './row';

const network = useNetwork();

row('+', 'The probe', 'reads and answers', async () => {
  const probe = await network.probe();

  expect(replyText(await probe.update(program().replyText('hello')))).toBe('hello');
  expect(replyOf(await probe.update(program().caller().reply()))).toEqual(Uint8Array.of(4));
  expect(replyOf(await probe.query(program().self().reply()))).toEqual(probe.id);
  expect(codesOf(await probe.update(program().trap('no')))).toBe('5 IC0503');
  expect(rejectionOf(await probe.update(program().reject('no')))).toBe('no');
});

row('+', 'The probe', 'calculates, branches and loops', async () => {
  const probe = await network.probe();
  const sum = program().int(7).int(5).op('subtract').int(3).op('multiply').replyInt();
  const loop = program().repeat(10, program().increment(0)).register(0).replyInt();
  const countDown = program()
    .setRegister(0, 5)
    .blob(program().register(0))
    .blob(program().register(0).int(1).op('subtract').int(0).op('store_register').increment(1))
    .op('while')
    .register(1)
    .replyInt();
  const branch = program()
    .int(0)
    .when(program().replyText('wrong'))
    .int(1)
    .when(program().replyText('right'));

  expect(replyInt(await probe.query(sum))).toBe(6n);
  expect(replyInt(await probe.query(loop))).toBe(10n);
  expect(replyInt(await probe.query(countDown))).toBe(5n);
  expect(replyText(await probe.query(branch))).toBe('right');
});

row('+', 'The probe', 'keeps blobs and registers between messages', async () => {
  const probe = await network.probe(program().setRegister(3, 7).keep(FREE_SLOT, Buffer.from('kept')));
  await probe.update(program().text('other bytes on the heap').reply());

  expect(replyInt(await probe.query(program().register(3).replyInt()))).toBe(7n);
  expect(replyText(await probe.query(program().kept(FREE_SLOT).reply()))).toBe('kept');
});

row('+', 'The probe', 'calls canisters and relays their answers', async () => {
  const probe = await network.probe();
  const other = await network.probe();

  const called = await probe.update(program().call({ to: other.id, arg: program().caller().reply() }));
  const trapped = await probe.update(program().call({ to: other.id, arg: program().trap('oh') }));

  expect(replyOf(called)).toEqual(probe.id);
  expect(parseReject(replyOf(trapped))).toMatchObject({
    code: 5,
    message: expect.stringContaining('oh') as string
  });
});

row('+', 'The probe', 'reads cycles and stable memory', async () => {
  const probe = await network.probe();
  const balance = program().wide('canister_cycle_balance128').op('from_bytes').replyInt();
  const stable = program().stableGrow(1).stableWrite(5, Buffer.from('abc')).stableRead(4, 4).reply();

  expect(replyInt(await probe.update(balance))).toBeGreaterThan(10n ** 12n);
  expect(replyText(await probe.update(stable))).toBe('\0abc');
});
