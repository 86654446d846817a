/**
 * What checkpoints of one chain and one append-only adapter must satisfy among themselves. Both sides of a
 * contradiction were final by the providers' word, so one of them is a lie or the chain is broken: the domain halts.
 */
import { equalBytes, toHex } from '../../core/bytes';
import { type Checkpoint } from '../../core/domain/checkpoint';
import { ProtocolError } from '../../core/error';
import { type Neighbours } from './store';

/** Why `candidate` can not be true together with the checkpoints beside it; undefined when it can. */
export function findContradiction(candidate: Checkpoint, neighbours: Neighbours): ProtocolError | undefined {
  const { below, above } = neighbours;
  return (
    (below === undefined ? undefined : compareInOrder(below, candidate)) ??
    (above === undefined ? undefined : compareInOrder(candidate, above))
  );
}

/** The refusal when the providers call another block final at a height that has been accepted. */
export function conflictingBlock(accepted: Checkpoint, agreedHash: Uint8Array): ProtocolError {
  return new ProtocolError(
    'checkpoint/conflicting-block',
    `two blocks are called final at height ${accepted.height}: ${toHex(accepted.blockHash)} accepted, now ${toHex(agreedHash)}`,
    { height: accepted.height, accepted: accepted.blockHash, agreed: agreedHash }
  );
}

function compareInOrder(lower: Checkpoint, higher: Checkpoint): ProtocolError | undefined {
  const data = { lowerHeight: lower.height, higherHeight: higher.height };
  if (higher.leafCount < lower.leafCount) {
    return new ProtocolError(
      'checkpoint/leaf-count-decreased',
      `leaf count fell from ${lower.leafCount} at height ${lower.height} to ${higher.leafCount} at height ${higher.height}`,
      data
    );
  }
  if (higher.leafCount === lower.leafCount && !equalBytes(higher.root, lower.root)) {
    return new ProtocolError(
      'checkpoint/root-rewritten',
      `root changed between heights ${lower.height} and ${higher.height} without a new leaf: ${toHex(lower.root)}, ${toHex(higher.root)}`,
      data
    );
  }
  return undefined;
}
