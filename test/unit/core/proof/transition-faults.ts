/**
 * Everything that can be wrong with a transition, one at a time: how the forgery is made, and the code it must be
 * refused with.
 */
import { type Account } from '../../../../src/core/account/account';
import { fromHex } from '../../../../src/core/bytes';
import { type TransitionClaim } from '../../../../src/core/proof/transition';
import { referenceAccountValue, referencePrincipal } from './reference-transfer';
import {
  DOMAIN,
  EMPTY,
  type Flaws,
  OTHER,
  type Part,
  ZERO,
  alice,
  bob,
  freshAccount,
  mallory,
  sealedAccount,
  settleOne
} from './transfer-scenario';

export const sealed = sealedAccount('a', alice);
export const unbound = freshAccount('a', alice);
export const headOf = (account: Account) => {
  if (account.head === null) throw new Error('not bound');
  return account.head;
};

/** One thing wrong with a transfer of `sealed` from alice to bob, or with alice's binding of `unbound`. */
export type Fault = {
  readonly name: string;
  readonly code: string;
  readonly part?: Partial<Part>;
  readonly flaws?: Flaws;
  readonly present?: (claim: TransitionClaim) => TransitionClaim;
};

const present =
  (change: Partial<TransitionClaim['evidence']>) =>
  (claim: TransitionClaim): TransitionClaim => ({ ...claim, evidence: { ...claim.evidence, ...change } });
const presentPath =
  (change: (path: TransitionClaim['evidence']['path']) => TransitionClaim['evidence']['path']) =>
  (claim: TransitionClaim): TransitionClaim =>
    present({ path: change(claim.evidence.path) })(claim);
const presentTags =
  (change: (tags: TransitionClaim['evidence']['tags']) => TransitionClaim['evidence']['tags']) =>
  (claim: TransitionClaim): TransitionClaim =>
    present({ tags: change(claim.evidence.tags) })(claim);
const presentCheckpoint =
  (change: Partial<TransitionClaim['attestation']['checkpoint']>) =>
  (claim: TransitionClaim): TransitionClaim => ({
    ...claim,
    attestation: { ...claim.attestation, checkpoint: { ...claim.attestation.checkpoint, ...change } }
  });
const withAccount =
  (change: Partial<Account>) =>
  (claim: TransitionClaim): TransitionClaim => ({ ...claim, account: { ...claim.account, ...change } });

const anonymousValue = { owner: Uint8Array.of(4) };
const canisterValue = { owner: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 9, 1, 1) };
const openingOfAnother = { ...headOf(sealed).resource, nonce: OTHER };
export const corrupt = (signature: Uint8Array): Uint8Array =>
  signature.map((byte, index) => (index === 63 ? byte ^ 1 : byte));
export const p256Party = {
  ...alice,
  publicKeyDer: new Uint8Array([
    ...fromHex('3059301306072a8648ce3d020106082a8648ce3d03010703420004'),
    ...fromHex('11'.repeat(64))
  ])
};

