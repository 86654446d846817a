import { encodeAbiParameters } from 'viem';
import { concat, encodeBigEndian, fromHex, hex32, toHex } from '../../../src/core/bytes';
import { addPoints } from '../../../src/core/crypto/secp256k1-group';
import { unitDeltaOf } from '../../../src/core/resource/compliance';
import { deriveKind } from '../../../src/core/resource/kind';
import { proveDelta } from '../../../src/core/resource/make-delta';
import { DELETE_NEVER, NO_APP_DATA } from '../../../src/core/resource/logic';
import { type Action, type Transaction, transactionTags } from '../../../src/core/resource/transaction';
import { encodeExecuteCall } from '../../../src/core/resource/transaction-abi';
import { proveUnits } from '../../fixtures/arm/mock-prover';
import { resealTransaction } from '../../fixtures/arm/mock-reseal';
import { creationPlan, sampleWord } from '../../fixtures/arm/sample-units';
import {
  ADAPTER_ABI,
  type AdapterSession,
  hex,
  newAdapter,
  refusalOf
} from '../../fixtures/evm/adapter-session';
import { type Anvil, startAnvil } from '../../fixtures/evm/anvil';
import { type EvmClients, anvilClients, deployContract } from '../../fixtures/evm/deploy';

let node: Anvil;
let clients: EvmClients;

beforeAll(async () => {
  node = await startAnvil();
  clients = anvilClients(node);
});
afterAll(async () => {
  await node.stop();
});

