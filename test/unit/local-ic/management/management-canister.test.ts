import { IDL } from '@dfinity/candid';
import { Principal } from '@dfinity/principal';
import { secp256k1 } from '@noble/curves/secp256k1';
import { sha256 } from '@noble/hashes/sha2';
import { bytesToHex, concatBytes } from '@noble/hashes/utils';
import { type ManagementMethod } from '../../../../src/local-ic/management/management-idl';
import { createTestThresholdKeys } from '../../../../src/local-ic/management/threshold-keys';
import { type Outcome } from '../../../../src/local-ic/replica/replica-port';
import {
  CONTROLLER,
  decodeResult,
  encodeArgument,
  errorCodeOf,
  type Installed,
  MANAGEMENT,
  rejectMessageOf,
  replyNumber,
  replyOf,
  replyText,
  TestReplica,
  UNCHANGED_SETTINGS,
  user
} from '../../../fixtures/local-ic/test-replica';
import { callThrough, proxy } from '../../../fixtures/local-ic/proxy-canister';
import { buildCanister } from '../../../fixtures/local-ic/wat-canister';

let host: TestReplica;

beforeEach(() => {
  host = new TestReplica();
});

afterEach(() => {
  host.replica.close();
});

const viaCanister = (canister: Installed, method: ManagementMethod, value: object): Promise<Outcome> =>
  callThrough(host, canister, { method, value });

async function updateSettings(canister: Installed, settings: object, sender = CONTROLLER): Promise<Outcome> {
  return host.manage(
    'update_settings',
    {
      canister_id: canister.principal,
      settings: { ...UNCHANGED_SETTINGS, ...settings },
      sender_canister_version: []
    },
    { sender }
  );
}

const principals = (count: number): Principal[] =>
  Array.from({ length: count }, (_, index) => Principal.fromUint8Array(user(index + 1)));

describe('creating', () => {
  it('gives ids in order from the start of the range', async () => {
    const [first, second] = [await host.create(), await host.create()];

    expect(first.principal.toText()).toBe('tqzl2-p7777-77776-aaaaa-cai');
    expect(bytesToHex(second.id)).toBe('ffffffffffc000010101');
  });

  it('takes a free id that is asked for, and no other', async () => {
    const wanted = Principal.fromText('uzt4z-lp777-77774-qaabq-cai');
    const ask = (id: Principal): Promise<Outcome> =>
      host.manage('provisional_create_canister_with_cycles', {
        amount: [],
        settings: [],
        specified_id: [id],
        sender_canister_version: []
      });

    expect((await host.create({ specified_id: [wanted] })).principal.toText()).toBe(wanted.toText());
    expect(errorCodeOf(await ask(wanted))).toBe('IC0538');
    expect(errorCodeOf(await ask(Principal.fromUint8Array(user(1))))).toBe('IC0408');
  });

  it('makes the caller controller unless others are named', async () => {
    const own = await host.create();
    const others = await host.create({ settings: [{ ...UNCHANGED_SETTINGS, controllers: [principals(2)] }] });

    expect(host.replica.canister(own.id)?.controllers).toEqual([CONTROLLER]);
    expect(host.replica.canister(others.id)?.controllers).toEqual([user(1), user(2)]);
  });
});

