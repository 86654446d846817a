/** Installing, reinstalling and uninstalling code. */
import { codesOf, rejectionOf, replyInt, replyOf, replyText, valueAt } from './client';
import { createIdentity } from './identities';
import { managementCall } from './management';
import { type Created, Probe } from './network';
import { registerOf, valueOf } from './observations';
import { FREE_SLOT } from './probe/probe-module';
import { parseReject, type Program, program } from './probe/program';
import { Holder } from './holding';
import { row, useNetwork } from './row';

const network = useNetwork();

const stablePages = (probe: Probe): Promise<bigint> => valueOf(probe, program().ic0('stable64_size'));

async function moduleHash({ id }: Created): Promise<Uint8Array | undefined> {
  const path = ['canister', id, 'module_hash'] as const;
  return valueAt(await network.client.readState(id, [path]), path);
}

const certify = (text: string): Program => program().text(text).give('certified_data_set');

row(
  49,
  'Management canister, install_code',
  'install on a canister with code is refused and changes nothing',
  async () => {
    const probe = await network.probe(program().setRegister(0, 7));

    const outcome = await network.install(probe, await network.probeModule(), { arg: program() });

    expect(codesOf(outcome)).toBe('5 IC0514');
    expect(await registerOf(probe)).toBe(7n);
  }
);

row(
  49,
  'Management canister, install_code',
  'reinstall clears heap, stable memory, certified data and timer',
  async () => {
    const state = program()
      .setRegister(0, 7)
      .keep(FREE_SLOT, Buffer.from('kept'))
      .stableGrow(3)
      .then(certify('old data'))
      .ic0('global_timer_set', 1n << 62n)
      .op('drop');
    const probe = await network.probe(state);

    replyOf(await probe.reinstall());

    expect(await registerOf(probe)).toBe(0n);
    expect(replyOf(await probe.query(program().kept(FREE_SLOT).reply()))).toHaveLength(0);
    expect(await stablePages(probe)).toBe(0n);
    expect(replyInt(await probe.update(program().ic0('global_timer_set', 0).replyInt()))).toBe(0n);
    const certificate = replyOf(await probe.query(program().read('data_certificate').reply()));
    expect(Buffer.from(certificate).includes('old data')).toBe(false);
  }
);

row(
  49,
  'Management canister, install_code',
  'reinstall installs on an empty canister too, upgrade does not',
  async () => {
    const canister = await network.create();
    const probe = new Probe(network, canister);

    expect(codesOf(await probe.upgrade())).toBe('5 IC0537');
    expect(await moduleHash(canister)).toBeUndefined();
    replyOf(await probe.reinstall(program().setRegister(0, 3)));
    expect(await registerOf(probe)).toBe(3n);
  }
);

row(49, 'System API, Canister initialization', 'init sees its argument and who installs', async () => {
  const init = program().caller().int(FREE_SLOT).op('store_kept');
  const probe = await network.probe(init);

  expect(replyOf(await probe.query(program().kept(FREE_SLOT).reply()))).toEqual(network.controller.sender);
});

row(
  49,
  'Management canister, install_code',
  'a canister may install code into another that it controls',
  async () => {
    const probe = await network.probe();
    const created = await network.create({ settings: { controllers: [[probe.principal]] } });
    const install = managementCall('install_code', {
      mode: { install: null },
      canister_id: created.principal,
      wasm_module: await network.probeModule(),
      arg: program().caller().int(FREE_SLOT).op('store_kept').toBytes()
    });

    replyOf(await probe.update(program().call({ ...install, onReply: program().replyText('') })));

    const installed = new Probe(network, created);
    expect(replyOf(await installed.query(program().kept(FREE_SLOT).reply()))).toEqual(probe.id);
  }
);

row(50, 'System API, Canister initialization', 'a trap in init leaves the canister empty', async () => {
  const canister = await network.create();

  const outcome = await network.install(canister, await network.probeModule(), {
    arg: program().stableGrow(1).trap('in init')
  });

  expect(codesOf(outcome)).toBe('5 IC0503');
  expect(rejectionOf(outcome)).toContain('in init');
  expect(await moduleHash(canister)).toBeUndefined();
  expect(codesOf(await new Probe(network, canister).update(program()))).toBe('5 IC0537');
});

