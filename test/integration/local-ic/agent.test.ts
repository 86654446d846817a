/** Clients that nobody here wrote, unmodified and with verification on, against the local IC. */
import { gzipSync } from 'node:zlib';
import * as dfinityAgent from '@dfinity/agent';
import { decode, encodeWithSelfDescribedTag } from '@dfinity/cbor';
import { IDL } from '@dfinity/candid';
import { DelegationChain, DelegationIdentity, ECDSAKeyIdentity, Ed25519KeyIdentity } from '@dfinity/identity';
import { Principal } from '@dfinity/principal';
import * as icpAgent from '@icp-sdk/core/agent';
import * as icpIdentity from '@icp-sdk/core/identity';
import { Secp256k1KeyIdentity } from '@icp-sdk/core/identity/secp256k1';
import * as icp5Agent from 'icp-sdk-core-5/agent';
import { LocalIc } from '../../../src/local-ic/local-ic';
import { buildAzleCanister } from '../../fixtures/local-ic/build-azle-canister';
import { managementInterface, type ManagementService } from '../../support/local-ic/management-interface';
import { type CborObject, flipBit, tamperWith } from '../../support/local-ic/tampering-fetch';
import { createTestSigner } from '../../support/local-ic/test-signer';

type ProbeService = {
  increment: () => Promise<number>;
  read: () => Promise<number>;
  callerAfterAwait: () => Promise<Principal>;
  incrementAndThrow: () => Promise<number>;
  incrementInQuery: () => Promise<number>;
};

const probeInterface: IDL.InterfaceFactory = ({ IDL: idl }) =>
  idl.Service({
    increment: idl.Func([], [idl.Nat32], []),
    read: idl.Func([], [idl.Nat32], ['query']),
    incrementInQuery: idl.Func([], [idl.Nat32], ['query']),
    incrementAndThrow: idl.Func([], [idl.Nat32], []),
    callerAfterAwait: idl.Func([], [idl.Principal], [])
  });

const NO_ARGUMENT = new Uint8Array(IDL.encode([], []));

let localIc: LocalIc;
let wasmModule: Uint8Array;
let canisterId: Principal;

/** What the generations of the JavaScript agent have in common. */
type Identity = dfinityAgent.Identity | icpAgent.Identity;
type AgentOptions = {
  readonly identity?: Identity;
  readonly callSync?: boolean;
  readonly fetch?: typeof fetch;
};
type Client = {
  readonly connect: (options?: AgentOptions) => Promise<{
    readonly management: ManagementService;
    readonly probe: (id: Principal) => ProbeService;
  }>;
};

const effectiveId = (_method: string, [arg]: unknown[]): { effectiveCanisterId: Principal } => {
  const { canister_id } = arg as { canister_id?: Principal };
  return { effectiveCanisterId: canister_id ?? Principal.managementCanister() };
};

/** Actors have no option for it, only the `call` of the agent. */
function callAsynchronously<A extends dfinityAgent.HttpAgent | icpAgent.HttpAgent>(agent: A): A {
  const call = agent.call.bind(agent) as (target: unknown, fields: object, identity?: unknown) => unknown;
  return Object.assign(agent, {
    call: (target: unknown, fields: object, identity?: unknown) =>
      call(target, { ...fields, callSync: false }, identity)
  });
}

const dfinityClient: Client = {
  connect: async ({ identity, callSync, fetch } = {}) => {
    const agent = await dfinityAgent.HttpAgent.create({
      host: localIc.url,
      shouldFetchRootKey: true,
      verifyQuerySignatures: true,
      retryTimes: 0,
      ...(identity && { identity: identity as dfinityAgent.Identity }),
      ...(fetch && { fetch })
    });
    const settings = { agent: callSync === false ? callAsynchronously(agent) : agent };
    return {
      management: dfinityAgent.Actor.createActor<ManagementService>(managementInterface, {
        ...settings,
        canisterId: Principal.managementCanister(),
        callTransform: effectiveId
      }),
      probe: (id) =>
        dfinityAgent.Actor.createActor<ProbeService>(probeInterface, { ...settings, canisterId: id })
    };
  }
};

/** The package declares in each version the same types anew. */
const createIcpClient = ({ HttpAgent, Actor }: Pick<typeof icpAgent, 'HttpAgent' | 'Actor'>): Client => ({
  connect: async ({ identity, callSync, fetch } = {}) => {
    const agent = await HttpAgent.create({
      host: localIc.url,
      shouldFetchRootKey: true,
      verifyQuerySignatures: true,
      retryTimes: 0,
      ...(identity && { identity: identity as icpAgent.Identity }),
      ...(fetch && { fetch })
    });
    const settings = { agent: callSync === false ? callAsynchronously(agent) : agent };
    // The two packages declare the same Candid types apart from each other.
    const asIcp = (factory: IDL.InterfaceFactory) => factory as never;
    return {
      management: Actor.createActor<ManagementService>(asIcp(managementInterface), {
        ...settings,
        canisterId: 'aaaaa-aa',
        callTransform: effectiveId as never
      }),
      probe: (id) =>
        Actor.createActor<ProbeService>(asIcp(probeInterface), {
          ...settings,
          canisterId: id.toText()
        })
    };
  }
});

