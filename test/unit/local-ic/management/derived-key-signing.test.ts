import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bytesToHex, hexToBytes } from '@noble/hashes/utils';
import { signBip340, tweakTaprootSecret } from '../../../../src/local-ic/management/derived-key-signing';

/** BIP-340 and BIP-341 test vectors from bitcoin/bips, kept beside the repository. */
const VECTORS = join(__dirname, '../../../../../shared/vectors');
const BIP340 = join(VECTORS, 'bip340/test-vectors.csv');
const BIP341 = join(VECTORS, 'bip341/wallet-test-vectors.json');

const toScalar = (hex: string): bigint => BigInt(`0x${hex}`);

(existsSync(BIP340) ? describe : describe.skip)(
  'signBip340 (skipped without ../shared/vectors/bip340)',
  () => {
    const rows = (existsSync(BIP340) ? readFileSync(BIP340, 'utf8') : '')
      .split('\n')
      .slice(1)
      .map((line) => line.split(','))
      .filter(([, secret, , auxiliary]) => secret !== '' && /^0{64}$/.test(auxiliary ?? ''));

    it('equals every BIP-340 signing vector without auxiliary randomness', () => {
      expect(rows.length).toBeGreaterThanOrEqual(1);
      for (const [, secret = '', , , message = '', signature = ''] of rows)
        expect(bytesToHex(signBip340(hexToBytes(message), toScalar(secret)))).toBe(signature.toLowerCase());
    });
  }
);

type Bip341Spending = {
  readonly given: { readonly internalPrivkey: string; readonly merkleRoot: string | null };
  readonly intermediary: { readonly tweakedPrivkey: string };
};

(existsSync(BIP341) ? describe : describe.skip)(
  'tweakTaprootSecret (skipped without ../shared/vectors/bip341)',
  () => {
    const vectors = existsSync(BIP341)
      ? (JSON.parse(readFileSync(BIP341, 'utf8')) as {
          keyPathSpending: readonly { inputSpending: readonly Bip341Spending[] }[];
        })
      : { keyPathSpending: [] };
    const spendings = vectors.keyPathSpending.flatMap(({ inputSpending }) => inputSpending);

    it('equals the tweaked private key of every BIP-341 spending vector', () => {
      expect(spendings).toHaveLength(7);
      for (const { given, intermediary } of spendings) {
        const tweaked = tweakTaprootSecret(
          toScalar(given.internalPrivkey),
          hexToBytes(given.merkleRoot ?? '')
        );
        expect(tweaked.toString(16).padStart(64, '0')).toBe(intermediary.tweakedPrivkey);
      }
    });
  }
);
