import { hex32, toHex } from '../../../../src/core/bytes';
import {
  COMPLIANCE_JOURNAL_LENGTH,
  decodeComplianceJournal,
  encodeComplianceJournal,
  unitDeltaOf
} from '../../../../src/core/resource/compliance';
import { errorCode } from '../error-code';

const word = (byte: string) => hex32(byte.repeat(32));
const INSTANCE = {
  consumed: { nullifier: word('01'), logicRef: word('02'), commitmentTreeRoot: word('03') },
  created: { commitment: word('04'), logicRef: word('05') },
  unitDeltaX: word('06'),
  unitDeltaY: word('07')
};

describe('encodeComplianceJournal', () => {
  it('writes the seven words in order', () => {
    expect(toHex(encodeComplianceJournal(INSTANCE))).toBe(
      ['01', '02', '03', '04', '05', '06', '07'].map((byte) => byte.repeat(32)).join('')
    );
  });

  it('is read back', () => {
    expect(decodeComplianceJournal(encodeComplianceJournal(INSTANCE))).toEqual(INSTANCE);
  });
});

describe('decodeComplianceJournal', () => {
  it.each([
    [COMPLIANCE_JOURNAL_LENGTH - 1, 'bytes/truncated'],
    [COMPLIANCE_JOURNAL_LENGTH + 1, 'bytes/trailing']
  ])('refuses %i bytes', (length, code) => {
    expect(errorCode(() => decodeComplianceJournal(new Uint8Array(length)))).toBe(code);
  });
});

describe('unitDeltaOf', () => {
  it('refuses coordinates of no point', () => {
    expect(errorCode(() => unitDeltaOf(INSTANCE))).toBe('secp256k1/not-on-curve');
  });
});