const icpClient = createIcpClient(icpAgent);
const icp5Client = createIcpClient(icp5Agent as never);

const CLIENTS: readonly (readonly [string, Client])[] = [
  ['@dfinity/agent', dfinityClient],
  ['@icp-sdk/core 5', icp5Client],
  ['@icp-sdk/core 6', icpClient]
];

async function deployProbe(client: Client, options: AgentOptions = {}): Promise<Principal> {
  const { management } = await client.connect(options);
  const { canister_id } = await management.provisional_create_canister_with_cycles({
    amount: [],
    settings: [],
    specified_id: [],
    sender_canister_version: []
  });
  await management.install_code({
    mode: { install: null },
    canister_id,
    wasm_module: wasmModule,
    arg: NO_ARGUMENT,
    sender_canister_version: []
  });
  return Principal.fromText(canister_id.toText());
}

/** An identity of @dfinity/agent over keys of OpenSSL: secp256k1, which its packages here lack. */
class OpenSslSecp256k1Identity extends dfinityAgent.SignIdentity {
  private readonly signer = createTestSigner('secp256k1');

  getPublicKey(): dfinityAgent.PublicKey {
    return { toDer: () => this.signer.publicKeyDer };
  }

  sign(blob: Uint8Array): Promise<dfinityAgent.Signature> {
    return Promise.resolve(this.signer.sign(blob) as dfinityAgent.Signature);
  }
}

async function createDelegation(): Promise<DelegationIdentity> {
  const root = Ed25519KeyIdentity.generate();
  const session = await ECDSAKeyIdentity.generate();
  const inTenMinutes = new Date(Date.now() + 600_000);
  const chain = await DelegationChain.create(root, session.getPublicKey(), inTenMinutes, {
    targets: [canisterId]
  });
  return DelegationIdentity.fromDelegation(session, chain);
}

async function createIcpDelegation(): Promise<icpIdentity.DelegationIdentity> {
  const root = Secp256k1KeyIdentity.generate();
  const session = icpIdentity.Ed25519KeyIdentity.generate();
  const inTenMinutes = new Date(Date.now() + 600_000);
  const chain = await icpIdentity.DelegationChain.create(root, session.getPublicKey(), inTenMinutes);
  return icpIdentity.DelegationIdentity.fromDelegation(session, chain);
}

const IDENTITIES: readonly (readonly [string, Client, () => Identity | Promise<Identity>])[] = [
  ['@dfinity/agent with Ed25519', dfinityClient, () => Ed25519KeyIdentity.generate()],
  ['@dfinity/agent with P-256', dfinityClient, () => ECDSAKeyIdentity.generate()],
  ['@dfinity/agent with secp256k1', dfinityClient, () => new OpenSslSecp256k1Identity()],
  ['@dfinity/agent with a delegation', dfinityClient, createDelegation],
  ['@icp-sdk/core with Ed25519', icpClient, () => icpIdentity.Ed25519KeyIdentity.generate()],
  ['@icp-sdk/core with P-256', icpClient, () => icpIdentity.ECDSAKeyIdentity.generate()],
  ['@icp-sdk/core with secp256k1', icpClient, () => Secp256k1KeyIdentity.generate()],
  ['@icp-sdk/core with a delegation', icpClient, createIcpDelegation]
];

beforeAll(async () => {
  localIc = await LocalIc.start();
  wasmModule = new Uint8Array(gzipSync(await buildAzleCanister('azle-probe.ts')));
  canisterId = await deployProbe(dfinityClient);
}, 120_000);

afterAll(() => localIc.stop());

