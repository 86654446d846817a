import { Principal } from '@dfinity/principal';
import { assertTarget, authenticateEnvelope } from '../../../../src/local-ic/protocol/authentication';
import { CertificateVerifier } from '../../../../src/local-ic/protocol/certificate-verification';
import { parseEnvelope } from '../../../../src/local-ic/protocol/envelope';
import { RequestError } from '../../../../src/local-ic/protocol/request-error';
import { fakeCanisterId } from '../../../support/local-ic/fake-replica';
import {
  ANONYMOUS,
  type Content,
  delegate,
  encodeEnvelope,
  type EnvelopeFields,
  signContent,
  type SignedDelegation
} from '../../../support/local-ic/signed-envelope';
import { testRootKey } from '../../../support/local-ic/test-certificate';
import { createTestSigner, SIGNER_KINDS, type TestSigner } from '../../../support/local-ic/test-signer';

const NOW_NS = 1_800_000_000_000_000_000n;
const LATER_NS = NOW_NS + 60_000_000_000n;
const CANISTER = fakeCanisterId(1);
const certificates = new CertificateVerifier(testRootKey.publicKeyDer);

const contentOf = (sender: Uint8Array, type: 'call' | 'query' = 'call'): Content => ({
  request_type: type,
  canister_id: CANISTER,
  method_name: 'greet',
  arg: Uint8Array.of(1, 2, 3),
  sender,
  ingress_expiry: LATER_NS
});

function authenticate(fields: EnvelopeFields, type: 'call' | 'query' = 'call'): void {
  const envelope = parseEnvelope(encodeEnvelope(fields), type);
  assertTarget(authenticateEnvelope(envelope, { timeNs: NOW_NS, certificates }), envelope.request.canisterId);
}

function refusalOf(action: () => void): { readonly status: number; readonly text: string } {
  try {
    action();
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    return { status: error.status, text: error.message };
  }
  throw new Error('expected a refusal');
}

function flipBit(bytes: Uint8Array, byteIndex: number): Uint8Array {
  const flipped = bytes.slice();
  flipped[byteIndex] = (flipped[byteIndex] ?? 0) ^ 1;
  return flipped;
}

describe.each(SIGNER_KINDS)('an envelope signed with %s', (kind) => {
  const signer = createTestSigner(kind);
  const signed = signContent(contentOf(signer.sender), signer);
  const signature = signed.sender_sig ?? new Uint8Array(0);

  it('is believed', () => {
    expect(() => authenticate(signed)).not.toThrow();
  });

  it('is refused with the last bit of the signature flipped', () => {
    const broken = { ...signed, sender_sig: flipBit(signature, signature.length - 1) };
    expect(refusalOf(() => authenticate(broken))).toMatchObject({
      status: 400,
      text: expect.stringMatching(/^Invalid signature: /) as string
    });
  });

  it('is refused with a byte of the signature missing, and with one too many', () => {
    for (const wrong of [signature.slice(0, -1), Uint8Array.of(...signature, 0), new Uint8Array(0)]) {
      const refusal = refusalOf(() => authenticate({ ...signed, sender_sig: wrong }));
      expect(refusal.text).toMatch(/^Invalid signature: /);
    }
  });

  it('is refused when the content is another', () => {
    const other = { ...signed, content: { ...signed.content, arg: Uint8Array.of(9) } };
    expect(refusalOf(() => authenticate(other)).text).toMatch(/^Invalid signature: /);
  });

  it('is refused with the key of another sender', () => {
    const other = createTestSigner(kind);
    const refusal = refusalOf(() => authenticate({ ...signed, sender_pubkey: other.publicKeyDer }));
    expect(refusal.text).toMatch(/^The user id .* does not match the public key [0-9a-f]+$/);
  });

  it('is refused when a delegation was meant', () => {
    const wrongDomain = delegate(signer, signer, { expiration: LATER_NS }).signature;
    expect(refusalOf(() => authenticate({ ...signed, sender_sig: wrongDomain })).status).toBe(400);
  });
});

describe('each bit of an Ed25519 signature', () => {
  const signer = createTestSigner('ed25519');
  const signed = signContent(contentOf(signer.sender), signer);

  it('counts', () => {
    const signature = signed.sender_sig ?? new Uint8Array(0);
    for (let index = 0; index < signature.length; index += 1)
      expect(refusalOf(() => authenticate({ ...signed, sender_sig: flipBit(signature, index) })).status).toBe(
        400
      );
  });
});

