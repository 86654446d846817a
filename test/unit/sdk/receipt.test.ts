/** The form of receipts; whether real ones hold is what verify-receipt.test.ts asks a built canister. */
import { type ReceiptWire } from '../../../src/api/domains-idl';
import { toErr } from '../../../src/api/errors';
import { fromHex, hex32, toHex } from '../../../src/core/bytes';
import { ProtocolError } from '../../../src/core/error';
import { decodeReceiptJson, verifyReceipt } from '../../../src/sdk/receipt';
import { refusalCode } from './refusal-code';

const FIELDS = { imageId: '21'.repeat(32), journal: '0102', seal: '73'.repeat(260) };
const RECEIPT = { imageId: hex32(FIELDS.imageId), journal: fromHex('0102'), seal: fromHex(FIELDS.seal) };
const DIGEST = 'cd'.repeat(32);

const read = (fields: unknown): unknown => decodeReceiptJson(JSON.stringify(fields));

describe('decodeReceiptJson', () => {
  it('reads the three fields, with or without 0x', () => {
    expect(read(FIELDS)).toEqual(RECEIPT);
    expect(read({ ...FIELDS, imageId: `0x${FIELDS.imageId}`, journal: '0x0102' })).toEqual(RECEIPT);
  });

  it('takes the longest journal, and an empty one', () => {
    expect(decodeReceiptJson(JSON.stringify({ ...FIELDS, journal: '' })).journal).toHaveLength(0);
    const longest = JSON.stringify({ ...FIELDS, journal: `0x${'ff'.repeat(65_536)}` }, null, 2);
    expect(decodeReceiptJson(longest).journal).toHaveLength(65_536);
  });

  it.each<[string, unknown]>([
    ['a list', [FIELDS]],
    ['a missing field', { ...FIELDS, seal: undefined }],
    ['an unknown field', { ...FIELDS, valid: true }],
    ['a short image id', { ...FIELDS, imageId: FIELDS.imageId.slice(2) }],
    ['a field that is no text', { ...FIELDS, journal: 12 }],
    ['a field that is no hex', { ...FIELDS, journal: 'hello' }],
    ['a journal above the limit', { ...FIELDS, journal: 'ff'.repeat(65_537) }],
    ['a seal above 260 bytes', { ...FIELDS, seal: `${FIELDS.seal}00` }]
  ])('refuses %s', async (_name, fields) => {
    expect(await refusalCode(() => read(fields))).toBe('receipt/format');
  });
});

describe('verifyReceipt', () => {
  it('puts the receipt to the canister and answers its digest', async () => {
    const asked: ReceiptWire[] = [];
    const verify_receipt = (receipt: ReceiptWire): Promise<{ Ok: Uint8Array }> => {
      asked.push(receipt);
      return Promise.resolve({ Ok: fromHex(DIGEST) });
    };
    expect(toHex(await verifyReceipt({ verify_receipt }, RECEIPT))).toBe(DIGEST);
    expect(asked).toEqual([{ image_id: RECEIPT.imageId, journal: RECEIPT.journal, seal: RECEIPT.seal }]);
  });

  it("refuses with the canister's code, and an answer that is no digest", async () => {
    const no = toErr(new ProtocolError('seal/invalid', 'no'));
    const verify = (answer: typeof no | { Ok: Uint8Array }): Promise<unknown> =>
      verifyReceipt({ verify_receipt: () => Promise.resolve(answer) }, RECEIPT);
    expect(await refusalCode(() => verify(no))).toBe('seal/invalid');
    expect(await refusalCode(() => verify({ Ok: new Uint8Array(31) }))).toBe('bytes/length');
  });
});
