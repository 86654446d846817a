/** RISC Zero receipts: as JSON text, and put to the `domains` canister. */
import { type DomainsService } from '../api/domains-idl';
import { MAX_JOURNAL_BYTES } from '../api/domains-wire';
import { unwrap } from '../api/errors';
import { type Bytes32, bytes32 } from '../core/bytes';
import { type Receipt } from '../core/resource/receipt';
import { SEAL_LENGTH } from '../core/resource/seal';
import { JsonReader } from './json-reader';

/** UTF-16 units; a receipt with the longest journal has about 131,800. */
const TEXT_LENGTH_MAX = 160 * 1024;

/**
 * The receipt in a JSON object with the fields `imageId`, `journal` and `seal`, in hex. Nothing is said of its seal yet.
 * @throws {ProtocolError} `receipt/format`, naming the field.
 */
export function decodeReceiptJson(text: string): Receipt {
  const source = { code: 'receipt/format', name: 'receipt', limit: TEXT_LENGTH_MAX };
  const fields = JsonReader.parse(text, source).record(['imageId', 'journal', 'seal']);
  return {
    imageId: fields.imageId.bytes32(),
    journal: fields.journal.bytes({ min: 0, max: MAX_JOURNAL_BYTES }),
    seal: fields.seal.bytes({ min: 0, max: SEAL_LENGTH })
  };
}

/**
 * The claim digest of a receipt whose seal holds, as the canister answers it: one node's word by a query, the subnet's by
 * a client that is `certified`.
 * @throws {ProtocolError} `seal/length`, `seal/selector`, `seal/invalid`, `wire/limit`.
 */
export async function verifyReceipt(
  domains: Pick<DomainsService, 'verify_receipt'>,
  { imageId, journal, seal }: Receipt
): Promise<Bytes32> {
  const digest = unwrap(await domains.verify_receipt({ image_id: imageId, journal, seal }));
  return bytes32(Uint8Array.from(digest), 'claim digest');
}
