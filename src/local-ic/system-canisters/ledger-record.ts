/** The blocks of a ledger as bytes: a version, then Candid. */
import { IDL } from '@dfinity/candid';
import { concatBytes } from '@noble/hashes/utils';
import { decodeCandid } from '../protocol/candid-decoding';

const { Nat, Nat64, Opt, Record, Text, Variant, Vec } = IDL;

const Operation = Variant({
  Mint: Record({ to: Text, amount: Nat }),
  Burn: Record({ from: Text, spender: Opt(Text), amount: Nat }),
  Transfer: Record({ from: Text, to: Text, spender: Opt(Text), amount: Nat, fee: Opt(Nat) }),
  Approve: Record({
    from: Text,
    spender: Text,
    amount: Nat,
    fee: Opt(Nat),
    expected_allowance: Opt(Nat),
    expires_at: Opt(Nat64)
  })
});
export const BLOCKS = Vec(
  Record({
    operation: Operation,
    memo: Opt(Vec(IDL.Nat8)),
    numeric_memo: Nat64,
    created_at_time: Opt(Nat64),
    timestamp: Nat64
  })
);

const VERSION = 1;

/** A record of this version. @throws for another one. */
export function decodeRecord<Content>(content: IDL.Type, record: Uint8Array): Content {
  const [version] = record;
  if (version !== VERSION)
    throw new Error(`expected the state of a system canister in version ${VERSION}, got ${version}`);
  const [value] = decodeCandid([content], record.subarray(1));
  // Candid decoded by its own type.
  return value as Content;
}

export function encodeRecord(content: IDL.Type, value: unknown): Uint8Array {
  return concatBytes(Uint8Array.of(VERSION), new Uint8Array(IDL.encode([content], [value])));
}
