import { codesOf, replyInt, replyOf, replyText } from './client';
import { manageFrom, settings } from './management';
import { cyclesIn, registerOf, valueOf } from './observations';
import { type Program, program } from './probe/program';
import { row, useNetwork } from './row';
import { subnetOf } from './subnet';

const network = useNetwork();

const VARIABLES = [
  { name: 'API_URL', value: 'https://a.example' },
  { name: 'MODE', value: 'test' }
];

/** The value of an environment variable, by its name. */
const valueNamed = (name: string): Program =>
  program()
    .text(name)
    .op('split')
    .op('env_var_value_size')
    .op('alloc')
    .text(name)
    .op('split')
    .pick(2)
    .op('split')
    .int(0)
    .op('swap')
    .op('env_var_value_copy')
    .reply();

row('+', 'System API, Environment variables', 'are found by index and by name', async () => {
  const probe = await network.probe(program(), { settings: { environment_variables: [VARIABLES] } });
  const exists = (name: string): Program => program().text(name).op('split').op('env_var_name_exists');

  expect(await valueOf(probe, program().op('env_var_count'))).toBe(2n);
  const names = [0, 1].map((index) => probe.query(program().read('env_var_name', index).reply()));
  expect((await Promise.all(names)).map(replyText).sort()).toEqual(['API_URL', 'MODE']);
  expect(await valueOf(probe, exists('MODE'))).toBe(1n);
  expect(await valueOf(probe, exists('OTHER'))).toBe(0n);
  expect(replyText(await probe.query(valueNamed('API_URL')))).toBe('https://a.example');
});

row('+', 'System API, Environment variables', 'an index or name that is not there traps', async () => {
  const probe = await network.probe(program(), { settings: { environment_variables: [VARIABLES] } });

  expect(codesOf(await probe.query(program().ic0('env_var_name_size', 2).replyInt()))).toMatch(/^5 /);
  expect(codesOf(await probe.query(valueNamed('OTHER')))).toMatch(/^5 /);
});

row('+', 'System API, Environment variables', 'change with the settings', async () => {
  const probe = await network.probe(program(), { settings: { environment_variables: [VARIABLES] } });
  const changed = settings({ environment_variables: [[{ name: 'MODE', value: 'other' }]] });
  replyOf(await probe.manage('update_settings', { settings: changed }));

  expect(await valueOf(probe, program().op('env_var_count'))).toBe(1n);
  expect(replyText(await probe.query(valueNamed('MODE')))).toBe('other');
});

row('+', 'System API, Root key', 'is that of the status endpoint', async () => {
  const probe = await network.probe();

  expect(replyOf(await probe.update(program().read('root_key').reply()))).toEqual(
    Uint8Array.from(network.rootKey)
  );
});

row('+', 'System API, Subnet', 'is the subnet that certifies the canister', async () => {
  const probe = await network.probe();
  const subnetId = await subnetOf(network, probe.id);

  expect(replyOf(await probe.query(program().read('subnet_self').reply()))).toEqual(subnetId.toUint8Array());
});

row('+', 'System API, Replicated execution', 'is 1 in updates and what they call, 0 in queries', async () => {
  const probe = await network.probe(program().ic0('in_replicated_execution').int(0).op('store_register'));
  const ask = program().ic0('in_replicated_execution').replyInt();

  expect(await registerOf(probe)).toBe(1n);
  expect(replyInt(await probe.update(ask))).toBe(1n);
  expect(replyInt(await network.client.update(probe.id, 'query', ask.toBytes()))).toBe(1n);
  expect(replyInt(await probe.query(ask))).toBe(0n);
  expect(replyInt(await probe.compositeQuery(ask))).toBe(0n);
});

row('+', 'System API, Canister status', 'is 1 while running', async () => {
  const probe = await network.probe();

  expect(await valueOf(probe, program().ic0('canister_status'))).toBe(1n);
});

row('+', 'System API, Performance counter', 'grows with what is executed', async () => {
  const probe = await network.probe();
  const loop = (times: number): Program =>
    program().repeat(times, program().increment(0)).ic0('performance_counter', 0).replyInt();
  const [short, long] = [replyInt(await probe.update(loop(10))), replyInt(await probe.update(loop(1000)))];

  expect(short).toBeGreaterThan(0n);
  expect(long).toBeGreaterThan(10n * short);
  expect(codesOf(await probe.query(program().ic0('performance_counter', 2).replyInt()))).toMatch(/^5 /);
});

