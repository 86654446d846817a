import { type Principal } from '@dfinity/principal';
import { expectClientError } from './client-error';
import { codesOf, HttpError, type Outcome } from './client';
import { encodeArgument, manage, MANAGEMENT, settings } from './management';
import { type ManagementMethod } from './management-types';
import { type Created, type Probe } from './network';
import { program } from './probe/program';
import { row, useNetwork } from './row';

const network = useNetwork();
let probe: Probe;
let other: Created;

beforeAll(async () => {
  probe = await network.probe();
  other = await network.create();
});

const SECTION = 'HTTPS interface, Effective canister id';

row(8, SECTION, 'a call or query names in its URL the canister that it is for', async () => {
  const arg = program().replyText('hello').toBytes();
  const elsewhere = { effectiveCanisterId: other.id };
  for (const endpoint of ['v2 canister call', 'v3 canister call', 'v4 canister call']) {
    const content = network.client.content('call', probe.id, 'update', arg);
    expectClientError(await network.client.send(endpoint, probe.id, content, elsewhere));
  }
  for (const endpoint of ['v2 canister query', 'v3 canister query']) {
    const content = network.client.content('query', probe.id, 'query', arg);
    expectClientError(await network.client.send(endpoint, probe.id, content, elsewhere));
    expectClientError(
      await network.client.send(endpoint, probe.id, content, { effectiveCanisterId: MANAGEMENT })
    );
  }
});

row(8, SECTION, 'canister paths are read through the canister', async () => {
  for (const path of [['controllers'], ['module_hash'], ['metadata', 'candid:service']]) {
    const content = network.client.readStateContent([['canister', probe.id, ...path]]);
    for (const endpoint of ['v2 canister read_state', 'v3 canister read_state']) {
      expect((await network.client.send(endpoint, probe.id, content)).status).toBe(200);
      expectClientError(await network.client.send(endpoint, other.id, content));
    }
  }
});

/** Methods that users may call on a canister, each with an argument for `canister`. */
const onCanister = (
  canister: Principal
): readonly (readonly [ManagementMethod, Record<string, unknown>])[] => [
  ['canister_status', { canister_id: canister }],
  ['update_settings', { canister_id: canister, settings: settings({}) }],
  ['start_canister', { canister_id: canister }],
  ['stored_chunks', { canister_id: canister }],
  ['upload_chunk', { canister_id: canister, chunk: Uint8Array.of(1) }],
  ['clear_chunk_store', { canister_id: canister }],
  ['provisional_top_up_canister', { canister_id: canister, amount: 1n }],
  ['uninstall_code', { canister_id: canister }],
  ['stop_canister', { canister_id: canister }],
  ['delete_canister', { canister_id: canister }]
];

/** How the network took a request: an HTTP status, or the codes of an outcome. */
async function takenAs(outcome: Promise<Outcome>): Promise<string> {
  try {
    return codesOf(await outcome);
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    expectClientError(error.answer);
    return 'refused';
  }
}

row(9, SECTION, 'management methods on a canister go through that canister', async () => {
  const victim = await network.create();
  for (const [method, value] of onCanister(victim.principal)) {
    for (const effectiveCanisterId of [other.principal, MANAGEMENT]) {
      expect(`${method} ${await takenAs(network.manage(method, value, { effectiveCanisterId }))}`).toBe(
        `${method} refused`
      );
    }
  }
  for (const [method, value] of onCanister(victim.principal)) {
    expect(`${method} ${await takenAs(network.manage(method, value))}`).toBe(`${method} replied`);
  }
});

row(9, SECTION, 'install_chunked_code goes through its target', async () => {
  const chunked = {
    mode: { install: null },
    target_canister: probe.principal,
    store_canister: [other.principal],
    chunk_hashes_list: [],
    wasm_module_hash: new Uint8Array(32),
    arg: new Uint8Array(0)
  };
  const through = (effectiveCanisterId: Principal): Promise<string> =>
    takenAs(network.manage('install_chunked_code', chunked, { effectiveCanisterId }));

  expect(await through(other.principal)).toBe('refused');
  expect(await through(probe.principal)).toMatch(/^\d IC0/);
});

row(9, SECTION, 'canisters are created through any id of the subnet', async () => {
  const create = encodeArgument('provisional_create_canister_with_cycles', { amount: [10n ** 13n] });
  for (const effectiveCanisterId of [network.someCanisterId, probe.principal]) {
    const outcome = network.client.update(MANAGEMENT, 'provisional_create_canister_with_cycles', create, {
      effectiveCanisterId
    });
    expect(await takenAs(outcome)).toBe('replied');
  }
});

row(9, SECTION, 'methods for canisters only are refused to users', async () => {
  const methods: ManagementMethod[] = [
    'raw_rand',
    'create_canister',
    'deposit_cycles',
    'canister_info',
    'http_request',
    'ecdsa_public_key',
    'sign_with_ecdsa',
    'schnorr_public_key',
    'sign_with_schnorr'
  ];
  const withCanister = encodeArgument('deposit_cycles', { canister_id: probe.principal });
  for (const method of methods) {
    const taken = await takenAs(
      network.client.update(MANAGEMENT, method, withCanister, { effectiveCanisterId: probe.id })
    );
    expect(`${method} ${taken}`).not.toBe(`${method} replied`);
  }
});

row(9, SECTION, 'an argument that names no canister is refused, through whatever canister', async () => {
  for (const arg of [encodeArgument('raw_rand'), Uint8Array.of(1, 2, 3), new Uint8Array(0)]) {
    for (const effectiveCanisterId of [probe.principal, MANAGEMENT]) {
      const taken = await takenAs(
        network.client.update(MANAGEMENT, 'canister_status', arg, {
          effectiveCanisterId,
          identity: network.controller
        })
      );
      expect(taken).not.toBe('replied');
    }
  }
});

row('+', SECTION, 'canister_status can be queried through its canister only', async () => {
  const arg = encodeArgument('canister_status', { canister_id: probe.principal });
  const options = { identity: network.controller };
  const query = (effectiveCanisterId: Principal): Promise<Outcome> =>
    network.client.query(MANAGEMENT, 'canister_status', arg, { ...options, effectiveCanisterId });

  expect(await takenAs(query(probe.principal))).toBe('replied');
  expect(await takenAs(query(other.principal))).toBe('refused');
});

row('+', 'Management canister', 'a method it does not have is refused', async () => {
  const arg = encodeArgument('canister_status', { canister_id: probe.principal });
  const outcome = network.client.update(MANAGEMENT, 'no_such_method', arg, {
    effectiveCanisterId: probe.id,
    identity: network.controller
  });

  expect(await takenAs(outcome)).not.toBe('replied');
});

row('+', 'Management canister', 'whoever is not a controller is refused', async () => {
  for (const [method, value] of onCanister(other.principal)) {
    if (method === 'provisional_top_up_canister') continue;
    expect(`${method} ${await takenAs(manage(network.client, method, value))}`).toBe(`${method} 5 IC0512`);
  }
});
