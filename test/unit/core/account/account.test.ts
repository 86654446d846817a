import {
  type Account,
  type AccountTransition,
  acceptAccount,
  applyTransition,
  assertOwner,
  beginSigning,
  createAccount,
  endSigning,
  recordLogBlock,
  sealAccount
} from '../../../../src/core/account/account';
import { hashPassport } from '../../../../src/core/account/passport';
import { ANONYMOUS_PRINCIPAL } from '../../../../src/core/account/principal';
import { errorCode } from '../error-code';
import {
  DOMAIN,
  OTHER,
  SIGNER,
  ZERO,
  alice,
  bob,
  boundAccount,
  freshAccount,
  mallory,
  sealedAccount
} from '../proof/transfer-scenario';

const bound = boundAccount('a', alice);
const sealed = sealedAccount('a', alice);
const quarantined: Account = { ...bound, status: { type: 'quarantined', reason: 'not-accepted' } };
const signing = beginSigning(bound, { caller: alice.principal, logIndex: 7n });
const { head } = bound;
if (head === null) throw new Error('a bound account has a head');

const sealRequest = {
  caller: alice.principal,
  signerCanisterId: SIGNER,
  moduleHash: OTHER,
  controllers: [mallory.principal, bob.principal]
};

const transition: AccountTransition = {
  purpose: 'transition',
  accountId: bound.id,
  epoch: bound.epoch,
  head: { ...head, commitment: OTHER },
  owner: bob.principal,
  nullifier: OTHER,
  outcome: { type: 'active' }
};

/** Each operation that only the owner may ask for, as `caller` asks for it. */
const ownersOperations: readonly [string, Account, (account: Account, caller: Uint8Array) => unknown][] = [
  ['sealAccount', bound, (account, caller) => sealAccount(account, { ...sealRequest, caller })],
  ['acceptAccount', quarantined, (account, caller) => acceptAccount(account, caller)],
  ['beginSigning', bound, (account, caller) => beginSigning(account, { caller, logIndex: 1n })],
  ['assertOwner', bound, (account, caller) => assertOwner(account, caller)]
];

describe.each(ownersOperations)('%s', (_, account, operate) => {
  it('is for the owner alone, and leaves the account as it was', () => {
    const before = structuredClone(account);
    const codes = [alice.principal, bob.principal, ANONYMOUS_PRINCIPAL, new Uint8Array(0), SIGNER].map(
      (caller) => errorCode(() => operate(account, caller))
    );

    expect(codes).toEqual([
      undefined,
      'account/not-owner',
      'account/anonymous',
      'account/not-owner',
      'account/not-owner'
    ]);
    expect(account).toEqual(before);
  });
});

describe('createAccount', () => {
  it('makes an active account that has signed nothing', () => {
    expect(createAccount({ id: OTHER, owner: alice.principal })).toEqual({
      id: OTHER,
      owner: alice.principal,
      epoch: 0n,
      generation: 0,
      mode: 'clean',
      status: { type: 'active' },
      head: null,
      signing: null,
      evmNonces: [],
      logHead: ZERO,
      logCount: 0n
    });
  });

  it('refuses the anonymous principal', () => {
    expect(errorCode(() => createAccount({ id: OTHER, owner: ANONYMOUS_PRINCIPAL }))).toBe(
      'account/anonymous'
    );
  });
});

describe('sealAccount', () => {
  it('freezes what the passport says of the account', () => {
    const busy: Account = {
      ...bound,
      logHead: OTHER,
      logCount: 4n,
      evmNonces: [{ chainId: 1n, nextNonce: 2n }]
    };
    const { status, ...rest } = sealAccount(busy, sealRequest);
    if (status.type !== 'sealed') throw new Error('expected a sealed account');

    expect(rest).toEqual((({ status: _, ...others }) => others)(busy));
    expect(status.passport).toEqual({
      signerCanisterId: SIGNER,
      accountId: busy.id,
      epoch: busy.epoch,
      mode: 'clean',
      generation: busy.generation,
      logHead: OTHER,
      logCount: 4n,
      evmNonces: [{ chainId: 1n, nextNonce: 2n }],
      policyDigest: ZERO,
      moduleHash: OTHER,
      controllers: [mallory.principal, bob.principal].sort((a, b) => Buffer.compare(a, b))
    });
    expect(status.passportDigest).toEqual(hashPassport(status.passport));
  });

  it.each<[string, Account, string]>([
    ['sealed', sealed, 'account/sealed'],
    ['in quarantine', quarantined, 'account/quarantined'],
    ['being signed for', signing, 'account/signing'],
    ['not bound', freshAccount('a', alice), 'account/not-bound'],
    ['unrestricted', { ...bound, mode: 'unrestricted' }, 'account/unrestricted']
  ])('refuses an account that is %s', (_, account, code) => {
    expect(errorCode(() => sealAccount(account, sealRequest))).toBe(code);
  });
});

