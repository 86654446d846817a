/** Wycheproof's signatures of secp256k1 by Bitcoin's rules. */
import { concat, decodeBigEndian, encodeBigEndian } from '../../../../src/core/bytes';
import { readVectorText } from '../../../support/outside-vectors';

export const WYCHEPROOF = 'wycheproof/ecdsa_secp256k1_sha256_bitcoin_test.json';

export type WycheproofTest = {
  readonly tcId: number;
  readonly msg: string;
  readonly sig: string;
  readonly result: string;
  readonly flags: readonly string[];
  /** 65 bytes in hex. */
  readonly key: string;
};
type WycheproofFile = {
  readonly testGroups: readonly {
    readonly publicKey: { readonly uncompressed: string };
    readonly tests: readonly Omit<WycheproofTest, 'key'>[];
  }[];
};

export function wycheproofTests(): WycheproofTest[] {
  const { testGroups } = JSON.parse(readVectorText(WYCHEPROOF)) as WycheproofFile;
  return testGroups.flatMap((group) =>
    group.tests.map((test) => ({ ...test, key: group.publicKey.uncompressed }))
  );
}

const word = (value: bigint): Uint8Array => encodeBigEndian(value, 32);

/** r and s of a strict DER signature in 32 bytes each, where they fit and are not negative; the range is the door's matter. */
export function compactFromDer(der: Uint8Array): Uint8Array | undefined {
  if (der[0] !== 0x30 || der[1] !== der.length - 2 || der.length > 129) return undefined;
  const r = derInteger(der.subarray(2));
  const s = r && derInteger(der.subarray(2 + r.size));
  if (r === undefined || s === undefined || 2 + r.size + s.size !== der.length) return undefined;
  if (r.value >= 2n ** 256n || s.value >= 2n ** 256n) return undefined;
  return concat(word(r.value), word(s.value));
}

function derInteger(bytes: Uint8Array): { readonly value: bigint; readonly size: number } | undefined {
  const [tag, length, first, second] = bytes;
  if (
    tag !== 0x02 ||
    length === undefined ||
    first === undefined ||
    length === 0 ||
    length > bytes.length - 2
  )
    return undefined;
  if ((first & 0x80) !== 0 || (first === 0 && length > 1 && ((second ?? 0) & 0x80) === 0)) return undefined;
  return { value: decodeBigEndian(bytes.subarray(2, 2 + length)), size: 2 + length };
}
