/**
 * The part of azle 0.33.0's public interface that this project uses, for type checks only (its published TypeScript
 * sources do not compile under our flags). Written from `azle/src/stable/lib`; bundling uses azle itself.
 */
import { type IDL } from '@dfinity/candid';
import { type Principal } from '@dfinity/principal';

export { IDL } from '@dfinity/candid';
export { Principal } from '@dfinity/principal';

export type CanisterMethod<This, Args extends unknown[], Return> = (this: This, ...args: Args) => Return;

export type MethodDecorator = <This, Args extends unknown[], Return>(
  method: CanisterMethod<This, Args, Return>,
  context: ClassMethodDecoratorContext<This, CanisterMethod<This, Args, Return>>
) => void;

/** A method that reads its argument and replies by itself; its parameters and result are for the interface only. */
export type ManualDecorator = <This>(
  method: CanisterMethod<This, [], Promise<void>>,
  context: ClassMethodDecoratorContext<This>
) => void;

export function init(paramIdlTypes?: IDL.Type[]): MethodDecorator;
export function postUpgrade(paramIdlTypes?: IDL.Type[]): MethodDecorator;
export function update(
  paramIdlTypes: IDL.Type[],
  returnIdlType: IDL.Type,
  options: { manual: true }
): ManualDecorator;
export function update(
  paramIdlTypes?: IDL.Type[],
  returnIdlType?: IDL.Type,
  options?: { manual?: boolean; hidden?: boolean }
): MethodDecorator;
export function query(
  paramIdlTypes: IDL.Type[],
  returnIdlType: IDL.Type,
  options: { manual: true }
): ManualDecorator;
export function query(
  paramIdlTypes?: IDL.Type[],
  returnIdlType?: IDL.Type,
  options?: { composite?: boolean; manual?: boolean; hidden?: boolean }
): MethodDecorator;

/** Raw calls take and give Candid bytes; a failed call rejects with a {@link CallError}. */
export function call(
  canister: Principal,
  method: string,
  options: { raw: true; args: Uint8Array; cycles?: bigint }
): Promise<Uint8Array>;

export type CallError = Error &
  (
    | { type: 'CallPerformFailed' }
    | { type: 'CallRejected'; rejectCode: 1 | 2 | 3 | 4 | 5 | 6; rejectMessage: string }
    | { type: 'CleanupCallback'; rejectCode: 10_001; rejectMessage: string }
    | { type: 'InsufficientLiquidCycleBalance'; available: bigint; required: bigint }
  );

export function canisterSelf(): Principal;
export function certifiedDataSet(data: Uint8Array): void;
export function dataCertificate(): Uint8Array | undefined;
export function isController(principal: Principal): boolean;
export function msgArgData(): Uint8Array;
export function msgCaller(): Principal;
export function msgReply(data: Uint8Array): void;
export function time(): bigint;

export interface Serializable<T> {
  toBytes: (data: T) => Uint8Array;
  fromBytes: (bytes: Uint8Array) => T;
}

/** `insert` and `remove` answer the previous value. Reads outside a canister answer `undefined`. */
export class StableBTreeMap<Key, Value> {
  constructor(memoryId: number, key: Serializable<Key>, value: Serializable<Value>);
  containsKey(key: Key): boolean;
  get(key: Key): Value | undefined;
  insert(key: Key, value: Value): Value | undefined;
  remove(key: Key): Value | undefined;
  len(): number;
}
