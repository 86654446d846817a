/** Settings that a canister feels: controllers, environment variables, limits of memory and of incoming cycles. */
import { Principal } from '@dfinity/principal';
import { codesOf, replyInt, replyOf, replyText } from './client';
import { createIdentity } from './identities';
import { settings, type Value } from './management';
import { type Created, type Probe } from './network';
import { registerOf, valueOf } from './observations';
import { parseReject, type Program, program } from './probe/program';
import { row, useNetwork } from './row';

const network = useNetwork();

const MIB = 1024n * 1024n;

const update = ({ principal }: Created, value: Value) =>
  network.manage('update_settings', { canister_id: principal, settings: settings(value) });

const principalOf = ({ sender }: { readonly sender: Uint8Array }): Principal =>
  Principal.fromUint8Array(sender);

const someone = (): Principal => principalOf(createIdentity());

const controllersOf = async (probe: Probe): Promise<string[]> => {
  const { controllers } = (await probe.status()).settings as { controllers: Principal[] };
  return controllers.map((controller) => controller.toText()).sort();
};

row(
  55,
  'Management canister, update_settings',
  'up to 10 controllers; 11 are refused, also at creation',
  async () => {
    const probe = await network.probe();
    const ten = [network.controllerPrincipal, ...Array.from({ length: 9 }, someone)];

    replyOf(await update(probe, { controllers: [ten] }));
    expect(await controllersOf(probe)).toEqual(ten.map((each) => each.toText()).sort());

    expect((await update(probe, { controllers: [[...ten, someone()]] })).kind).toBe('rejected');
    expect(await controllersOf(probe)).toHaveLength(10);
    await expect(network.create({ settings: { controllers: [[...ten, someone()]] } })).rejects.toThrow(
      'rejected'
    );
  }
);

row(55, 'Management canister, update_settings', 'the same controller twice counts once', async () => {
  const probe = await network.probe();
  const other = someone();

  replyOf(await update(probe, { controllers: [[network.controllerPrincipal, other, other]] }));

  expect(await controllersOf(probe)).toEqual(
    [network.controllerPrincipal, other].map((each) => each.toText()).sort()
  );
});

row(
  55,
  'Management canister, update_settings',
  'a new controller may, a former one may not; none at all may',
  async () => {
    const probe = await network.probe();
    const next = createIdentity();
    const value = { canister_id: probe.principal };
    replyOf(await update(probe, { controllers: [[principalOf(next)]] }));

    expect(codesOf(await network.manage('canister_status', value))).toBe('5 IC0512');
    expect(codesOf(await network.manage('canister_status', value, { identity: next }))).toBe('replied');
    const none = { ...value, settings: settings({ controllers: [[]] }) };
    replyOf(await network.manage('update_settings', none, { identity: next }));
    expect(codesOf(await network.manage('stop_canister', value, { identity: next }))).toBe('5 IC0512');
  }
);

row(
  55,
  'Management canister, update_settings',
  'strangers may not, and a value out of range changes nothing',
  async () => {
    const probe = await network.probe();
    const { settings: before } = await probe.status();
    const value = { canister_id: probe.principal, settings: settings({ freezing_threshold: [1n] }) };
    expect(codesOf(await network.manage('update_settings', value, { identity: createIdentity() }))).toBe(
      '5 IC0512'
    );

    for (const wrong of [
      { compute_allocation: [101n] },
      { memory_allocation: [1n << 64n] },
      { freezing_threshold: [1n << 64n] },
      { wasm_memory_limit: [(1n << 48n) + 1n] }
    ]) {
      expect((await update(probe, { freezing_threshold: [5n], ...wrong })).kind).toBe('rejected');
    }
    expect((await probe.status()).settings).toEqual(before);
  }
);

const variables = (...pairs: readonly (readonly [string, string])[]): Value => ({
  environment_variables: [pairs.map(([name, value]) => ({ name, value }))]
});

const named = (name: string): Program => program().text(name).op('split');

row(
  '+',
  'System API, Environment variables',
  'a canister enumerates them by name and looks them up',
  async () => {
    const probe = await network.probe(program(), { settings: variables(['B', 'second'], ['A', 'first']) });
    const nameAt = (index: number) =>
      probe.query(program().read('env_var_name', index).reply()).then(replyText);
    const valueOfName = (name: string, length: number) =>
      probe
        .query(
          program()
            .int(length)
            .op('alloc')
            .op('dup')
            .op('split')
            .op('drop')
            .int(0)
            .op('store_register')
            .then(named(name))
            .register(0)
            .int(0)
            .int(length)
            .op('env_var_value_copy')
            .reply()
        )
        .then(replyText);

    expect(await valueOf(probe, program().ic0('env_var_count'))).toBe(2n);
    expect([await nameAt(0), await nameAt(1)]).toEqual(['A', 'B']);
    expect(await valueOf(probe, named('A').op('env_var_value_size'))).toBe(5n);
    expect(await valueOfName('A', 5)).toBe('first');
    expect(await valueOfName('B', 6)).toBe('second');
  }
);

