import fc from 'fast-check';
import { createCountedLists } from '../../../../src/canisters/runtime/counted-lists';
import { bytes32 } from '../../../../src/core/bytes';
import { MemoryStableMap } from '../../../support/memory-stable-map';

const id = (n: number) => bytes32(new Uint8Array(32).fill(n), 'id');
const [alice, alicePrefix] = [Uint8Array.of(1, 2, 3), Uint8Array.of(1, 2)];

describe('createCountedLists', () => {
  it('moves the last member into the place of the one taken out', () => {
    const lists = createCountedLists(new MemoryStableMap());
    for (const n of [1, 2, 3]) lists.append(alice, id(n));

    lists.remove(alice, id(1));

    expect(lists.count(alice)).toBe(2n);
    expect([lists.at(alice, 0n), lists.at(alice, 1n), lists.at(alice, 2n)]).toEqual([
      id(3),
      id(2),
      undefined
    ]);
  });

  it('leaves nothing behind when every member has been taken out', () => {
    const map = new MemoryStableMap();
    const lists = createCountedLists(map);
    for (const n of [1, 2, 3]) lists.append(alice, id(n));

    for (const n of [2, 1, 3]) lists.remove(alice, id(n));

    expect(map.dump()).toEqual([]);
  });

  it('refuses to take out what is not there', () => {
    const lists = createCountedLists(new MemoryStableMap());
    lists.append(alice, id(1));

    expect(() => lists.remove(alice, id(2))).toThrow('BUG');
    expect(() => lists.remove(alicePrefix, id(1))).toThrow('BUG');
  });

  it('holds the same members as arrays do, list by list, whatever is appended and taken out', () => {
    const step = fc.record({
      list: fc.constantFrom(alice, alicePrefix),
      member: fc.integer({ min: 1, max: 6 })
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const lists = createCountedLists(new MemoryStableMap());
        const models = new Map<Uint8Array, number[]>([
          [alice, []],
          [alicePrefix, []]
        ]);
        for (const { list, member } of steps) {
          const model = models.get(list) ?? [];
          const index = model.indexOf(member);
          if (index < 0) {
            lists.append(list, id(member));
            model.push(member);
          } else {
            lists.remove(list, id(member));
            const last = model.pop();
            if (last !== undefined && index < model.length) model[index] = last;
          }
        }
        for (const [list, model] of models) {
          expect(lists.count(list)).toBe(BigInt(model.length));
          expect(model.map((_, index) => lists.at(list, BigInt(index)))).toEqual(model.map(id));
        }
      })
    );
  });
});
