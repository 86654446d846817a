/** People whose identity a canister signs for, as with Internet Identity, through agents that nobody here wrote. */
import { createHash, randomBytes } from 'node:crypto';
import * as dfinityAgent from '@dfinity/agent';
import { encodeWithSelfDescribedTag } from '@dfinity/cbor';
import { type IDL } from '@dfinity/candid';
import * as dfinityIdentity from '@dfinity/identity';
import { Principal } from '@dfinity/principal';
import * as icpAgent from '@icp-sdk/core/agent';
import * as icpIdentity from '@icp-sdk/core/identity';
import * as icpAgent5 from 'icp-sdk-core-5/agent';
import * as icpIdentity5 from 'icp-sdk-core-5/identity';
import { LocalIc } from '../../../src/local-ic/local-ic';
import { buildCanister } from '../../fixtures/local-ic/wat-canister';
import { managementInterface, type ManagementService } from '../../support/local-ic/management-interface';
import { payloadOf } from '../../support/local-ic/signed-envelope';
import { rootHash, treeAt } from '../../support/local-ic/test-certificate';
import { dfinityKeyDer } from '../../support/local-ic/test-signer';

const ANONYMOUS = Uint8Array.of(4);
const SELF_AUTHENTICATING_BYTES = 29;
const CERTIFICATE_AT = 8192;
const SEED = new TextEncoder().encode('user 10000');
const sha256 = (bytes: Uint8Array): Uint8Array =>
  Uint8Array.from(createHash('sha256').update(bytes).digest());

type WhoamiService = {
  whoami: () => Promise<{ toText(): string }>;
  whoamiQuery: () => Promise<{ toText(): string }>;
};

const whoamiInterface: IDL.InterfaceFactory = ({ IDL: idl }) =>
  idl.Service({
    whoami: idl.Func([], [idl.Principal], []),
    whoamiQuery: idl.Func([], [idl.Principal], ['query'])
  });

/** Certifies what it is told to, shows its certificate, and tells its callers who they are. */
const buildSigner = (): Promise<Uint8Array> =>
  buildCanister((literals) => {
    const head = literals.blob(Uint8Array.of(68, 73, 68, 76, 0, 1, 0x68, 1, SELF_AUTHENTICATING_BYTES));
    const whoami = `(call $msg_reply_data_append ${head}) (call $reply_caller)`;
    return {
      exports: {
        'canister_update certify': `
          (call $msg_arg_data_copy (i32.const 2048) (i32.const 0) (i32.const 32))
          (call $certified_data_set (i32.const 2048) (i32.const 32))
          (call $msg_reply)`,
        'canister_query certificate': `
          (call $data_certificate_copy (i32.const ${CERTIFICATE_AT}) (i32.const 0) (call $data_certificate_size))
          (call $reply (i32.const ${CERTIFICATE_AT}) (call $data_certificate_size))`,
        'canister_update whoami': whoami,
        'canister_query whoamiQuery': whoami
      }
    };
  });

let localIc: LocalIc;
let canisterId: Principal;

async function install(): Promise<Principal> {
  const agent = await dfinityAgent.HttpAgent.create({ host: localIc.url, shouldFetchRootKey: true });
  const management = dfinityAgent.Actor.createActor<ManagementService>(managementInterface, {
    agent,
    canisterId: Principal.managementCanister(),
    callTransform: (_method, [arg]: unknown[]) => {
      const { canister_id } = arg as { canister_id?: Principal };
      return { effectiveCanisterId: canister_id ?? Principal.managementCanister() };
    }
  });
  const { canister_id } = await management.provisional_create_canister_with_cycles({
    amount: [],
    settings: [],
    specified_id: [],
    sender_canister_version: []
  });
  await management.install_code({
    mode: { install: null },
    canister_id,
    wasm_module: await buildSigner(),
    arg: new Uint8Array(0),
    sender_canister_version: []
  });
  return Principal.fromText(canister_id.toText());
}

