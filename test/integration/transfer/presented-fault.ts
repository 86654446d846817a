/**
 * Ways to present a true swap to the signer with one thing wrong, and the code it must be refused with. The swap: unit 0 gives an Ed25519 owner's account away, unit 1 a secp256k1 owner's, unit 2 moves nobody's account.
 */
import { type TransitionBatchWire } from '../../../src/api/signer-idl';
import {
  type Approval,
  type TransitionPayload,
  decodeTransitionPayload,
  encodeTransitionPayload
} from '../../../src/core/account/transition-payload';
import { hex32 } from '../../../src/core/bytes';

export type Batch = TransitionBatchWire;
export type Unit = Batch['units'][number];

/** What a forger has at hand besides the batch. */
export type Loot = {
  readonly leafCount: bigint;
  /** Storage proof of the batch's first nullifier at another block, and of a slot of another contract. */
  readonly proofAtOtherBlock: readonly Uint8Array[];
  readonly proofOfOtherContract: readonly Uint8Array[];
  /** An approval by a stranger, over this very action and these consents. */
  readonly foreignApproval: Approval;
  /** Height of a checkpoint from before the swap, and one that no checkpoint has. */
  readonly earlierHeight: bigint;
  readonly unknownHeight: bigint;
};

export type PresentedFault = {
  readonly name: string;
  readonly code: string;
  readonly present: (batch: Batch, loot: Loot) => Batch;
};

export const OTHER = hex32('ee'.repeat(32));

export const unitOf = (batch: Batch, index: number): Unit => {
  const unit = batch.units[index];
  if (unit === undefined) throw new Error(`no unit ${index}`);
  return unit;
};
export const payloadBytes = (batch: Batch, index: number): Uint8Array => {
  const [payload] = unitOf(batch, index).payload;
  if (payload === undefined) throw new Error(`no payload in unit ${index}`);
  return payload;
};
export const replace = <T>(list: readonly T[], index: number, value: T): T[] =>
  list.map((entry, position) => (position === index ? value : entry));

export const withUnit =
  (index: number, change: (unit: Unit, batch: Batch, loot: Loot) => Partial<Unit>) =>
  (batch: Batch, loot: Loot): Batch => {
    const unit = unitOf(batch, index);
    return { ...batch, units: replace(batch.units, index, { ...unit, ...change(unit, batch, loot) }) };
  };
export const withPath = (index: number, change: (path: readonly Uint8Array[]) => Uint8Array[]) =>
  withUnit(index, ({ path }) => ({ path: change(path) }));
export const withTag =
  (index: number, tag: Uint8Array) =>
  (batch: Batch): Batch => ({ ...batch, tags: replace(batch.tags, index, tag) });
export const withBytes = (index: number, change: (payload: Uint8Array) => Uint8Array) =>
  withUnit(index, (_unit, batch) => ({ payload: [change(payloadBytes(batch, index))] }));
export const withPayload = (
  index: number,
  change: (payload: TransitionPayload, loot: Loot) => Partial<TransitionPayload>
): PresentedFault['present'] =>
  withUnit(index, (_unit, batch, loot) => {
    const payload = decodeTransitionPayload(payloadBytes(batch, index));
    return { payload: [encodeTransitionPayload({ ...payload, ...change(payload, loot) })] };
  });
export const withSuccessor = (change: Partial<TransitionPayload['successor']>) =>
  withPayload(0, ({ successor }) => ({ successor: { ...successor, ...change } }));
export const flip = (bytes: Uint8Array, position: number): Uint8Array =>
  bytes.map((byte, index) => (index === position ? byte ^ 1 : byte));