describe.each(CLIENTS)('%s', (_name, client) => {
  it.each([
    [true, client === dfinityClient ? 'v3' : 'v4'],
    [false, 'v2']
  ])(
    'creates, installs, calls, queries and upgrades an azle canister (callSync %s: %s)',
    async (callSync, version) => {
      const versions = new Set<string | undefined>();
      const recordingFetch: typeof fetch = (input, init) => {
        const url = input instanceof Request ? input.url : input.toString();
        if (url.endsWith('/call')) versions.add(/\/api\/(v\d)\//.exec(url)?.[1]);
        return fetch(input, init);
      };
      const keys = client === dfinityClient ? Ed25519KeyIdentity : icpIdentity.Ed25519KeyIdentity;
      const options = { callSync, identity: keys.generate(), fetch: recordingFetch };
      const id = await deployProbe(client, options);
      const { management, probe } = await client.connect(options);
      const actor = probe(id);

      expect(await actor.increment()).toBe(1);
      expect(await actor.increment()).toBe(2);
      expect(await actor.read()).toBe(2);
      expect(await actor.incrementInQuery()).toBe(3);
      expect(await actor.read()).toBe(2);

      await management.install_code({
        mode: { upgrade: [] },
        canister_id: id,
        wasm_module: wasmModule,
        arg: NO_ARGUMENT,
        sender_canister_version: []
      });
      expect(await actor.read()).toBe(0);
      expect([...versions]).toEqual([version]);
    }
  );

  it('calls and queries anonymously', async () => {
    const { probe } = await client.connect();
    expect((await probe(canisterId).callerAfterAwait()).toText()).toBe('2vxsx-fae');
    expect(await probe(canisterId).read()).toBeGreaterThanOrEqual(0);
  });

  it('reports a trap as a certified reject', async () => {
    const { probe } = await client.connect();
    await expect(probe(canisterId).incrementAndThrow()).rejects.toThrow(/thrown on purpose/);
  });

  it('sees that a certificate was tampered with', async () => {
    const answerWithBrokenSignature = (answer: CborObject): CborObject => {
      const certificate = decode<CborObject>(answer['certificate'] as Uint8Array);
      const signature = flipBit(certificate['signature'] as Uint8Array);
      return { ...answer, certificate: encodeWithSelfDescribedTag({ ...certificate, signature } as never) };
    };
    const hostile = tamperWith({ path: /\/call$/, response: answerWithBrokenSignature });
    const { probe } = await client.connect({ fetch: hostile });
    await expect(probe(canisterId).increment()).rejects.toThrow(/signature verification failed/i);
  });

  it('sees that a certified reply was tampered with', async () => {
    const hostile = tamperWith({
      path: /\/call$/,
      response: (answer) => {
        const certificate = (answer['certificate'] as Uint8Array).slice();
        const reply = NO_ARGUMENT.slice(0, 4);
        const at = Buffer.from(certificate).indexOf(reply);
        if (at < 0) throw new Error('expected a Candid reply in the certificate');
        // The last byte of the reply: DIDL, no types, one nat32, four bytes.
        return { ...answer, certificate: flipBit(certificate, at + 10) };
      }
    });
    const { probe } = await client.connect({ fetch: hostile });
    await expect(probe(canisterId).increment()).rejects.toThrow(/certificate|signature|verif/i);
  });

  it('sees that the answer to a query was tampered with', async () => {
    const hostile = tamperWith({
      path: /\/query$/,
      response: (answer) => {
        const { arg } = answer['reply'] as { arg: Uint8Array };
        return { ...answer, reply: { arg: flipBit(arg) } };
      }
    });
    const { probe } = await client.connect({ fetch: hostile });
    await expect(probe(canisterId).read()).rejects.toThrow(/signature|verif/i);
  });
});

describe.each(IDENTITIES)('%s', (_name, client, createIdentity) => {
  it('is the caller that the canister sees', async () => {
    const identity = await createIdentity();
    const { probe } = await client.connect({ identity });
    const caller = await probe(canisterId).callerAfterAwait();
    expect(caller.toText()).toBe(identity.getPrincipal().toText());
    expect(await probe(canisterId).read()).toBeGreaterThanOrEqual(0);
  });

  it('is refused with a bit of its signature flipped, in calls and queries', async () => {
    const identity = await createIdentity();
    const breakSignature = (envelope: CborObject): CborObject => ({
      ...envelope,
      sender_sig: flipBit(envelope['sender_sig'] as Uint8Array)
    });
    const hostile = tamperWith({ path: /\/(call|query)$/, request: breakSignature });
    const { probe } = await client.connect({ identity, fetch: hostile });
    await expect(probe(canisterId).increment()).rejects.toThrow(/400[^]*Invalid signature/);
    await expect(probe(canisterId).read()).rejects.toThrow(/400[^]*Invalid signature/);
  });
});

it('refuses a broken delegation', async () => {
  const breakDelegation = (envelope: CborObject): CborObject => {
    const [link] = envelope['sender_delegation'] as CborObject[];
    return {
      ...envelope,
      sender_delegation: [{ ...link, signature: flipBit(link?.['signature'] as Uint8Array) }]
    };
  };
  const hostile = tamperWith({ path: /\/call$/, request: breakDelegation });
  const { probe } = await dfinityClient.connect({ identity: await createDelegation(), fetch: hostile });
  await expect(probe(canisterId).increment()).rejects.toThrow(/400[^]*Invalid delegation/);
});

describe.each(CLIENTS)('%s whose clock is ten minutes off', (_name, client) => {
  it('sets it by /time and succeeds', async () => {
    const usual = localIc;
    const ahead = await LocalIc.start({ clock: { now: () => BigInt(Date.now() + 600_000) * 1_000_000n } });
    localIc = ahead;
    try {
      const id = await deployProbe(client);
      const { probe } = await client.connect();
      expect(await probe(id).increment()).toBe(1);
      expect(await probe(id).read()).toBe(1);
    } finally {
      localIc = usual;
      await ahead.stop();
    }
  });
});