describe('the anonymous sender', () => {
  const signer = createTestSigner('ed25519');
  const content = contentOf(ANONYMOUS);

  it('needs no signature', () => {
    expect(() => authenticate({ content })).not.toThrow();
  });

  it.each(['sender_pubkey', 'sender_sig', 'sender_delegation'] as const)('may not carry %s', (field) => {
    const value = field === 'sender_delegation' ? [] : signContent(content, signer)[field];
    expect(refusalOf(() => authenticate({ content, [field]: value }))).toEqual({
      status: 400,
      text: 'Signature is not allowed for the anonymous user'
    });
  });
});

describe('a sender that is not anonymous', () => {
  const signer = createTestSigner('ed25519');
  const signed = signContent(contentOf(signer.sender), signer);

  it.each(['sender_pubkey', 'sender_sig'] as const)('is refused without %s', (field) => {
    const partial = Object.fromEntries(Object.entries(signed).filter(([name]) => name !== field));
    expect(refusalOf(() => authenticate(partial as EnvelopeFields))).toEqual({
      status: 400,
      text: `Missing signature from user: ${Principal.fromUint8Array(signer.sender).toText()}`
    });
  });

  it('is refused when it is an opaque principal', () => {
    const refusal = refusalOf(() => authenticate(signContent(contentOf(CANISTER), signer)));
    expect(refusal.text).toMatch(/^The user id .* does not match the public key /);
  });
});

describe('public keys', () => {
  const signer = createTestSigner('ed25519');
  const withKey = (publicKeyDer: Uint8Array): EnvelopeFields => {
    const sender = Principal.selfAuthenticating(publicKeyDer).toUint8Array();
    return signContent(contentOf(sender), { ...signer, publicKeyDer, sender });
  };
  const fromHex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));

  it.each([
    ['nothing', new Uint8Array(0)],
    ['no DER', Uint8Array.of(1, 2, 3)],
    ['an Ed25519 key cut short', signer.publicKeyDer.slice(0, -1)],
    ['an Ed25519 key with a byte too many', Uint8Array.of(...signer.publicKeyDer, 0)],
    [
      'a P-256 point off the curve',
      fromHex(`3059301306072a8648ce3d020106082a8648ce3d03010703420004${'01'.repeat(64)}`)
    ],
    [
      'a secp256k1 point off the curve',
      fromHex(`3056301006072a8648ce3d020106052b8104000a03420004${'01'.repeat(64)}`)
    ],
    ['a COSE key that is no CBOR', fromHex('3012300c060a2b0601040183b8430101030200ff')],
    ['a COSE key that is no map', fromHex('3012300c060a2b0601040183b843010103020000')],
    ['a canister id cut short', fromHex('3014300c060a2b0601040183b843010203040004ffff')],
    ['a canister id of 30 bytes', fromHex(`302f300c060a2b0601040183b84301020321001e${'ff'.repeat(31)}`)]
  ])('are refused when they are %s', (_name, publicKeyDer) => {
    expect(refusalOf(() => authenticate(withKey(publicKeyDer)))).toMatchObject({
      status: 400,
      text: expect.stringMatching(/^Invalid signature: /) as string
    });
  });
});

