import { ApprovalVerifier, approvalMessages } from '../../../../src/core/proof/approval';
import { approve, referenceActionTreeRoot, referenceMessages } from './reference-transfer';
import { DOMAIN, OTHER, SIGNER, ZERO, alice, bob } from './transfer-scenario';

const consents = [
  { accountId: OTHER, passportDigest: DOMAIN, epoch: 7n },
  { accountId: DOMAIN, passportDigest: ZERO, epoch: 2n ** 64n - 1n }
];
const tags = [OTHER, DOMAIN, ZERO, OTHER];
const scope = { signerCanisterId: SIGNER, domainId: DOMAIN, consents };
const messages = approvalMessages({ ...scope, actionTreeRoot: referenceActionTreeRoot(tags) });

describe('approvalMessages', () => {
  it('are those of the protocol', () => {
    expect(messages).toEqual(referenceMessages({ ...scope, tags }));
  });

  it.each([
    ['signer', { signerCanisterId: Uint8Array.of(1) }],
    ['domain', { domainId: OTHER }],
    ['action', { actionTreeRoot: OTHER }],
    ['consents', { consents: consents.slice(1) }],
    ['order of consents', { consents: [...consents].reverse() }]
  ])('depend on the %s', (_, change) => {
    const other = approvalMessages({ ...scope, actionTreeRoot: referenceActionTreeRoot(tags), ...change });

    expect(other.consent).not.toEqual(messages.consent);
  });
});

describe('ApprovalVerifier', () => {
  it.each([
    ['Ed25519', alice],
    ['secp256k1', bob]
  ])('knows the principal and the signatures of %s keys', (_, party) => {
    const verifier = new ApprovalVerifier();
    const approval = approve(party, messages);

    expect(verifier.principalOf(approval)).toEqual(party.principal);
    expect(verifier.messagesOf({ ...scope, tags })).toEqual(messages);
    expect(verifier.verify(approval, messages)).toBe('valid');
    expect(verifier.verify(approval, { ...messages, action: messages.consent })).toBe('invalid');
    expect(verifier.verify(approval, { ...messages, consent: messages.action })).toBe('invalid');
  });

  it('remembers each verdict for its own signatures and messages', () => {
    const verifier = new ApprovalVerifier();
    const approval = approve(alice, messages);
    const foreign = { ...approve(bob, messages), publicKeyDer: alice.publicKeyDer };
    const halfForeign = { ...approval, consentSignature: foreign.consentSignature };
    const otherMessages = verifier.messagesOf({ ...scope, tags: [...tags].reverse() });

    for (let round = 0; round < 2; round += 1) {
      expect(verifier.verify(approval, messages)).toBe('valid');
      expect(verifier.verify(halfForeign, messages)).toBe('invalid');
      expect(verifier.verify(foreign, messages)).toBe('invalid');
      expect(verifier.verify(approval, otherMessages)).toBe('invalid');
    }
  });

  it('remembers the messages of each action for itself', () => {
    const verifier = new ApprovalVerifier();
    const scopes = [
      { ...scope, tags },
      { ...scope, tags: [...tags].reverse() },
      { ...scope, tags, consents: consents.slice(1) },
      { ...scope, tags, domainId: OTHER },
      { ...scope, tags, signerCanisterId: Uint8Array.of(1) }
    ];

    for (let round = 0; round < 2; round += 1) {
      expect(scopes.map((each) => verifier.messagesOf(each))).toEqual(scopes.map(referenceMessages));
    }
  });

  it('says when it does not know the type of a key', () => {
    const approval = { ...approve(alice, messages), publicKeyDer: Uint8Array.of(0x30, 0) };

    expect(new ApprovalVerifier().verify(approval, messages)).toBe('unknown-key');
  });
});
