import { decodeTransitionPayload } from '../../../../src/core/account/transition-payload';
import {
  type TransferUnit,
  composeTransfer,
  createBindingOrigin,
  encodeTransferPayloads
} from '../../../../src/core/proof/compose-transfer';
import { verifyTransition } from '../../../../src/core/proof/transition';
import { errorCode } from '../error-code';
import { approve, referenceCommitment, referenceNullifier, referenceSha256 } from './reference-transfer';
import {
  DOMAIN,
  LOGIC,
  OTHER,
  SIGNER,
  ZERO,
  alice,
  bob,
  freshAccount,
  headKey,
  passportOf,
  sealedAccount,
  settle,
  settleOne
} from './transfer-scenario';

/** What `settle` does for this part, as terms. */
function unitOf(account: ReturnType<typeof sealedAccount>, to: typeof alice): TransferUnit {
  if (account.head === null) throw new Error('not bound');
  return {
    purpose: 'transition',
    accountId: account.id,
    epoch: account.epoch,
    passportDigest: passportOf(account),
    consumed: { resource: account.head.resource, nk: headKey(account) },
    successor: {
      owner: to.principal,
      nkCommitment: referenceSha256(headKey({ ...account, epoch: account.epoch + 1n })),
      randSeed: referenceSha256(account.id, to.principal)
    }
  };
}

const terms = { signerCanisterId: SIGNER, domainId: DOMAIN, logicRef: LOGIC };

describe('composeTransfer and encodeTransferPayloads', () => {
  it('make the swap that the reference makes, byte for byte', () => {
    const [ofAlice, ofBob] = [sealedAccount('a', alice), sealedAccount('b', bob)];
    const claims = settle([
      { account: ofAlice, to: bob },
      { account: ofBob, to: alice }
    ]);

    const transfer = composeTransfer({ ...terms, units: [unitOf(ofAlice, bob), unitOf(ofBob, alice)] });
    const payloads = encodeTransferPayloads(transfer, [
      approve(alice, transfer.messages),
      approve(bob, transfer.messages)
    ]);

    expect(transfer.tags).toEqual(claims[0]?.evidence.tags);
    expect(payloads).toEqual(claims.map(({ evidence }) => evidence.payload));
  });

  it('make a binding that verifies', () => {
    const account = freshAccount('a', alice);
    const origin = createBindingOrigin({ accountId: account.id, logicRef: LOGIC, nk: OTHER, seed: DOMAIN });
    const transfer = composeTransfer({
      ...terms,
      units: [
        {
          purpose: 'binding',
          accountId: account.id,
          epoch: account.epoch,
          passportDigest: ZERO,
          consumed: { resource: origin, nk: OTHER },
          successor: { owner: alice.principal, nkCommitment: referenceSha256(OTHER), randSeed: OTHER }
        }
      ]
    });
    const [payload] = encodeTransferPayloads(transfer, [approve(alice, transfer.messages)]);
    if (payload === undefined) throw new Error('one payload expected');
    const { successor } = decodeTransitionPayload(payload);
    // The reference settles the very same resources; only the wrapping is taken from the code under test.
    const claim = settleOne({ account, to: alice, nk: OTHER, consumed: origin, successor });

    expect(transfer.tags).toEqual([referenceNullifier(origin, OTHER), referenceCommitment(successor)]);
    expect(origin).toMatchObject({ labelRef: account.id, logicRef: LOGIC, quantity: 1n, isEphemeral: true });
    expect(
      verifyTransition({ ...claim, evidence: { ...claim.evidence, payload, tags: transfer.tags } })
    ).toMatchObject({ purpose: 'binding', head: { commitment: transfer.tags[1] } });
  });

  it('refuses a key that does not open what it is to consume', () => {
    const unit = unitOf(sealedAccount('a', alice), bob);
    const broken = { ...unit, consumed: { ...unit.consumed, nk: OTHER } };

    expect(errorCode(() => composeTransfer({ ...terms, units: [broken] }))).toBe('resource/nullifier-key');
  });

  it('refuses an action without units, and payloads without approvals', () => {
    const transfer = composeTransfer({ ...terms, units: [unitOf(sealedAccount('a', alice), bob)] });

    expect(errorCode(() => composeTransfer({ ...terms, units: [] }))).toBe('action/no-tags');
    expect(errorCode(() => encodeTransferPayloads(transfer, []))).toBe('payload/approvals');
  });
});
