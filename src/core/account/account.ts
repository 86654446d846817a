/**
 * An account and what may happen to it. Every function returns the account afterwards and changes nothing.
 *
 *     active --seal--> sealed --transition, consented and accepted--> active (epoch + 1)
 *       any --transition otherwise--> quarantined (epoch + 1) --accept--> active
 */
import { type Bytes32, equalBytes, ZERO_BYTES32, compareBytes } from '../bytes';
import { ProtocolError, assertNever } from '../error';
import { type Resource } from '../resource/resource';
import { type AccountId } from './account-id';
import { type EvmNonce } from './evm-nonce';
import { type AccountMode, type Passport, hashPassport } from './passport';
import { type PrincipalBytes, isAnonymous } from './principal';

/** The account resource that the signer follows. */
export type Head = {
  readonly domainId: Bytes32;
  readonly resource: Resource;
  /** Commitment of `resource`, recomputed here when the head was proven. */
  readonly commitment: Bytes32;
};

/** Why an account waits for its new owner: it was sold unsealed, under another passport, or without the owner's word. */
export type QuarantineReason = 'not-sealed' | 'passport-mismatch' | 'not-accepted';

export type AccountStatus =
  | { readonly type: 'active' }
  | { readonly type: 'sealed'; readonly passport: Passport; readonly passportDigest: Bytes32 }
  | { readonly type: 'quarantined'; readonly reason: QuarantineReason };

/** A signature that has been asked for and has not come back. `epoch` is the account's when it was asked for. */
export type SigningInFlight = { readonly logIndex: bigint; readonly epoch: bigint };

export type Account = {
  readonly id: AccountId;
  readonly owner: PrincipalBytes;
  /** Raised by every change of control, u64; what was allowed under an earlier epoch is void. */
  readonly epoch: bigint;
  /** Key generation, u32. */
  readonly generation: number;
  readonly mode: AccountMode;
  readonly status: AccountStatus;
  readonly head: Head | null;
  readonly signing: SigningInFlight | null;
  /** Ascending by chain id. */
  readonly evmNonces: readonly EvmNonce[];
  /** Hash of the last block of the signature log about this account (zero for none), and how many there are. */
  readonly logHead: Bytes32;
  readonly logCount: bigint;
};

/** What a verified transition does to an account that is in `epoch`. */
export type AccountTransition = {
  readonly accountId: AccountId;
  readonly epoch: bigint;
  readonly head: Head;
  /** Consumed in the unit that created the head; never to be accepted again. */
  readonly nullifier: Bytes32;
} & (
  | { readonly purpose: 'binding' }
  | {
      readonly purpose: 'transition';
      readonly owner: PrincipalBytes;
      readonly outcome: Exclude<AccountStatus, { readonly type: 'sealed' }>;
    }
);

/** A new account. @throws {ProtocolError} `account/anonymous`. */
export function createAccount(birth: { readonly id: AccountId; readonly owner: PrincipalBytes }): Account {
  assertNotAnonymous(birth.owner);
  return {
    id: birth.id,
    owner: birth.owner,
    epoch: 0n,
    generation: 0,
    mode: 'clean',
    status: { type: 'active' },
    head: null,
    signing: null,
    evmNonces: [],
    logHead: ZERO_BYTES32,
    logCount: 0n
  };
}

/**
 * The account sealed, its passport frozen; it signs nothing until a transition reopens it.
 * @throws {ProtocolError} `account/anonymous`, `account/not-owner`, `account/sealed`, `account/quarantined`,
 * `account/signing` while a signature is in flight, `account/not-bound` without an account resource,
 * `account/unrestricted`.
 */
export function sealAccount(
  account: Account,
  seal: {
    readonly caller: PrincipalBytes;
    readonly signerCanisterId: PrincipalBytes;
    readonly moduleHash: Bytes32;
    readonly controllers: readonly PrincipalBytes[];
  }
): Account {
  assertOwner(account, seal.caller);
  assertActive(account);
  assertNotSigning(account);
  if (account.head === null) throw new ProtocolError('account/not-bound', 'expected a bound account');
  if (account.mode === 'unrestricted') {
    throw new ProtocolError('account/unrestricted', 'expected an account that never signed a raw digest');
  }
  const passport: Passport = {
    signerCanisterId: seal.signerCanisterId,
    accountId: account.id,
    epoch: account.epoch,
    mode: account.mode,
    generation: account.generation,
    logHead: account.logHead,
    logCount: account.logCount,
    evmNonces: account.evmNonces,
    policyDigest: ZERO_BYTES32,
    moduleHash: seal.moduleHash,
    controllers: [...seal.controllers].sort(compareBytes)
  };
  return { ...account, status: { type: 'sealed', passport, passportDigest: hashPassport(passport) } };
}

