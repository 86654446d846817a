/**
 * What applications ask of the JavaScript agents, of three generations, unmodified and verifying what they get.
 * Tampered answers, callers and upgrades are in test/integration/local-ic/agent.test.ts.
 */
import { type HttpAgentOptions } from '@icp-sdk/core/agent';
import { LocalIc } from '../../../src/local-ic/local-ic';
import { ANONYMOUS } from '../../fixtures/local-ic/test-replica';
import { buildCanister } from '../../fixtures/local-ic/wat-canister';
import { AGENT_LIBRARIES, type AgentLibrary } from '../../support/local-ic/javascript-agents';

/** Candid of nothing, and of one blob before its length. */
const NOTHING = Uint8Array.of(0x44, 0x49, 0x44, 0x4c, 0, 0);
const BLOB_HEAD = Uint8Array.of(0x44, 0x49, 0x44, 0x4c, 1, 0x6d, 0x7b, 1, 0);
const INTERFACE = 'service : { whoami : () -> (blob) }';
const UNKNOWN_CANISTER = 'rwlgt-iiaaa-aaaaa-aaaaa-cai';
/** "un" as two bytes, little endian: how the name of the method begins that is not wanted. */
const U_THEN_N = 0x6e75;
const TEN_MINUTES_MS = 600_000;

let localIc: LocalIc;
let wasmModule: Uint8Array;

beforeAll(async () => {
  localIc = await LocalIc.start();
  wasmModule = withMetadata(
    await buildCanister((text) => ({
      fields: `(func $reply_caller_blob
        (i32.store8 (i32.const 1100) (call $msg_caller_size))
        (call $msg_reply_data_append ${text.blob(BLOB_HEAD)})
        (call $msg_reply_data_append (i32.const 1100) (i32.const 1))
        (call $msg_caller_copy (i32.const 1200) (i32.const 0) (call $msg_caller_size))
        (call $msg_reply_data_append (i32.const 1200) (call $msg_caller_size))
        (call $msg_reply))`,
      exports: {
        'canister_update whoami': '(call $reply_caller_blob)',
        'canister_query whoamiQuery': '(call $reply_caller_blob)',
        'canister_update reject': `(call $msg_reject ${text.text('no thanks')})`,
        'canister_query rejectQuery': `(call $msg_reject ${text.text('no thanks')})`,
        'canister_update trap': `(call $trap ${text.text('boom')})`,
        'canister_query trapQuery': `(call $trap ${text.text('boom')})`,
        'canister_update unwanted': `(call $reply ${text.blob(NOTHING)})`,
        canister_inspect_message: `(call $msg_method_name_copy (i32.const 1100) (i32.const 0) (i32.const 2))
          (if (i32.ne (i32.load16_u (i32.const 1100)) (i32.const ${U_THEN_N})) (then (call $accept_message)))`
      }
    }))
  );
});

afterAll(() => localIc.stop());

function withMetadata(module: Uint8Array): Uint8Array {
  const name = new TextEncoder().encode('icp:public candid:service');
  const body = [name.length, ...name, ...new TextEncoder().encode(INTERFACE)];
  return Uint8Array.from([...module, 0, body.length, ...body]);
}

/** A response that says where it comes from, as those of a network do. */
const notFoundAt = (url: string): Response =>
  Object.defineProperty(new Response('not found', { status: 404 }), 'url', { value: url });

