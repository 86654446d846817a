/** Cycles with calls: what the callee sees and accepts, what the caller sends. */
import { codesOf, replyOf, replyText } from './client';
import { managementCall } from './management';
import { allCyclesIn, balanceChanges, cyclesIn, expectAbout, TRILLION } from './observations';
import { type Program, program } from './probe/program';
import { row, useNetwork } from './row';

const network = useNetwork();

const SENT = 5n * TRILLION;

const accept = (amount: bigint): Program => program().wide('msg_cycles_accept128', amount >> 64n, amount);

row(46, 'System API, msg_cycles_accept', 'what the callee accepts moves, the rest comes back', async () => {
  const probes = [await network.probe(), await network.probe()] as const;
  const arg = program()
    .wide('msg_cycles_available128')
    .append()
    .then(accept(2n * TRILLION))
    .append()
    .wide('msg_cycles_available128')
    .reply();
  const onReply = program().argData().append().wide('msg_cycles_refunded128').reply();
  const run = program().call({ to: probes[1].id, arg, onReply, cycles: SENT });

  const { first, second, result } = await balanceChanges(probes, () => probes[0].update(run));

  const [available, accepted, left, refunded] = allCyclesIn(replyOf(result));
  expect({ available, accepted, left, refunded }).toEqual({
    available: SENT,
    accepted: 2n * TRILLION,
    left: 3n * TRILLION,
    refunded: 3n * TRILLION
  });
  expectAbout(first, -2n * TRILLION);
  expectAbout(second, 2n * TRILLION);
});

row(46, 'System API, msg_cycles_accept', 'no more than is there, in as many parts as one likes', async () => {
  const probes = [await network.probe(), await network.probe()] as const;
  const arg = accept(TRILLION)
    .append()
    .then(accept(1n << 100n))
    .append()
    .then(accept(1n))
    .reply();

  const outcome = await probes[0].update(program().call({ to: probes[1].id, arg, cycles: SENT }));

  expect(allCyclesIn(replyOf(outcome))).toEqual([TRILLION, 4n * TRILLION, 0n]);
});

row(46, 'System API, Cycles', 'the functions of 64 bits say the same', async () => {
  const probes = [await network.probe(), await network.probe()] as const;
  const arg = program()
    .ic0('msg_cycles_available')
    .op('to_bytes')
    .append()
    .ic0('msg_cycles_accept', TRILLION)
    .replyInt();
  const onReply = program().argData().append().ic0('msg_cycles_refunded').replyInt();
  const run = program()
    .startCall({ to: probes[1].id, arg, onReply })
    .ic0('call_cycles_add', SENT)
    .op('call_perform')
    .op('drop');

  const reply = Buffer.from(replyOf(await probes[0].update(run)));

  expect([0, 8, 16].map((at) => reply.readBigUInt64LE(at))).toEqual([SENT, TRILLION, SENT - TRILLION]);
});

row(46, 'System API, msg_cycles_accept', 'a callback may still accept what came with the call', async () => {
  const probes = [await network.probe(), await network.probe()] as const;
  const later = accept(TRILLION).append().wide('msg_cycles_available128').reply();
  const arg = program().call({ to: probes[1].id, arg: program().replyText(''), onReply: later });

  const outcome = await probes[0].update(program().call({ to: probes[1].id, arg, cycles: SENT }));

  expect(allCyclesIn(replyOf(outcome))).toEqual([TRILLION, 4n * TRILLION]);
});

row(46, 'System API, msg_cycles_accept', 'a query called by a canister may accept too', async () => {
  const probes = [await network.probe(), await network.probe()] as const;
  const run = program().call({
    to: probes[1].id,
    method: 'query',
    arg: accept(TRILLION).reply(),
    cycles: SENT
  });

  const { first, second, result } = await balanceChanges(probes, () => probes[0].update(run));

  expect(cyclesIn(replyOf(result))).toBe(TRILLION);
  expectAbout(first, -TRILLION);
  expectAbout(second, TRILLION);
});

row(46, 'System API, call_cycles_add', 'it deducts at once, and what is not sent comes back', async () => {
  const probes = [await network.probe(), await network.probe()] as const;
  const balance = (): Program => program().wide('canister_cycle_balance128').append();
  const call = { to: probes[1].id, cycles: SENT };
  // The second call discards the first.
  const run = balance().startCall(call).then(balance()).startCall(call).then(balance()).op('msg_reply');

  const { first, second, result } = await balanceChanges(probes, () => probes[0].update(run));

  const [before = 0n, during = 0n, again] = allCyclesIn(replyOf(result));
  expect(before - during).toBe(SENT);
  expect(again).toBe(during);
  expectAbout(first, 0n);
  expect(second).toBeLessThanOrEqual(0n);
});

