import { sha256 } from '@noble/hashes/sha2';
import { concatBytes } from '@noble/hashes/utils';
import { ascii, hex32, toHex } from '../../../../src/core/bytes';
import { actionTreeRoot } from '../../../../src/core/resource/action';
import { errorCode } from '../error-code';
import { FIXTURE_CONSUMED, FIXTURE_CREATED } from './resource-vectors';

const tag = (byte: number) => hex32(byte.toString(16).padStart(2, '0').repeat(32));
const node = (left: Uint8Array, right: Uint8Array) => sha256(concatBytes(left, right));
const padding = sha256(ascii('EMPTY'));

describe('actionTreeRoot', () => {
  it('is the published root of the adapter fixture', () => {
    const tags = [hex32(FIXTURE_CONSUMED.nullifier), hex32(FIXTURE_CREATED.commitment)];

    expect(toHex(actionTreeRoot(tags))).toBe(FIXTURE_CREATED.actionTreeRoot);
  });

  it('is the tag itself for one', () => {
    expect(actionTreeRoot([tag(1)])).toEqual(tag(1));
  });

  it('does not grow when the tags fill the tree', () => {
    expect(actionTreeRoot([tag(1), tag(2), tag(3), tag(4)])).toEqual(
      node(node(tag(1), tag(2)), node(tag(3), tag(4)))
    );
  });

  it('pads to the next power of two', () => {
    expect(actionTreeRoot([1, 2, 3, 4, 5, 6].map(tag))).toEqual(
      node(
        node(node(tag(1), tag(2)), node(tag(3), tag(4))),
        node(node(tag(5), tag(6)), node(padding, padding))
      )
    );
  });

  it('refuses an action without tags', () => {
    expect(errorCode(() => actionTreeRoot([]))).toBe('action/no-tags');
  });
});
