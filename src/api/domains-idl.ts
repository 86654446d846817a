/**
 * Candid interface of the `domains` canister, and its TypeScript twin. All blobs of 32 bytes unless said otherwise.
 */
import { IDL } from '@dfinity/candid';
import { type Result, resultIdl } from './errors';

const Blob = IDL.Vec(IDL.Nat8);

/** Where the protocol adapter keeps its state (Solidity slots, below 2^256); v1.1.0 is 1, 4, 7, v2 is at ERC-7201 bases. */
export const StorageLayoutIdl = IDL.Record({
  leaf_count_slot: IDL.Nat,
  root_values_slot: IDL.Nat,
  nullifier_positions_slot: IDL.Nat
});

/** An `evm` domain: which adapter on which chain, and which k of n providers must agree on its finalized headers. */
export const EvmDomainConfigIdl = IDL.Record({
  name: IDL.Text,
  chain_id: IDL.Nat64,
  adapter: Blob,
  layout: StorageLayoutIdl,
  logic_ref: Blob,
  providers: IDL.Vec(IDL.Text),
  agreement: IDL.Nat8
});
export type EvmDomainConfigWire = {
  name: string;
  chain_id: bigint;
  adapter: Uint8Array;
  layout: { leaf_count_slot: bigint; root_values_slot: bigint; nullifier_positions_slot: bigint };
  logic_ref: Uint8Array;
  providers: string[];
  agreement: number;
};

/** A final state of a domain's adapter that this canister has verified. */
export const CheckpointIdl = IDL.Record({
  domain: Blob,
  height: IDL.Nat64,
  block_hash: Blob,
  root: Blob,
  leaf_count: IDL.Nat64,
  storage_hash: Blob,
  accepted_at_ns: IDL.Nat64
});
export type CheckpointWire = {
  domain: Uint8Array;
  height: bigint;
  block_hash: Uint8Array;
  root: Uint8Array;
  leaf_count: bigint;
  storage_hash: Uint8Array;
  accepted_at_ns: bigint;
};

export const DomainViewIdl = IDL.Record({
  id: Blob,
  config: EvmDomainConfigIdl,
  status: IDL.Variant({ running: IDL.Null, halted: IDL.Text }),
  latest: IDL.Opt(CheckpointIdl)
});
export type DomainViewWire = {
  id: Uint8Array;
  config: EvmDomainConfigWire;
  status: { running: null } | { halted: string };
  latest: [] | [CheckpointWire];
};

/** Evidence for a checkpoint: RLP header, and eth_getProof nodes of the adapter at that block. */
export const EvmCheckpointEvidenceIdl = IDL.Record({
  domain: Blob,
  header: Blob,
  account_proof: IDL.Vec(Blob),
  leaf_count_proof: IDL.Vec(Blob),
  root_count_proof: IDL.Vec(Blob),
  latest_root_proof: IDL.Vec(Blob)
});
export type EvmCheckpointEvidenceWire = {
  domain: Uint8Array;
  header: Uint8Array;
  account_proof: Uint8Array[];
  leaf_count_proof: Uint8Array[];
  root_count_proof: Uint8Array[];
  latest_root_proof: Uint8Array[];
};

export const AttestRequestIdl = IDL.Record({
  domain: Blob,
  height: IDL.Nat64,
  nullifiers: IDL.Vec(IDL.Record({ nullifier: Blob, proof: IDL.Vec(Blob) }))
});
export type AttestRequestWire = {
  domain: Uint8Array;
  height: bigint;
  nullifiers: { nullifier: Uint8Array; proof: Uint8Array[] }[];
};

/** What `domains` answers the signer: the checkpoint, the pinned logic, and for each nullifier whether it is in the set. */
export const AttestationIdl = IDL.Record({
  checkpoint: CheckpointIdl,
  logic_ref: Blob,
  present: IDL.Vec(IDL.Bool)
});
export type AttestationWire = { checkpoint: CheckpointWire; logic_ref: Uint8Array; present: boolean[] };

/** A RISC Zero receipt: guest, its public output (at most 65,536 bytes), seal of 260 bytes. */
export const ReceiptIdl = IDL.Record({ image_id: Blob, journal: Blob, seal: Blob });
export type ReceiptWire = { image_id: Uint8Array; journal: Uint8Array; seal: Uint8Array };

/** Method name -> [argument types, result types, mode]; the one table that canister, SDK and tests share. */
export const domainsMethods = {
  register_evm_domain: [[EvmDomainConfigIdl], resultIdl(Blob), 'update'],
  /** The second argument is the height from which on checkpoints are discarded as wrong; none: all stand. */
  resume_domain: [[Blob, IDL.Opt(IDL.Nat64)], resultIdl(DomainViewIdl), 'update'],
  accept_evm_checkpoint: [[EvmCheckpointEvidenceIdl], resultIdl(CheckpointIdl), 'update'],
  attest_nullifiers: [[AttestRequestIdl], resultIdl(AttestationIdl), 'update'],
  domain: [[Blob], resultIdl(DomainViewIdl), 'query'],
  domains: [[], IDL.Vec(DomainViewIdl), 'query'],
  checkpoint: [[Blob, IDL.Nat64], resultIdl(CheckpointIdl), 'query'],
  /** The claim digest that the seal proves. */
  verify_receipt: [[ReceiptIdl], resultIdl(Blob), 'query']
} as const;

export type DomainsService = {
  register_evm_domain(config: EvmDomainConfigWire): Promise<Result<Uint8Array>>;
  resume_domain(domain: Uint8Array, discardFrom: [] | [bigint]): Promise<Result<DomainViewWire>>;
  accept_evm_checkpoint(evidence: EvmCheckpointEvidenceWire): Promise<Result<CheckpointWire>>;
  attest_nullifiers(request: AttestRequestWire): Promise<Result<AttestationWire>>;
  domain(id: Uint8Array): Promise<Result<DomainViewWire>>;
  domains(): Promise<DomainViewWire[]>;
  checkpoint(id: Uint8Array, height: bigint): Promise<Result<CheckpointWire>>;
  verify_receipt(receipt: ReceiptWire): Promise<Result<Uint8Array>>;
};
