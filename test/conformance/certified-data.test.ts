import { createHash, randomBytes } from 'node:crypto';
import { Certificate, Cbor, type HashTree, reconstruct } from '@icp-sdk/core/agent';
import { Principal as CorePrincipal } from '@icp-sdk/core/principal';
import { expectClientError } from './client-error';
import { codesOf, replyInt, replyOf, valueAt } from './client';
import { encodeTagged, type Fields, requestId, signedPayload } from './envelopes';
import { dfinityPublicKey } from './identities';
import { Principal } from '@dfinity/principal';
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

/** The public key of a canister's signatures with a seed. */
const canisterKey = (canisterId: Uint8Array, seed: Uint8Array): Uint8Array =>
  dfinityPublicKey(2, Uint8Array.from([canisterId.length, ...canisterId, ...seed]));

const sha256 = (bytes: Uint8Array): Uint8Array =>
  Uint8Array.from(createHash('sha256').update(bytes).digest());

type Tree = [0] | [1, Tree, Tree] | [2, Uint8Array, Tree] | [3, Uint8Array];

/** Signatures of a canister over payloads, in the order given: one certified tree holds them all. */
async function signAsCanister(
  probe: Probe,
  seed: Uint8Array,
  payloads: readonly Uint8Array[]
): Promise<Uint8Array> {
  const hashes = payloads.map(sha256).sort((left, right) => Buffer.compare(left, right));
  const leaves = hashes.map((hash): Tree => [2, hash, [3, new Uint8Array(0)]]);
  const [first = [0], second] = leaves;
  const below: Tree = second ? [1, first, second] : first;
  const tree: Tree = [2, new TextEncoder().encode('sig'), [2, sha256(seed), below]];
  await probe.update(certify(await reconstruct(tree as HashTree)).replyText(''));
  return Cbor.encode({ certificate: replyOf(await probe.query(certificate())), tree });
}

class CanisterIdentity {
  readonly publicKeyDer: Uint8Array;
  readonly sender: Uint8Array;

  constructor(
    readonly signer: Probe,
    readonly seed: Uint8Array
  ) {
    this.publicKeyDer = canisterKey(signer.id, seed);
    this.sender = Principal.selfAuthenticating(this.publicKeyDer).toUint8Array();
  }

  /** An envelope; with `info`, sender info is signed too. */
  async envelope(content: Fields, info?: Uint8Array): Promise<Fields> {
    const infoPayload = info && Uint8Array.from([14, ...new TextEncoder().encode('ic-sender-info'), ...info]);
    const base = { ...content, sender: this.sender };
    const whole = infoPayload
      ? {
          ...base,
          sender_info: {
            info,
            signer: this.signer.id,
            sig: await signAsCanister(this.signer, this.seed, [infoPayload])
          }
        }
      : base;
    const payload = signedPayload('ic-request', requestId(whole));
    return {
      content: whole,
      sender_pubkey: this.publicKeyDer,
      sender_sig: await signAsCanister(this.signer, this.seed, [payload])
    };
  }
}

const whoAmI = (): Uint8Array => program().caller().reply().toBytes();

row(
  '+',
  'Interface spec, Canister signatures',
  'a canister signs requests by its certified data',
  async () => {
    const probe = await network.probe();
    const identity = new CanisterIdentity(await network.probe(), Uint8Array.of(1, 2, 3));
    const content = network.client.content('query', probe.id, 'query', whoAmI());

    const answer = await network.client.post(
      `/api/v3/canister/${probe.principal.toText()}/query`,
      await identity.envelope(content)
    );

    expect(answer.status).toBe(200);
    expect(Buffer.from(answer.bytes).includes(Buffer.from(identity.sender))).toBe(true);
  }
);

row('+', 'Interface spec, Canister signatures', 'a signature changed in any part is refused', async () => {
  const probe = await network.probe();
  const identity = new CanisterIdentity(await network.probe(), Uint8Array.of(1));
  const other = new CanisterIdentity(await network.probe(), Uint8Array.of(1));
  const content = network.client.content('query', probe.id, 'query', whoAmI());
  const path = `/api/v3/canister/${probe.principal.toText()}/query`;
  const good = await identity.envelope(content);
  const signature = good.sender_sig as Uint8Array;

  expect((await network.client.post(path, good)).status).toBe(200);
  for (const index of [10, Math.floor(signature.length / 2), signature.length - 1]) {
    const changed = signature.map((byte, at) => (at === index ? byte ^ 1 : byte));
    expectClientError(await network.client.post(path, { ...good, sender_sig: changed }));
  }
  const foreign = await other.envelope(content);
  expectClientError(await network.client.post(path, { ...good, sender_sig: foreign.sender_sig }));
  expectClientError(await network.client.post(path, { ...good, sender_sig: encodeTagged({}) }));
});

row(
  '+',
  'System API, Sender info',
  'signed sender info reaches the canister, unsigned is refused',
  async () => {
    const probe = await network.probe();
    const identity = new CanisterIdentity(await network.probe(), Uint8Array.of(7));
    const info = new TextEncoder().encode('who I am');
    const readInfo = program().read('msg_caller_info_data').append().read('msg_caller_info_signer').reply();
    const content = network.client.content('query', probe.id, 'query', readInfo.toBytes());
    const path = `/api/v3/canister/${probe.principal.toText()}/query`;

    const answer = await network.client.post(path, await identity.envelope(content, info));

    expect(answer).toMatchObject({ status: 200 });
    const expected = Buffer.concat([info, identity.signer.id]);
    expect(Buffer.from(answer.bytes).includes(expected)).toBe(true);
    const forged = { info, signer: identity.signer.id, sig: new Uint8Array(48) };
    expectClientError(
      await network.client.post(path, await identity.envelope({ ...content, sender_info: forged }))
    );
  }
);

row('+', 'System API, Sender info', 'it is empty where the request has none', async () => {
  const probe = await network.probe();
  const sizes = program()
    .ic0('msg_caller_info_data_size')
    .ic0('msg_caller_info_signer_size')
    .op('add')
    .replyInt();

  expect(replyInt(await probe.update(sizes))).toBe(0n);
  expect(replyInt(await probe.query(sizes))).toBe(0n);
});
