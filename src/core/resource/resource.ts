/**
 * ARM resources: commitment, nullifier and the ABI form.
 *
 * Formats of `anoma/arm-risc0` v1.1.1 (`arm/src/resource.rs`, `nullifier_key.rs`) and of the EVM protocol adapter
 * v1.1.0 (`contracts/src/Types.sol`). Digests are 32 raw bytes in natural hex order.
 */
import {
  type Bytes32,
  ByteReader,
  ascii,
  assertLength,
  concat,
  decodeBigEndian,
  encodeBigEndian,
  equalBytes
} from '../bytes';
import { sha256 } from '../crypto/hash';
import { ProtocolError } from '../error';

/** A resource in the clear. `quantity` is a uint128. */
export type Resource = {
  readonly logicRef: Bytes32;
  readonly labelRef: Bytes32;
  readonly quantity: bigint;
  readonly valueRef: Bytes32;
  readonly isEphemeral: boolean;
  readonly nonce: Bytes32;
  readonly nkCommitment: Bytes32;
  readonly randSeed: Bytes32;
};

/** Bytes of {@link encodeResourceAbi}: eight words. */
export const RESOURCE_ABI_LENGTH = 256;

const QUANTITY_LENGTH = 16;
const EXPAND_SEED = ascii('RISC0_ExpandSeed');
const EXPAND_PSI = Uint8Array.of(0);
const EXPAND_RCM = Uint8Array.of(1);

const expandSeed = (resource: Resource, purpose: Uint8Array): Bytes32 =>
  sha256(EXPAND_SEED, purpose, resource.randSeed, resource.nonce);

const encodeBoolean = (value: boolean): Uint8Array => Uint8Array.of(value ? 1 : 0);

/**
 * The commitment, SHA-256 of the 209-byte preimage with the randomness derived from `randSeed` and `nonce`.
 * @throws {ProtocolError} `bytes/integer-range` when the quantity is no uint128.
 */
export function commitResource(resource: Resource): Bytes32 {
  return sha256(
    resource.logicRef,
    resource.labelRef,
    encodeBigEndian(resource.quantity, QUANTITY_LENGTH),
    resource.valueRef,
    encodeBoolean(resource.isEphemeral),
    resource.nonce,
    resource.nkCommitment,
    expandSeed(resource, EXPAND_RCM)
  );
}

/** The commitment to a 32-byte nullifier key: its SHA-256. */
export const commitNullifierKey = (nk: Bytes32): Bytes32 => sha256(nk);

/**
 * The nullifier of `resource` under its nullifier key.
 * @throws {ProtocolError} `resource/nullifier-key` when `nk` does not open `nkCommitment`.
 */
export function deriveNullifier(resource: Resource, nk: Bytes32): Bytes32 {
  return deriveCommittedNullifier({ resource, commitment: commitResource(resource), nk });
}

/**
 * {@link deriveNullifier} for a resource whose commitment is known already, sparing two hashes.
 * @throws {ProtocolError} `resource/nullifier-key` when `nk` does not open `nkCommitment`.
 */
export function deriveCommittedNullifier(opening: {
  readonly resource: Resource;
  /** {@link commitResource} of `resource`; not checked again. */
  readonly commitment: Bytes32;
  readonly nk: Bytes32;
}): Bytes32 {
  const { resource, commitment, nk } = opening;
  if (!equalBytes(commitNullifierKey(nk), resource.nkCommitment)) {
    throw new ProtocolError('resource/nullifier-key', 'expected the key that nkCommitment commits to');
  }
  return sha256(nk, resource.nonce, expandSeed(resource, EXPAND_PSI), commitment);
}

/**
 * The 256-byte ABI form: logicRef, labelRef, valueRef, nkCommitment, nonce, randSeed, uint128 quantity, bool ephemeral.
 * @throws {ProtocolError} `bytes/integer-range` when the quantity is no uint128.
 */
export function encodeResourceAbi(resource: Resource): Uint8Array {
  return concat(
    resource.logicRef,
    resource.labelRef,
    resource.valueRef,
    resource.nkCommitment,
    resource.nonce,
    resource.randSeed,
    new Uint8Array(32 - QUANTITY_LENGTH),
    encodeBigEndian(resource.quantity, QUANTITY_LENGTH),
    new Uint8Array(31),
    encodeBoolean(resource.isEphemeral)
  );
}

/**
 * The resource of its 256-byte ABI form.
 * @throws {ProtocolError} `bytes/length`; `resource/quantity-range` above a uint128; `resource/boolean` for an
 * ephemeral word other than 0 and 1.
 */
export function decodeResourceAbi(encoded: Uint8Array): Resource {
  assertLength(encoded, { label: 'resource', length: RESOURCE_ABI_LENGTH });
  const reader = new ByteReader(encoded, 'resource');
  const logicRef = reader.take32();
  const labelRef = reader.take32();
  const valueRef = reader.take32();
  const nkCommitment = reader.take32();
  const nonce = reader.take32();
  const randSeed = reader.take32();
  const quantity = decodeQuantity(reader.take32());
  const isEphemeral = decodeBoolean(reader.take32());
  reader.end();
  return { logicRef, labelRef, quantity, valueRef, isEphemeral, nonce, nkCommitment, randSeed };
}

function decodeQuantity(word: Bytes32): bigint {
  const quantity = decodeBigEndian(word);
  if (quantity >> BigInt(8 * QUANTITY_LENGTH) !== 0n) {
    throw new ProtocolError('resource/quantity-range', `expected a quantity below 2^128, got ${quantity}`, {
      quantity
    });
  }
  return quantity;
}

function decodeBoolean(word: Bytes32): boolean {
  const value = decodeBigEndian(word);
  if (value > 1n) {
    throw new ProtocolError('resource/boolean', `expected 0 or 1 in the ephemeral word, got ${value}`, {
      value
    });
  }
  return value === 1n;
}