describe('settings', () => {
  it('allow ten controllers, count equal ones once, and refuse eleven', async () => {
    const canister = await host.create();

    expect(errorCodeOf(await updateSettings(canister, { controllers: [principals(11)] }))).toBe('IC0408');
    const own = Principal.fromUint8Array(CONTROLLER);
    expect(errorCodeOf(await updateSettings(canister, { controllers: [[own, own, ...principals(8)]] }))).toBe(
      'replied'
    );
    // The controller is one of the eight.
    expect(host.replica.canister(canister.id)?.controllers).toHaveLength(8);
  });

  it('are changed by controllers only', async () => {
    const canister = await host.create();

    expect(errorCodeOf(await updateSettings(canister, { freezing_threshold: [5n] }, user(9)))).toBe('IC0512');
    expect(await host.status(canister)).toMatchObject({ settings: { freezing_threshold: 2_592_000n } });
    await updateSettings(canister, { freezing_threshold: [5n] });
    expect(await host.status(canister)).toMatchObject({ settings: { freezing_threshold: 5n } });
  });

  it.each([
    ['too high a compute allocation', { compute_allocation: [101n] }],
    [
      'twenty-one variables',
      { environment_variables: [Array.from({ length: 21 }, (_, i) => ({ name: `v${i}`, value: '' }))] }
    ],
    [
      'a variable named twice',
      {
        environment_variables: [
          [
            { name: 'a', value: '1' },
            { name: 'a', value: '2' }
          ]
        ]
      }
    ],
    ['a name of 129 bytes', { environment_variables: [[{ name: 'n'.repeat(129), value: '' }]] }]
  ])('refuse %s', async (_name, settings) => {
    const canister = await host.create();
    const before = await host.status(canister);

    const outcome = await updateSettings(canister, { freezing_threshold: [5n], ...settings });

    expect(errorCodeOf(outcome)).toBe('environment_variables' in settings ? 'IC0408' : 'IC0504');
    expect(await host.status(canister)).toEqual({ ...before, cycles: expect.any(BigInt) as bigint });
  });

  it('limit the Wasm memory of updates', async () => {
    const wasm = await buildCanister(() => ({
      exports: {
        'canister_update grow': '(drop (memory.grow (i32.const 2))) (call $msg_reply)',
        'canister_query pages': '(call $reply_i64 (i64.extend_i32_u (memory.size)))'
      }
    }));
    const canister = await host.install(wasm);
    await updateSettings(canister, { wasm_memory_limit: [3n * 65_536n] });

    expect(errorCodeOf(await host.call(canister.id, 'grow'))).toBe('IC0539');
    expect(replyNumber(await host.query(canister.id, 'pages'))).toBe(2n);
    await updateSettings(canister, { wasm_memory_limit: [4n * 65_536n] });
    expect(errorCodeOf(await host.call(canister.id, 'grow'))).toBe('replied');
    expect(replyNumber(await host.query(canister.id, 'pages'))).toBe(4n);
  });

  it('give environment variables to the code', async () => {
    const wasm = await buildCanister((literals) => ({
      exports: {
        'canister_query value': `(call $env_var_value_copy ${literals.text('KEY')} (i32.const 2048) (i32.const 0) (call $env_var_value_size ${literals.text('KEY')}))
          (call $reply (i32.const 2048) (call $env_var_value_size ${literals.text('KEY')}))`,
        'canister_query name': `(call $env_var_name_copy (i32.const 0) (i32.const 2048) (i32.const 0) (call $env_var_name_size (i32.const 0)))
          (call $reply (i32.const 2048) (call $env_var_name_size (i32.const 0)))`,
        'canister_query absent': `(drop (call $env_var_value_size ${literals.text('OTHER')})) (call $msg_reply)`
      }
    }));
    const canister = await host.install(wasm);
    await updateSettings(canister, { environment_variables: [[{ name: 'KEY', value: 'the value' }]] });

    expect(replyText(await host.query(canister.id, 'value'))).toBe('the value');
    expect(replyText(await host.query(canister.id, 'name'))).toBe('KEY');
    expect(errorCodeOf(await host.query(canister.id, 'absent'))).toBe('IC0504');
  });
});

describe('calls from outside', () => {
  it.each(['raw_rand', 'sign_with_ecdsa', 'http_request', 'create_canister', 'canister_info'])(
    'to %s are refused',
    async (method) => {
      const outcome = await host.call(MANAGEMENT, method, { effectiveCanisterId: user(1) });

      expect(outcome).toMatchObject({ rejectCode: 4, errorCode: 'IC0406' });
    }
  );

  it('to an unknown method are refused', async () => {
    expect(errorCodeOf(await host.call(MANAGEMENT, 'no_such_method'))).toBe('IC0536');
  });

  it('with an argument that is not Candid are rejected', async () => {
    const canister = await host.create();
    const arg = new TextEncoder().encode('not candid');

    const outcome = await host.call(MANAGEMENT, 'canister_status', { effectiveCanisterId: canister.id, arg });

    expect(outcome).toMatchObject({ rejectCode: 4, errorCode: 'IC0408' });
  });
});

describe('canister_status', () => {
  it('has the two fields that clients need beyond the interface', async () => {
    const status = await host.status(await host.create());

    expect(status).toMatchObject({
      memory_metrics: { log_memory_store_size: 0n },
      settings: { log_memory_limit: 4096n }
    });
  });

  it('answers as a query too', async () => {
    const canister = await host.create();
    const arg = encodeArgument('canister_status', { canister_id: canister.principal });

    expect(
      decodeResult('canister_status', await host.query(MANAGEMENT, 'canister_status', { arg }))[0]
    ).toMatchObject({
      status: { running: null }
    });
    expect(errorCodeOf(await host.query(MANAGEMENT, 'canister_status', { arg, sender: user(9) }))).toBe(
      'IC0512'
    );
  });
});

