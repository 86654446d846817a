/**
 * Codecs between the Candid records of `domains-idl.ts` and the protocol's own types. Decoders check shapes and sizes
 * once, at the edge; what the bytes say is checked by `core`.
 */
import { type Address, type Bytes32, address } from '../core/bytes';
import { type Checkpoint } from '../core/domain/checkpoint';
import {
  type EvmDomainConfig,
  MAX_NAME_LENGTH,
  MAX_PROVIDERS,
  MAX_URL_LENGTH
} from '../core/domain/evm-domain';
import { MAX_HEADER_BYTES } from '../core/proof/ethereum-header';
import { MAX_NODE_BYTES, MAX_PROOF_NODES } from '../core/proof/merkle-patricia';
import { type Receipt } from '../core/resource/receipt';
import { SEAL_LENGTH } from '../core/resource/seal';
import {
  type AttestRequestWire,
  type AttestationWire,
  type CheckpointWire,
  type DomainViewWire,
  type EvmCheckpointEvidenceWire,
  type EvmDomainConfigWire,
  type ReceiptWire
} from './domains-idl';
import { assertAtMost, own32, ownAtMost } from './wire-bytes';

/** Nullifiers in one request. */
export const MAX_NULLIFIERS = 32;
/** Bytes of a receipt's journal; the aggregation of fifty actions has as many. */
export const MAX_JOURNAL_BYTES = 65_536;

/** Evidence for a checkpoint: RLP of a header, and trie nodes from the root down as `eth_getProof` gives them. */
export type EvmCheckpointEvidence = {
  readonly domainId: Bytes32;
  readonly header: Uint8Array;
  readonly accountProof: readonly Uint8Array[];
  readonly leafCountProof: readonly Uint8Array[];
  readonly rootCountProof: readonly Uint8Array[];
  readonly latestRootProof: readonly Uint8Array[];
};

/** A nullifier, and the proof that it is, or is not, in the adapter's set. */
export type NullifierEvidence = { readonly nullifier: Bytes32; readonly proof: readonly Uint8Array[] };

export type AttestRequest = {
  readonly domainId: Bytes32;
  readonly height: bigint;
  readonly nullifiers: readonly NullifierEvidence[];
};

/** A checkpoint with its domain's logic, and for each nullifier asked for, in order, whether it is in the set. */
export type Attestation = {
  readonly checkpoint: Checkpoint;
  readonly logicRef: Bytes32;
  readonly present: readonly boolean[];
};

/** A domain id. @throws {ProtocolError} `bytes/length`. */
export const decodeDomainId = (wire: Uint8Array): Bytes32 => own32(wire, 'domain id');

/** A receipt whose seal is still to be checked. @throws {ProtocolError} `wire/limit`, `bytes/length`. */
export const decodeReceipt = (wire: ReceiptWire): Receipt => ({
  imageId: own32(wire.image_id, 'image id'),
  journal: ownAtMost(wire.journal, { label: 'journal bytes', limit: MAX_JOURNAL_BYTES }),
  seal: ownAtMost(wire.seal, { label: 'seal bytes', limit: SEAL_LENGTH })
});

/** A domain's configuration, its shape only. @throws {ProtocolError} `wire/limit`, `bytes/length`. */
export function decodeEvmDomainConfig(wire: EvmDomainConfigWire): EvmDomainConfig {
  assertAtMost(wire.name.length, { label: 'name', limit: MAX_NAME_LENGTH });
  assertAtMost(wire.providers.length, { label: 'providers', limit: MAX_PROVIDERS });
  for (const url of wire.providers)
    assertAtMost(url.length, { label: 'provider URL', limit: MAX_URL_LENGTH });
  return {
    name: wire.name,
    chainId: wire.chain_id,
    adapter: ownAddress(wire.adapter),
    layout: {
      leafCountSlot: wire.layout.leaf_count_slot,
      rootValuesSlot: wire.layout.root_values_slot,
      nullifierPositionsSlot: wire.layout.nullifier_positions_slot
    },
    logicRef: own32(wire.logic_ref, 'logic ref'),
    providers: wire.providers,
    agreement: wire.agreement
  };
}

/** The configuration as it travels. */
export function encodeEvmDomainConfig(config: EvmDomainConfig): EvmDomainConfigWire {
  return {
    name: config.name,
    chain_id: config.chainId,
    adapter: config.adapter,
    layout: {
      leaf_count_slot: config.layout.leafCountSlot,
      root_values_slot: config.layout.rootValuesSlot,
      nullifier_positions_slot: config.layout.nullifierPositionsSlot
    },
    logic_ref: config.logicRef,
    providers: [...config.providers],
    agreement: config.agreement
  };
}

/** Checkpoint evidence within its limits. @throws {ProtocolError} `wire/limit`, `bytes/length`. */
export function decodeEvmCheckpointEvidence(wire: EvmCheckpointEvidenceWire): EvmCheckpointEvidence {
  assertAtMost(wire.header.length, { label: 'header bytes', limit: MAX_HEADER_BYTES });
  return {
    domainId: decodeDomainId(wire.domain),
    header: wire.header,
    accountProof: decodeProof(wire.account_proof, 'account proof'),
    leafCountProof: decodeProof(wire.leaf_count_proof, 'leaf count proof'),
    rootCountProof: decodeProof(wire.root_count_proof, 'root count proof'),
    latestRootProof: decodeProof(wire.latest_root_proof, 'latest root proof')
  };
}

