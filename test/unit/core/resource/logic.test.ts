import fc from 'fast-check';
import { ascii, concat, fromHex, hex32, toHex } from '../../../../src/core/bytes';
import {
  DELETE_IMMEDIATELY,
  DELETE_NEVER,
  NO_APP_DATA,
  encodeLogicJournal,
  u32LittleEndian
} from '../../../../src/core/resource/logic';
import { errorCode } from '../error-code';

const INSTANCE = {
  tag: hex32('11'.repeat(32)),
  isConsumed: true,
  actionTreeRoot: hex32('22'.repeat(32)),
  appData: NO_APP_DATA
};

describe('encodeLogicJournal', () => {
  it('has 84 bytes without payloads', () => {
    expect(toHex(encodeLogicJournal(INSTANCE))).toBe(
      `${'11'.repeat(32)}01000000${'22'.repeat(32)}${'00000000'.repeat(4)}`
    );
  });

  it('writes zero for a created resource', () => {
    const journal = encodeLogicJournal({ ...INSTANCE, isConsumed: false });
    expect(toHex(journal.slice(32, 36))).toBe('00000000');
  });

  it('writes the payloads in order: count, words, blob, deletion criterion', () => {
    const blob = (text: string, kept: boolean) => ({
      blob: ascii(text),
      deletionCriterion: kept ? DELETE_NEVER : DELETE_IMMEDIATELY
    });
    const journal = encodeLogicJournal({
      ...INSTANCE,
      appData: {
        resourcePayload: [blob('res!', true)],
        discoveryPayload: [],
        externalPayload: [blob('external', false), blob('', true)],
        applicationPayload: [blob('app!', false)]
      }
    });
    expect(journal.slice(68)).toEqual(
      concat(
        fromHex('01000000 01000000'.replaceAll(' ', '')),
        ascii('res!'),
        fromHex('01000000' + '00000000' + '02000000' + '02000000'),
        ascii('external'),
        fromHex('00000000' + '00000000' + '01000000' + '01000000' + '01000000'),
        ascii('app!'),
        fromHex('00000000')
      )
    );
  });

  it.each(['resourcePayload', 'discoveryPayload', 'externalPayload', 'applicationPayload'] as const)(
    'refuses a blob of broken words in the %s',
    (payload) => {
      const appData = {
        ...NO_APP_DATA,
        [payload]: [{ blob: ascii('12345'), deletionCriterion: DELETE_NEVER }]
      };
      expect(errorCode(() => encodeLogicJournal({ ...INSTANCE, appData }))).toBe('logic/blob-length');
    }
  );
});

describe('u32LittleEndian', () => {
  it('agrees with DataView', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 32 - 1), (value) => {
        expect(new DataView(u32LittleEndian(value).buffer).getUint32(0, true)).toBe(value);
      })
    );
  });
});