describe('the chunk store', () => {
  const upload = (canister: Installed, chunk: Uint8Array): Promise<Outcome> =>
    host.manage('upload_chunk', { canister_id: canister.principal, chunk });

  it('installs a module uploaded in parts', async () => {
    const wasm = await buildCanister(() => ({ exports: { 'canister_query q': '(call $msg_reply)' } }));
    const parts = [wasm.slice(0, 100), wasm.slice(100)];
    const store = await host.create();
    const target = await host.create();
    for (const part of parts) await upload(store, part);
    const installFrom = (hashes: Uint8Array[], moduleHash: Uint8Array): Promise<Outcome> =>
      host.manage(
        'install_chunked_code',
        {
          mode: { install: null },
          target_canister: target.principal,
          store_canister: [store.principal],
          chunk_hashes_list: hashes.map((hash) => ({ hash })),
          wasm_module_hash: moduleHash,
          arg: new Uint8Array(0),
          sender_canister_version: []
        },
        { effectiveCanisterId: target.id }
      );
    const hashes = parts.map((part) => sha256(part));

    expect(errorCodeOf(await installFrom(hashes, sha256(new Uint8Array(0))))).toBe('IC0504');
    expect(errorCodeOf(await installFrom([sha256(new Uint8Array(0))], sha256(wasm)))).toBe('IC0504');
    expect(errorCodeOf(await installFrom(hashes, sha256(wasm)))).toBe('replied');
    expect(errorCodeOf(await host.query(target.id, 'q'))).toBe('replied');
  });

  it('takes chunks of 1 MiB and no more', async () => {
    const canister = await host.create();

    expect(errorCodeOf(await upload(canister, new Uint8Array(1024 * 1024)))).toBe('replied');
    expect(errorCodeOf(await upload(canister, new Uint8Array(1024 * 1024 + 1)))).toBe('IC0504');
  });

  it('lists and clears', async () => {
    const canister = await host.create();
    const target = { canister_id: canister.principal };
    await upload(canister, Uint8Array.of(1, 2, 3));

    const [stored] = decodeResult('stored_chunks', await host.manage('stored_chunks', target));
    expect(stored).toEqual([{ hash: sha256(Uint8Array.of(1, 2, 3)) }]);
    await host.manage('clear_chunk_store', target);
    expect(decodeResult('stored_chunks', await host.manage('stored_chunks', target))[0]).toEqual([]);
  });
});

describe('logs', () => {
  it('hold what was printed and trapped, for those who may see them', async () => {
    const wasm = await buildCanister((literals) => ({
      exports: {
        'canister_update print': `(call $debug_print ${literals.text('a line')}) (call $trap ${literals.text('a trap')})`
      }
    }));
    const seen: string[] = [];
    host = new TestReplica({ onLog: (_id, text) => seen.push(text) });
    const canister = await host.install(wasm);
    await host.call(canister.id, 'print');
    const arg = encodeArgument('fetch_canister_logs', { canister_id: canister.principal });
    const fetchLogs = (sender: Uint8Array): Promise<Outcome> =>
      host.query(MANAGEMENT, 'fetch_canister_logs', { arg, sender });

    const [result] = decodeResult('fetch_canister_logs', await fetchLogs(CONTROLLER));
    const { canister_log_records: records } = result as { canister_log_records: { content: Uint8Array }[] };
    const lines = records.map(({ content }) => new TextDecoder().decode(content));

    expect(lines).toEqual(['a line', expect.stringContaining('a trap')]);
    expect(seen).toEqual(lines);
    expect(errorCodeOf(await fetchLogs(user(9)))).toBe('IC0406');
    await updateSettings(canister, {
      log_visibility: [{ allowed_viewers: [Principal.fromUint8Array(user(9))] }]
    });
    expect(errorCodeOf(await fetchLogs(user(9)))).toBe('replied');
  });

  it('keep the latest 4 KiB', async () => {
    const wasm = await buildCanister(() => ({
      exports: {
        'canister_update print': '(call $debug_print (i32.const 0) (i32.const 1000)) (call $msg_reply)'
      }
    }));
    const canister = await host.install(wasm);
    for (let turn = 0; turn < 10; turn++) await host.call(canister.id, 'print');
    const arg = encodeArgument('fetch_canister_logs', { canister_id: canister.principal });

    const [result] = decodeResult(
      'fetch_canister_logs',
      await host.query(MANAGEMENT, 'fetch_canister_logs', { arg })
    );

    const { canister_log_records: records } = result as { canister_log_records: { idx: bigint }[] };
    expect(records.map(({ idx }) => idx)).toEqual([6n, 7n, 8n, 9n]);
  });
});