row('+', 'System API, Performance counter', 'type 1 counts on in callbacks, type 0 starts anew', async () => {
  const probe = await network.probe();
  const both = program()
    .ic0('performance_counter', 0)
    .op('to_bytes')
    .append()
    .ic0('performance_counter', 1)
    .replyInt();
  const run = program()
    .repeat(1000, program().increment(0))
    .call({ to: probe.id, arg: program().replyText(''), onReply: both });

  const counters = Buffer.from(replyOf(await probe.update(run)));

  expect(counters.readBigUInt64LE(8)).toBeGreaterThan(counters.readBigUInt64LE(0) * 5n);
});

row('+', 'System API, Heartbeat', 'beats by itself, called by the management canister', async () => {
  const beat = program().increment(0).ic0('msg_caller_size').int(1).op('store_register');
  const probe = await network.probe(program().onHook('canister_heartbeat', beat).setRegister(1, 99), {
    module: { hooks: ['canister_heartbeat'] }
  });

  await network.until(async () => (await registerOf(probe)) >= 2n);
  expect(await registerOf(probe, 1)).toBe(0n);
});

row(
  '+',
  'System API, On low Wasm memory',
  'runs once when the memory left falls below the threshold',
  async () => {
    const mebibyte = 1n << 20n;
    const probe = await network.probe(
      program().onHook('canister_on_low_wasm_memory', program().increment(0)),
      {
        module: { hooks: ['canister_on_low_wasm_memory'] },
        settings: { wasm_memory_limit: [8n * mebibyte], wasm_memory_threshold: [4n * mebibyte] }
      }
    );
    const grow = (pages: number): Program => program().int(pages).op('memory_grow').replyInt();

    await probe.update(grow(16));
    expect(await registerOf(probe)).toBe(0n);
    await probe.update(grow(64));
    await network.until(async () => (await registerOf(probe)) === 1n);
    await probe.update(grow(1));
    await network.pass(1);
    expect(await registerOf(probe)).toBe(1n);
  }
);

row(
  '+',
  'System API, Cycle cost calculation',
  'signing: 0 with the cost, 1 for the curve, 2 for the key',
  async () => {
    const probe = await network.probe();
    for (const name of ['cost_sign_with_ecdsa', 'cost_sign_with_schnorr', 'cost_vetkd_derive_key'] as const) {
      const cost = (key: string, curve: number): Program =>
        program()
          .int(16)
          .op('alloc')
          .text(key)
          .op('split')
          .int(curve)
          .pick(3)
          .op('split')
          .op('drop')
          .op(name);
      const code = (key: string, curve: number): Promise<bigint> => valueOf(probe, cost(key, curve));

      expect([await code('key_1', 0), await code('key_1', 9), await code('no_such_key', 0)]).toEqual([
        0n,
        1n,
        2n
      ]);
      const amount = replyOf(await probe.query(cost('key_1', 0).op('drop').reply()));
      expect(cyclesIn(amount)).toBeGreaterThan(0n);
    }
  }
);

row(
  '+',
  'System API, Cycle cost calculation',
  'calls and outcalls cost more the more they carry',
  async () => {
    const probe = await network.probe();
    const cost = async (run: Program): Promise<bigint> => cyclesIn(replyOf(await probe.query(run.reply())));

    for (const name of ['cost_call', 'cost_http_request'] as const) {
      const small = await cost(program().wide(name, 10, 10));
      expect(small).toBeGreaterThan(0n);
      expect(await cost(program().wide(name, 10, 10_000))).toBeGreaterThan(small);
      expect(await cost(program().wide(name, 10_000, 10))).toBeGreaterThan(small);
    }
  }
);

row(
  '+',
  'System API, Cycle cost calculation',
  'what cost_create_canister says buys a canister, less does not',
  async () => {
    const probe = await network.probe();
    const cost = cyclesIn(replyOf(await probe.query(program().wide('cost_create_canister').reply())));

    expect((await manageFrom(probe, 'create_canister', {}, cost - 1n)).kind).toBe('rejected');
    expect((await manageFrom(probe, 'create_canister', {}, cost)).kind).toBe('replied');
  }
);
