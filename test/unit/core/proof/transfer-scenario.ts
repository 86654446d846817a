/**
 * Accounts, parties and proven transfers for tests, made with the reference formats. Every ingredient can be replaced
 * before what depends on it is made, so that a forgery is consistent but for the one thing that is wrong with it.
 */
import { type Account, createAccount, sealAccount } from '../../../../src/core/account/account';
import { type AccountValue } from '../../../../src/core/account/account-value';
import { type Approval, type Consent } from '../../../../src/core/account/transition-payload';
import { type Bytes32, hex32 } from '../../../../src/core/bytes';
import { type Checkpoint } from '../../../../src/core/domain/checkpoint';
import { type TransitionClaim } from '../../../../src/core/proof/transition';
import { type ActionEvidence } from '../../../../src/core/proof/action-evidence';
import { CommitmentTree } from '../../../../src/core/resource/commitment-tree';
import { type Resource } from '../../../../src/core/resource/resource';
import {
  type Party,
  approve,
  ed25519Party,
  referenceAccountValue,
  referenceCommitment,
  referenceMessages,
  referenceNullifier,
  referencePayload,
  referenceSha256,
  referenceValueRef,
  secp256k1Party
} from './reference-transfer';

export const SIGNER = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 7, 1, 1);
export const DOMAIN = hex32('d0'.repeat(32));
export const LOGIC = hex32('10'.repeat(32));
export const ZERO = hex32('00'.repeat(32));
export const EMPTY = referenceSha256(Buffer.from('EMPTY'));
export const OTHER = hex32('ee'.repeat(32));

export const alice = ed25519Party('alice');
export const bob = secp256k1Party('bob');
export const mallory = ed25519Party('mallory');

const bytesOfName = (name: string): Bytes32 => referenceSha256(Buffer.from(name));

/** An account of `owner` as it was created. */
export function freshAccount(name: string, owner: Party): Account {
  return { ...createAccount({ id: bytesOfName(`account ${name}`), owner: owner.principal }), epoch: 3n };
}

/** The nullifier key of the account's present head. */
export const headKey = (account: Account): Bytes32 =>
  referenceSha256(Buffer.from('nk'), account.id, Buffer.from(account.epoch.toString()));

/** `account` with a head in {@link DOMAIN}. */
export function boundAccount(name: string, owner: Party): Account {
  const account = freshAccount(name, owner);
  const value = referenceAccountValue({ ...emptyValue, owner: owner.principal });
  const resource: Resource = {
    logicRef: LOGIC,
    labelRef: account.id,
    quantity: 1n,
    valueRef: referenceValueRef(value),
    isEphemeral: false,
    nonce: bytesOfName(`nonce ${name}`),
    nkCommitment: referenceSha256(headKey(account)),
    randSeed: bytesOfName(`seed ${name}`)
  };
  return { ...account, head: { domainId: DOMAIN, resource, commitment: referenceCommitment(resource) } };
}

/** A bound account, sealed by its owner. */
export function sealedAccount(name: string, owner: Party): Account {
  return sealAccount(boundAccount(name, owner), {
    caller: owner.principal,
    signerCanisterId: SIGNER,
    moduleHash: bytesOfName('module'),
    controllers: [mallory.principal]
  });
}

export const passportOf = (account: Account): Bytes32 =>
  account.status.type === 'sealed' ? account.status.passportDigest : ZERO;

const emptyValue: AccountValue = {
  owner: alice.principal,
  domainId: DOMAIN,
  holdingsDigest: ZERO,
  intentDigest: ZERO,
  passportDigest: ZERO
};

/** One account's part of an action, and what is wrong with it. */
export type Part = {
  readonly account: Account;
  readonly to: Party;
  readonly nk?: Bytes32;
  readonly consumed?: Resource;
  readonly successor?: Partial<Resource>;
  readonly value?: Partial<AccountValue>;
  /** In place of the encoded value, after value_ref was made of the true one. */
  readonly presentedValue?: Uint8Array;
  /** In place of the encoded value, before value_ref is made of it. */
  readonly encodedValue?: Uint8Array;
  readonly consent?: Partial<Consent>;
};