describe('threshold keys', () => {
  const ecdsaKey = { curve: { secp256k1: null }, name: 'test_key_1' };
  const messageHash = sha256(new TextEncoder().encode('message'));

  beforeEach(() => {
    host = new TestReplica({ thresholdKeys: createTestThresholdKeys() });
  });

  it('sign for the calling canister, under its public key', async () => {
    const signer = await host.install(await buildCanister(proxy('sign_with_ecdsa')));
    const teller = await host.install(await buildCanister(proxy('ecdsa_public_key', 0n)));
    const path = [Uint8Array.of(1), Uint8Array.of(2, 3)];

    const [signed] = decodeResult(
      'sign_with_ecdsa',
      await viaCanister(signer, 'sign_with_ecdsa', {
        message_hash: messageHash,
        derivation_path: path,
        key_id: ecdsaKey
      })
    );
    const [told] = decodeResult(
      'ecdsa_public_key',
      await viaCanister(teller, 'ecdsa_public_key', {
        canister_id: [signer.principal],
        derivation_path: path,
        key_id: ecdsaKey
      })
    );

    const { signature } = signed as { signature: Uint8Array };
    const { public_key: publicKey } = told as { public_key: Uint8Array };
    expect(secp256k1.verify(signature, messageHash, publicKey, { lowS: true })).toBe(true);
  });

  it('want to be paid', async () => {
    const poor = await host.install(await buildCanister(proxy('sign_with_ecdsa', 1_999_999n)));

    const outcome = await viaCanister(poor, 'sign_with_ecdsa', {
      message_hash: messageHash,
      derivation_path: [],
      key_id: ecdsaKey
    });

    expect(rejectMessageOf(outcome)).toBe(
      'sign_with_ecdsa request sent with 1_999_999 cycles, but 10_000_000_000 cycles are required.'
    );
  });

  it.each([
    [
      'a hash of 31 bytes',
      { message_hash: new Uint8Array(31), derivation_path: [], key_id: ecdsaKey },
      'message_hash'
    ],
    [
      'a path of 256',
      {
        message_hash: messageHash,
        derivation_path: Array.from({ length: 256 }, () => Uint8Array.of(1)),
        key_id: ecdsaKey
      },
      '255'
    ],
    [
      'an unknown key',
      { message_hash: messageHash, derivation_path: [], key_id: { ...ecdsaKey, name: 'wrong' } },
      'Requested unknown or disabled threshold key: ecdsa:Secp256k1:wrong'
    ]
  ])('refuse %s', async (_name, value, text) => {
    const signer = await host.install(await buildCanister(proxy('sign_with_ecdsa')));

    expect(rejectMessageOf(await viaCanister(signer, 'sign_with_ecdsa', value))).toContain(text);
  });

  it('refuse a tweak for Ed25519, and sign without', async () => {
    const signer = await host.install(await buildCanister(proxy('sign_with_schnorr')));
    const value = {
      message: new Uint8Array(5),
      derivation_path: [],
      key_id: { algorithm: { ed25519: null }, name: 'key_1' },
      aux: [{ bip341: { merkle_root_hash: new Uint8Array(0) } }]
    };

    expect(rejectMessageOf(await viaCanister(signer, 'sign_with_schnorr', value))).toContain(
      'does not support aux'
    );
    const [signed] = decodeResult(
      'sign_with_schnorr',
      await viaCanister(signer, 'sign_with_schnorr', { ...value, aux: [] })
    );
    expect((signed as { signature: Uint8Array }).signature).toHaveLength(64);
  });
});

describe('raw_rand', () => {
  it('gives 32 bytes of the source', async () => {
    host = new TestReplica({ randomBytes: (length) => new Uint8Array(length).fill(3) });
    const canister = await host.install(await buildCanister(proxy('raw_rand')));

    const reply = await host.call(canister.id, 'go', { arg: new Uint8Array(IDL.encode([], [])) });

    expect(decodeResult('raw_rand', reply)[0]).toEqual(new Uint8Array(32).fill(3));
    expect(concatBytes(replyOf(reply)).length).toBeGreaterThan(32);
  });
});
