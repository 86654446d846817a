/** What the canisters say of an account and a domain, in the protocol's own types. */
import { type DomainsService } from '../api/domains-idl';
import { type DomainView, decodeDomainView } from '../api/domains-wire';
import { unwrap } from '../api/errors';
import {
  type AccountViewWire,
  type HeadWire,
  type PassportWire,
  type SignerService
} from '../api/signer-idl';
import { type Passport } from '../core/account/passport';
import { type PrincipalBytes } from '../core/account/principal';
import { type Bytes32, bytes32 } from '../core/bytes';
import { type Resource, decodeResourceAbi } from '../core/resource/resource';

/** The part of the canisters that plans are made and checked with; clients with certified reads. */
export type Canisters = {
  readonly signer: Pick<SignerService, 'account'>;
  readonly domains: Pick<DomainsService, 'domain'>;
  /** The parties' consents name it. */
  readonly signerId: { toUint8Array(): Uint8Array };
};

/** An account as far as a transfer goes. `sealed` is there while it is. */
export type TransferableAccount = {
  readonly id: Bytes32;
  readonly owner: PrincipalBytes;
  readonly epoch: bigint;
  /** 20 bytes. */
  readonly evmAddress: Uint8Array;
  readonly head: { readonly domainId: Bytes32; readonly resource: Resource } | undefined;
  readonly sealed: { readonly passport: Passport; readonly digest: Bytes32 } | undefined;
};

/** The account. @throws {ProtocolError} the canister's refusal; `bytes/length`, `resource/*` for an answer out of shape. */
export async function readAccount(
  { signer }: Pick<Canisters, 'signer'>,
  id: Bytes32
): Promise<TransferableAccount> {
  const view: AccountViewWire = unwrap(await signer.account(id));
  const [head] = view.head;
  return {
    id: own32(view.id, 'account id'),
    owner: view.owner.toUint8Array(),
    epoch: view.epoch,
    evmAddress: Uint8Array.from(view.evm_address),
    head: head === undefined ? undefined : decodeHead(head),
    sealed: 'sealed' in view.status ? decodePassport(view.status.sealed) : undefined
  };
}

/** The domain. @throws {ProtocolError} the canister's refusal. */
export const readDomain = async ({ domains }: Pick<Canisters, 'domains'>, id: Bytes32): Promise<DomainView> =>
  decodeDomainView(unwrap(await domains.domain(id)));

const decodeHead = (head: HeadWire): NonNullable<TransferableAccount['head']> => ({
  domainId: own32(head.domain, 'domain id'),
  resource: decodeResourceAbi(Uint8Array.from(head.resource))
});

const decodePassport = (wire: PassportWire): NonNullable<TransferableAccount['sealed']> => ({
  digest: own32(wire.digest, 'passport digest'),
  passport: {
    signerCanisterId: wire.signer.toUint8Array(),
    accountId: own32(wire.account, 'account id'),
    epoch: wire.epoch,
    mode: 'clean' in wire.mode ? 'clean' : 'unrestricted',
    generation: wire.generation,
    logHead: own32(wire.log_head, 'log head'),
    logCount: wire.log_count,
    evmNonces: wire.evm_nonces.map((entry) => ({ chainId: entry.chain_id, nextNonce: entry.next_nonce })),
    policyDigest: own32(wire.policy_digest, 'policy digest'),
    moduleHash: own32(wire.module_hash, 'module hash'),
    controllers: wire.controllers.map((controller) => controller.toUint8Array())
  }
});

/** Copied: Candid answers views into the whole message. */
const own32 = (value: Uint8Array, label: string): Bytes32 => bytes32(Uint8Array.from(value), label);
