import { IDL } from '@dfinity/candid';
import { Principal } from '@dfinity/principal';
import fc from 'fast-check';
import { MAX_NULLIFIERS } from '../../../src/api/domains-wire';
import {
  AccountViewIdl,
  EvmTransactionIdl,
  type EvmTransactionWire,
  PassportIdl,
  TransitionBatchIdl,
  type TransitionBatchWire,
  type UnitWire
} from '../../../src/api/signer-idl';
import {
  MAX_PATH_LENGTH,
  MAX_PAYLOAD_BYTES,
  MAX_TAGS,
  MAX_UNITS,
  decodeAccountId,
  decodeEvmTransaction,
  decodeSignEvmRequest,
  decodeSignerConfig,
  decodeTransitionBatch,
  encodeAccountView,
  encodeEvmTransaction,
  encodePassport,
  encodeTransitionBatch
} from '../../../src/api/signer-wire';
import { encodeTransitionPayload } from '../../../src/core/account/transition-payload';
import { address } from '../../../src/core/bytes';
import { MAX_NODE_BYTES, MAX_PROOF_NODES } from '../../../src/core/proof/merkle-patricia';
import { errorCode } from '../core/error-code';
import {
  ZERO,
  alice,
  boundAccount,
  headKey,
  sealedAccount,
  settleOne
} from '../core/proof/transfer-scenario';

const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(7);
const missing = (): never => {
  throw new Error('no head');
};
const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

const transaction: EvmTransactionWire = {
  chain_id: 1n,
  nonce: 3n,
  max_priority_fee_per_gas: 1n,
  max_fee_per_gas: 2n,
  gas_limit: 50_000n,
  to: [bytes(20)],
  value: 2n ** 200n,
  data: bytes(68),
  access_list: [{ address: bytes(20), storage_keys: [bytes(32)] }]
};

const batch: TransitionBatchWire = {
  domain: bytes(32),
  height: 9n,
  tags: [bytes(32), bytes(32), bytes(32), bytes(32)],
  units: [
    { leaf_index: 5n, path: [bytes(32)], nullifier_proof: [bytes(500)], payload: [bytes(400)] },
    { leaf_index: 6n, path: [], nullifier_proof: [], payload: [] }
  ]
};

/** A unit that moves no account. */
const absent: UnitWire = { leaf_index: 0n, path: [], nullifier_proof: [], payload: [] };

/** The batch with its units changed. */
const withUnits = (change: Partial<UnitWire>): TransitionBatchWire => ({
  ...batch,
  units: batch.units.map((unit) => ({ ...unit, ...change }))
});

describe('decodeAccountId', () => {
  it.each([0, 31, 33])('refuses %i bytes', (length) => {
    expect(errorCode(() => decodeAccountId(bytes(length)))).toBe('bytes/length');
  });

  it('keeps no view of the message', () => {
    const message = bytes(40);
    const id = decodeAccountId(message.subarray(4, 36));
    message.fill(0);
    expect(id).toEqual(bytes(32));
  });
});

describe('EVM transactions', () => {
  it('are the same after Candid and back, with and without a recipient', () => {
    for (const wire of [transaction, { ...transaction, to: [] as [] }]) {
      const decoded = decodeEvmTransaction(wire);
      const encoded = IDL.encode([EvmTransactionIdl], [encodeEvmTransaction(decoded)]);
      const [again] = IDL.decode([EvmTransactionIdl], encoded) as unknown as [EvmTransactionWire];
      expect(decodeEvmTransaction(again)).toEqual(decoded);
    }
  });

  it.each<[string, Partial<EvmTransactionWire>]>([
    ['signing/chain-id', { chain_id: 0n }],
    ['signing/fee', { max_fee_per_gas: 0n }],
    ['signing/gas-limit', { gas_limit: 20_999n }],
    ['signing/to', { to: [bytes(19)] }],
    ['signing/value-range', { value: 2n ** 256n }],
    ['signing/data-too-large', { data: bytes(128 * 1024 + 1) }],
    ['signing/access-list', { access_list: [{ address: bytes(21), storage_keys: [] }] }]
  ])('are refused with %s', (code, change) => {
    expect(errorCode(() => decodeEvmTransaction({ ...transaction, ...change }))).toBe(code);
  });

  it('are refused for an account id of another length', () => {
    const request = { account: bytes(31), transaction, replace: false };
    expect(errorCode(() => decodeSignEvmRequest(request))).toBe('bytes/length');
  });
});

