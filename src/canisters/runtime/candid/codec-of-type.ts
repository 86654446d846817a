/**
 * From a Candid type to the codec of its values. The library walks the type again for every value, hashes the names of
 * its fields and goes through big integers: in a canister's interpreter that was most of what a message cost.
 */
import { IDL } from '@dfinity/candid';
import { type Member, leftToLibrary, optOf, recordOf, tupleOf, variantOf, vecOf } from './compound-values';
import { blob, bool, nat, nat32, nat64, nat8, nullValue, principal, text } from './plain-values';
import { type ValueCodec } from './value-codec';

/** The codec of a type's values. */
export const codecOfType = (type: IDL.Type): ValueCodec => type.accept(new CodecVisitor(), undefined);

class CodecVisitor extends IDL.Visitor<undefined, ValueCodec> {
  private readonly recursive = new Map<unknown, ValueCodec>();

  override visitType(type: IDL.Type): ValueCodec {
    return leftToLibrary(type);
  }

  override visitNull(): ValueCodec {
    return nullValue;
  }

  override visitBool(): ValueCodec {
    return bool;
  }

  override visitText(): ValueCodec {
    return text;
  }

  override visitNat(): ValueCodec {
    return nat;
  }

  override visitFixedNat(type: IDL.FixedNatClass): ValueCodec {
    switch (type._bits) {
      case 64:
        return nat64;
      case 32:
        return nat32;
      case 8:
        return nat8;
      default:
        return leftToLibrary(type);
    }
  }

  override visitPrincipal(): ValueCodec {
    return principal;
  }

  override visitOpt<T>(_type: IDL.OptClass<T>, content: IDL.Type<T>): ValueCodec {
    return optOf(this.of(content));
  }

  override visitVec<T>(type: IDL.VecClass<T>, element: IDL.Type<T>): ValueCodec {
    if (element instanceof IDL.FixedNatClass && element._bits === 8) return blob;
    const isTypedArray = element instanceof IDL.FixedNatClass || element instanceof IDL.FixedIntClass;
    return isTypedArray ? leftToLibrary(type) : vecOf(this.of(element));
  }

  /** The library has sorted fields and alternatives by the hashes of their names, which is how they are encoded. */
  override visitRecord(_type: IDL.RecordClass, fields: [string, IDL.Type][]): ValueCodec {
    return recordOf(this.members(fields));
  }

  override visitVariant(_type: IDL.VariantClass, fields: [string, IDL.Type][]): ValueCodec {
    return variantOf(this.members(fields));
  }

  override visitTuple<T extends unknown[]>(_type: IDL.TupleClass<T>, components: IDL.Type[]): ValueCodec {
    return tupleOf(components.map((type) => this.of(type)));
  }

  override visitRec<T>(type: IDL.RecClass<T>, content: IDL.ConstructType<T>): ValueCodec {
    const known = this.recursive.get(type);
    if (known !== undefined) return known;
    const reference: ValueCodec = {
      write: (writer, value) => codec.write(writer, value),
      read: (reader) => codec.read(reader),
      sample: () => codec.sample()
    };
    this.recursive.set(type, reference);
    const codec = this.of(content);
    return codec;
  }

  private of(type: IDL.Type): ValueCodec {
    return type.accept(this, undefined);
  }

  private members(fields: readonly [string, IDL.Type][]): Member[] {
    return fields.map(([name, type]) => [name, this.of(type)]);
  }
}
