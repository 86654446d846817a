/** Arbitrary values of Candid types. */
import { IDL } from '@dfinity/candid';
import { Principal } from '@dfinity/principal';
import fc from 'fast-check';

type Values = fc.Arbitrary<unknown>;

const MAX_DEPTH = 3;

/** Messages' values: one of each type. */
export const valuesOf = (types: readonly IDL.Type[]): fc.Arbitrary<unknown[]> =>
  fc.tuple(...types.map((type) => type.accept(new ValueVisitor(), 0)));

class ValueVisitor extends IDL.Visitor<number, Values> {
  override visitNull(): Values {
    return fc.constant(null);
  }
  override visitBool(): Values {
    return fc.boolean();
  }
  override visitReserved(): Values {
    return fc.constant(null);
  }
  override visitText(): Values {
    return fc.oneof(fc.string({ maxLength: 40 }), fc.string({ unit: 'grapheme', maxLength: 20 }));
  }
  override visitNat(): Values {
    return fc.oneof(fc.bigInt({ min: 0n, max: 300n }), fc.bigInt({ min: 0n, max: 2n ** 300n }));
  }
  override visitInt(): Values {
    return fc.bigInt({ min: -(2n ** 100n), max: 2n ** 100n });
  }
  override visitFixedNat({ _bits }: IDL.FixedNatClass): Values {
    if (_bits === 64) return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    return fc.integer({ min: 0, max: 2 ** _bits - 1 });
  }
  override visitPrincipal(): Values {
    return fc.uint8Array({ maxLength: 29 }).map((bytes) => Principal.fromUint8Array(bytes));
  }
  override visitVec<T>(_type: IDL.VecClass<T>, element: IDL.Type<T>, depth: number): Values {
    if (element instanceof IDL.FixedNatClass && element._bits === 8) return fc.uint8Array({ maxLength: 600 });
    return fc.array(element.accept(this, depth), { maxLength: 4 });
  }
  override visitOpt<T>(_type: IDL.OptClass<T>, content: IDL.Type<T>, depth: number): Values {
    return fc.array(content.accept(this, depth), { maxLength: 1 });
  }
  override visitRecord(_type: IDL.RecordClass, fields: [string, IDL.Type][], depth: number): Values {
    return fc.record(Object.fromEntries(fields.map(([name, type]) => [name, type.accept(this, depth)])), {
      noNullPrototype: true
    });
  }
  override visitTuple<T extends unknown[]>(
    _type: IDL.TupleClass<T>,
    types: IDL.Type[],
    depth: number
  ): Values {
    return fc.tuple(...types.map((type) => type.accept(this, depth)));
  }
  override visitVariant(_type: IDL.VariantClass, fields: [string, IDL.Type][], depth: number): Values {
    return fc.oneof(
      ...fields.map(([name, type]) => type.accept(this, depth).map((value) => ({ [name]: value })))
    );
  }
  override visitRec<T>(_type: IDL.RecClass<T>, content: IDL.ConstructType<T>, depth: number): Values {
    if (depth >= MAX_DEPTH) return fc.constant({ Blob: new Uint8Array() });
    return content.accept(this, depth + 1);
  }
  override visitFunc(): Values {
    return fc.constant([Principal.anonymous(), 'method']);
  }
}
