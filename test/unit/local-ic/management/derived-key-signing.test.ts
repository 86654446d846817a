import { bytesToHex, hexToBytes } from '@noble/hashes/utils';
import { signBip340, tweakTaprootSecret } from '../../../../src/local-ic/management/derived-key-signing';
import { describeWithVectors, readVectorText } from '../../../support/outside-vectors';

/** BIP-340 and BIP-341 test vectors from bitcoin/bips. */
const BIP340 = 'bip340/test-vectors.csv';
const BIP341 = 'bip341/wallet-test-vectors.json';

const toScalar = (hex: string): bigint => BigInt(`0x${hex}`);

describeWithVectors(BIP340, 'signBip340', () => {
  it('equals every BIP-340 signing vector without auxiliary randomness', () => {
    const rows = readVectorText(BIP340)
      .split('\n')
      .slice(1)
      .map((line) => line.split(','))
      .filter(([, secret, , auxiliary]) => secret !== '' && /^0{64}$/.test(auxiliary ?? ''));

    expect(rows.length).toBeGreaterThanOrEqual(1);
    for (const [, secret = '', , , message = '', signature = ''] of rows)
      expect(bytesToHex(signBip340(hexToBytes(message), toScalar(secret)))).toBe(signature.toLowerCase());
  });
});

type Bip341Spending = {
  readonly given: { readonly internalPrivkey: string; readonly merkleRoot: string | null };
  readonly intermediary: { readonly tweakedPrivkey: string };
};

type Bip341Vectors = { readonly keyPathSpending: readonly { inputSpending: readonly Bip341Spending[] }[] };

describeWithVectors(BIP341, 'tweakTaprootSecret', () => {
  it('equals the tweaked private key of every BIP-341 spending vector', () => {
    const { keyPathSpending } = JSON.parse(readVectorText(BIP341)) as Bip341Vectors;
    const spendings = keyPathSpending.flatMap(({ inputSpending }) => inputSpending);
    expect(spendings).toHaveLength(7);
    for (const { given, intermediary } of spendings) {
      const tweaked = tweakTaprootSecret(toScalar(given.internalPrivkey), hexToBytes(given.merkleRoot ?? ''));
      expect(tweaked.toString(16).padStart(64, '0')).toBe(intermediary.tweakedPrivkey);
    }
  });
});
