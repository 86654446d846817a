import { randomBytes } from 'node:crypto';
import { Certificate } from '@icp-sdk/core/agent';
import { Principal as CorePrincipal } from '@icp-sdk/core/principal';
import { codesOf, replyInt, replyOf, valueAt } from './client';
import { type Probe } from './network';
import { program, type Program } from './probe/program';
import { row, useNetwork } from './row';

const network = useNetwork();
const SECTION = 'System API, Certified data';

const certify = (data: Uint8Array): Program => program().blob(data).give('certified_data_set');
const certificate = (): Program => program().read('data_certificate').reply();

async function certifiedDataOf(probe: Probe): Promise<Uint8Array | undefined> {
  return valueAt(replyOf(await probe.query(certificate())), ['canister', probe.id, 'certified_data']);
}

row(30, SECTION, 'what an update sets, a query shows in a certificate that verifies', async () => {
  const data = Uint8Array.from(randomBytes(32));
  const probe = await network.probe();
  await probe.update(certify(data).replyText(''));

  const shown = replyOf(await probe.query(certificate()));

  const verified = await Certificate.create({
    certificate: shown,
    rootKey: network.rootKey,
    principal: { canisterId: CorePrincipal.fromUint8Array(probe.id) }
  });
  expect(verified.lookup_path(['canister', probe.id, 'certified_data'])).toMatchObject({ value: data });
  expect(valueAt(shown, ['time'])).toBeDefined();
});

row(30, SECTION, 'it is empty at first, and may be set in init, callbacks and upgrades', async () => {
  const data = Uint8Array.of(1, 2, 3);
  expect(await certifiedDataOf(await network.probe())).toEqual(new Uint8Array(0));
  expect(await certifiedDataOf(await network.probe(certify(data)))).toEqual(data);

  const probe = await network.probe();
  await probe.update(
    program().call({ to: probe.id, onReply: certify(data).replyText(''), arg: program().replyText('') })
  );
  expect(await certifiedDataOf(probe)).toEqual(data);

  replyOf(await probe.upgrade(certify(Uint8Array.of(9))));
  expect(await certifiedDataOf(probe)).toEqual(Uint8Array.of(9));
});

row(30, SECTION, 'a query may not set it', async () => {
  const probe = await network.probe();

  expect(codesOf(await probe.query(certify(Uint8Array.of(1)).replyText('')))).toBe('5 IC0504');
});

row(30, SECTION, 'it has at most 32 bytes, and setting it anew replaces it', async () => {
  const probe = await network.probe();

  expect(codesOf(await probe.update(certify(new Uint8Array(32).fill(7)).replyText('')))).toBe('replied');
  expect(codesOf(await probe.update(certify(new Uint8Array(33)).replyText('')))).toMatch(/^5 /);
  expect(await certifiedDataOf(probe)).toEqual(new Uint8Array(32).fill(7));
  await probe.update(certify(new Uint8Array(0)).replyText(''));
  expect(await certifiedDataOf(probe)).toEqual(new Uint8Array(0));
});

row(30, SECTION, 'a trap undoes it', async () => {
  const probe = await network.probe(certify(Uint8Array.of(1)));
  await probe.update(certify(Uint8Array.of(2)).trap('undo'));

  expect(await certifiedDataOf(probe)).toEqual(Uint8Array.of(1));
});

row(30, SECTION, 'an upgrade keeps it, reinstalling clears it', async () => {
  const probe = await network.probe(certify(Uint8Array.of(1)));
  replyOf(await probe.upgrade());
  expect(await certifiedDataOf(probe)).toEqual(Uint8Array.of(1));

  replyOf(await probe.reinstall());
  expect(await certifiedDataOf(probe)).toEqual(new Uint8Array(0));
});

row(30, SECTION, 'only a query that is not replicated has a certificate', async () => {
  const probe = await network.probe();
  const present = program().ic0('data_certificate_present').replyInt();

  expect(replyInt(await probe.query(present))).toBe(1n);
  expect(replyInt(await probe.update(present))).toBe(0n);
  expect(replyInt(await network.client.update(probe.id, 'query', present.toBytes()))).toBe(0n);
  expect(codesOf(await probe.update(certificate()))).toBe('5 IC0504');
});
