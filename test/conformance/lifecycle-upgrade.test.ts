/** Upgrades: what they keep, their hooks, and traps in each of them. */
import { codesOf, rejectionOf, replyInt, replyOf } from './client';
import { type Probe } from './network';
import { registerOf, valueOf } from './observations';
import { FREE_SLOT } from './probe/probe-module';
import { type Program, program } from './probe/program';
import { row, useNetwork } from './row';

const network = useNetwork();

const stablePages = (probe: Probe): Promise<bigint> => valueOf(probe, program().ic0('stable64_size'));

async function certificateOf(probe: Probe): Promise<Buffer> {
  return Buffer.from(replyOf(await probe.query(program().read('data_certificate').reply())));
}

const certify = (text: string): Program => program().text(text).give('certified_data_set');

row(
  49,
  'System API, Canister upgrades',
  'stable memory and certified data stay, heap and timer do not',
  async () => {
    const probe = await network.probe(
      program()
        .setRegister(0, 7)
        .stableGrow(2)
        .stableWrite(70_000, Buffer.from('kept'))
        .then(certify('kept data'))
        .ic0('global_timer_set', 1n << 62n)
        .op('drop')
    );

    replyOf(await probe.upgrade());

    expect(await registerOf(probe)).toBe(0n);
    expect(await stablePages(probe)).toBe(2n);
    const kept = replyOf(await probe.query(program().stableRead(70_000, 4).reply()));
    expect(Buffer.from(kept).toString()).toBe('kept');
    expect((await certificateOf(probe)).includes('kept data')).toBe(true);
    expect(replyInt(await probe.update(program().ic0('global_timer_set', 0).replyInt()))).toBe(0n);
  }
);

row(
  49,
  'System API, Canister upgrades',
  'pre_upgrade runs on the old state, post_upgrade on the new',
  async () => {
    const save = program().register(0).op('to_bytes').int(0).op('swap').op('split').op('stable64_write');
    const probe = await network.probe(
      program().setRegister(0, 7).stableGrow(1).onHook('canister_pre_upgrade', save)
    );
    const load = program().stableRead(0, 8).op('from_bytes').int(1).op('store_register');

    replyOf(await probe.upgrade(load.increment(0)));

    expect(await registerOf(probe, 0)).toBe(1n);
    expect(await registerOf(probe, 1)).toBe(7n);
  }
);

row(
  49,
  'System API, Canister upgrades',
  'post_upgrade sees its argument and who upgrades; init does not run',
  async () => {
    const probe = await network.probe();

    replyOf(await probe.upgrade(program().increment(0).caller().int(FREE_SLOT).op('store_kept')));

    expect(replyOf(await probe.query(program().kept(FREE_SLOT).reply()))).toEqual(network.controller.sender);
    expect(await registerOf(probe)).toBe(1n);
  }
);

row(49, 'System API, Certified data', 'either hook may set it, and the later one counts', async () => {
  const probe = await network.probe(program().onHook('canister_pre_upgrade', certify('of pre_upgrade')));
  replyOf(await probe.upgrade(program().onHook('canister_pre_upgrade', certify('again'))));
  expect((await certificateOf(probe)).includes('of pre_upgrade')).toBe(true);

  replyOf(await probe.upgrade(certify('of post_upgrade')));
  expect((await certificateOf(probe)).includes('of post_upgrade')).toBe(true);
});

const failing = (hook: string): Program =>
  program().increment(0).stableGrow(4).then(certify(hook)).trap(hook);

async function expectOldState(probe: Probe): Promise<void> {
  expect(await registerOf(probe)).toBe(7n);
  expect(await stablePages(probe)).toBe(1n);
  expect((await certificateOf(probe)).includes('old data')).toBe(true);
  expect(
    replyInt(
      await probe.update(
        program()
          .ic0('global_timer_set', 5n << 60n)
          .replyInt()
      )
    )
  ).toBe(1n << 62n);
}

const oldState = (): Program =>
  program()
    .setRegister(0, 7)
    .stableGrow(1)
    .then(certify('old data'))
    .ic0('global_timer_set', 1n << 62n)
    .op('drop');

row(50, 'System API, Canister upgrades', 'a trap in pre_upgrade leaves everything as it was', async () => {
  const probe = await network.probe(oldState().onHook('canister_pre_upgrade', failing('pre_upgrade')));

  const outcome = await probe.upgrade();

  expect(codesOf(outcome)).toBe('5 IC0503');
  expect(rejectionOf(outcome)).toContain('pre_upgrade');
  await expectOldState(probe);
});

