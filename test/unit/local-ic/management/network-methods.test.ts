import { Principal } from '@dfinity/principal';
import { hexToBytes } from '@noble/hashes/utils';
import { type ManagementMethod } from '../../../../src/local-ic/management/management-idl';
import { createNodeKey } from '../../../../src/local-ic/protocol/subnet-keys';
import { type Outcome } from '../../../../src/local-ic/replica/replica-port';
import { callThrough, proxy } from '../../../fixtures/local-ic/proxy-canister';
import {
  CONTROLLER,
  decodeResult,
  encodeArgument,
  errorCodeOf,
  type Installed,
  MANAGEMENT,
  rejectMessageOf,
  TestReplica,
  UNCHANGED_SETTINGS,
  user
} from '../../../fixtures/local-ic/test-replica';
import { assemble, buildCanister } from '../../../fixtures/local-ic/wat-canister';

let host: TestReplica;

beforeEach(() => {
  host = new TestReplica();
});

afterEach(() => {
  host.replica.close();
});

/** What a canister is answered that calls the method. */
async function ask(method: ManagementMethod, value: object): Promise<Outcome> {
  const canister = await host.install(await buildCanister(proxy(method)));
  return callThrough(host, canister, { method, value });
}

function update(canister: Installed, changes: object): Promise<Outcome> {
  return host.manage('update_settings', {
    canister_id: canister.principal,
    settings: { ...UNCHANGED_SETTINGS, ...changes },
    sender_canister_version: []
  });
}

const SUBNET = Principal.selfAuthenticating(new Uint8Array(133).fill(9));
const OTHER_SUBNET = Principal.selfAuthenticating(new Uint8Array(133).fill(8));

describe('the subnet', () => {
  it('tells its version and its node', async () => {
    const info = await ask('subnet_info', { subnet_id: SUBNET });
    const history = await ask('node_metrics_history', { subnet_id: SUBNET, start_at_timestamp_nanos: 0n });

    expect(decodeResult('subnet_info', info)[0]).toEqual({
      replica_version: 'local-ic',
      registry_version: 1n
    });
    const node = Principal.selfAuthenticating(createNodeKey().publicKeyDer);
    expect(decodeResult('node_metrics_history', history)[0]).toMatchObject([
      { node_metrics: [{ node_id: node }] }
    ]);
  });

  it.each<[method: ManagementMethod, value: object]>([
    ['subnet_info', {}],
    ['node_metrics_history', { start_at_timestamp_nanos: 0n }]
  ])('is the only one there is: %s', async (method, value) => {
    const outcome = await ask(method, { subnet_id: OTHER_SUBNET, ...value });

    expect(outcome).toMatchObject({ rejectCode: 4 });
    expect(rejectMessageOf(outcome)).toContain(OTHER_SUBNET.toText());
  });

  it('follows no Bitcoin network', async () => {
    const outcome = await ask('bitcoin_get_current_fee_percentiles', { network: { mainnet: null } });

    expect(rejectMessageOf(outcome)).toBe('The bitcoin API is not enabled on this subnet.');
  });

  it('lists its canisters to nobody, having no administrators', async () => {
    const arg = encodeArgument('list_canisters', {});

    expect(errorCodeOf(await host.query(MANAGEMENT, 'list_canisters', { arg }))).toBe('IC0406');
  });
});

describe('metadata', () => {
  const custom = (name: string, content: string): Uint8Array => {
    const bytes = [...new TextEncoder().encode(name)];
    const body = [bytes.length, ...bytes, ...new TextEncoder().encode(content)];
    return Uint8Array.from([0, body.length, ...body]);
  };

  async function withSections(): Promise<Uint8Array> {
    const sections = [custom('icp:public shown', 'all'), custom('icp:private hidden', 'few')];
    return Uint8Array.from([...(await assemble('(module)')), ...sections.flatMap((section) => [...section])]);
  }

  it('is shown to canisters: public to all, private to controllers', async () => {
    const canister = await host.install(await withSections());
    const read = (name: string): Promise<Outcome> =>
      ask('canister_metadata', { canister_id: canister.principal, name });

    expect(decodeResult('canister_metadata', await read('shown'))[0]).toEqual({
      value: new TextEncoder().encode('all')
    });
    expect(errorCodeOf(await read('hidden'))).toBe('IC0406');
    expect(rejectMessageOf(await read('hidden'))).toContain('Only the controllers of the canister');
    expect(rejectMessageOf(await read('absent'))).toBe(
      `The canister ${canister.principal.toText()} has no metadata section with the name absent.`
    );
    const controller = await host.install(await buildCanister(proxy('canister_metadata')));
    await update(canister, { controllers: [[Principal.fromUint8Array(CONTROLLER), controller.principal]] });
    const value = { canister_id: canister.principal, name: 'hidden' };
    const shown = await callThrough(host, controller, { method: 'canister_metadata', value });
    expect(decodeResult('canister_metadata', shown)[0]).toEqual({ value: new TextEncoder().encode('few') });
  });

  it('of an empty canister is refused in its own words', async () => {
    const { principal } = await host.create();

    expect(rejectMessageOf(await ask('canister_metadata', { canister_id: principal, name: 'x' }))).toBe(
      `The canister ${principal.toText()} has no Wasm module and hence no metadata is available.`
    );
  });
});

