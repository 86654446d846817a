/** An action as anyone may bring it, and what is in it once its payloads are decoded. */
import { type TransitionPayload, decodeTransitionPayload } from '../account/transition-payload';
import { type Bytes32 } from '../bytes';
import { ProtocolError } from '../error';

/** Most accounts that one action may move. */
export const MAX_BATCH_SIZE = 16;

/** Where a compliance unit's commitment lies, and the payload when the unit moves an account of this signer. */
export type UnitEvidence = {
  readonly leafIndex: bigint;
  /** Siblings from the leaves upwards. */
  readonly path: readonly Bytes32[];
  /** Encoded `TransitionPayload`. */
  readonly payload: Uint8Array | undefined;
};

/** An action as anyone may submit it; nothing in it is trusted. `units`: all of them, in the order of the tags. */
export type ActionEvidence = {
  readonly tags: readonly Bytes32[];
  readonly units: readonly UnitEvidence[];
};

/** What {@link openAction} makes: every unit is there, payloads are decoded; whether anything in it holds is not known. */
export type OpenedAction = {
  readonly tags: readonly Bytes32[];
  readonly units: readonly OpenedUnit[];
};

export type OpenedUnit = Omit<UnitEvidence, 'payload'> & { readonly payload: TransitionPayload | undefined };

/**
 * The action opened. It depends on no state: what is opened before an `await` is the same after it.
 * @throws {ProtocolError} `transition/units` unless the evidence covers every unit; `transition/batch-size` unless 1 to
 * 16 units have a payload; the codes of `decodeTransitionPayload`.
 */
export function openAction(action: ActionEvidence): OpenedAction {
  assertWholeAction(action);
  const units = action.units.map(({ payload, ...place }) => ({
    ...place,
    payload: payload === undefined ? undefined : decodeTransitionPayload(payload)
  }));
  return { tags: action.tags, units };
}

function assertWholeAction({ tags, units }: ActionEvidence): void {
  if (units.length * 2 !== tags.length) {
    throw new ProtocolError('transition/units', `expected ${tags.length / 2} units, got ${units.length}`);
  }
  const size = units.filter(({ payload }) => payload !== undefined).length;
  if (size < 1 || size > MAX_BATCH_SIZE) {
    throw new ProtocolError(
      'transition/batch-size',
      `expected 1 to ${MAX_BATCH_SIZE} transitions, got ${size}`,
      { size }
    );
  }
}
