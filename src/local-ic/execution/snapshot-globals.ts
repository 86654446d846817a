import { EXPORT_KIND, type GlobalDeclaration, VALUE_TYPE } from './wasm-declarations';
import { type WasmSections } from './wasm-sections';

export type GlobalType = 'i32' | 'i64' | 'f32' | 'f64';

/** Value of a Wasm global; integers signed. */
export type GlobalValue =
  | { readonly type: 'i64'; readonly value: bigint }
  | { readonly type: 'i32' | 'f32' | 'f64'; readonly value: number };

/** A global that a snapshot holds. */
export type SnapshotGlobal = {
  readonly index: number;
  readonly type: GlobalType;
  readonly isMutable: boolean;
  /** Undefined for one that the module itself does not export. */
  readonly exportName: string | undefined;
};

const TYPES: ReadonlyMap<number, GlobalType> = new Map([
  [VALUE_TYPE.i32, 'i32'],
  [VALUE_TYPE.i64, 'i64'],
  [VALUE_TYPE.f32, 'f32'],
  [VALUE_TYPE.f64, 'f64']
]);

/** The mutable or exported globals, in order. Exported constants of vector or reference type are left out. */
export function findSnapshotGlobals({ globals, exports }: WasmSections): readonly SnapshotGlobal[] {
  const names = new Map(
    exports.filter(({ kind }) => kind === EXPORT_KIND.global).map(({ index, name }) => [index, name])
  );
  return globals.flatMap(({ type, isMutable }: GlobalDeclaration, index) => {
    const known = TYPES.get(type);
    const exportName = names.get(index);
    if (!known || (!isMutable && exportName === undefined)) return [];
    return [{ index, type: known, isMutable, exportName }];
  });
}

/** The value of a global as JavaScript gives it. */
export function globalValue(type: GlobalType, value: number | bigint): GlobalValue {
  return type === 'i64'
    ? { type, value: BigInt.asIntN(64, BigInt(value)) }
    : { type, value: type === 'i32' ? Number(value) | 0 : Number(value) };
}
