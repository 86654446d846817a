import { checkLayout, installLayout } from '../../../../src/canisters/domains/lifecycle';
import { MemoryStableMap } from '../../../support/memory-stable-map';

describe('checkLayout', () => {
  it('passes on the memory that this version installed, again and again', () => {
    const layout = new MemoryStableMap();
    installLayout(layout);
    const before = layout.dump();

    checkLayout(layout);
    checkLayout(layout);

    expect(layout.dump()).toEqual(before);
  });

  it('refuses memory that nobody installed, and a layout it does not know', () => {
    const layout = new MemoryStableMap();
    expect(() => checkLayout(layout)).toThrow('found none');

    installLayout(layout);
    const [[key]] = layout.dump() as [[string, string]];
    layout.set(Uint8Array.from(Buffer.from(key, 'hex')), Uint8Array.of(0, 0, 0, 2));

    expect(() => checkLayout(layout)).toThrow('expected stable memory of layout 1, found 2');
  });
});
