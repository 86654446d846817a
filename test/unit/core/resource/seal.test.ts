import { bn254 } from '@noble/curves/bn254';
import { bytes32, concat, encodeBigEndian, fromHex, hex32, toHex } from '../../../../src/core/bytes';
import { type Receipt } from '../../../../src/core/resource/receipt';
import { sealProof, verifySeal } from '../../../../src/core/resource/seal';
import { describeWithVectors, readVectorText } from '../../../support/outside-vectors';
import { errorCode } from '../error-code';

type KeyFile = {
  readonly controlRoot: string;
  readonly bn254ControlId: string;
  readonly selector: string;
  readonly alpha: readonly string[];
  readonly beta: readonly string[];
  readonly gamma: readonly string[];
  readonly delta: readonly string[];
  readonly ic: readonly (readonly [string, string])[];
};
type ReceiptsFile = {
  readonly receipts: readonly {
    readonly name: string;
    readonly imageId: string;
    readonly journal: string;
    readonly seal: string;
  }[];
};

const FIELD = bn254.fields.Fp.ORDER;

const receipts = (): (Receipt & { readonly name: string })[] =>
  (JSON.parse(readVectorText('risc0/receipts.json')) as ReceiptsFile).receipts.map((receipt) => ({
    name: receipt.name,
    imageId: hex32(receipt.imageId),
    journal: fromHex(receipt.journal),
    seal: fromHex(receipt.seal)
  }));

function firstReceipt(): Receipt {
  const [first] = receipts();
  if (first === undefined) throw new Error('expected a receipt');
  return first;
}

const codeOf = (receipt: Receipt): string | undefined => errorCode(() => verifySeal(receipt));

/** `bytes` with one bit of the byte at `index` flipped. */
const flipped = (bytes: Uint8Array, index: number): Uint8Array =>
  bytes.map((byte, position) => (position === index ? byte ^ 1 : byte));

/** `seal` with `change` done to the integer of its proof's word. */
function withWord(seal: Uint8Array, index: number, change: (word: bigint) => bigint): Uint8Array {
  const offset = 4 + 32 * index;
  const changed = seal.slice();
  changed.set(encodeBigEndian(change(BigInt(`0x${toHex(seal.slice(offset, offset + 32))}`)), 32), offset);
  return changed;
}

