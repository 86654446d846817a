/**
 * The tree over an action's tags (`anoma/arm-risc0` v1.1.1, `arm/src/action_tree.rs`). In ARM v1 the tags are each
 * compliance unit's nullifier and commitment, in the order of the units.
 */
import { type Bytes32 } from '../bytes';
import { sha256 } from '../crypto/hash';
import { ProtocolError } from '../error';
import { EMPTY_HASH } from './commitment-tree';

/**
 * Root over `tags`, padded with {@link EMPTY_HASH} to the next power of two; the root of one tag is that tag.
 * @throws {ProtocolError} `action/no-tags` for none.
 */
export function actionTreeRoot(tags: readonly Bytes32[]): Bytes32 {
  let width = 1;
  while (width < tags.length) width *= 2;
  let level = Array.from({ length: width }, (_, index) => tags[index] ?? EMPTY_HASH);
  while (level.length > 1) level = hashPairs(level);
  const [root] = level;
  if (tags.length === 0 || root === undefined) {
    throw new ProtocolError('action/no-tags', 'expected an action with at least one tag, got none');
  }
  return root;
}

function hashPairs(level: readonly Bytes32[]): Bytes32[] {
  const parents: Bytes32[] = [];
  for (let index = 0; index + 1 < level.length; index += 2) {
    parents.push(sha256(level[index] ?? EMPTY_HASH, level[index + 1] ?? EMPTY_HASH));
  }
  return parents;
}