/** The canister's signature over a payload: it certifies the tree that holds it, and shows the certificate. */
async function signByCanister(payload: Uint8Array): Promise<Uint8Array> {
  const id = canisterId.toUint8Array();
  const tree = treeAt(['sig', sha256(SEED), sha256(payload)], new Uint8Array(0));
  const requestId = Uint8Array.from(randomBytes(32));
  localIc.replica.submit({
    requestId,
    sender: ANONYMOUS,
    canisterId: id,
    effectiveCanisterId: id,
    methodName: 'certify',
    arg: rootHash(tree),
    ingressExpiryNs: localIc.replica.timeNs() + 60_000_000_000n
  });
  await localIc.replica.waitFor(requestId, 10_000);
  const query = { sender: ANONYMOUS, canisterId: id, methodName: 'certificate', arg: new Uint8Array(0) };
  const outcome = await localIc.replica.query(query);
  if (outcome.kind !== 'replied') throw new Error(outcome.rejectMessage);
  return encodeWithSelfDescribedTag({ certificate: outcome.reply, tree } as never);
}

/** What of a delegation its signature covers, and the key that the canister signs with. */
async function delegateTo(sessionKeyDer: Uint8Array): Promise<{
  readonly publicKeyDer: Uint8Array;
  readonly expirationNs: bigint;
  readonly signature: Uint8Array;
}> {
  const expirationNs = BigInt(Date.now() + 600_000) * 1_000_000n;
  const hash = dfinityAgent.requestIdOf({ pubkey: sessionKeyDer, expiration: expirationNs });
  const id = canisterId.toUint8Array();
  return {
    publicKeyDer: dfinityKeyDer(2, Buffer.concat([Buffer.of(id.length), id, SEED])),
    expirationNs,
    signature: await signByCanister(payloadOf('ic-request-auth-delegation', hash))
  };
}

type AgentPackage = readonly [agent: typeof dfinityAgent, identity: typeof dfinityIdentity];

// The packages declare the same types apart from each other.
const PACKAGES: readonly (readonly [string, AgentPackage])[] = [
  ['@dfinity/agent 3', [dfinityAgent, dfinityIdentity]],
  ['@icp-sdk/core 6', [icpAgent, icpIdentity] as never],
  ['@icp-sdk/core 5', [icpAgent5, icpIdentity5] as never]
];

async function connect(
  [
    { Actor, HttpAgent },
    { DelegationChain, DelegationIdentity, Delegation, Ed25519KeyIdentity }
  ]: AgentPackage,
  change: (signature: Uint8Array) => Uint8Array = (signature) => signature
): Promise<{ readonly service: WhoamiService; readonly principal: string }> {
  const session = Ed25519KeyIdentity.generate();
  const sessionKeyDer = new Uint8Array(session.getPublicKey().toDer());
  const { publicKeyDer, expirationNs, signature } = await delegateTo(sessionKeyDer);
  const signed = {
    delegation: new Delegation(sessionKeyDer, expirationNs),
    signature: change(signature) as dfinityAgent.Signature
  };
  const chain = DelegationChain.fromDelegations([signed], publicKeyDer);
  const identity = DelegationIdentity.fromDelegation(session, chain);
  const agent = await HttpAgent.create({
    host: localIc.url,
    identity,
    shouldFetchRootKey: true,
    retryTimes: 0
  });
  return {
    service: Actor.createActor<WhoamiService>(whoamiInterface, { agent, canisterId: canisterId.toText() }),
    principal: Principal.selfAuthenticating(publicKeyDer).toText()
  };
}

beforeAll(async () => {
  localIc = await LocalIc.start();
  canisterId = await install();
}, 60_000);

afterAll(() => localIc.stop());

describe.each(PACKAGES)('%s with a delegation that a canister signed', (_name, agentPackage) => {
  it('calls and queries as who the canister says', async () => {
    const { service, principal } = await connect(agentPackage);
    expect((await service.whoami()).toText()).toBe(principal);
    expect((await service.whoamiQuery()).toText()).toBe(principal);
  });

  it('is refused when the signature is damaged', async () => {
    const { service } = await connect(agentPackage, (signature) => {
      const damaged = signature.slice();
      const middle = damaged.length >> 1;
      damaged[middle] = (damaged[middle] ?? 0) ^ 1;
      return damaged;
    });
    await expect(service.whoami()).rejects.toThrow(/Invalid delegation: Invalid canister signature/);
    await expect(service.whoamiQuery()).rejects.toThrow(/Invalid delegation: Invalid canister signature/);
  });
});