row(
  50,
  'System API, Canister initialization',
  'a trap in init of a reinstallation leaves the canister as it was',
  async () => {
    const probe = await network.probe(program().setRegister(0, 7).stableGrow(1));

    expect(codesOf(await probe.reinstall(program().stableGrow(5).trap('in init')))).toBe('5 IC0503');

    expect(await registerOf(probe)).toBe(7n);
    expect(await stablePages(probe)).toBe(1n);
  }
);

row(
  '+',
  'System API, WebAssembly module requirements',
  'the start function runs before init, in every mode',
  async () => {
    const module = { start: program().increment(0).toBytes() };
    const double = program().register(0).int(2).op('multiply').int(0).op('store_register');
    const probe = await network.probe(double, { module });
    expect(await registerOf(probe)).toBe(2n);

    const wasmModule = await network.probeModule(module);
    for (const mode of [{ reinstall: null }, { upgrade: [] }]) {
      replyOf(await network.install(probe, wasmModule, { mode, arg: double }));
      expect(await registerOf(probe)).toBe(2n);
    }
  }
);

row(
  '+',
  'System API, WebAssembly module requirements',
  'a trap in the start function fails the installation',
  async () => {
    const canister = await network.create();
    const wasmModule = await network.probeModule({ start: program().op('unreachable').toBytes() });

    expect(codesOf(await network.install(canister, wasmModule))).toBe('5 IC0502');
    expect(await moduleHash(canister)).toBeUndefined();
  }
);

row(
  55,
  'Management canister, install_code',
  'only controllers install, and the refusal changes nothing',
  async () => {
    const probe = await network.probe(program().setRegister(0, 7));
    const identity = createIdentity();
    const wasmModule = await network.probeModule();

    for (const mode of [{ install: null }, { reinstall: null }, { upgrade: [] }]) {
      expect(codesOf(await network.install(probe, wasmModule, { mode, identity }))).toBe('5 IC0512');
    }
    expect(await registerOf(probe)).toBe(7n);
  }
);

row(
  56,
  'Management canister, uninstall_code',
  'it empties the canister, which keeps its id and controllers',
  async () => {
    const probe = await network.probe(program().stableGrow(1));

    replyOf(await probe.manage('uninstall_code'));

    expect(codesOf(await probe.update(program()))).toBe('5 IC0537');
    expect(await moduleHash(probe)).toBeUndefined();
    replyOf(await network.install(probe, await network.probeModule(), { arg: program() }));
    expect(await stablePages(probe)).toBe(0n);
  }
);

row(
  56,
  'Management canister, uninstall_code',
  'open calls are rejected with 4, and later answers run nothing',
  async () => {
    const holder = await Holder.create(network);
    const caller = await network.probe();
    const probe = await network.probe();
    const waiting = program().call(holder.call({ onReply: program().setRegister(0, 1).replyText('late') }));
    const byUser = probe.update(waiting);
    const byCanister = caller.update(program().call({ to: probe.id, arg: waiting }));
    await holder.whenCalled(2n);

    replyOf(await probe.manage('uninstall_code'));
    expect(codesOf(await byUser)).toMatch(/^4 /);
    expect(parseReject(replyOf(await byCanister))).toMatchObject({ code: 4 });

    replyOf(await network.install(probe, await network.probeModule(), { arg: program() }));
    await holder.release();
    // What the holder answers next comes after its late answers.
    const next = { to: holder.probe.id, arg: program().replyText('next') };
    expect(replyText(await probe.update(program().call(next)))).toBe('next');
    expect(await registerOf(probe)).toBe(0n);
  }
);

row(
  56,
  'Management canister, uninstall_code',
  'an empty canister may be uninstalled; others may not do it',
  async () => {
    const canister = await network.create();
    const value = { canister_id: canister.principal };

    expect(codesOf(await network.manage('uninstall_code', value, { identity: createIdentity() }))).toBe(
      '5 IC0512'
    );
    expect(codesOf(await network.manage('uninstall_code', value))).toBe('replied');
  }
);