describe('acceptAccount', () => {
  it('makes an account in quarantine active and leaves the rest of it', () => {
    expect(acceptAccount(quarantined, alice.principal)).toEqual(bound);
  });

  it.each([bound, sealed])('refuses an account that is not in quarantine', (account) => {
    expect(errorCode(() => acceptAccount(account, alice.principal))).toBe('account/not-quarantined');
  });
});

describe('applyTransition', () => {
  it('gives the account to its new owner in a new epoch', () => {
    expect(applyTransition(sealed, transition)).toEqual({
      ...bound,
      owner: bob.principal,
      epoch: bound.epoch + 1n,
      head: { ...head, commitment: OTHER },
      status: { type: 'active' }
    });
  });

  it('sets the head alone for a binding', () => {
    const unbound = freshAccount('a', alice);
    const binding: AccountTransition = {
      purpose: 'binding',
      accountId: unbound.id,
      epoch: unbound.epoch,
      head,
      nullifier: OTHER
    };

    expect(applyTransition(unbound, binding)).toEqual(bound);
  });

  it('puts the former owner out, and the new one in', () => {
    const after = applyTransition(sealed, transition);

    expect(errorCode(() => beginSigning(after, { caller: alice.principal, logIndex: 1n }))).toBe(
      'account/not-owner'
    );
    expect(beginSigning(after, { caller: bob.principal, logIndex: 1n }).signing).toEqual({
      logIndex: 1n,
      epoch: 4n
    });
  });

  it.each([
    ['another account', { ...transition, accountId: DOMAIN }],
    ['another epoch', { ...transition, epoch: bound.epoch - 1n }]
  ])('stops the program on a transition verified against %s', (_, wrong) => {
    expect(() => applyTransition(sealed, wrong)).toThrow('BUG');
  });
});

describe('beginSigning', () => {
  it('marks the account with log index and epoch', () => {
    expect(signing).toEqual({ ...bound, signing: { logIndex: 7n, epoch: bound.epoch } });
  });

  it.each<[string, Account, string]>([
    ['sealed', sealed, 'account/sealed'],
    ['in quarantine', quarantined, 'account/quarantined'],
    ['being signed for', signing, 'account/signing']
  ])('refuses an account that is %s', (_, account, code) => {
    expect(errorCode(() => beginSigning(account, { caller: alice.principal, logIndex: 8n }))).toBe(code);
  });

  it('signs for an account that is not bound', () => {
    const unbound = freshAccount('a', alice);

    expect(beginSigning(unbound, { caller: alice.principal, logIndex: 1n }).signing).not.toBeNull();
  });
});

describe('endSigning', () => {
  it('gives the account back and lets the signature out', () => {
    expect(endSigning(signing, 7n)).toEqual({ account: bound, isCurrent: true });
  });

  it('holds the signature back when a transition has landed since', () => {
    const after = applyTransition(signing, transition);
    const ended = endSigning(after, 7n);

    expect(after.signing).not.toBeNull();
    expect(ended).toEqual({ account: { ...after, signing: null }, isCurrent: false });
  });

  it.each([
    ['no longer waits for it', bound],
    ['waits for another', { ...signing, signing: { logIndex: 8n, epoch: bound.epoch } }]
  ])('holds the signature back when the account %s', (_, account) => {
    expect(endSigning(account, 7n)).toEqual({ account, isCurrent: false });
  });
});

describe('recordLogBlock', () => {
  it('moves the head of the log and counts', () => {
    expect(recordLogBlock(sealed, OTHER)).toEqual({ ...sealed, logHead: OTHER, logCount: 1n });
  });
});