describe.each(AGENT_LIBRARIES)('$name', (library: AgentLibrary) => {
  const { agent: agents, identity: identities, secp256k1, candid, principal } = library;
  type Agent = InstanceType<typeof agents.HttpAgent>;
  type Id = ReturnType<typeof principal.Principal.fromText>;

  const connect = (options: HttpAgentOptions = {}): Promise<Agent> =>
    agents.HttpAgent.create({ host: localIc.url, shouldFetchRootKey: true, retryTimes: 0, ...options });

  /** All three take a principal; 6.1.0 declares more than that. */
  const asTarget = (id: Id): Parameters<Agent['readState']>[0] => id as never;

  let agent: Agent;
  let canisterId: Id;

  const { IDL } = candid;
  const idl = IDL.Service({
    whoami: IDL.Func([], [IDL.Vec(IDL.Nat8)], []),
    whoamiQuery: IDL.Func([], [IDL.Vec(IDL.Nat8)], ['query']),
    reject: IDL.Func([], [], []),
    rejectQuery: IDL.Func([], [], ['query']),
    trap: IDL.Func([], [], []),
    trapQuery: IDL.Func([], [], ['query']),
    missing: IDL.Func([], [], []),
    missingQuery: IDL.Func([], [], ['query']),
    unwanted: IDL.Func([], [], [])
  });
  type Service = Record<
    | 'whoami'
    | 'whoamiQuery'
    | 'reject'
    | 'trap'
    | 'missing'
    | 'rejectQuery'
    | 'trapQuery'
    | 'missingQuery'
    | 'unwanted',
    () => Promise<Uint8Array>
  >;
  const actorOf = (by: Agent, id: Id = canisterId): Service =>
    agents.Actor.createActor<Service>(() => idl, { agent: by, canisterId: id });

  beforeAll(async () => {
    agent = await connect({ identity: identities.Ed25519KeyIdentity.generate() });
    canisterId = await install(agent);
  });

  /** A fresh canister of the agent's identity, through the actor for `aaaaa-aa`. */
  async function install(by: Agent): Promise<Id> {
    const Blob = IDL.Vec(IDL.Nat8);
    type Management = {
      provisional_create_canister_with_cycles: (args: object) => Promise<{ canister_id: Id }>;
      install_code: (args: object) => Promise<void>;
    };
    const management = agents.Actor.createActor<Management>(
      () =>
        IDL.Service({
          provisional_create_canister_with_cycles: IDL.Func(
            [IDL.Record({ amount: IDL.Opt(IDL.Nat) })],
            [IDL.Record({ canister_id: IDL.Principal })],
            []
          ),
          install_code: IDL.Func(
            [
              IDL.Record({
                mode: IDL.Variant({ install: IDL.Null }),
                canister_id: IDL.Principal,
                wasm_module: Blob,
                arg: Blob
              })
            ],
            [],
            []
          )
        }),
      {
        agent: by,
        canisterId: principal.Principal.managementCanister(),
        callTransform: (_method, [args]) => ({
          effectiveCanisterId:
            (args as { canister_id?: Id }).canister_id ?? principal.Principal.fromText(UNKNOWN_CANISTER)
        })
      }
    );
    const { canister_id } = await management.provisional_create_canister_with_cycles({ amount: [] });
    await management.install_code({
      mode: { install: null },
      canister_id,
      wasm_module: wasmModule,
      arg: NOTHING
    });
    return canister_id;
  }

  describe('calls', () => {
    const fields = { methodName: 'whoami', arg: NOTHING };

    it(`answer at once by ${library.callVersion}`, async () => {
      const { response, requestId } = await agent.call(canisterId, { ...fields, callSync: true });
      expect(response.status).toBe(200);
      expect(response.body).toHaveProperty('certificate');
      expect(requestId).toHaveLength(32);
    });

    it('are accepted by v2, and polled for', async () => {
      const { response, requestId } = await agent.call(canisterId, { ...fields, callSync: false });
      expect(response.status).toBe(202);

      const { reply } = await agents.polling.pollForResponse(agent, asTarget(canisterId), requestId);

      const [caller] = IDL.decode([IDL.Vec(IDL.Nat8)], reply);
      expect(new Uint8Array(caller as number[])).toEqual((await agent.getPrincipal()).toUint8Array());
    });

    it('fall back to v2 where there are no synchronous ones', async () => {
      const paths: string[] = [];
      const withoutSync: typeof fetch = (input, init) => {
        const url = input instanceof Request ? input.url : input.toString();
        paths.push(new URL(url).pathname.replace(/[a-z0-9-]{27}/, ''));
        const isSync = /\/api\/v[34]\/canister\/.*\/call$/.test(url);
        return isSync ? Promise.resolve(notFoundAt(url)) : fetch(input, init);
      };
      const old = await connect({ fetch: withoutSync });

      expect(new Uint8Array(await actorOf(old).whoami())).toEqual(ANONYMOUS);
      expect(paths).toContain(`/api/${library.callVersion}/canister//call`);
      expect(paths).toContain('/api/v2/canister//call');
    });

    it('survive a network that fails twice', async () => {
      let failures = 2;
      const flaky: typeof fetch = (input, init) => {
        const isCall = (input instanceof Request ? input.url : input.toString()).endsWith('/call');
        if (!isCall || failures === 0) return fetch(input, init);
        failures -= 1;
        return Promise.reject(new TypeError('connection reset'));
      };
      const patient = await connect({ fetch: flaky, retryTimes: 3 });

      expect(new Uint8Array(await actorOf(patient).whoami())).toEqual(ANONYMOUS);
      expect(failures).toBe(0);
    });
  });

  it('fetches the root key', async () => {
    expect(new Uint8Array(await (await connect()).fetchRootKey())).toEqual(new Uint8Array(localIc.rootKey));
  });

  it('refuses a network of another root key', async () => {
    const other = await agents.HttpAgent.create({ host: localIc.url, retryTimes: 0 });
    await expect(actorOf(other).whoami()).rejects.toThrow(/signature|verif|delegation/i);
  });

  it('reads the state of a canister: time, controllers, module, metadata, subnet', async () => {
    const status = await agents.CanisterStatus.request({
      agent,
      canisterId,
      paths: ['time', 'controllers', 'module_hash', 'candid', 'subnet']
    });

    expect(Math.abs((status.get('time') as Date).getTime() - Date.now())).toBeLessThan(60_000);
    expect((status.get('controllers') as Id[]).map((id) => id.toText())).toEqual([
      (await agent.getPrincipal()).toText()
    ]);
    expect(status.get('module_hash')).toMatch(/^[0-9a-f]{64}$/);
    expect(status.get('candid')).toBe(INTERFACE);
    expect(status.get('subnet')).toMatchObject({ subnetId: expect.stringMatching(/-/) as string });
  });

  it('tells what is absent in the state from what is there', async () => {
    const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
    const path = [utf8('canister'), canisterId.toUint8Array(), utf8('metadata'), utf8('nothing')];
    const { certificate: encoded } = await agent.readState(asTarget(canisterId), { paths: [path] });
    const options = { certificate: encoded, rootKey: new Uint8Array(localIc.rootKey) };
    const certificate = await agents.Certificate.create({
      ...options,
      canisterId,
      principal: { canisterId }
    } as Parameters<typeof agents.Certificate.create>[0]);

    expect(certificate.lookup_path(path)).toMatchObject({ status: 'Absent' });
    expect(certificate.lookup_path(['time'].map(utf8))).toMatchObject({ status: 'Found' });
  });

  describe('identities', () => {
    type Sign = Parameters<typeof identities.DelegationChain.create>[0];
    const kinds: readonly (readonly [string, () => Sign | Promise<Sign>])[] = [
      ['Ed25519', () => identities.Ed25519KeyIdentity.generate()],
      ['secp256k1', () => secp256k1.Secp256k1KeyIdentity.generate()],
      ['P-256 of WebCrypto', () => identities.ECDSAKeyIdentity.generate()]
    ];

    it.each(kinds)('%s signs calls and queries', async (_kind, generate) => {
      const identity = await generate();
      const actor = actorOf(await connect({ identity }));
      const self = identity.getPrincipal().toUint8Array();

      expect(new Uint8Array(await actor.whoami())).toEqual(self);
      expect(new Uint8Array(await actor.whoamiQuery())).toEqual(self);
    });

    it.each(kinds)('%s delegates to each kind of session', async (_kind, generate) => {
      const root = await generate();
      for (const [, generateSession] of kinds) {
        const session = await generateSession();
        const chain = await identities.DelegationChain.create(
          root,
          session.getPublicKey(),
          new Date(Date.now() + TEN_MINUTES_MS),
          { targets: [canisterId] }
        );
        const identity = identities.DelegationIdentity.fromDelegation(session, chain);
        const actor = actorOf(await connect({ identity }));
        expect(new Uint8Array(await actor.whoami())).toEqual(root.getPrincipal().toUint8Array());
      }
    });

    it('a delegation for another canister does not reach this one', async () => {
      const root = identities.Ed25519KeyIdentity.generate();
      const session = identities.Ed25519KeyIdentity.generate();
      const chain = await identities.DelegationChain.create(
        root,
        session.getPublicKey(),
        new Date(Date.now() + TEN_MINUTES_MS),
        { targets: [principal.Principal.fromText(UNKNOWN_CANISTER)] }
      );
      const identity = identities.DelegationIdentity.fromDelegation(session, chain);
      await expect(actorOf(await connect({ identity })).whoami()).rejects.toThrow(
        /400[^]*delegation targets/
      );
    });
  });

  describe('rejections', () => {
    type Reject = {
      readonly isCertified: boolean;
      readonly cause: {
        readonly code: { rejectCode: number; rejectMessage: string; rejectErrorCode?: string };
      };
    };

    async function rejectionOf(call: Promise<unknown>): Promise<Reject> {
      const error: unknown = await call.then(
        () => new Error('the call was answered'),
        (reason: unknown) => reason
      );
      expect(error).toBeInstanceOf(agents.RejectError);
      return error as Reject;
    }

    it.each<[keyof Service, number, string, string]>([
      ['reject', 4, 'IC0406', 'no thanks'],
      ['trap', 5, 'IC0503', 'boom'],
      ['missing', 5, 'IC0536', "no update method 'missing'"]
    ])('of the update %s are certified', async (method, code, errorCode, text) => {
      const { isCertified, cause } = await rejectionOf(actorOf(agent)[method]());
      expect(isCertified).toBe(true);
      expect(cause.code).toBeInstanceOf(agents.CertifiedRejectErrorCode);
      expect(cause.code).toMatchObject({ rejectCode: code, rejectErrorCode: errorCode });
      expect(cause.code.rejectMessage).toContain(text);
    });

    it.each<[keyof Service, number, string]>([
      ['rejectQuery', 4, 'IC0406'],
      ['trapQuery', 5, 'IC0503'],
      ['missingQuery', 5, 'IC0536']
    ])('of the query %s are signed by a node, not certified', async (method, code, errorCode) => {
      const { isCertified, cause } = await rejectionOf(actorOf(agent)[method]());
      expect(isCertified).toBe(false);
      expect(cause.code).toMatchObject({ rejectCode: code, rejectErrorCode: errorCode });
    });

    it('before processing are not certified: inspect_message, a canister that does not exist', async () => {
      const refused = await rejectionOf(actorOf(agent).unwanted());
      expect(refused.isCertified).toBe(false);
      expect(refused.cause.code).toMatchObject({ rejectCode: 4, rejectErrorCode: 'IC0406' });

      const unknown = await rejectionOf(
        actorOf(agent, principal.Principal.fromText(UNKNOWN_CANISTER)).whoami()
      );
      expect(unknown.cause.code).toMatchObject({ rejectCode: 3, rejectErrorCode: 'IC0301' });
    });
  });

  it('sets a clock that is off by the time of the network', async () => {
    const ahead = await LocalIc.start({
      clock: { now: () => BigInt(Date.now() + TEN_MINUTES_MS) * 1_000_000n }
    });
    try {
      const late = await connect({ host: ahead.url });
      await late.syncTime();
      const id = await install(late);
      expect(new Uint8Array(await actorOf(late, id).whoami())).toEqual(ANONYMOUS);
      expect(new Uint8Array(await actorOf(late, id).whoamiQuery())).toEqual(ANONYMOUS);
    } finally {
      await ahead.stop();
    }
  });
});