describe('a chain of delegations', () => {
  const signers = Array.from({ length: 22 }, () => createTestSigner('ed25519'));
  const [root, session, other] = signers as [TestSigner, TestSigner, TestSigner];
  const expiration = LATER_NS;

  function chainOf(length: number): EnvelopeFields {
    const delegations: SignedDelegation[] = [];
    for (let index = 0; index < length; index += 1)
      delegations.push(delegate(signers[index] ?? root, signers[index + 1] ?? root, { expiration }));
    return signContent(contentOf(root.sender), signers[length] ?? root, { from: root, delegations });
  }

  const single = (
    fields: Readonly<Record<string, unknown>>,
    type: 'call' | 'query' = 'call'
  ): EnvelopeFields =>
    signContent(contentOf(root.sender, type), session, {
      from: root,
      delegations: [delegate(root, session, { expiration, ...fields })]
    });

  it.each([0, 1, 2, 20])('of %i links is believed', (length) => {
    expect(() => authenticate(chainOf(length))).not.toThrow();
  });

  it('of 21 links is refused', () => {
    expect(refusalOf(() => authenticate(chainOf(21))).text).toBe(
      'Chain of delegations is too long: got 21 delegations, but at most 20 are allowed'
    );
  });

  it('across signature schemes is believed', () => {
    const passkey = createTestSigner('webauthn-es256');
    const browser = createTestSigner('p256');
    const delegations = [
      delegate(passkey, browser, { expiration }),
      delegate(browser, session, { expiration, targets: [CANISTER] })
    ];
    const signed = signContent(contentOf(passkey.sender), session, { from: passkey, delegations });
    expect(() => authenticate(signed)).not.toThrow();
  });

  it.each([
    [
      'back to the first key',
      () => [delegate(root, session, { expiration }), delegate(session, root, { expiration })]
    ],
    ['to itself', () => [delegate(root, root, { expiration })]],
    [
      'in its middle',
      () => [
        delegate(root, session, { expiration }),
        delegate(session, other, { expiration }),
        delegate(other, session, { expiration })
      ]
    ]
  ])('with a cycle %s is refused', (_name, build) => {
    const delegations = build();
    const signed = signContent(contentOf(root.sender), session, { from: root, delegations });
    expect(refusalOf(() => authenticate(signed)).text).toMatch(
      /^Chain of delegations contains at least one cycle: first repeating public key encountered [0-9a-f]+$/
    );
  });

  it('with an expired link is refused', () => {
    expect(refusalOf(() => authenticate(single({ expiration: NOW_NS - 1n }))).text).toMatch(
      /^Invalid delegation expiry: Specified sender delegation has expired/
    );
    expect(() => authenticate(single({ expiration: NOW_NS }))).not.toThrow();
  });

  it('is refused with a link signed by another key', () => {
    const delegations = [
      {
        ...delegate(root, session, { expiration }),
        signature: delegate(other, session, { expiration }).signature
      }
    ];
    const signed = signContent(contentOf(root.sender), session, { from: root, delegations });
    expect(refusalOf(() => authenticate(signed)).text).toMatch(/^Invalid delegation: /);
  });

  it.each([
    ['pubkey', { pubkey: createTestSigner('ed25519').publicKeyDer }],
    ['expiration', { expiration: expiration + 1n }],
    ['targets', { targets: [CANISTER, fakeCanisterId(2)] }],
    ['permissions', { permissions: 'all' }]
  ])('is refused with %s changed after signing', (_name, change) => {
    const link = delegate(root, session, { expiration, targets: [CANISTER] });
    const delegations = [{ ...link, delegation: { ...link.delegation, ...change } }];
    const signed = signContent(contentOf(root.sender), session, { from: root, delegations });
    expect(refusalOf(() => authenticate(signed)).status).toBe(400);
  });

  it('is refused when the request is signed by a key of its middle', () => {
    const delegations = [delegate(root, session, { expiration }), delegate(session, other, { expiration })];
    const signed = signContent(contentOf(root.sender), session, { from: root, delegations });
    expect(refusalOf(() => authenticate(signed)).text).toMatch(/^Invalid signature: /);
  });

  it('with targets reaches those canisters only', () => {
    expect(() => authenticate(single({ targets: [fakeCanisterId(2), CANISTER] }))).not.toThrow();
    const refusal = refusalOf(() => authenticate(single({ targets: [fakeCanisterId(2)] })));
    expect(refusal.text).toBe(
      `Canister ${Principal.fromUint8Array(CANISTER).toText()} is not one of the delegation targets`
    );
    expect(refusalOf(() => authenticate(single({ targets: [] }))).status).toBe(400);
  });

  it('reaches what all of its target lists have in common', () => {
    const delegations = [
      delegate(root, session, { expiration, targets: [CANISTER] }),
      delegate(session, other, { expiration, targets: [fakeCanisterId(2)] })
    ];
    const signed = signContent(contentOf(root.sender), other, { from: root, delegations });
    expect(refusalOf(() => authenticate(signed)).text).toMatch(/is not one of the delegation targets$/);
  });

  it('with 1000 targets is believed, with 1001 refused', () => {
    const targets = (count: number) => Array.from({ length: count }, () => CANISTER);
    expect(() => authenticate(single({ targets: targets(1000) }))).not.toThrow();
    expect(refusalOf(() => authenticate(single({ targets: targets(1001) }))).text).toBe(
      'Invalid delegation: expected at most 1000 targets per delegation, but got 1001'
    );
  });

  it('with permissions "queries" may query and not call', () => {
    expect(() => authenticate(single({ permissions: 'queries' }, 'query'), 'query')).not.toThrow();
    expect(refusalOf(() => authenticate(single({ permissions: 'queries' }))).text).toMatch(
      /^Invalid delegation: /
    );
    expect(() => authenticate(single({ permissions: 'all' }))).not.toThrow();
  });

  it('with unknown permissions is refused, for queries too', () => {
    expect(refusalOf(() => authenticate(single({ permissions: 'some' }, 'query'), 'query')).status).toBe(400);
  });
});