/**
 * The account active again, taken by its owner as it is.
 * @throws {ProtocolError} `account/anonymous`, `account/not-owner`, `account/not-quarantined`.
 */
export function acceptAccount(account: Account, caller: PrincipalBytes): Account {
  assertOwner(account, caller);
  if (account.status.type !== 'quarantined') {
    throw new ProtocolError(
      'account/not-quarantined',
      `expected a quarantined account, got ${account.status.type}`
    );
  }
  return { ...account, status: { type: 'active' } };
}

/** The account after a transition verified against it in its present epoch; anything else is a bug. */
export function applyTransition(account: Account, transition: AccountTransition): Account {
  if (!equalBytes(account.id, transition.accountId) || account.epoch !== transition.epoch) {
    throw new Error('BUG: transition was verified against another account or epoch');
  }
  switch (transition.purpose) {
    case 'binding':
      return { ...account, head: transition.head };
    case 'transition':
      return {
        ...account,
        head: transition.head,
        owner: transition.owner,
        epoch: account.epoch + 1n,
        status: transition.outcome
      };
    default:
      return assertNever(transition);
  }
}

/**
 * The account with a signature in flight, recorded in the log at `logIndex`.
 * @throws {ProtocolError} `account/anonymous`, `account/not-owner`, `account/sealed`, `account/quarantined`,
 * `account/signing`.
 */
export function beginSigning(
  account: Account,
  request: { readonly caller: PrincipalBytes; readonly logIndex: bigint }
): Account {
  assertOwner(account, request.caller);
  assertActive(account);
  assertNotSigning(account);
  return { ...account, signing: { logIndex: request.logIndex, epoch: account.epoch } };
}

/**
 * The account once the signature recorded at `logIndex` came back, or never will. `isCurrent` says whether it may be
 * released: not when a transition has landed since, nor when this account no longer waits for it.
 */
export function endSigning(
  account: Account,
  logIndex: bigint
): { readonly account: Account; readonly isCurrent: boolean } {
  const { signing } = account;
  if (signing === null || signing.logIndex !== logIndex) return { account, isCurrent: false };
  return { account: { ...account, signing: null }, isCurrent: signing.epoch === account.epoch };
}

/** The account after one more block about it in the signature log. */
export const recordLogBlock = (account: Account, blockHash: Bytes32): Account => ({
  ...account,
  logHead: blockHash,
  logCount: account.logCount + 1n
});

/** @throws {ProtocolError} `account/anonymous`, `account/not-owner`. */
export function assertOwner(account: Account, caller: PrincipalBytes): void {
  assertNotAnonymous(caller);
  if (!equalBytes(account.owner, caller)) {
    throw new ProtocolError('account/not-owner', "expected the account's owner as the caller", { caller });
  }
}

/** @throws {ProtocolError} `account/anonymous`. */
export function assertNotAnonymous(principal: PrincipalBytes): void {
  if (isAnonymous(principal)) {
    throw new ProtocolError('account/anonymous', 'expected an identity, got the anonymous principal');
  }
}

function assertActive(account: Account): void {
  switch (account.status.type) {
    case 'active':
      return;
    case 'sealed':
      throw new ProtocolError('account/sealed', 'expected an active account, got one that is sealed');
    case 'quarantined':
      throw new ProtocolError(
        'account/quarantined',
        `expected an active account, got one in quarantine: ${account.status.reason}`,
        { reason: account.status.reason }
      );
    default:
      assertNever(account.status);
  }
}

function assertNotSigning(account: Account): void {
  if (account.signing !== null) {
    throw new ProtocolError('account/signing', 'expected no signature in flight', {
      logIndex: account.signing.logIndex
    });
  }
}