describeWithVectors('risc0', 'verifySeal on receipts of others', () => {
  it('accepts all six', () => {
    const codes = receipts().map((receipt) => [receipt.name, codeOf(receipt)]);

    expect(codes).toHaveLength(6);
    expect(codes.filter(([, code]) => code !== undefined)).toEqual([]);
  });

  it('refuses another image, journal, or any word of the proof', () => {
    const receipt = firstReceipt();
    const words = [0, 1, 2, 3, 4, 5, 6, 7];

    expect(codeOf({ ...receipt, imageId: bytes32(flipped(receipt.imageId, 31), 'image') })).toBe(
      'seal/invalid'
    );
    expect(codeOf({ ...receipt, journal: flipped(receipt.journal, 0) })).toBe('seal/invalid');
    expect(codeOf({ ...receipt, journal: receipt.journal.slice(1) })).toBe('seal/invalid');
    for (const word of words) {
      const seal = flipped(receipt.seal, 4 + 32 * word + 31);
      expect([word, codeOf({ ...receipt, seal })]).toEqual([word, 'seal/invalid']);
    }
  });

  it('refuses a proof moved to other points of the curves', () => {
    const { seal, ...receipt } = firstReceipt();
    const negate = (word: bigint): bigint => FIELD - word;
    const negatedA = withWord(seal, 1, negate);
    const negatedC = withWord(seal, 7, negate);
    const negatedB = withWord(withWord(seal, 4, negate), 5, negate);
    const swapped = concat(seal.slice(0, 4), seal.slice(196), seal.slice(68, 196), seal.slice(4, 68));
    const identityA = concat(seal.slice(0, 4), new Uint8Array(64), seal.slice(68));
    const allIdentity = concat(seal.slice(0, 4), new Uint8Array(256));

    for (const changed of [negatedA, negatedB, negatedC, swapped, identityA, allIdentity])
      expect(codeOf({ ...receipt, seal: changed })).toBe('seal/invalid');
    // Negating A and B both leaves their pairing as it is: a seal is not its only form.
    expect(codeOf({ ...receipt, seal: withWord(withWord(negatedA, 4, negate), 5, negate) })).toBeUndefined();
  });

  it('refuses coordinates raised by the field order', () => {
    const { seal, ...receipt } = firstReceipt();
    for (let word = 0; word < 8; word += 1) {
      const raised = withWord(seal, word, (value) => value + FIELD);
      expect([word, codeOf({ ...receipt, seal: raised })]).toEqual([word, 'seal/invalid']);
    }
  });

  it('refuses the seal of another receipt', () => {
    const all = receipts();
    all.forEach((receipt, index) => {
      const other = all[(index + 1) % all.length] ?? receipt;
      expect(codeOf({ ...receipt, seal: other.seal })).toBe('seal/invalid');
    });
  });

  it("refuses other selectors, the mock verifier's among them", () => {
    const receipt = firstReceipt();
    const mock = fromHex('ffffffff');

    expect(codeOf({ ...receipt, seal: concat(mock, receipt.seal.slice(4)) })).toBe('seal/selector');
    for (const index of [0, 1, 2, 3])
      expect(codeOf({ ...receipt, seal: flipped(receipt.seal, index) })).toBe('seal/selector');
  });

  it('refuses other lengths, a mock seal among them', () => {
    const receipt = firstReceipt();
    const { seal } = receipt;
    const mockSeal = concat(fromHex('ffffffff'), new Uint8Array(32));
    for (const other of [mockSeal, seal.slice(0, 259), concat(seal, Uint8Array.of(0)), new Uint8Array()])
      expect(codeOf({ ...receipt, seal: other })).toBe('seal/length');
  });
});

describeWithVectors('risc0', 'the key of seals', () => {
  it("is the published one, with the fixed inputs' terms added into the first ic", () => {
    const key = JSON.parse(readVectorText('risc0/groth16-verifying-key.json')) as KeyFile;
    const root = BigInt(`0x${toHex(fromHex(key.controlRoot).reverse())}`);
    const inputs = [1n, root % 2n ** 128n, root / 2n ** 128n, 0n, 0n, BigInt(`0x${key.bn254ControlId}`)];
    const folded = key.ic
      .map(([x, y]) => bn254.G1.Point.fromAffine({ x: BigInt(x), y: BigInt(y) }))
      .map((point, index) => point.multiplyUnsafe(inputs[index] ?? 0n))
      .reduce((sum, point) => sum.add(point))
      .toAffine();
    const fixed = [...key.alpha, ...key.beta, ...key.gamma, ...key.delta].map(BigInt);
    const free = [key.ic[3], key.ic[4]].flatMap((point) => point ?? []).map(BigInt);
    const expected = [...fixed, folded.x, folded.y, ...free].map((word) => encodeBigEndian(word, 32));

    const { key: used } = sealProof(firstReceipt().seal, hex32('00'.repeat(32)));
    expect(toHex(used)).toBe(toHex(concat(...expected)));
    expect(toHex(firstReceipt().seal.slice(0, 4))).toBe(key.selector);
  });

  it('has the halves of the claim digest as its inputs, each little-endian in the digest', () => {
    const digest = hex32('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f');

    const { inputs } = sealProof(firstReceipt().seal, digest);
    expect(toHex(inputs)).toBe(
      '00000000000000000000000000000000' +
        '0f0e0d0c0b0a09080706050403020100' +
        '00000000000000000000000000000000' +
        '1f1e1d1c1b1a19181716151413121110'
    );
  });
});
