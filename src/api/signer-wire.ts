/**
 * Codecs between the Candid records of `signer-idl.ts` and the protocol's own types. Decoders check shapes and sizes
 * once, at the edge; what the bytes say is checked by `core`.
 */
import { Principal } from '@dfinity/principal';
import { type Account, type AccountStatus, type Head } from '../core/account/account';
import { type AccountId } from '../core/account/account-id';
import { type EvmNonce } from '../core/account/evm-nonce';
import { type Passport } from '../core/account/passport';
import { type PrincipalBytes } from '../core/account/principal';
import { type Address, type Bytes32 } from '../core/bytes';
import { assertNever } from '../core/error';
import { type Icrc3Value } from '../core/log/icrc3-value';
import { encodeUtf8 } from '../core/log/utf8';
import { type ActionEvidence, type UnitEvidence } from '../core/proof/action-evidence';
import { encodeResourceAbi } from '../core/resource/resource';
import { type EvmSignature } from '../core/signing/evm-signature';
import { type EvmTransaction, parseEvmTransaction } from '../core/signing/evm-transaction';
import { MAX_NODE_BYTES, MAX_PROOF_NODES } from '../core/proof/merkle-patricia';
import {
  type AccountStatusWire,
  type AccountViewWire,
  type EvmTransactionWire,
  type GetBlocksResultWire,
  type HeadWire,
  type InitArgsWire,
  type PassportWire,
  type SignEvmRequestWire,
  type SignedEvmTransactionWire,
  type StatusWire,
  type TipCertificateWire,
  type TransitionBatchWire,
  type UnitWire
} from './signer-idl';
import { assertAtMost, own32, ownAtMost } from './wire-bytes';

/** Compliance units of one action, and its tags. */
export const MAX_UNITS = 32;
export const MAX_TAGS = 2 * MAX_UNITS;
/** A payload with 16 consents and 16 approvals, each with the longest key, has 5,890 bytes. */
export const MAX_PAYLOAD_BYTES = 6_144;
/** Siblings of a leaf in a tree of 2^64. */
export const MAX_PATH_LENGTH = 64;

/** Bytes of a master key's name; those of the IC have about ten. */
export const MAX_KEY_NAME_BYTES = 64;

/** What the canister is installed with; undefined for an upgrade that changes nothing. @throws {ProtocolError} `wire/limit`. */
export function decodeSignerConfig([wire]: [] | [InitArgsWire]):
  { readonly domainsCanister: PrincipalBytes; readonly keyName: string } | undefined {
  if (wire === undefined) return undefined;
  assertAtMost(encodeUtf8(wire.key_name).length, {
    label: 'key name bytes',
    limit: MAX_KEY_NAME_BYTES
  });
  return { domainsCanister: wire.domains_canister.toUint8Array(), keyName: wire.key_name };
}

/** The canister's state as a whole, as it travels. */
export function encodeSignerStatus(status: {
  readonly keyName: string;
  readonly isKeyReady: boolean;
  readonly domainsCanister: PrincipalBytes;
  readonly accountCount: bigint;
  readonly logLength: bigint;
}): StatusWire {
  return {
    key_name: status.keyName,
    key_ready: status.isKeyReady,
    domains_canister: Principal.fromUint8Array(status.domainsCanister),
    accounts: status.accountCount,
    log_length: status.logLength
  };
}

/** An account id. @throws {ProtocolError} `bytes/length`. */
export const decodeAccountId = (wire: Uint8Array): AccountId => own32(wire, 'account id');

/** What {@link encodeAccountView} shows: the account, and the address of its key. */
export type AccountWithAddress = { readonly account: Account; readonly evmAddress: Address };

/** An account as it travels. */
export function encodeAccountView({ account, evmAddress }: AccountWithAddress): AccountViewWire {
  return {
    id: account.id,
    owner: Principal.fromUint8Array(account.owner),
    epoch: account.epoch,
    generation: account.generation,
    status: encodeStatus(account.status),
    evm_address: evmAddress,
    head: account.head === null ? [] : [encodeHead(account.head)],
    signing: account.signing !== null,
    evm_nonces: encodeNonces(account.evmNonces),
    log_head: account.logHead,
    log_count: account.logCount
  };
}

/** A passport and its digest as they travel. */
export function encodePassport(passport: Passport, digest: Bytes32): PassportWire {
  return {
    digest,
    signer: Principal.fromUint8Array(passport.signerCanisterId),
    account: passport.accountId,
    epoch: passport.epoch,
    mode: passport.mode === 'clean' ? { clean: null } : { unrestricted: null },
    generation: passport.generation,
    log_head: passport.logHead,
    log_count: passport.logCount,
    evm_nonces: encodeNonces(passport.evmNonces),
    policy_digest: passport.policyDigest,
    module_hash: passport.moduleHash,
    controllers: passport.controllers.map((controller) => Principal.fromUint8Array(controller))
  };
}

/** A request to sign, its transaction checked field by field. @throws {ProtocolError} `bytes/length`, `signing/*`. */
export function decodeSignEvmRequest(wire: SignEvmRequestWire): {
  readonly accountId: AccountId;
  readonly transaction: EvmTransaction;
  readonly isReplacement: boolean;
} {
  return {
    accountId: decodeAccountId(wire.account),
    transaction: decodeEvmTransaction(wire.transaction),
    isReplacement: wire.replace
  };
}