row('+', 'System API, Environment variables', 'names that are not there', async () => {
  const probe = await network.probe(program(), { settings: variables(['A', 'first']) });

  expect(await valueOf(probe, named('A').op('env_var_name_exists'))).toBe(1n);
  expect(await valueOf(probe, named('C').op('env_var_name_exists'))).toBe(0n);
  for (const run of [
    named('C').op('env_var_value_size'),
    program().ic0('env_var_name_size', 1),
    named('x'.repeat(129)).op('env_var_name_exists'),
    program().blob(Uint8Array.of(0xff)).give('env_var_name_exists')
  ]) {
    expect(codesOf(await probe.update(run.replyInt()))).toMatch(/^5 /);
  }
});

row(
  '+',
  'System API, Environment variables',
  'at most 20, names once, names and values of at most 128 bytes',
  async () => {
    const probe = await network.probe(program(), { settings: variables(['A', 'first']) });
    const many = (count: number) =>
      variables(...Array.from({ length: count }, (_, index) => [`name ${index}`, ''] as const));
    const long = 'x'.repeat(129);

    for (const wrong of [
      many(21),
      variables(['A', ''], ['A', '']),
      variables([long, '']),
      variables(['A', long])
    ]) {
      expect((await update(probe, wrong)).kind).toBe('rejected');
    }
    expect(await valueOf(probe, program().ic0('env_var_count'))).toBe(1n);
    replyOf(await update(probe, many(20)));
    expect(await valueOf(probe, program().ic0('env_var_count'))).toBe(20n);
  }
);

const grow = (pages: number): Program => program().int(pages).op('memory_grow').op('drop');

row(
  '+',
  'Management canister, setting wasm_memory_limit',
  'an update that exceeds it traps, a query does not',
  async () => {
    const probe = await network.probe();
    replyOf(await update(probe, { wasm_memory_limit: [MIB] }));

    expect(codesOf(await probe.update(grow(32).replyText('')))).toBe('5 IC0539');
    expect(replyText(await probe.query(grow(32).replyText('fine')))).toBe('fine');
    expect(replyText(await probe.update(grow(4).replyText('fine')))).toBe('fine');
  }
);

row('+', 'Management canister, setting wasm_memory_limit', 'it holds for init and post_upgrade', async () => {
  const probe = await network.probe();
  replyOf(await update(probe, { wasm_memory_limit: [MIB] }));

  expect(codesOf(await probe.reinstall(grow(32)))).toBe('5 IC0539');
  expect(codesOf(await probe.upgrade(grow(32)))).toBe('5 IC0539');
  replyOf(await probe.upgrade(grow(2)));
});

row(
  '+',
  'System API, canister_on_low_wasm_memory',
  'it runs once when less than the threshold remains',
  async () => {
    const module = { hooks: ['canister_on_low_wasm_memory'] } as const;
    const hook = program().onHook('canister_on_low_wasm_memory', program().increment(0));
    const probe = await network.probe(hook, { module });
    replyOf(await update(probe, { wasm_memory_limit: [4n * MIB], wasm_memory_threshold: [2n * MIB] }));
    await probe.update(grow(4).replyText(''));
    expect(await registerOf(probe)).toBe(0n);

    await probe.update(grow(40).replyText(''));
    await network.until(async () => (await registerOf(probe)) === 1n);
    await probe.update(grow(1).replyText(''));
    await network.pass(1);

    expect(await registerOf(probe)).toBe(1n);
  }
);

row(
  '+',
  'Management canister, setting minimum_incoming_canister_call_cycles',
  'calls of others with less are rejected with 5',
  async () => {
    const probe = await network.probe();
    const other = await network.probe();
    replyOf(await update(probe, { minimum_incoming_canister_call_cycles: [1000n] }));
    const call = { to: probe.id, arg: program().replyText('in') };

    const short = await other.update(program().call({ ...call, cycles: 999n }));
    expect(parseReject(replyOf(short))).toMatchObject({ code: 5 });
    expect(replyText(await other.update(program().call({ ...call, cycles: 1000n })))).toBe('in');
    expect(replyText(await probe.update(program().call(call)))).toBe('in');
    expect(replyInt(await probe.update(program().int(1).replyInt()))).toBe(1n);
  }
);
