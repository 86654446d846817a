/** The built `signer` canister on a local IC, with a stub of `domains` that vouches for the scenario's transfers. */
import { gzipSync } from 'node:zlib';
import { Actor, type HttpAgent, type Identity } from '@dfinity/agent';
import { IDL } from '@dfinity/candid';
import { Secp256k1KeyIdentity } from '@dfinity/identity-secp256k1';
import { Principal } from '@dfinity/principal';
import { buildCanisters } from '../../../scripts/build-canisters';
import { installCanister } from '../../../scripts/network/install-canisters';
import { type InstallModeWire, createManagementClient } from '../../../scripts/network/management-client';
import { AttestationIdl, type AttestationWire } from '../../../src/api/domains-idl';
import { encodeAttestation } from '../../../src/api/domains-wire';
import { unwrap } from '../../../src/api/errors';
import {
  type AccountViewWire,
  type InitArgsWire,
  type SignerService,
  signerInit
} from '../../../src/api/signer-idl';
import { encodeTransitionBatch } from '../../../src/api/signer-wire';
import { type Account, createAccount } from '../../../src/core/account/account';
import { bytes32 } from '../../../src/core/bytes';
import { commitResource, decodeResourceAbi } from '../../../src/core/resource/resource';
import { type TransitionClaim } from '../../../src/core/proof/transition';
import { LocalIc } from '../../../src/local-ic/local-ic';
import { connectAgent, createSignerClient } from '../../../src/sdk/client';
import { createIdentity } from '../../../src/sdk/identity';
import { buildTestCanister } from '../../fixtures/canisters/build-test-canister';
import { batchOf } from '../../unit/canisters/signer/signer-world';
import { referenceSha256 } from '../../unit/core/proof/reference-transfer';
import { LOGIC, SIGNER, ZERO } from '../../unit/core/proof/transfer-scenario';

export const KEY_NAME = 'test_key_1';
const CYCLES = 10n ** 15n;
const secretOf = (name: string): Uint8Array => referenceSha256(Buffer.from(name));

/** The scenario's parties, as agents know them. */
export const identities = {
  operator: createIdentity(new Uint8Array(32).fill(1)),
  alice: createIdentity(secretOf('ed25519 alice')),
  bob: Secp256k1KeyIdentity.fromSecretKey(secretOf('secp256k1 bob')),
  mallory: createIdentity(secretOf('ed25519 mallory'))
};

type StubDomains = { vouch(attestation: AttestationWire): Promise<null> };

export class SignerNetwork {
  readonly signerId = Principal.fromUint8Array(SIGNER);
  private readonly domains: StubDomains;

  private constructor(
    readonly ic: LocalIc,
    readonly operator: HttpAgent,
    private readonly domainsId: Principal
  ) {
    const service = IDL.Service({ vouch: IDL.Func([AttestationIdl], [IDL.Null], []) });
    this.domains = Actor.createActor<StubDomains>(() => service, { agent: operator, canisterId: domainsId });
  }

  static async start(): Promise<SignerNetwork> {
    const [stub] = await Promise.all([buildTestCanister('stub-domains.ts'), buildCanisters(['signer'])]);
    const ic = await LocalIc.start();
    const operator = await connect(ic, identities.operator);
    const domainsId = await create(operator, []);
    await createManagementClient(operator, domainsId).install_code({
      mode: { install: null },
      canister_id: domainsId,
      wasm_module: gzipSync(stub),
      arg: IDL.encode([], [])
    });
    const network = new SignerNetwork(ic, operator, domainsId);
    await create(operator, [network.signerId]);
    await network.install({ install: null }, true);
    return network;
  }

  stop(): Promise<void> {
    return this.ic.stop();
  }

  /** The signer as `who` calls it. */
  async as(who: Identity): Promise<SignerService> {
    return createSignerClient(await connect(this.ic, who), { canisterId: this.signerId });
  }

  /** Replaces the program by itself; with its first arguments, or without any. */
  upgrade(withArguments = false): Promise<void> {
    return this.install({ upgrade: [] }, withArguments);
  }

  private install(mode: InstallModeWire, withArguments: boolean): Promise<void> {
    const config: InitArgsWire = { domains_canister: this.domainsId, key_name: KEY_NAME };
    const arg = IDL.encode([...signerInit], [withArguments ? [config] : []]);
    return installCanister(this.operator, { id: this.signerId, name: 'signer', mode, arg });
  }

  /** Brings the claims, `domains` vouching for them. */
  async apply(
    who: Identity,
    claims: readonly TransitionClaim[]
  ): ReturnType<SignerService['apply_transitions']> {
    const [first] = claims;
    if (first === undefined) throw new Error('no claims');
    const { checkpoint } = first.attestation;
    await this.domains.vouch(encodeAttestation({ checkpoint, logicRef: LOGIC, present: [] }));
    return (await this.as(who)).apply_transitions(encodeTransitionBatch(batchOf(claims)));
  }

  /** The account as the scenario wants it. */
  async account(id: Uint8Array): Promise<Account> {
    const signer = await this.as(identities.operator);
    return accountOf(unwrap(await signer.account(id)));
  }
}

const connect = (ic: LocalIc, identity: Identity): Promise<HttpAgent> =>
  connectAgent({ host: ic.url, identity, fetchRootKey: true });

async function create(operator: HttpAgent, specified_id: [] | [Principal]): Promise<Principal> {
  const management = createManagementClient(operator, Principal.managementCanister());
  const created = await management.provisional_create_canister_with_cycles({
    amount: [CYCLES],
    settings: [],
    specified_id
  });
  return created.canister_id;
}

function accountOf(view: AccountViewWire): Account {
  const id = bytes32(Uint8Array.from(view.id), 'id');
  const account = { ...createAccount({ id, owner: view.owner.toUint8Array() }), epoch: view.epoch };
  const [head] = view.head;
  if (head === undefined) return account;
  const resource = decodeResourceAbi(Uint8Array.from(head.resource));
  const domainId = bytes32(Uint8Array.from(head.domain), 'domain');
  const bound = { ...account, head: { domainId, resource, commitment: commitResource(resource) } };
  if (!('sealed' in view.status)) return bound;
  const { sealed } = view.status;
  const passport = {
    signerCanisterId: SIGNER,
    accountId: id,
    epoch: view.epoch,
    mode: 'clean',
    generation: 0,
    logHead: ZERO,
    logCount: 0n,
    evmNonces: [],
    policyDigest: ZERO,
    moduleHash: ZERO,
    controllers: []
  } as const;
  const passportDigest = bytes32(Uint8Array.from(sealed.digest), 'digest');
  return { ...bound, status: { type: 'sealed', passport, passportDigest } };
}
