/** What a canister may take of memory: as much as its cycles last for, and its settings allow. */
import { codesOf, replyOf, replyText } from './client';
import { settings, type Value } from './management';
import { type Probe } from './network';
import { registerOf, TRILLION, valueOf } from './observations';
import { type Program, program } from './probe/program';
import { row, useNetwork } from './row';

const network = useNetwork();

const MIB = 1n << 20n;
/** Cycles that last for 30 days of 2 GiB, not of 4. */
const options = { cycles: TRILLION };
const FOUR_GIB = 65_536;

const update = async (probe: Probe, wanted: Value): Promise<void> => {
  replyOf(
    await network.manage('update_settings', { canister_id: probe.principal, settings: settings(wanted) })
  );
};

const stablePages = (probe: Probe): Promise<bigint> => valueOf(probe, program().ic0('stable64_size'));
const growHeap = (pages: number): Program => program().int(pages).op('memory_grow').op('drop');
/** Runs `then` in the callback of a call to itself. */
const later = (probe: Probe, then: Program): Program =>
  program().call({ to: probe.id, arg: program().replyText(''), onReply: then });
/** Runs `task` as a timer that is due at once. */
const asTimer = (task: Program): Program =>
  program().onHook('canister_global_timer', task).ic0('global_timer_set', 1).op('drop').replyText('');

row(
  65,
  'Abstract behavior, Message execution',
  'an update that would freeze its canister traps',
  async () => {
    const probe = await network.probe(program(), options);

    expect(codesOf(await probe.update(program().stableGrow(FOUR_GIB).replyText('')))).toBe('5 IC0532');
    expect(await stablePages(probe)).toBe(0n);

    await update(probe, { freezing_threshold: [300_000_000_000n] });
    expect(codesOf(await probe.update(growHeap(64).replyText('')))).toBe('2 IC0207');
    await update(probe, { freezing_threshold: [0n] });
    replyOf(await probe.update(program().stableGrow(FOUR_GIB).replyText('')));
    expect(await stablePages(probe)).toBe(BigInt(FOUR_GIB));
  }
);

row(65, 'Abstract behavior, Message execution', 'so does a timer; a query and a callback may', async () => {
  const probe = await network.probe(program(), options);
  const grow = program().stableGrow(FOUR_GIB);

  replyOf(await probe.update(asTimer(program().stableGrow(1).increment(0).then(grow))));
  replyOf(await probe.update(asTimer(program().increment(1))));
  await network.until(async () => (await registerOf(probe, 1)) === 1n);
  expect(await registerOf(probe)).toBe(0n);
  expect(await stablePages(probe)).toBe(0n);

  expect(replyText(await probe.query(program().then(grow).replyText('fine')))).toBe('fine');
  expect(replyText(await probe.update(later(probe, program().then(grow).replyText('fine'))))).toBe('fine');
});

row(65, 'Management canister, install_code', 'an installation that would freeze is refused', async () => {
  const canister = await network.create(options);
  const wasmModule = await network.probeModule();
  const arg = program().stableGrow(FOUR_GIB);
  expect(codesOf(await network.install(canister, wasmModule, { arg }))).toBe('5 IC0532');

  const probe = await network.probe(program().setRegister(0, 7), options);
  expect(codesOf(await probe.upgrade(arg))).toBe('5 IC0532');
  expect(codesOf(await probe.reinstall(arg))).toBe('5 IC0532');
  expect(await registerOf(probe)).toBe(7n);
  expect(await stablePages(probe)).toBe(0n);
});

row(
  '+',
  'Management canister, setting wasm_memory_limit',
  'callbacks and timers may go beyond it, pre_upgrade too',
  async () => {
    const probe = await network.probe(program().onHook('canister_pre_upgrade', growHeap(16)));
    await update(probe, { wasm_memory_limit: [MIB] });

    expect(replyText(await probe.update(later(probe, growHeap(16).replyText('fine'))))).toBe('fine');
    expect(codesOf(await probe.update(program().replyText('')))).toBe('5 IC0539');
    await update(probe, { wasm_memory_limit: [4n * MIB] });
    replyOf(await probe.update(asTimer(growHeap(64).increment(0))));
    await network.until(async () => (await registerOf(probe)) === 1n);
    replyOf(await probe.upgrade());
  }
);

row(
  '+',
  'System API, canister_on_low_wasm_memory',
  'the hook of a canister that was frozen runs when it no longer is',
  async () => {
    const module = { hooks: ['canister_on_low_wasm_memory'] } as const;
    const hook = program().onHook('canister_on_low_wasm_memory', program().increment(0));
    const probe = await network.probe(hook, { module });
    const frozen = { freezing_threshold: [1n << 60n] };
    await update(probe, { wasm_memory_limit: [MIB], wasm_memory_threshold: [MIB], ...frozen });
    await network.pass(1);

    await update(probe, { freezing_threshold: [0n] });
    await network.until(async () => (await registerOf(probe)) === 1n);
    await update(probe, { freezing_threshold: [1n] });
    await network.pass(2);

    expect(await registerOf(probe)).toBe(1n);
  }
);
