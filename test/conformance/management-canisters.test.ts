import { Principal } from '@dfinity/principal';
import { codesOf, replyOf } from './client';
import { createHash } from 'node:crypto';
import { createIdentity } from './identities';
import {
  decodeResult,
  encodeArgument,
  manage,
  managedFrom,
  MANAGEMENT,
  manageFrom,
  settings,
  type Value
} from './management';
import { type Created } from './network';
import { program } from './probe/program';
import { needing, row, useNetwork } from './row';

const network = useNetwork();
const sha256 = (bytes: Uint8Array): Uint8Array =>
  Uint8Array.from(createHash('sha256').update(bytes).digest());

row(
  66,
  'Management canister, canister_status',
  'shows status, module, memory, cycles and settings',
  async () => {
    const probe = await network.probe();
    const status = await probe.status();

    expect(status.status).toEqual({ running: null });
    expect(status.module_hash).toEqual([sha256(await network.probeModule())]);
    expect(status.memory_size).toBeGreaterThan(0n);
    expect(status.cycles).toBeGreaterThan(0n);
    expect(status.settings).toMatchObject({
      compute_allocation: 0n,
      memory_allocation: 0n,
      freezing_threshold: 2_592_000n,
      log_visibility: { controllers: null },
      environment_variables: []
    });
  }
);

row(66, 'Management canister, canister_status', 'of an empty canister there is no module hash', async () => {
  const empty = await network.create();
  const status = await network.managed('canister_status', { canister_id: empty.principal });

  expect(status).toMatchObject({ module_hash: [], status: { running: null } });
});

row(66, 'Management canister, canister_status', 'memory metrics say what takes the memory', async () => {
  const probe = await network.probe(program().stableGrow(3));
  const { memory_metrics } = (await probe.status()) as unknown as { memory_metrics: Record<string, bigint> };
  const module = await network.probeModule();

  expect(memory_metrics).toMatchObject({
    stable_memory_size: 3n * 65_536n,
    wasm_binary_size: BigInt(module.length),
    wasm_chunk_store_size: 0n,
    snapshots_size: 0n
  });
  expect(memory_metrics.wasm_memory_size).toBeGreaterThanOrEqual(2n * 65_536n);
});

row(
  66,
  'Management canister, canister_status',
  'can be queried; the canister itself may ask, strangers may not',
  async () => {
    const probe = await network.probe();
    const other = await network.probe();
    const value = { canister_id: probe.principal };
    const query = await network.client.query(
      MANAGEMENT,
      'canister_status',
      encodeArgument('canister_status', value),
      {
        effectiveCanisterId: probe.id,
        identity: network.controller
      }
    );

    expect(decodeResult('canister_status', replyOf(query))).toMatchObject({ status: { running: null } });
    expect(codesOf(await manageFrom(probe, 'canister_status', value))).toBe('replied');
    expect((await manageFrom(other, 'canister_status', value)).kind).toBe('rejected');
    expect(
      codesOf(await manage(network.client, 'canister_status', value, { identity: createIdentity() }))
    ).toBe('5 IC0512');
  }
);

row(67, 'Management canister, raw_rand', 'gives 32 bytes, new ones at each call', async () => {
  const probe = await network.probe();
  const draws = [await managedFrom(probe, 'raw_rand'), await managedFrom(probe, 'raw_rand')] as Uint8Array[];

  expect(draws.map((bytes) => bytes.length)).toEqual([32, 32]);
  expect(draws[0]).not.toEqual(draws[1]);
});

row(
  72,
  'Management canister, provisional_create_canister_with_cycles',
  'the balance is the amount',
  async () => {
    const canister = await network.create({ cycles: 3_000_000_000_000n });
    const { cycles } = (await network.managed('canister_status', { canister_id: canister.principal })) as {
      cycles: bigint;
    };

    expect(cycles).toBeLessThanOrEqual(3_000_000_000_000n);
    expect(cycles).toBeGreaterThan(2_990_000_000_000n);
  }
);

