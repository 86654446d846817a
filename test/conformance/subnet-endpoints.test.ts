import { expectRefusal } from './client-error';
import { decodeLeb128, type HttpAnswer, lookUp, type Path, replyOf, valueAt } from './client';
import { ANONYMOUS, createIdentity } from './identities';
import { encodeArgument, MANAGEMENT } from './management';
import { type Created, type Probe } from './network';
import { row, useNetwork } from './row';
import { readSubnetState, subnetOf } from './subnet';

const network = useNetwork();
let probe: Probe;
let empty: Created;

beforeAll(async () => {
  probe = await network.probe();
  empty = await network.create();
});

const SECTION = 'HTTPS interface, Effective subnet id';

async function callSubnet(method: string, arg: Uint8Array, identity = ANONYMOUS): Promise<HttpAnswer> {
  const subnetId = await subnetOf(network, probe.id);
  const content = network.client.content('call', MANAGEMENT, method, arg);
  return network.client.send('v4 subnet call', subnetId, content, { identity });
}

row('+', SECTION, 'methods other than canister creation are not called through the subnet', async () => {
  const value = { canister_id: probe.principal };
  for (const method of ['canister_status', 'start_canister', 'raw_rand'] as const) {
    const arg = encodeArgument(method, method === 'raw_rand' ? {} : value);
    expectRefusal(await callSubnet(method, arg, network.controller));
  }
});

row('+', SECTION, 'create_canister is for administrators of the subnet', async () => {
  const answer = await callSubnet('create_canister', encodeArgument('create_canister'), createIdentity());

  expect(answer.status === 200 ? answer.text : 'refused').not.toContain('request_status');
});

row('+', SECTION, 'only list_canisters is queried through the subnet', async () => {
  const subnetId = await subnetOf(network, probe.id);
  const arg = encodeArgument('canister_status', { canister_id: probe.principal });
  const content = network.client.content('query', MANAGEMENT, 'canister_status', arg);

  expectRefusal(
    await network.client.send('v3 subnet query', subnetId, content, { identity: network.controller })
  );
});

row('+', SECTION, 'a subnet that is not there is refused', async () => {
  expectRefusal(await readSubnetState(network, probe.principal, [['time']]));
});

const atPath = async (canister: Created, name: string): Promise<Uint8Array | undefined> => {
  const path: Path = ['canister', canister.id, name];
  return valueAt(await network.client.readState(canister.id, [path]), path);
};

row('+', 'System state tree, Canister information', 'time of creation, and of the last install', async () => {
  const created = decodeLeb128((await atPath(probe, 'canister_creation_timestamp')) ?? new Uint8Array(0));
  const before = decodeLeb128((await atPath(probe, 'last_install_timestamp')) ?? new Uint8Array(0));
  await network.pass(1);
  replyOf(await probe.upgrade());
  const after = decodeLeb128((await atPath(probe, 'last_install_timestamp')) ?? new Uint8Array(0));

  expect(created).toBeGreaterThan(1_700_000_000_000_000_000n);
  expect(before).toBeGreaterThanOrEqual(created);
  expect(after).toBeGreaterThan(before);
});

row('+', 'System state tree, Canister information', 'an empty canister has no time of install', async () => {
  const path: Path = ['canister', empty.id, 'last_install_timestamp'];

  expect(lookUp(await network.client.readState(empty.id, [path]), path).status).toBe('Absent');
  expect(await atPath(empty, 'canister_creation_timestamp')).toBeDefined();
});