row(50, 'System API, Canister upgrades', 'a trap in post_upgrade undoes pre_upgrade too', async () => {
  const preUpgrade = program().increment(0).stableGrow(4).then(certify('undone'));
  const probe = await network.probe(oldState().onHook('canister_pre_upgrade', preUpgrade));

  const outcome = await probe.upgrade(failing('post_upgrade'));

  expect(codesOf(outcome)).toBe('5 IC0503');
  expect(rejectionOf(outcome)).toContain('post_upgrade');
  await expectOldState(probe);
});

row(50, 'System API, Canister upgrades', 'a trap in the start function undoes pre_upgrade too', async () => {
  const preUpgrade = program().increment(0).stableGrow(4).then(certify('undone'));
  const probe = await network.probe(oldState().onHook('canister_pre_upgrade', preUpgrade));
  const wasmModule = await network.probeModule({ start: program().op('unreachable').toBytes() });

  expect(codesOf(await network.install(probe, wasmModule, { mode: { upgrade: [] } }))).toBe('5 IC0502');
  await expectOldState(probe);
});

row(50, 'System API, Canister upgrades', 'after a failed upgrade the next one works', async () => {
  const probe = await network.probe(program().stableGrow(1));
  await probe.upgrade(program().trap('no'));

  replyOf(await probe.upgrade(program().setRegister(0, 3)));

  expect(await registerOf(probe)).toBe(3n);
  expect(await stablePages(probe)).toBe(1n);
});

row(51, 'System API, Canister upgrades', 'skip_pre_upgrade gets over a trapping hook', async () => {
  const hook = program().stableGrow(4).trap('always');
  const probe = await network.probe(program().stableGrow(1).onHook('canister_pre_upgrade', hook));

  expect(codesOf(await probe.upgrade(program(), { skip_pre_upgrade: [false] }))).toBe('5 IC0503');
  replyOf(await probe.upgrade(program().setRegister(0, 3), { skip_pre_upgrade: [true] }));

  expect(await registerOf(probe)).toBe(3n);
  expect(await stablePages(probe)).toBe(1n);
});

const PERSISTENT = {
  customSections: [['icp:private enhanced-orthogonal-persistence', new Uint8Array(0)]]
} as const;
const keep = { upgrade: [{ skip_pre_upgrade: [], wasm_memory_persistence: [{ keep: null }] }] };
const replace = { upgrade: [{ skip_pre_upgrade: [], wasm_memory_persistence: [{ replace: null }] }] };

row(
  '+',
  'Abstract behavior, Code upgrade',
  'wasm_memory_persistence keeps the heap, or replaces it',
  async () => {
    const grown = program().setRegister(0, 7).int(3).op('memory_grow').op('drop');
    const probe = await network.probe(grown, { module: PERSISTENT });
    const pages = await valueOf(probe, program().op('memory_size'));
    const wasmModule = await network.probeModule(PERSISTENT);

    replyOf(await network.install(probe, wasmModule, { mode: keep, arg: program().increment(0) }));
    expect(await registerOf(probe)).toBe(8n);
    expect(await valueOf(probe, program().op('memory_size'))).toBe(pages);

    replyOf(await network.install(probe, wasmModule, { mode: replace, arg: program().increment(0) }));
    expect(await registerOf(probe)).toBe(1n);
  }
);

row(
  '+',
  'Abstract behavior, Code upgrade',
  'a module that keeps its heap is not upgraded without saying how',
  async () => {
    const probe = await network.probe(program().setRegister(0, 7), { module: PERSISTENT });
    const wasmModule = await network.probeModule(PERSISTENT);

    const outcome = await network.install(probe, wasmModule, { mode: { upgrade: [] } });

    expect(codesOf(outcome)).toMatch(/^5 /);
    expect(await registerOf(probe)).toBe(7n);
  }
);

row(
  '+',
  'Abstract behavior, Code upgrade',
  'a module that does not keep its heap does not take one over',
  async () => {
    const probe = await network.probe(program().setRegister(0, 7), { module: PERSISTENT });

    const outcome = await network.install(probe, await network.probeModule(), { mode: keep });

    expect(codesOf(outcome)).toMatch(/^5 /);
    expect(await registerOf(probe)).toBe(7n);
  }
);
