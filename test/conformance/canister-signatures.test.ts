import { createHash } from 'node:crypto';
import { Principal } from '@dfinity/principal';
import { Cbor, type HashTree, reconstruct } from '@icp-sdk/core/agent';
import { expectClientError } from './client-error';
import { replyInt, replyOf } from './client';
import { encodeTagged, type Fields, requestId, signedPayload } from './envelopes';
import { dfinityPublicKey } from './identities';
import { type Probe } from './network';
import { program } from './probe/program';
import { row, useNetwork } from './row';

const network = useNetwork();

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
  await probe.update(
    program()
      .blob(await reconstruct(tree as HashTree))
      .give('certified_data_set')
      .replyText('')
  );
  return Cbor.encode({
    certificate: replyOf(await probe.query(program().read('data_certificate').reply())),
    tree
  });
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

const readInfo = (): Uint8Array =>
  program().read('msg_caller_info_data').append().read('msg_caller_info_signer').reply().toBytes();

row('+', 'System API, Sender info', 'signed sender info reaches the canister called', async () => {
  const probe = await network.probe();
  const identity = new CanisterIdentity(await network.probe(), Uint8Array.of(7));
  const info = new TextEncoder().encode('who I am');
  const content = network.client.content('call', probe.id, 'update', readInfo());
  const path = `/api/v4/canister/${probe.principal.toText()}/call`;

  const answer = await network.client.post(path, await identity.envelope(content, info));

  expect(answer.status).toBe(200);
  const expected = Buffer.concat([info, identity.signer.id]);
  expect(Buffer.from(answer.bytes).includes(expected)).toBe(true);
});

row('+', 'System API, Sender info', 'signed sender info reaches the canister queried', async () => {
  const probe = await network.probe();
  const identity = new CanisterIdentity(await network.probe(), Uint8Array.of(7));
  const info = new TextEncoder().encode('who I am');
  const content = network.client.content('query', probe.id, 'query', readInfo());
  const path = `/api/v3/canister/${probe.principal.toText()}/query`;

  const answer = await network.client.post(path, await identity.envelope(content, info));

  expect(answer.status).toBe(200);
  const expected = Buffer.concat([info, identity.signer.id]);
  expect(Buffer.from(answer.bytes).includes(expected)).toBe(true);
});

row('+', 'System API, Sender info', 'sender info is signed by the key of the sender', async () => {
  const probe = await network.probe();
  const identity = new CanisterIdentity(await network.probe(), Uint8Array.of(7));
  const content = network.client.content('query', probe.id, 'query', readInfo());
  const path = `/api/v3/canister/${probe.principal.toText()}/query`;
  const good = await identity.envelope(content, Uint8Array.of(1));
  const { sender_info } = good.content as { sender_info: Fields };

  expect((await network.client.post(path, good)).status).toBe(200);
  for (const change of [{ info: Uint8Array.of(2) }, { signer: probe.id }, { sig: new Uint8Array(48) }]) {
    const forged = { ...content, sender_info: { ...sender_info, ...change } };
    expectClientError(await network.client.post(path, await identity.envelope(forged)));
  }
});

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