/** In the order in which the signer checks. */
export const transferFaults: readonly Fault[] = [
  { name: 'a zero root', code: 'checkpoint/zero-root', present: presentCheckpoint({ root: ZERO }) },
  {
    name: 'the root of no leaves',
    code: 'checkpoint/empty-root',
    present: presentCheckpoint({ root: EMPTY })
  },
  { name: 'no leaves', code: 'checkpoint/no-leaves', present: presentCheckpoint({ leafCount: 0n }) },
  {
    name: 'a payload cut short',
    code: 'bytes/truncated',
    present: (claim) => present({ payload: claim.evidence.payload.slice(0, -4) })(claim)
  },
  {
    name: 'the resource of another account',
    code: 'account/unknown',
    part: { successor: { labelRef: OTHER } }
  },
  { name: 'another logic', code: 'transition/logic-ref', part: { successor: { logicRef: OTHER } } },
  { name: 'quantity 2', code: 'transition/quantity', part: { successor: { quantity: 2n } } },
  {
    name: 'an ephemeral successor',
    code: 'transition/ephemeral',
    part: { successor: { isEphemeral: true } }
  },
  {
    name: 'an odd number of tags',
    code: 'transition/tags',
    present: presentTags((tags) => [...tags, OTHER])
  },
  { name: 'a unit that is not there', code: 'transition/unit-index', present: present({ unitIndex: 1 }) },
  {
    name: 'a created tag that is not the commitment',
    code: 'transition/commitment',
    present: presentTags((tags) => tags.map((tag, index) => (index === 1 ? OTHER : tag)))
  },
  {
    name: 'a nonce that is not the nullifier',
    code: 'transition/nonce',
    part: { successor: { nonce: OTHER } }
  },
  {
    name: 'a nullifier that was applied before',
    code: 'transition/replayed',
    present: (claim) => ({ ...claim, findApplied: () => OTHER })
  },
  {
    name: 'an account without a resource',
    code: 'transition/not-bound',
    present: withAccount({ head: null })
  },
  {
    name: 'a head in another domain',
    code: 'transition/domain',
    present: (claim) => withAccount({ head: { ...headOf(sealed), domainId: OTHER } })(claim)
  },
  { name: 'another nullifier key', code: 'transition/nullifier-key', part: { nk: OTHER } },
  {
    name: 'the nullifier of another head',
    code: 'transition/nullifier',
    part: { consumed: openingOfAnother }
  },
  {
    name: 'a path one too short',
    code: 'proof/path-length',
    present: presentPath((path) => path.slice(0, -1))
  },
  { name: 'an index out of range', code: 'proof/leaf-out-of-range', present: present({ leafIndex: 6n }) },
  {
    name: 'siblings in another order',
    code: 'proof/root-mismatch',
    present: presentPath((path) => [...path.slice(1), ...path.slice(0, 1)])
  },
  {
    name: 'a nullifier that the domain has not seen',
    code: 'transition/nullifier-not-in-set',
    present: (claim) => ({ ...claim, attestation: { ...claim.attestation, nullifierPresent: false } })
  },
  {
    name: 'an account value that is not the committed one',
    code: 'transition/value-ref',
    part: { presentedValue: Uint8Array.of(1) }
  },
  {
    name: 'a value for another domain',
    code: 'transition/value-domain',
    part: { value: { domainId: OTHER } }
  },
  { name: 'an anonymous new owner', code: 'transition/owner', part: { value: anonymousValue } },
  { name: 'no approval by the owner', code: 'authority/missing', flaws: { parties: [bob, mallory] } },
  {
    name: 'an approval of another action',
    code: 'authority/signature',
    flaws: { signedTags: (tags) => [...tags, OTHER, OTHER] }
  },
  { name: 'a consent for another epoch', code: 'authority/consent', part: { consent: { epoch: 4n } } }
];

export const otherTransferFaults: readonly Fault[] = [
  {
    name: 'a negative leaf count',
    code: 'checkpoint/no-leaves',
    present: presentCheckpoint({ leafCount: -1n })
  },
  { name: 'another root', code: 'proof/root-mismatch', present: presentCheckpoint({ root: OTHER }) },
  { name: 'a deeper tree', code: 'proof/path-length', present: presentCheckpoint({ leafCount: 8n }) },
  { name: 'quantity 0', code: 'transition/quantity', part: { successor: { quantity: 0n } } },
  { name: 'no tags', code: 'transition/tags', present: present({ tags: [] }) },
  {
    name: 'more than 64 tags',
    code: 'transition/tags',
    flaws: { extraTags: Array.from({ length: 64 }, () => OTHER) }
  },
  { name: 'a negative unit', code: 'transition/unit-index', present: present({ unitIndex: -1 }) },
  {
    name: 'half a unit',
    code: 'transition/unit-index',
    flaws: { extraTags: [OTHER, OTHER] },
    present: present({ unitIndex: 0.5 })
  },
  {
    name: 'the unit of another resource',
    code: 'transition/commitment',
    flaws: { extraTags: [OTHER, OTHER] },
    present: present({ unitIndex: 1 })
  },
  {
    name: 'a consumed tag that is not the nullifier',
    code: 'transition/nonce',
    present: presentTags((tags) => tags.map((tag, index) => (index === 0 ? OTHER : tag)))
  },
  {
    name: 'a path one too long',
    code: 'proof/path-length',
    present: presentPath((path) => [...path, OTHER])
  },
  { name: 'an empty path', code: 'proof/path-length', present: presentPath(() => []) },
  { name: 'a negative index', code: 'proof/leaf-out-of-range', present: present({ leafIndex: -1n }) },
  { name: 'the index of another leaf', code: 'proof/root-mismatch', present: present({ leafIndex: 4n }) },
  {
    name: 'one sibling replaced',
    code: 'proof/root-mismatch',
    present: presentPath((path) => path.map((sibling, height) => (height === 1 ? OTHER : sibling)))
  },
  { name: 'a canister as new owner', code: 'transition/owner', part: { value: canisterValue } },
  {
    name: 'an account value of another version',
    code: 'account-value/version',
    part: { encodedValue: Uint8Array.of(2) }
  },
  {
    name: 'an account value with a byte too many',
    code: 'bytes/trailing',
    part: {
      encodedValue: new Uint8Array([
        ...referenceAccountValue({
          owner: bob.principal,
          domainId: DOMAIN,
          holdingsDigest: ZERO,
          intentDigest: ZERO,
          passportDigest: ZERO
        }),
        0
      ])
    }
  },
  {
    name: 'the approval of someone else in the place of the owner',
    code: 'authority/missing',
    flaws: { parties: [mallory] }
  },
  { name: 'an approval for another domain', code: 'authority/signature', flaws: { signedDomain: OTHER } },
  {
    name: 'an approval for another signer',
    code: 'authority/signature',
    flaws: { signedSigner: Uint8Array.of(1) }
  },
  {
    name: 'an approval of other consents',
    code: 'authority/signature',
    flaws: {
      signedConsents: (consents) => consents.map((consent) => ({ ...consent, passportDigest: OTHER }))
    }
  },
  {
    name: 'an approval of tags in another order',
    code: 'authority/signature',
    flaws: { signedTags: (tags) => [...tags].reverse() }
  },
  {
    name: 'a broken action signature',
    code: 'authority/signature',
    flaws: {
      approvals: (approvals) =>
        approvals.map((approval) => ({ ...approval, actionSignature: corrupt(approval.actionSignature) }))
    }
  },
  {
    name: 'a broken consent signature',
    code: 'authority/signature',
    flaws: {
      approvals: (approvals) =>
        approvals.map((approval) => ({ ...approval, consentSignature: corrupt(approval.consentSignature) }))
    }
  },
  {
    name: 'the two signatures exchanged',
    code: 'authority/signature',
    flaws: {
      approvals: (approvals) =>
        approvals.map(({ publicKeyDer, actionSignature, consentSignature }) => ({
          publicKeyDer,
          actionSignature: consentSignature,
          consentSignature: actionSignature
        }))
    }
  },
  {
    name: "the owner's key with the signatures of another",
    code: 'authority/signature',
    flaws: {
      approvals: ([, second]) =>
        second === undefined ? [] : [{ ...second, publicKeyDer: alice.publicKeyDer }, second]
    }
  },
  {
    name: 'no consent for the account',
    code: 'authority/consent',
    part: { consent: { accountId: OTHER } }
  },
  {
    name: 'two consents for the account',
    code: 'authority/consent',
    flaws: {
      consents: (consents) => [
        ...consents,
        ...consents.map((consent) => ({ ...consent, passportDigest: OTHER }))
      ]
    }
  },
  {
    name: 'a consent of an earlier epoch',
    code: 'authority/consent',
    part: { consent: { epoch: 2n } }
  },
  {
    name: 'an owner with a key of an unknown type',
    code: 'authority/key-type',
    flaws: {
      approvals: (approvals) =>
        approvals.map((approval) => ({ ...approval, publicKeyDer: p256Party.publicKeyDer }))
    },
    present: withAccount({
      owner: referencePrincipal(p256Party.publicKeyDer)
    })
  }
];