row(
  72,
  'Management canister, provisional_create_canister_with_cycles',
  'a free id can be asked for, once',
  async () => {
    const { principal } = await network.create();
    await network.manage('stop_canister', { canister_id: principal });
    // An id beyond those given out so far, in the same range.
    const wanted = principal.toUint8Array();
    wanted[6] = (wanted[6] ?? 0) ^ 0x01;
    const specifiedId = Principal.fromUint8Array(wanted);

    expect((await network.create({ specifiedId })).principal.toText()).toBe(specifiedId.toText());
    await expect(network.create({ specifiedId })).rejects.toThrow(/rejected/);
  }
);

row(
  72,
  'Management canister, provisional_create_canister_with_cycles',
  'an id outside the ranges is refused',
  async () => {
    const value = { amount: [10n ** 13n], specified_id: [Principal.fromText('2vxsx-fae')] };
    const outcome = network.manage('provisional_create_canister_with_cycles', value, {
      effectiveCanisterId: network.someCanisterId
    });

    expect((await outcome).kind).toBe('rejected');
  }
);

row(72, 'Management canister, provisional_top_up_canister', 'anyone adds cycles', async () => {
  const canister = await network.create({ cycles: 10n ** 12n });
  const value = { canister_id: canister.principal, amount: 5n * 10n ** 12n };
  replyOf(await manage(network.client, 'provisional_top_up_canister', value, { identity: createIdentity() }));
  const { cycles } = (await network.managed('canister_status', { canister_id: canister.principal })) as {
    cycles: bigint;
  };

  expect(cycles).toBeGreaterThan(5_900_000_000_000n);
});

type LogRecord = { readonly idx: bigint; readonly timestamp_nanos: bigint; readonly content: Uint8Array };

async function logsOf(canister: Created, identity = network.controller): Promise<LogRecord[]> {
  const argument = encodeArgument('fetch_canister_logs', { canister_id: canister.principal });
  const outcome = await network.client.query(MANAGEMENT, 'fetch_canister_logs', argument, {
    effectiveCanisterId: canister.id,
    identity
  });
  const result = decodeResult('fetch_canister_logs', replyOf(outcome));
  return (result as { canister_log_records: LogRecord[] }).canister_log_records;
}

const textOf = (record: LogRecord | undefined): string => new TextDecoder().decode(record?.content);

row(
  73,
  'Management canister, fetch_canister_logs',
  'what updates print and trap with, in order, numbered from 0',
  async () => {
    const probe = await network.probe(program().print('from init'));
    await probe.update(program().print('one').print('two').replyText(''));
    await probe.update(program().print('before the trap').trap('oh no'));
    await probe.query(program().print('a query').replyText(''));

    const logs = await logsOf(probe);

    expect(logs.map(textOf).slice(0, 4)).toEqual(['from init', 'one', 'two', 'before the trap']);
    expect(textOf(logs[4])).toContain('oh no');
    expect(logs).toHaveLength(5);
    expect(logs.map(({ idx }) => idx)).toEqual([0n, 1n, 2n, 3n, 4n]);
  }
);

row(
  73,
  'Management canister, fetch_canister_logs',
  'an upgrade keeps them, reinstalling drops them',
  async () => {
    const probe = await network.probe(program().print('kept'));
    replyOf(await probe.upgrade());
    expect((await logsOf(probe)).map(textOf)).toEqual(['kept']);

    replyOf(await probe.reinstall());
    expect(await logsOf(probe)).toEqual([]);
  }
);

row(73, 'Management canister, fetch_canister_logs', 'at most 4 KiB are kept, the newest', async () => {
  const probe = await network.probe();
  for (let line = 0; line < 12; line++) {
    await probe.update(program().print(`${line}`.padStart(1000, '.')).replyText(''));
  }
  const logs = await logsOf(probe);

  expect(logs.reduce((sum, { content }) => sum + content.length, 0)).toBeLessThanOrEqual(4096);
  expect(logs.length).toBeGreaterThan(0);
  expect(textOf(logs.at(-1))).toMatch(/\.11$/);
});

