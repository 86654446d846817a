/** Cycles of calls that fail: they come back to whoever sent them. */
import { replyOf } from './client';
import { balanceChanges, cyclesIn, expectAbout, registerOf, TRILLION } from './observations';
import { type Program, program } from './probe/program';
import { row, useNetwork } from './row';

const network = useNetwork();

const SENT = 5n * TRILLION;

const accept = (amount: bigint): Program => program().wide('msg_cycles_accept128', amount >> 64n, amount);
const tellRefund = (): Program => program().wide('msg_cycles_refunded128').reply();

const FAILURES: Readonly<Record<string, Program>> = {
  'a rejection': program().reject('no'),
  'a trap after accepting': accept(SENT).op('drop').trap('no'),
  'no answer': program()
};

for (const [name, arg] of Object.entries(FAILURES)) {
  row(46, 'System API, Cycles', `${name} returns the cycles`, async () => {
    const probes = [await network.probe(), await network.probe()] as const;
    const run = program().call({ to: probes[1].id, arg, onReject: tellRefund(), cycles: SENT });

    const { first, second, result } = await balanceChanges(probes, () => probes[0].update(run));

    expect(cyclesIn(replyOf(result))).toBe(SENT);
    expectAbout(first, 0n);
    expectAbout(second, 0n);
  });
}

row(
  46,
  'System API, Cycles',
  'a canister that does not exist, is empty or stopped returns the cycles',
  async () => {
    const probe = await network.probe();
    const [gone, stopped, empty] = [await network.probe(), await network.probe(), await network.create()];
    for (const probeToStop of [gone, stopped]) await probeToStop.manage('stop_canister');
    await gone.manage('delete_canister');

    for (const { id } of [gone, stopped, empty]) {
      const run = program().call({ to: id, onReject: tellRefund(), cycles: SENT });
      expect(cyclesIn(replyOf(await probe.update(run)))).toBe(SENT);
    }
  }
);

row(46, 'System API, Cycles', 'what was accepted before a rejection stays', async () => {
  const probes = [await network.probe(), await network.probe()] as const;
  const arg = accept(TRILLION).op('drop').reject('no');
  const run = program().call({ to: probes[1].id, arg, cycles: SENT });

  const { first, second } = await balanceChanges(probes, () => probes[0].update(run));

  expectAbout(first, -TRILLION);
  expectAbout(second, TRILLION);
});

row(46, 'System API, Cycles', 'the refund is there when the callback runs, even if that traps', async () => {
  const probes = [await network.probe(), await network.probe()] as const;
  const call = { to: probes[1].id, arg: program().replyText(''), onReply: program().trap('no') };

  const { first } = await balanceChanges(probes, () =>
    probes[0].update(program().call({ ...call, cycles: SENT }))
  );

  expectAbout(first, 0n);
});

row(
  46,
  'System API, Cycles',
  'an answer returns what was not accepted, and nothing is there afterwards',
  async () => {
    const probes = [await network.probe(), await network.probe(program().setRegister(0, 99))] as const;
    const arg = program()
      .replyText('')
      .wide('msg_cycles_available128')
      .op('from_bytes')
      .int(0)
      .op('store_register');
    const run = program().call({ to: probes[1].id, arg, cycles: SENT });

    const { first } = await balanceChanges(probes, () => probes[0].update(run));

    expectAbout(first, 0n);
    expect(await registerOf(probes[1])).toBe(0n);
  }
);

row(46, 'System API, Cycles', 'a trap of the caller takes back what it wanted to send', async () => {
  const probes = [await network.probe(), await network.probe()] as const;
  const call = { to: probes[1].id, arg: accept(SENT).reply(), cycles: SENT };

  const { first, second } = await balanceChanges(probes, () =>
    probes[0].update(program().call(call).trap('no'))
  );

  expectAbout(first, 0n);
  expectAbout(second, 0n);
});