row(46, 'System API, call_cycles_add', 'amounts add up', async () => {
  const probes = [await network.probe(), await network.probe()] as const;
  const run = program()
    .startCall({ to: probes[1].id, arg: program().wide('msg_cycles_available128').reply(), cycles: 3n })
    .ic0('call_cycles_add128', 0, 4)
    .ic0('call_cycles_add', 5)
    .op('call_perform')
    .op('drop');

  expect(cyclesIn(replyOf(await probes[0].update(run)))).toBe(12n);
});

row(46, 'System API, call_cycles_add', 'more than the liquid balance traps', async () => {
  const probes = [await network.probe(), await network.probe()] as const;
  const run = (cycles: bigint): Program => program().call({ to: probes[1].id, cycles }).replyText('sent');

  const { first, second } = await balanceChanges(probes, async () => {
    expect(codesOf(await probes[0].update(run(1n << 80n)))).toMatch(/^5 /);
    expect(codesOf(await probes[0].update(run(10_000n * TRILLION)))).toMatch(/^5 /);
  });

  expectAbout(first, 0n);
  expectAbout(second, 0n);
});

row(46, 'System API, msg_cycles_available', 'users send no cycles', async () => {
  const probe = await network.probe();
  const run = program().wide('msg_cycles_available128').append().then(accept(SENT)).reply();

  expect(allCyclesIn(replyOf(await probe.update(run)))).toEqual([0n, 0n]);
});

row(46, 'System API, Cycles', 'a call with cycles to itself leaves the balance', async () => {
  const probe = await network.probe();
  const arg = accept(SENT).op('drop').replyText('kept');
  const run = program().call({ to: probe.id, arg, cycles: SENT });

  const { first, result } = await balanceChanges([probe, probe], () => probe.update(run));

  expect(replyText(result)).toBe('kept');
  expectAbout(first, 0n);
});

row('+', 'System API, cycles_burn128', 'it burns what it says, and no more than is liquid', async () => {
  const probe = await network.probe(program(), { cycles: 20n * TRILLION });
  const burn = (amount: bigint): Program =>
    program()
      .wide('cycles_burn128', amount >> 64n, amount)
      .reply();

  const { first, result } = await balanceChanges([probe, probe], () => probe.update(burn(SENT)));
  expect(cyclesIn(replyOf(result))).toBe(SENT);
  expectAbout(first, -SENT);

  const rest = cyclesIn(replyOf(await probe.update(burn(1n << 100n))));
  expect(rest).toBeGreaterThan(14n * TRILLION);
  expect(rest).toBeLessThan(15n * TRILLION);
});

row('+', 'System API, cycles_burn128', 'hooks of one upgrade burn no more than there is', async () => {
  const burn = (): Program =>
    program()
      .wide('cycles_burn128', 1n << 62n, 0n)
      .op('drop');
  const probe = await network.probe(program().onHook('canister_pre_upgrade', burn()), {
    settings: { freezing_threshold: [0n] }
  });
  const { cycles: before } = await probe.status();

  expect(codesOf(await probe.upgrade(burn().trap('no')))).toBe('5 IC0503');
  expectAbout((await probe.status()).cycles - before, 0n);
  replyOf(await probe.upgrade(burn()));

  const { cycles: left } = await probe.status();
  expect(left).toBeGreaterThan(0n);
  expect(left).toBeLessThan(TRILLION);
});

row('+', 'Management canister, deposit_cycles', 'the cycles of the call go to another canister', async () => {
  const probes = [await network.probe(), await network.probe()] as const;
  const deposit = managementCall('deposit_cycles', { canister_id: probes[1].principal });
  const run = program().call({ ...deposit, cycles: SENT, onReply: program().replyText('') });

  const { first, second } = await balanceChanges(probes, () => probes[0].update(run));

  expectAbout(first, -SENT);
  expectAbout(second, SENT);
});

row(
  '+',
  'System API, canister_cycle_balance',
  'the functions agree, and the liquid part is no more than all',
  async () => {
    const probe = await network.probe();
    const run = program()
      .wide('canister_cycle_balance128')
      .append()
      .wide('canister_liquid_cycle_balance128')
      .append()
      .ic0('canister_cycle_balance')
      .op('to_bytes')
      .append()
      .int(0)
      .replyInt();

    const [whole = 0n, liquid = 0n, narrow] = allCyclesIn(replyOf(await probe.update(run)));

    expect(narrow).toBe(whole);
    expect(liquid).toBeGreaterThan(0n);
    expect(liquid).toBeLessThanOrEqual(whole);
    const { cycles } = await probe.status();
    expect(cycles).toBeGreaterThan(whole - TRILLION);
  }
);