row(
  73,
  'Management canister, fetch_canister_logs',
  'seen by controllers, by viewers named, or by all',
  async () => {
    const stranger = createIdentity();
    const probe = await network.probe(program().print('seen'));
    const show = async (log_visibility: Value): Promise<void> => {
      const value = {
        canister_id: probe.principal,
        settings: settings({ log_visibility: [log_visibility] })
      };
      replyOf(await network.manage('update_settings', value));
    };

    await expect(logsOf(probe, stranger)).rejects.toThrow();
    await show({ public: null });
    expect(await logsOf(probe, stranger)).toHaveLength(1);
    await show({ allowed_viewers: [Principal.fromUint8Array(stranger.sender)] });
    expect(await logsOf(probe, stranger)).toHaveLength(1);
    await expect(logsOf(probe, createIdentity())).rejects.toThrow();
    expect(await logsOf(probe)).toHaveLength(1);
  }
);

type Info = {
  readonly total_num_changes: bigint;
  readonly recent_changes: readonly { readonly details: readonly Value[]; readonly origin: Value }[];
  readonly module_hash: [] | [Uint8Array];
  readonly controllers: readonly Principal[];
};

row('+', 'Management canister, canister_info', 'any canister reads the history of any', async () => {
  const reader = await network.probe();
  const probe = await network.probe();
  replyOf(await probe.upgrade());
  const value = { canister_id: probe.principal, num_requested_changes: [10n] };

  const info = (await managedFrom(reader, 'canister_info', value)) as Info;

  expect(info.total_num_changes).toBe(3n);
  expect(info.recent_changes.map(({ details: [details] }) => Object.keys(details ?? {}))).toEqual([
    ['creation'],
    ['code_deployment'],
    ['code_deployment']
  ]);
  expect(info.module_hash).toEqual([sha256(await network.probeModule())]);
  expect(info.controllers.map((id) => id.toText())).toEqual([
    Principal.fromUint8Array(network.controller.sender).toText()
  ]);
});

row(
  '+',
  'Management canister, canister_metadata',
  'public for every canister, private for controllers',
  async () => {
    const reader = await network.probe();
    const customSections = [
      ['icp:public open', Uint8Array.of(1)],
      ['icp:private shut', Uint8Array.of(2)]
    ] as const;
    const probe = await network.probe(program(), { module: { customSections } });
    const read = (name: string): ReturnType<typeof manageFrom> =>
      manageFrom(reader, 'canister_metadata', { canister_id: probe.principal, name });

    expect(decodeResult('canister_metadata', replyOf(await read('open')))).toEqual({
      value: Uint8Array.of(1)
    });
    expect((await read('shut')).kind).toBe('rejected');
    expect((await read('missing')).kind).toBe('rejected');
  }
);

row(
  '+',
  'Management canister, create_canister',
  'a canister makes one with its cycles and controls it',
  async () => {
    const probe = await network.probe();
    const created = (await managedFrom(probe, 'create_canister', {}, 2n * 10n ** 12n)) as {
      canister_id: Principal;
    };
    const status = (await managedFrom(probe, 'canister_status', created)) as {
      settings: { controllers: Principal[] };
    };

    expect(status.settings.controllers.map((id) => id.toText())).toEqual([probe.principal.toText()]);
    expect((await manageFrom(probe, 'create_canister', {}, 1000n)).kind).toBe('rejected');
  }
);

row('+', 'Management canister, deposit_cycles', 'attached cycles go to any canister', async () => {
  const probe = await network.probe();
  const canister = await network.create({ cycles: 10n ** 12n });
  replyOf(await manageFrom(probe, 'deposit_cycles', { canister_id: canister.principal }, 10n ** 12n));
  const { cycles } = (await network.managed('canister_status', { canister_id: canister.principal })) as {
    cycles: bigint;
  };

  expect(cycles).toBeGreaterThan(1_990_000_000_000n);
});

row(
  '+',
  'Management canister, canister_status',
  'a canister left alone pays for its memory',
  needing('time travel', async () => {
    const probe = await network.probe(program().stableGrow(1000));
    const before = (await probe.status()).cycles;
    await network.pass(86_400);

    expect((await probe.status()).cycles).toBeLessThan(before - 500_000_000n);
  })
);