/** What is wrong with the whole action or with how it is presented. */
export type Flaws = {
  readonly purpose?: number;
  readonly parties?: readonly Party[];
  readonly extraTags?: readonly Bytes32[];
  /** Units of other resources, such as payments, in front of the accounts' units and behind them. */
  readonly paymentsBefore?: number;
  readonly paymentsAfter?: number;
  /** What the tree gets in place of the commitments that were approved; no more of them. */
  readonly planted?: (commitments: readonly Bytes32[]) => readonly Bytes32[];
  readonly consents?: (consents: readonly Consent[]) => readonly Consent[];
  readonly signedDomain?: Bytes32;
  readonly signedSigner?: Uint8Array;
  readonly signedConsents?: (consents: readonly Consent[]) => readonly Consent[];
  readonly signedTags?: (tags: readonly Bytes32[]) => readonly Bytes32[];
  readonly approvals?: (approvals: readonly Approval[]) => readonly Approval[];
  readonly leavesBefore?: number;
};

type Unit = {
  readonly part: Part;
  readonly nullifierKey: Bytes32;
  readonly nullifier: Bytes32;
  readonly created: Resource;
  readonly commitment: Bytes32;
  readonly value: Uint8Array;
  readonly consent: Consent;
};

/** An action as it is submitted, at a checkpoint right after it was executed. */
export type SettledAction = {
  readonly checkpoint: Checkpoint;
  readonly action: ActionEvidence;
  /** Those of the accounts' units. */
  readonly claims: readonly TransitionClaim[];
};

/** One action of all parts, in their order, with the payments around them. */
export function settleAction(parts: readonly Part[], flaws: Flaws = {}): SettledAction {
  const units = parts.map(makeUnit);
  const before = makePayments('before', flaws.paymentsBefore);
  const legs = [...before, ...units, ...makePayments('after', flaws.paymentsAfter)];
  const tags = [
    ...legs.flatMap(({ nullifier, commitment }) => [nullifier, commitment]),
    ...(flaws.extraTags ?? [])
  ];
  const consents = (flaws.consents ?? same)(units.map(({ consent }) => consent));
  const approvals = approveAll(parts, { tags, consents, flaws });
  const planted = (flaws.planted ?? same)(legs.map(({ commitment }) => commitment));
  const { tree, firstLeaf } = plant(planted, flaws.leavesBefore ?? 5);
  const checkpoint = checkpointOf(tree);
  const evidence = legs.map((leg: Unit | Payment, unitIndex) => ({
    leafIndex: firstLeaf + BigInt(unitIndex),
    path: tree.path(firstLeaf + BigInt(Math.min(unitIndex, planted.length - 1))),
    payload: leg.part === undefined ? undefined : encodePayload(leg, { consents, approvals, flaws })
  }));
  const claims = evidence.flatMap(({ payload, ...place }, unitIndex): TransitionClaim[] => {
    const part = parts[unitIndex - before.length];
    if (part === undefined || payload === undefined) return [];
    return [
      {
        account: part.account,
        signerCanisterId: SIGNER,
        findApplied: () => undefined,
        attestation: { checkpoint, logicRef: LOGIC, nullifierPresent: true },
        evidence: { tags, unitIndex, payload, ...place }
      }
    ];
  });
  return { checkpoint, action: { tags, units: evidence }, claims };
}

/** The claims of all parts of one action, in their order, against a checkpoint right after it was executed. */
export function settle(parts: readonly Part[], flaws: Flaws = {}): TransitionClaim[] {
  return [...settleAction(parts, flaws).claims];
}

/** The action that consists of the claims' units. */
export function actionOf(claims: readonly TransitionClaim[]): ActionEvidence {
  return {
    tags: claims[0]?.evidence.tags ?? [],
    units: claims.map(({ evidence: { leafIndex, path, payload } }) => ({ leafIndex, path, payload }))
  };
}

/** {@link settle} for one part. */
export function settleOne(part: Part, flaws: Flaws = {}): TransitionClaim {
  const [claim] = settle([part], flaws);
  if (claim === undefined) throw new Error('no claim');
  return claim;
}

const same = <T>(value: T): T => value;

