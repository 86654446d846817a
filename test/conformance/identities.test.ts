import { expectClientError } from './client-error';
import { codesOf, type HttpAnswer, replyOf } from './client';
import { envelope, type Fields } from './envelopes';
import { ANONYMOUS, createIdentity, type Identity, KEY_KINDS, type Signer } from './identities';
import { type Probe } from './network';
import { program } from './probe/program';
import { row, useNetwork } from './row';

const network = useNetwork();
let probe: Probe;

beforeAll(async () => {
  probe = await network.probe();
});

const SECTION = 'Interface spec, Signatures';
const whoAmI = program().caller().reply();
const KINDS = ['call', 'query', 'read_state'] as const;

function contentOf(kind: (typeof KINDS)[number], sender: Uint8Array): Fields {
  if (kind === 'read_state') return { ...network.client.readStateContent([['time']]), sender };
  const method = kind === 'call' ? 'update' : 'query';
  return { ...network.client.content(kind, probe.id, method, whoAmI.toBytes()), sender };
}

const post = (kind: string, body: Fields): Promise<HttpAnswer> =>
  network.client.post(`/api/v3/canister/${probe.principal.toText()}/${kind}`, body);

function flipBit(bytes: Uint8Array, index: number): Uint8Array {
  return bytes.map((byte, at) => (at === index ? byte ^ 1 : byte));
}

for (const kind of KEY_KINDS) {
  row(16, SECTION, `${kind}: a signed request is accepted, and the canister sees its sender`, async () => {
    const identity = createIdentity(kind);

    expect(replyOf(await probe.update(whoAmI, { identity }))).toEqual(identity.sender);
    expect(replyOf(await probe.query(whoAmI, { identity }))).toEqual(identity.sender);
    await network.client.readState(probe.id, [['time']], { identity });
  });

  row(16, SECTION, `${kind}: a bit flipped anywhere in the signature is noticed`, async () => {
    const identity = createIdentity(kind);
    for (const request of KINDS) {
      const signed = envelope(contentOf(request, identity.sender), identity);
      const signature = signed.sender_sig as Uint8Array;
      const last = signature.length - 1;
      for (const index of [0, Math.floor(last / 2), last]) {
        expectClientError(await post(request, { ...signed, sender_sig: flipBit(signature, index) }));
      }
    }
  });

  row(16, SECTION, `${kind}: a signature cut short, too long or empty is refused`, async () => {
    const identity = createIdentity(kind);
    const signed = envelope(contentOf('query', identity.sender), identity);
    const signature = signed.sender_sig as Uint8Array;
    for (const wrong of [signature.subarray(1), Uint8Array.from([...signature, 0]), new Uint8Array(0)]) {
      expectClientError(await post('query', { ...signed, sender_sig: Uint8Array.from(wrong) }));
    }
  });

  row(17, SECTION, `${kind}: the signature of another request is refused`, async () => {
    const identity = createIdentity(kind);
    for (const request of KINDS) {
      const { sender_sig: other } = envelope(contentOf(request, identity.sender), identity);
      const changed = { ...contentOf(request, identity.sender), nonce: Uint8Array.of(9) };
      expectClientError(await post(request, { ...envelope(changed, identity), sender_sig: other }));
    }
  });

  row(17, SECTION, `${kind}: the key must be the sender's`, async () => {
    const [identity, other] = [createIdentity(kind), createIdentity(kind)];
    for (const request of KINDS) {
      expectClientError(await post(request, envelope(contentOf(request, other.sender), identity)));
      const foreignKey = { ...identity, publicKeyDer: other.publicKeyDer };
      expectClientError(await post(request, envelope(contentOf(request, identity.sender), foreignKey)));
    }
  });
}

row(17, SECTION, 'a signature over the id without domain separator is refused', async () => {
  const identity = createIdentity();
  const withoutDomain: Signer = { ...identity, sign: (payload) => identity.sign(payload.subarray(11)) };

  expectClientError(await post('query', envelope(contentOf('query', identity.sender), withoutDomain)));
});

row(17, SECTION, 'a public key that is none is refused', async () => {
  const identity = createIdentity();
  const signed = envelope(contentOf('query', identity.sender), identity);
  const wrong = [
    new Uint8Array(0),
    new Uint8Array(44),
    identity.publicKeyDer.subarray(0, 43),
    identity.publicKeyDer.subarray(12),
    Uint8Array.from([...identity.publicKeyDer, 0])
  ];
  for (const key of wrong) {
    expectClientError(await post('query', { ...signed, sender_pubkey: Uint8Array.from(key) }));
  }
});

row(
  18,
  'HTTPS interface, Authentication',
  'the anonymous sender has no key, signature or delegation',
  async () => {
    const identity = createIdentity();
    for (const request of KINDS) {
      const signed = envelope(contentOf(request, ANONYMOUS.sender), identity);
      const { content } = signed;

      expect((await post(request, { content })).status).toBe(200);
      expectClientError(await post(request, signed));
      expectClientError(await post(request, { content, sender_sig: signed.sender_sig }));
      expectClientError(await post(request, { content, sender_pubkey: signed.sender_pubkey }));
      expectClientError(await post(request, { ...signed, sender_delegation: [] }));
    }
  }
);

row(18, 'HTTPS interface, Authentication', 'any other sender needs key and signature', async () => {
  const identity = createIdentity();
  for (const request of KINDS) {
    const signed = envelope(contentOf(request, identity.sender), identity);
    const { content } = signed;

    expectClientError(await post(request, { content }));
    expectClientError(await post(request, { content, sender_sig: signed.sender_sig }));
    expectClientError(await post(request, { content, sender_pubkey: signed.sender_pubkey }));
  }
});

row(
  '+',
  'Interface spec, Special forms of Principals',
  'nobody sends as canister or as derived id',
  async () => {
    const identity = createIdentity();
    const senders = [probe.id, new Uint8Array(0), Uint8Array.of(1, 2, 3, 7), new Uint8Array(29).fill(2)];
    for (const sender of senders) {
      const impostor: Identity = { ...identity, sender };
      expectClientError(await post('query', envelope(contentOf('query', sender), impostor)));
      expectClientError(await post('query', { content: contentOf('query', sender) }));
    }
  }
);

row('+', 'Interface spec, Principals', 'a sender longer than 29 bytes is refused', async () => {
  expectClientError(await post('query', { content: contentOf('query', new Uint8Array(30).fill(4)) }));
});

row('+', SECTION, 'an identity is the same caller in each of its requests', async () => {
  const identity = createIdentity('ECDSA on P-256');
  const outcomes = await Promise.all([1, 2].map(() => probe.update(whoAmI, { identity })));

  expect(outcomes.map(codesOf)).toEqual(['replied', 'replied']);
  expect(outcomes.map((outcome) => Buffer.from(replyOf(outcome)))).toEqual([
    Buffer.from(identity.sender),
    Buffer.from(identity.sender)
  ]);
});