describe('transition batches', () => {
  it('are the same after Candid and back', () => {
    const decoded = decodeTransitionBatch(batch);
    const encoded = IDL.encode([TransitionBatchIdl], [encodeTransitionBatch(decoded)]);
    const [again] = IDL.decode([TransitionBatchIdl], encoded) as unknown as [TransitionBatchWire];
    expect(decodeTransitionBatch(again)).toEqual(decoded);
  });

  it('tell a unit without payload from one with an empty payload, and keep proofs with their units', () => {
    const units: UnitWire[] = [
      { ...absent, nullifier_proof: [bytes(1)] },
      { ...absent, payload: [new Uint8Array()] },
      { ...absent, nullifier_proof: [bytes(2), bytes(3)], payload: [bytes(4)] }
    ];
    const decoded = decodeTransitionBatch({ ...batch, units });

    expect(decoded.action.units.map(({ payload }) => payload?.length)).toEqual([undefined, 0, 4]);
    expect(decoded.nullifierProofs).toEqual([[bytes(1)], [], [bytes(2), bytes(3)]]);
    expect(encodeTransitionBatch(decoded).units).toEqual(units);
  });

  it('have as many units as domains attests nullifiers', () => {
    expect([MAX_UNITS, MAX_TAGS, MAX_NULLIFIERS]).toEqual([32, 64, 32]);
  });

  it('pass at every limit', () => {
    const unit: UnitWire = {
      leaf_index: 2n ** 64n - 1n,
      path: times(MAX_PATH_LENGTH, bytes(32)),
      nullifier_proof: times(MAX_PROOF_NODES, bytes(MAX_NODE_BYTES)),
      payload: [bytes(MAX_PAYLOAD_BYTES)]
    };
    const full = { ...batch, tags: times(MAX_TAGS, bytes(32)), units: times(MAX_UNITS, unit) };
    const decoded = decodeTransitionBatch(full);
    expect(decoded.action.units).toHaveLength(MAX_UNITS);
    expect(decoded.nullifierProofs[MAX_UNITS - 1]).toHaveLength(MAX_PROOF_NODES);
  });

  it.each<[string, string, TransitionBatchWire]>([
    ['wire/limit', 'too many units', { ...batch, units: times(MAX_UNITS + 1, absent) }],
    ['wire/limit', 'too many tags', { ...batch, tags: times(MAX_TAGS + 1, bytes(32)) }],
    ['wire/limit', 'too long a payload', withUnits({ payload: [bytes(MAX_PAYLOAD_BYTES + 1)] })],
    ['wire/limit', 'too long a path', withUnits({ path: times(MAX_PATH_LENGTH + 1, bytes(32)) })],
    ['wire/limit', 'too many nodes', withUnits({ nullifier_proof: times(MAX_PROOF_NODES + 1, bytes(1)) })],
    ['wire/limit', 'too large a node', withUnits({ nullifier_proof: [bytes(MAX_NODE_BYTES + 1)] })],
    ['bytes/length', 'a tag of 31 bytes', { ...batch, tags: [bytes(31)] }],
    ['bytes/length', 'a sibling of 33 bytes', withUnits({ path: [bytes(33)] })],
    ['bytes/length', 'a domain of 20 bytes', { ...batch, domain: bytes(20) }]
  ])('are refused with %s for %s', (code, _, wire) => {
    expect(errorCode(() => decodeTransitionBatch(wire))).toBe(code);
  });

  it('have room for the largest payload there is', () => {
    const account = boundAccount('largest', alice);
    const { evidence } = settleOne({ account, to: alice });
    const approval = { publicKeyDer: bytes(128), actionSignature: bytes(64), consentSignature: bytes(64) };
    const largest = encodeTransitionPayload({
      purpose: 'transition',
      nullifierKey: headKey(account),
      successor: account.head?.resource ?? missing(),
      accountValue: bytes(256),
      consents: times(16, { accountId: account.id, passportDigest: ZERO, epoch: 0n }),
      approvals: times(16, approval)
    });
    expect(evidence.payload.length).toBeLessThan(largest.length);
    expect(largest.length).toBeLessThanOrEqual(MAX_PAYLOAD_BYTES);
    expect(largest.length).toBeGreaterThan(MAX_PAYLOAD_BYTES - 512);
  });

  it('never end in anything but a decoded batch or a typed refusal', () => {
    const blob = fc.uint8Array({ maxLength: 40 });
    const blobs = fc.array(blob, { maxLength: 4 });
    const unit = fc.record({
      leaf_index: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      path: blobs,
      nullifier_proof: blobs,
      payload: fc.oneof(fc.constant<[]>([]), fc.tuple(blob))
    });
    const wire = fc.record({
      domain: blob,
      height: fc.bigInt({ min: 0n }),
      tags: blobs,
      units: fc.array(unit, { maxLength: 3 })
    });
    fc.assert(fc.property(wire, (value) => void errorCode(() => decodeTransitionBatch(value))));
  });
});