describe('refusals of the protocol adapter stand-in', () => {
  let adapter: AdapterSession;
  let valid: Transaction;
  let action: Action;

  beforeAll(async () => {
    adapter = await newAdapter(clients);
    valid = await proveUnits([creationPlan(sampleWord(10))]);
    const [first] = valid.actions;
    if (first === undefined) throw new Error('expected an action');
    action = first;
  });

  /** The transaction with its one action changed: units and inputs one by one. */
  function change(changes: {
    unit?: (unit: Action['complianceUnits'][number]) => Action['complianceUnits'][number];
    input?: (input: Action['logicInputs'][number], index: number) => Action['logicInputs'][number];
  }): Transaction {
    const changed: Action = {
      complianceUnits: action.complianceUnits.map(changes.unit ?? ((unit) => unit)),
      logicInputs: action.logicInputs.map(changes.input ?? ((input) => input))
    };
    return { ...valid, actions: [changed] };
  }
  const flipBit = (bytes: Uint8Array, index: number): Uint8Array =>
    bytes.map((byte, position) => (position === index ? byte ^ 1 : byte));
  const refusal = (transaction: Transaction) => refusalOf(adapter, encodeExecuteCall(transaction));

  it('accepts the transaction the others are made from', async () => {
    const fresh = await newAdapter(clients);
    expect((await fresh.execute(encodeExecuteCall(valid))).status).toBe('success');
  });

  it('refuses a nullifier already in the set', async () => {
    const fresh = await newAdapter(clients);
    await fresh.execute(encodeExecuteCall(valid));
    const nullifier = transactionTags(valid)[0] ?? new Uint8Array(0);
    expect(await refusalOf(fresh, encodeExecuteCall(valid))).toEqual([
      'PreExistingNullifier',
      [hex(nullifier)]
    ]);
  });

  it('refuses a root that never was', async () => {
    const plan = creationPlan(sampleWord(10));
    const root = sampleWord(77);
    const transaction = await proveUnits([{ ...plan, consumed: { ...plan.consumed, root } }]);
    expect(await refusal(transaction)).toEqual(['NonExistingRoot', [hex(root)]]);
  });

  it.each([0, 7, 35])('refuses a compliance seal with byte %i changed', async (byte) => {
    const transaction = change({ unit: (unit) => ({ ...unit, proof: flipBit(unit.proof, byte) }) });
    const expected = byte < 4 ? 'RiscZeroVerifierSelectorMismatch' : 'VerificationFailed';
    expect((await refusal(transaction))[0]).toBe(expected);
  });

  it.each([
    ['consumed', 0],
    ['created', 1]
  ])('refuses another logic seal for the %s resource', async (_, position) => {
    const transaction = change({
      input: (input, index) => (index === position ? { ...input, proof: flipBit(input.proof, 20) } : input)
    });
    expect((await refusal(transaction))[0]).toBe('VerificationFailed');
  });

  it('refuses a seal of the real verifier', async () => {
    const proof = concat(fromHex('73c457ba'), new Uint8Array(256));
    const transaction = change({ unit: (unit) => ({ ...unit, proof }) });
    expect(await refusal(transaction)).toEqual([
      'RiscZeroVerifierSelectorMismatch',
      ['0xffffffff', '0x73c457ba']
    ]);
  });

  it.each([35, 37])('refuses a seal of %i bytes', async (length) => {
    const resized = (proof: Uint8Array): Uint8Array => concat(proof, new Uint8Array(1)).slice(0, length);
    const transaction = change({ unit: (unit) => ({ ...unit, proof: resized(unit.proof) }) });
    expect((await refusal(transaction))[0]).toBe('VerificationFailed');
  });

  it('refuses a seal without a selector', async () => {
    const transaction = change({ unit: (unit) => ({ ...unit, proof: new Uint8Array(3) }) });
    expect((await refusal(transaction))[0]).toBe('(no data)');
  });

  it('refuses application data that is not in the journal', async () => {
    const applicationPayload = [{ blob: new Uint8Array(4), deletionCriterion: DELETE_NEVER }];
    const transaction = change({
      input: (input) => ({ ...input, appData: { ...input.appData, applicationPayload } })
    });
    expect((await refusal(transaction))[0]).toBe('VerificationFailed');
  });

  it('refuses another logic ref than the unit has', async () => {
    const verifyingKey = sampleWord(78);
    const transaction = change({ input: (input) => ({ ...input, verifyingKey }) });
    const logicRef = hex(action.logicInputs[0]?.verifyingKey ?? new Uint8Array(0));
    expect(await refusal(transaction)).toEqual(['LogicRefMismatch', [logicRef, hex(verifyingKey)]]);
  });

  it('refuses tags that are not the tags of the units', async () => {
    const [nullifier] = transactionTags(valid);
    const transaction = change({
      input: (input, index) => (index === 0 ? { ...input, tag: sampleWord(79) } : input)
    });
    expect(await refusal(transaction)).toEqual(['TagNotFound', [hex(nullifier ?? new Uint8Array(0))]]);
  });

  it('refuses another number of tags than the units have', async () => {
    const transaction = { ...valid, actions: [{ ...action, logicInputs: action.logicInputs.slice(1) }] };
    expect(await refusal(transaction)).toEqual(['TagCountMismatch', [1n, 2n]]);
  });

  it('refuses a transaction that creates more than it consumes', async () => {
    const kind = deriveKind(creationPlan(sampleWord(10)).created.resource);
    const transaction = change({
      unit: (unit) => {
        const delta = addPoints(unitDeltaOf(unit.instance), kind);
        const [unitDeltaX, unitDeltaY] = [hex32(toHex(delta.slice(0, 32))), hex32(toHex(delta.slice(32)))];
        return { ...unit, instance: { ...unit.instance, unitDeltaX, unitDeltaY } };
      }
    });
    expect((await refusal(resealTransaction(transaction)))[0]).toBe('DeltaMismatch');
  });

  it('refuses a delta proof over other tags, and one by another key', async () => {
    const tags = transactionTags(valid);
    const { rcv } = creationPlan(sampleWord(10));
    const overOthers = { ...valid, deltaProof: proveDelta(rcv, [...tags].reverse()) };
    const byAnother = { ...valid, deltaProof: proveDelta(sampleWord(80), tags) };
    expect({ ...valid, deltaProof: proveDelta(rcv, tags) }).toEqual(valid);
    expect((await refusal(overOthers))[0]).toBe('DeltaMismatch');
    expect((await refusal(byAnother))[0]).toBe('DeltaMismatch');
  });

  it('refuses a unit delta that is no curve point', async () => {
    const transaction = change({
      unit: (unit) => ({
        ...unit,
        instance: { ...unit.instance, unitDeltaX: hex32(toHex(flipBit(unit.instance.unitDeltaX, 31))) }
      })
    });
    expect((await refusal(resealTransaction(transaction)))[0]).toBe('PointNotOnCurve');
  });

  it('refuses the other forms of the delta signature', async () => {
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const { deltaProof } = valid;
    const highS = encodeBigEndian(order - BigInt(hex(deltaProof.slice(32, 64))), 32);
    const forms: [Uint8Array, string][] = [
      [
        concat(deltaProof.slice(0, 32), highS, Uint8Array.of((deltaProof[64] ?? 0) ^ 7)),
        'ECDSAInvalidSignatureS'
      ],
      [concat(deltaProof.slice(0, 64), Uint8Array.of(29)), 'ECDSAInvalidSignature'],
      [deltaProof.slice(0, 64), 'ECDSAInvalidSignatureLength']
    ];
    for (const [form, error] of forms) expect((await refusal({ ...valid, deltaProof: form }))[0]).toBe(error);
  });

  it('refuses to be called back by a forwarder', async () => {
    const { address } = await deployContract(clients, { name: 'ReentrantForwarder' });
    const call = encodeAbiParameters(
      [{ type: 'address' }, { type: 'bytes' }, { type: 'bytes' }],
      [address, hex(encodeExecuteCall({ ...valid, actions: [] })), '0x']
    );
    const externalPayload = [{ blob: fromHex(call), deletionCriterion: DELETE_NEVER }];
    const transaction = await proveUnits([creationPlan(sampleWord(10))], { ...NO_APP_DATA, externalPayload });
    expect((await refusal(transaction))[0]).toBe('ReentrancyGuardReentrantCall');
  });

  it('simulates by reverting', async () => {
    const selector = fromHex('82d32ad8');
    const body = encodeExecuteCall(valid).slice(4);
    // simulateExecute(Transaction,bool): the offset moves by one word for the flag.
    const call = concat(selector, encodeBigEndian(64n, 32), encodeBigEndian(0n, 32), body.slice(32));
    expect((await refusalOf(adapter, call))[0]).toBe('Simulated');
  });

  it('stops for good when its owner says so, and for nobody else', async () => {
    const fresh = await newAdapter(clients);
    const stranger = anvilClients(node, 1);
    const stop = {
      address: fresh.address,
      abi: ADAPTER_ABI,
      functionName: 'emergencyStop',
      chain: clients.chain
    } as const;
    await expect(stranger.wallet.writeContract({ ...stop, account: stranger.account })).rejects.toThrow(
      'OwnableUnauthorizedAccount'
    );
    const hash = await clients.wallet.writeContract({ ...stop, account: clients.account });
    await clients.reader.waitForTransactionReceipt({ hash });

    expect(await fresh.read('isEmergencyStopped')).toBe(true);
    expect(await fresh.slot('0x0')).toBe(
      `0x${'00'.repeat(11)}01${clients.account.address.slice(2).toLowerCase()}`
    );
    expect((await refusalOf(fresh, encodeExecuteCall(valid)))[0]).toBe('EnforcedPause');
  });
});
