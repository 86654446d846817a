/**
 * What happens when the canister is installed and upgraded. Stable memory says which layout it has: a program that
 * does not know that layout refuses to start, and the upgrade is undone.
 */
import { decodeBigEndian, encodeBigEndian } from '../../core/bytes';
import { warmUpSeals } from '../../core/resource/seal';
import { type StableMap } from '../runtime/canister-runtime';

/** Raised with every change of what is stored; a later version migrates what it finds. */
const LAYOUT_VERSION = 1;
const VERSION_KEY = Uint8Array.of(0);

/** First start: marks empty stable memory as ours. */
export function installLayout(layout: StableMap): void {
  layout.set(VERSION_KEY, encodeBigEndian(BigInt(LAYOUT_VERSION), 4));
  warmUpSeals();
}

/** Start of a new program. @throws when stable memory is not of {@link LAYOUT_VERSION}, which undoes the upgrade. */
export function checkLayout(layout: StableMap): void {
  const stored = layout.get(VERSION_KEY);
  const version = stored === undefined ? 'none' : decodeBigEndian(stored).toString();
  if (version !== LAYOUT_VERSION.toString()) {
    throw new Error(`expected stable memory of layout ${LAYOUT_VERSION}, found ${version}`);
  }
  warmUpSeals();
}
