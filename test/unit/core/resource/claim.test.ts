import { sha256 } from '@noble/hashes/sha2';
import { ascii, toHex } from '../../../../src/core/bytes';
import { CLAIM_TAG, OUTPUT_TAG } from '../../../../src/core/resource/claim';

describe('the tags of claims', () => {
  it('are the SHA-256 of their names', () => {
    expect(toHex(OUTPUT_TAG)).toBe(toHex(sha256(ascii('risc0.Output'))));
    expect(toHex(CLAIM_TAG)).toBe(toHex(sha256(ascii('risc0.ReceiptClaim'))));
  });
});