describe('views', () => {
  it('of every kind of account are what Candid takes', () => {
    const evmAddress = address(bytes(20), 'address');
    const quarantined = { type: 'quarantined', reason: 'not-sealed' } as const;
    const accounts = [
      boundAccount('a', alice),
      { ...boundAccount('b', alice), head: null, status: quarantined },
      sealedAccount('c', alice)
    ];
    const decoded = accounts.map((account) => {
      const encoded = IDL.encode([AccountViewIdl], [encodeAccountView({ account, evmAddress })]);
      return IDL.decode([AccountViewIdl], encoded)[0];
    });
    expect(decoded[0]).toMatchObject({ status: { active: null }, signing: false, epoch: 3n });
    expect(decoded[1]).toMatchObject({ status: { quarantined: 'not-sealed' }, head: [] });
    expect(decoded[2]).toMatchObject({ status: { sealed: { epoch: 3n, mode: { clean: null } } } });
  });

  it('of passports carry every field of the digest', () => {
    const { status } = sealedAccount('p', alice);
    if (status.type !== 'sealed') throw new Error('not sealed');
    const wire = encodePassport(status.passport, status.passportDigest);
    expect(IDL.decode([PassportIdl], IDL.encode([PassportIdl], [wire]))[0]).toMatchObject({
      digest: status.passportDigest,
      account: status.passport.accountId,
      controllers: status.passport.controllers.map((controller) => Principal.fromUint8Array(controller))
    });
  });
});

describe('decodeSignerConfig', () => {
  const domains_canister = Principal.fromText('rkp4c-7iaaa-aaaaa-aaaca-cai');

  it('is undefined without arguments', () => {
    expect(decodeSignerConfig([])).toBeUndefined();
  });

  it.each(['k'.repeat(65), 'ké'.repeat(22)])('refuses a key name of more than 64 bytes: %s', (key_name) => {
    expect(errorCode(() => decodeSignerConfig([{ domains_canister, key_name }]))).toBe('wire/limit');
  });

  it('takes a key name of 64 bytes', () => {
    const key_name = 'é'.repeat(32);
    expect(decodeSignerConfig([{ domains_canister, key_name }])?.keyName).toBe(key_name);
  });
});