export const bindingFaults: readonly Fault[] = [
  {
    name: 'an account that is bound already',
    code: 'transition/already-bound',
    present: withAccount({ head: headOf(sealed) })
  },
  {
    name: 'a nonce that is not the nullifier',
    code: 'transition/nonce',
    part: { successor: { nonce: OTHER } }
  },
  { name: 'an index out of range', code: 'proof/leaf-out-of-range', present: present({ leafIndex: 6n }) },
  {
    name: 'a value for another domain',
    code: 'transition/value-domain',
    part: { value: { domainId: OTHER } }
  },
  { name: 'no approval by the owner', code: 'authority/missing', flaws: { parties: [mallory] } },
  { name: 'an approval for another domain', code: 'authority/signature', flaws: { signedDomain: OTHER } },
  { name: 'a consent for another epoch', code: 'authority/consent', part: { consent: { epoch: 2n } } },
  {
    name: 'a consent to a passport',
    code: 'authority/consent',
    part: { consent: { passportDigest: OTHER } }
  },
  { name: 'another owner in the value', code: 'transition/owner', part: { to: bob } }
];

export function settleFault(base: Part, fault: Fault): TransitionClaim {
  const claim = settleOne({ ...base, ...fault.part }, fault.flaws);
  return fault.present === undefined ? claim : fault.present(claim);
}

/** A fault with both things wrong, or undefined where they replace the same ingredient. */
export function combine(first: Fault, second: Fault): Fault | undefined {
  const overlaps = (a: object = {}, b: object = {}): boolean =>
    Object.keys(a).some((key) => key in b && !['successor', 'value', 'consent'].includes(key));
  if (overlaps(first.part, second.part) || overlaps(first.flaws, second.flaws)) return undefined;
  for (const field of ['successor', 'value', 'consent'] as const) {
    if (overlaps(first.part?.[field], second.part?.[field])) return undefined;
  }
  return {
    name: `${first.name} and ${second.name}`,
    code: first.code,
    part: {
      ...first.part,
      ...second.part,
      successor: { ...first.part?.successor, ...second.part?.successor },
      value: { ...first.part?.value, ...second.part?.value },
      consent: { ...first.part?.consent, ...second.part?.consent }
    },
    flaws: { ...first.flaws, ...second.flaws },
    present: (claim) => {
      const later = second.present === undefined ? claim : second.present(claim);
      return first.present === undefined ? later : first.present(later);
    }
  };
}