function makeUnit(part: Part): Unit {
  const { account } = part;
  const isBinding = account.head === null;
  const nk = part.nk ?? headKey(account);
  const nullifier = referenceNullifier(part.consumed ?? account.head?.resource ?? bindingOrigin(account), nk);
  const value =
    part.encodedValue ??
    referenceAccountValue({
      ...emptyValue,
      owner: part.to.principal,
      passportDigest: passportOf(account),
      ...part.value
    });
  const created: Resource = {
    logicRef: LOGIC,
    labelRef: account.id,
    quantity: 1n,
    valueRef: referenceValueRef(value),
    isEphemeral: false,
    nonce: nullifier,
    nkCommitment: referenceSha256(headKey({ ...account, epoch: account.epoch + (isBinding ? 0n : 1n) })),
    randSeed: referenceSha256(account.id, part.to.principal),
    ...part.successor
  };
  return {
    part,
    nullifierKey: isBinding ? ZERO : nk,
    nullifier,
    created,
    commitment: referenceCommitment(created),
    value,
    consent: {
      accountId: account.id,
      passportDigest: passportOf(account),
      epoch: account.epoch,
      ...part.consent
    }
  };
}

const bindingOrigin = (account: Account): Resource => ({
  logicRef: LOGIC,
  labelRef: account.id,
  quantity: 1n,
  valueRef: ZERO,
  isEphemeral: true,
  nonce: bytesOfName('origin'),
  nkCommitment: referenceSha256(headKey(account)),
  randSeed: bytesOfName('origin')
});

function approveAll(
  parts: readonly Part[],
  action: { readonly tags: readonly Bytes32[]; readonly consents: readonly Consent[]; readonly flaws: Flaws }
): readonly Approval[] {
  const { tags, consents, flaws } = action;
  const messages = referenceMessages({
    signerCanisterId: flaws.signedSigner ?? SIGNER,
    domainId: flaws.signedDomain ?? DOMAIN,
    tags: (flaws.signedTags ?? same)(tags),
    consents: (flaws.signedConsents ?? same)(consents)
  });
  const owners = parts.map(({ account }) => [alice, bob, mallory].find((party) => owns(party, account)));
  const parties = new Set(flaws.parties ?? [...owners, ...parts.map(({ to }) => to)]);
  const approvals = [...parties].flatMap((party) => (party === undefined ? [] : [approve(party, messages)]));
  return (flaws.approvals ?? same)(approvals);
}

const owns = (party: Party, account: Account): boolean => Buffer.from(party.principal).equals(account.owner);

type Payment = Pick<Unit, 'nullifier' | 'commitment'> & { readonly part?: undefined };

const makePayments = (place: string, count = 0): Payment[] =>
  Array.from({ length: count }, (_, index) => ({
    nullifier: bytesOfName(`consumed money ${place} ${index}`),
    commitment: bytesOfName(`created money ${place} ${index}`)
  }));

const encodePayload = (
  unit: Unit,
  agreed: {
    readonly consents: readonly Consent[];
    readonly approvals: readonly Approval[];
    readonly flaws: Flaws;
  }
): Uint8Array =>
  referencePayload({
    purpose: agreed.flaws.purpose ?? (unit.part.account.head === null ? 0 : 1),
    nullifierKey: unit.nullifierKey,
    successor: unit.created,
    accountValue: unit.part.presentedValue ?? unit.value,
    consents: agreed.consents,
    approvals: agreed.approvals
  });

const checkpointOf = (tree: CommitmentTree): Checkpoint => ({
  domainId: DOMAIN,
  height: 100n,
  blockHash: bytesOfName('block'),
  root: tree.root(),
  leafCount: tree.leafCount,
  storageHash: bytesOfName('storage'),
  acceptedAtNs: 1n
});

function plant(
  commitments: readonly Bytes32[],
  leavesBefore: number
): { readonly tree: CommitmentTree; readonly firstLeaf: bigint } {
  const tree = new CommitmentTree();
  for (let index = 0; index < leavesBefore; index += 1) tree.append(bytesOfName(`leaf ${index}`));
  for (const commitment of commitments) tree.append(commitment);
  return { tree, firstLeaf: BigInt(leavesBefore) };
}