/** The evidence as it travels. */
export function encodeEvmCheckpointEvidence(evidence: EvmCheckpointEvidence): EvmCheckpointEvidenceWire {
  return {
    domain: evidence.domainId,
    header: evidence.header,
    account_proof: [...evidence.accountProof],
    leaf_count_proof: [...evidence.leafCountProof],
    root_count_proof: [...evidence.rootCountProof],
    latest_root_proof: [...evidence.latestRootProof]
  };
}

/** A request for attestation within its limits. @throws {ProtocolError} `wire/limit`, `bytes/length`. */
export function decodeAttestRequest(wire: AttestRequestWire): AttestRequest {
  assertAtMost(wire.nullifiers.length, { label: 'nullifiers', limit: MAX_NULLIFIERS });
  return {
    domainId: decodeDomainId(wire.domain),
    height: wire.height,
    nullifiers: wire.nullifiers.map(({ nullifier, proof }) => ({
      nullifier: own32(nullifier, 'nullifier'),
      proof: decodeProof(proof, 'nullifier proof')
    }))
  };
}

/** The request as it travels. */
export function encodeAttestRequest(request: AttestRequest): AttestRequestWire {
  return {
    domain: request.domainId,
    height: request.height,
    nullifiers: request.nullifiers.map(({ nullifier, proof }) => ({ nullifier, proof: [...proof] }))
  };
}

/** A checkpoint as it travels. */
export function encodeCheckpointWire(checkpoint: Checkpoint): CheckpointWire {
  return {
    domain: checkpoint.domainId,
    height: checkpoint.height,
    block_hash: checkpoint.blockHash,
    root: checkpoint.root,
    leaf_count: checkpoint.leafCount,
    storage_hash: checkpoint.storageHash,
    accepted_at_ns: checkpoint.acceptedAtNs
  };
}

/** A checkpoint that came. @throws {ProtocolError} `bytes/length`. */
export function decodeCheckpointWire(wire: CheckpointWire): Checkpoint {
  return {
    domainId: decodeDomainId(wire.domain),
    height: wire.height,
    blockHash: own32(wire.block_hash, 'block hash'),
    root: own32(wire.root, 'root'),
    leafCount: wire.leaf_count,
    storageHash: own32(wire.storage_hash, 'storage hash'),
    acceptedAtNs: wire.accepted_at_ns
  };
}

/** A domain and its highest checkpoint. */
export type DomainView = {
  readonly id: Bytes32;
  readonly config: EvmDomainConfig;
  readonly status: DomainStatus;
  readonly latest: Checkpoint | undefined;
};

/** Whether a domain works. A halted one refuses everything until a controller resumes it. */
export type DomainStatus =
  { readonly status: 'running' } | { readonly status: 'halted'; readonly reason: string };

/** A domain's view as it travels. */
export function encodeDomainView({ id, config, status, latest }: DomainView): DomainViewWire {
  return {
    id,
    config: encodeEvmDomainConfig(config),
    status: status.status === 'running' ? { running: null } : { halted: status.reason },
    latest: latest === undefined ? [] : [encodeCheckpointWire(latest)]
  };
}

/** A domain's view that came. @throws {ProtocolError} `wire/limit`, `bytes/length`. */
export function decodeDomainView(wire: DomainViewWire): DomainView {
  return {
    id: decodeDomainId(wire.id),
    config: decodeEvmDomainConfig(wire.config),
    status:
      'running' in wire.status ? { status: 'running' } : { status: 'halted', reason: wire.status.halted },
    latest: wire.latest[0] === undefined ? undefined : decodeCheckpointWire(wire.latest[0])
  };
}

/** An attestation as it travels. */
export function encodeAttestation(attestation: Attestation): AttestationWire {
  return {
    checkpoint: encodeCheckpointWire(attestation.checkpoint),
    logic_ref: attestation.logicRef,
    present: [...attestation.present]
  };
}

/** An attestation that came. @throws {ProtocolError} `bytes/length`. */
export function decodeAttestation(wire: AttestationWire): Attestation {
  return {
    checkpoint: decodeCheckpointWire(wire.checkpoint),
    logicRef: own32(wire.logic_ref, 'logic ref'),
    present: wire.present
  };
}

function decodeProof(nodes: readonly Uint8Array[], label: string): readonly Uint8Array[] {
  assertAtMost(nodes.length, { label: `${label} nodes`, limit: MAX_PROOF_NODES });
  for (const node of nodes)
    assertAtMost(node.length, { label: `${label} node bytes`, limit: MAX_NODE_BYTES });
  return nodes;
}

/** Copied, because Candid may answer views of the whole message. */
const ownAddress = (value: Uint8Array): Address => address(new Uint8Array(value), 'adapter address');
