/** Real receipts, checked in a query of the built `domains` canister. */
import { buildCanisters } from '../../../scripts/build-canisters';
import { createCanister, emptyArgs, installCanister } from '../../../scripts/network/install-canisters';
import { type DomainsService, type ReceiptWire } from '../../../src/api/domains-idl';
import { MAX_JOURNAL_BYTES } from '../../../src/api/domains-wire';
import { unwrap } from '../../../src/api/errors';
import { fromHex, hex32, toHex } from '../../../src/core/bytes';
import { receiptClaimDigest } from '../../../src/core/resource/claim';
import { LocalIc } from '../../../src/local-ic/local-ic';
import { connectAgent, createDomainsClient } from '../../../src/sdk/client';
import { createIdentity } from '../../../src/sdk/identity';
import { describeWithVectors, readVectorText } from '../../support/outside-vectors';

type OutsideReceipt = { name: string; imageId: string; journal: string; seal: string; valid: boolean };

const readReceipts = (): OutsideReceipt[] =>
  (JSON.parse(readVectorText('risc0/receipts.json')) as { receipts: OutsideReceipt[] }).receipts;

const toWire = ({ imageId, journal, seal }: OutsideReceipt): ReceiptWire => ({
  image_id: fromHex(imageId),
  journal: fromHex(journal),
  seal: fromHex(seal)
});

function firstReceipt(): ReceiptWire {
  const [first] = readReceipts();
  if (first === undefined) throw new Error('expected outside receipts');
  return toWire(first);
}

const flipped = (bytes: Uint8Array, at: number): Uint8Array =>
  bytes.map((byte, index) => (index === at ? byte ^ 1 : byte));

describeWithVectors('risc0', 'verify_receipt', () => {
  let ic: LocalIc;
  let domains: DomainsService;
  beforeAll(async () => {
    await buildCanisters(['domains']);
    ic = await LocalIc.start();
    const agent = await connectAgent({
      host: ic.url,
      identity: createIdentity(new Uint8Array(32).fill(1)),
      fetchRootKey: true
    });
    const id = await createCanister(agent);
    await installCanister(agent, { id, name: 'domains', mode: { install: null }, arg: emptyArgs() });
    domains = createDomainsClient(agent, { canisterId: id });
  }, 120_000);
  afterAll(() => ic.stop());

  const codeOf = async (receipt: ReceiptWire): Promise<string> => {
    const result = await domains.verify_receipt(receipt);
    return 'Err' in result ? result.Err.code : 'accepted';
  };

  it('answers the claim digest of each real receipt', async () => {
    for (const receipt of readReceipts()) {
      const digest = unwrap(await domains.verify_receipt(toWire(receipt)));
      const { imageId, journal } = receipt;
      const claimed = receiptClaimDigest({ imageId: hex32(imageId), journal: fromHex(journal) });
      expect(toHex(Uint8Array.from(digest))).toBe(toHex(claimed));
    }
  }, 60_000);

  it('refuses a receipt with any part changed', async () => {
    const receipt = firstReceipt();
    expect(await codeOf({ ...receipt, image_id: flipped(receipt.image_id, 31) })).toBe('seal/invalid');
    expect(await codeOf({ ...receipt, journal: flipped(receipt.journal, 5) })).toBe('seal/invalid');
    // The lowest byte of each coordinate of A, B and C.
    for (let at = 35; at < 260; at += 32)
      expect(await codeOf({ ...receipt, seal: flipped(receipt.seal, at) })).toBe('seal/invalid');
    expect(await codeOf({ ...receipt, seal: flipped(receipt.seal, 0) })).toBe('seal/selector');
  }, 60_000);

  it('refuses other sizes before it computes anything', async () => {
    const receipt = firstReceipt();
    expect(await codeOf({ ...receipt, image_id: receipt.image_id.slice(1) })).toBe('bytes/length');
    expect(await codeOf({ ...receipt, seal: receipt.seal.slice(1) })).toBe('seal/length');
    expect(await codeOf({ ...receipt, seal: Uint8Array.of(...receipt.seal, 0) })).toBe('wire/limit');
    expect(await codeOf({ ...receipt, journal: new Uint8Array(MAX_JOURNAL_BYTES + 1) })).toBe('wire/limit');
  });
});