/** The transaction of its Candid fields. @throws {ProtocolError} `signing/*`. */
export function decodeEvmTransaction(wire: EvmTransactionWire): EvmTransaction {
  return parseEvmTransaction({
    chainId: wire.chain_id,
    nonce: wire.nonce,
    maxPriorityFeePerGas: wire.max_priority_fee_per_gas,
    maxFeePerGas: wire.max_fee_per_gas,
    gasLimit: wire.gas_limit,
    to: wire.to[0],
    value: wire.value,
    data: wire.data,
    accessList: wire.access_list.map((entry) => ({
      address: entry.address,
      storageKeys: entry.storage_keys
    }))
  });
}

/** The transaction as it travels. */
export function encodeEvmTransaction(transaction: EvmTransaction): EvmTransactionWire {
  return {
    chain_id: transaction.chainId,
    nonce: transaction.nonce,
    max_priority_fee_per_gas: transaction.maxPriorityFeePerGas,
    max_fee_per_gas: transaction.maxFeePerGas,
    gas_limit: transaction.gasLimit,
    to: transaction.to === undefined ? [] : [transaction.to],
    value: transaction.value,
    data: transaction.data,
    access_list: transaction.accessList.map((entry) => ({
      address: entry.address,
      storage_keys: [...entry.storageKeys]
    }))
  };
}

/** A signed transaction as it travels. */
export function encodeSignedEvmTransactionWire(signed: {
  readonly raw: Uint8Array;
  readonly hash: Bytes32;
  readonly digest: Bytes32;
  readonly signature: EvmSignature;
  readonly logIndex: bigint;
}): SignedEvmTransactionWire {
  return {
    raw: signed.raw,
    hash: signed.hash,
    digest: signed.digest,
    r: signed.signature.r,
    s: signed.signature.s,
    y_parity: signed.signature.yParity,
    log_index: signed.logIndex
  };
}

/** The transitions of one action of a domain, at the checkpoint of one height. */
export type TransitionBatch = {
  readonly domainId: Bytes32;
  readonly height: bigint;
  readonly action: ActionEvidence;
  /** For each unit, the storage proof of its nullifier, for the `domains` canister. */
  readonly nullifierProofs: readonly (readonly Uint8Array[])[];
};

/** A batch within its limits. @throws {ProtocolError} `wire/limit`, `bytes/length`. */
export function decodeTransitionBatch(wire: TransitionBatchWire): TransitionBatch {
  assertAtMost(wire.tags.length, { label: 'tags', limit: MAX_TAGS });
  assertAtMost(wire.units.length, { label: 'units', limit: MAX_UNITS });
  return {
    domainId: own32(wire.domain, 'domain id'),
    height: wire.height,
    action: { tags: wire.tags.map((tag) => own32(tag, 'tag')), units: wire.units.map(decodeUnit) },
    nullifierProofs: wire.units.map(decodeNullifierProof)
  };
}

/** The batch as it travels. */
export function encodeTransitionBatch(batch: TransitionBatch): TransitionBatchWire {
  return {
    domain: batch.domainId,
    height: batch.height,
    tags: [...batch.action.tags],
    units: batch.action.units.map(({ leafIndex, path, payload }, index) => ({
      leaf_index: leafIndex,
      path: [...path],
      nullifier_proof: [...(batch.nullifierProofs[index] ?? [])],
      payload: payload === undefined ? [] : [payload]
    }))
  };
}

function decodeUnit(wire: UnitWire): UnitEvidence {
  const [payload] = wire.payload;
  assertAtMost(wire.path.length, { label: 'path', limit: MAX_PATH_LENGTH });
  return {
    leafIndex: wire.leaf_index,
    path: wire.path.map((sibling) => own32(sibling, 'sibling')),
    payload:
      payload === undefined
        ? undefined
        : ownAtMost(payload, { label: 'payload bytes', limit: MAX_PAYLOAD_BYTES })
  };
}

function decodeNullifierProof(wire: UnitWire): Uint8Array[] {
  assertAtMost(wire.nullifier_proof.length, { label: 'nullifier proof nodes', limit: MAX_PROOF_NODES });
  return wire.nullifier_proof.map((node) =>
    ownAtMost(node, { label: 'nullifier proof node bytes', limit: MAX_NODE_BYTES })
  );
}

function encodeStatus(status: AccountStatus): AccountStatusWire {
  switch (status.type) {
    case 'active':
      return { active: null };
    case 'sealed':
      return { sealed: encodePassport(status.passport, status.passportDigest) };
    case 'quarantined':
      return { quarantined: status.reason };
    default:
      return assertNever(status);
  }
}

/** A page of the signature log as it travels; there are no archives. */
export function encodeLogPage(page: {
  readonly logLength: bigint;
  readonly blocks: readonly { readonly id: bigint; readonly block: Icrc3Value }[];
}): GetBlocksResultWire {
  return { log_length: page.logLength, blocks: [...page.blocks], archived_blocks: [] };
}

/** The tip's certificate as it travels. */
export function encodeTipCertificate(
  tip: { readonly certificate: Uint8Array; readonly hashTree: Uint8Array } | undefined
): TipCertificateWire {
  return tip === undefined ? [] : [{ certificate: tip.certificate, hash_tree: tip.hashTree }];
}

const encodeHead = (head: Head): HeadWire => ({
  domain: head.domainId,
  resource: encodeResourceAbi(head.resource),
  commitment: head.commitment
});

const encodeNonces = (nonces: readonly EvmNonce[]): PassportWire['evm_nonces'] =>
  nonces.map(({ chainId, nextNonce }) => ({ chain_id: chainId, next_nonce: nextNonce }));