describe('the status', () => {
  const statusFor = (canister: Installed, sender: Uint8Array): Promise<Outcome> =>
    host.query(MANAGEMENT, 'canister_status', {
      sender,
      arg: encodeArgument('canister_status', { canister_id: canister.principal })
    });

  it('is shown to those the settings name', async () => {
    const canister = await host.create();
    const viewer = Principal.fromUint8Array(user(9));

    expect(errorCodeOf(await statusFor(canister, user(9)))).toBe('IC0512');
    await update(canister, { status_visibility: [{ allowed_viewers: [viewer] }] });
    expect(errorCodeOf(await statusFor(canister, user(9)))).toBe('replied');
    expect(errorCodeOf(await statusFor(canister, user(8)))).toBe('IC0512');
    expect(
      errorCodeOf(
        await host.manage('canister_status', { canister_id: canister.principal }, { sender: user(8) })
      )
    ).toBe('IC0512');
    await update(canister, { status_visibility: [{ public: null }] });
    expect(errorCodeOf(await statusFor(canister, user(8)))).toBe('replied');
  });

  it.each<[what: string, changes: object, code: string]>([
    ['0 bytes, which turns it off', { log_memory_limit: [0n] }, 'replied'],
    ['4 KiB', { log_memory_limit: [4096n] }, 'replied'],
    ['2 MiB', { log_memory_limit: [2n ** 21n] }, 'replied'],
    ['less than 4 KiB', { log_memory_limit: [4095n] }, 'IC0406'],
    ['more than 2 MiB', { log_memory_limit: [2n ** 21n + 1n] }, 'IC0406'],
    ['eleven viewers', { log_visibility: [{ allowed_viewers: viewers(11) }] }, 'IC0408'],
    ['ten viewers', { log_visibility: [{ allowed_viewers: viewers(10) }] }, 'replied'],
    ['a threshold of 2^48', { wasm_memory_threshold: [2n ** 48n] }, 'replied'],
    ['a threshold beyond 2^48', { wasm_memory_threshold: [2n ** 48n + 1n] }, 'IC0504'],
    ['a minimum beyond 128 bits', { minimum_incoming_canister_call_cycles: [2n ** 128n] }, 'IC0504']
  ])('settings may or may not be: %s', async (_what, changes, code) => {
    expect(errorCodeOf(await update(await host.create(), changes))).toBe(code);
  });
});

function viewers(count: number): Principal[] {
  return Array.from({ length: count }, (_, index) => Principal.fromUint8Array(user(index + 1)));
}

describe('the history', () => {
  /** SHA-256 of SHA-256("a") and SHA-256("1"), by Python's hashlib. */
  const HASH_OF_A_1 = hexToBytes('5c1dd494bca7b0f3d853f075f136abfc31a10fe5032ba67df3832e032dffca59');

  it('tells the environment a canister was created with', async () => {
    const environment = [{ name: 'a', value: '1' }];
    const canister = await host.create({
      settings: [{ ...UNCHANGED_SETTINGS, environment_variables: [environment] }]
    });
    const outcome = await ask('canister_info', {
      canister_id: canister.principal,
      num_requested_changes: [1n]
    });

    const [info] = decodeResult('canister_info', outcome) as [
      { recent_changes: [{ details: { creation: { environment_variables_hash: [Uint8Array] } } }] }
    ];
    const [hash] = info.recent_changes[0].details.creation.environment_variables_hash;
    expect(hash).toEqual(HASH_OF_A_1);
  });
});
