import {
  type Address,
  type Hex,
  encodeAbiParameters,
  keccak256,
  pad,
  toFunctionSelector,
  toHex as viemHex
} from 'viem';
import { type Bytes32, concat, fromHex } from '../../../src/core/bytes';
import { actionTreeRoot } from '../../../src/core/resource/action';
import { CommitmentTree, EMPTY_HASH } from '../../../src/core/resource/commitment-tree';
import { DELETE_IMMEDIATELY, DELETE_NEVER, NO_APP_DATA } from '../../../src/core/resource/logic';
import { type Transaction, actionTags, transactionTags } from '../../../src/core/resource/transaction';
import { decodeTransaction, encodeExecuteCall } from '../../../src/core/resource/transaction-abi';
import { proveUnits } from '../../fixtures/arm/mock-prover';
import { resealTransaction } from '../../fixtures/arm/mock-reseal';
import { ARM_VECTOR_NAMES, describeWithArmVectors, readArmVector } from '../../fixtures/arm/outside-vectors';
import { creationPlan, sampleWord, successionPlan } from '../../fixtures/arm/sample-units';
import { ADAPTER_ABI, eventsOf, hex, newAdapter, refusalOf } from '../../fixtures/evm/adapter-session';
import { type Anvil, startAnvil } from '../../fixtures/evm/anvil';
import { compileContracts } from '../../fixtures/evm/compile-contracts';
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

/** Selectors published with the contract; the constructor's errors are about a router the stand-in does not have. */
const PUBLISHED_FUNCTIONS = [
  ...['ed3cf91f', '82d32ad8', '63a599a4', 'fddd4837', '5b666b1e', 'e33845cf', '0d8e6e2c', 'c44956d1'],
  ...['a06056f7', 'fe18ab91', 'bdeb442d', 'c879dbe4', '59ba9258', '31ee6242', 'c1b0bed7', '40f34d42'],
  ...['9ad91d4c', '5c975abb']
];
const PUBLISHED_ERRORS = [
  ...['c504fada', '18f639d8', '78a2221c', '6f149831', 'f9849ea3', 'db788c2b', '39a940c5', 'd3bee78d'],
  ...['89211474', 'e6d44b4c', 'b8a0e8a1']
];

function rootsAfter(leaves: readonly Bytes32[]): Bytes32 {
  const tree = new CommitmentTree();
  leaves.forEach((leaf) => tree.append(leaf));
  return tree.root();
}

function commitmentsOf(transaction: Transaction): Bytes32[] {
  return transactionTags(transaction).filter((_, index) => index % 2 === 1);
}

function forwarderCall(forwarder: Address, expectedOutput: Uint8Array): Uint8Array {
  return fromHex(
    encodeAbiParameters(
      [{ type: 'address' }, { type: 'bytes' }, { type: 'bytes' }],
      [forwarder, '0x01', hex(expectedOutput)]
    )
  );
}

describe('the protocol adapter stand-in', () => {
  it('fits the limit of EIP-170', () => {
    expect(compileContracts().ProtocolAdapterStandIn.runtimeSize).toBeLessThan(24_576);
  });

  it('has the functions and errors of the adapter v1.1.0', () => {
    // An error's selector is made as a function's.
    const selectors = (type: 'function' | 'error') =>
      ADAPTER_ABI.flatMap((item) =>
        item.type === type && 'name' in item
          ? [toFunctionSelector({ outputs: [], stateMutability: 'view', ...item, type: 'function' })]
          : []
      );
    expect(selectors('function')).toEqual(
      expect.arrayContaining(PUBLISHED_FUNCTIONS.map((each) => `0x${each}`))
    );
    expect(selectors('error')).toEqual(expect.arrayContaining(PUBLISHED_ERRORS.map((each) => `0x${each}`)));
  });

  it('starts as the adapter does: one root, the empty one, and depth 0', async () => {
    const adapter = await newAdapter(clients);

    expect(await adapter.read('latestCommitmentTreeRoot')).toBe(hex(EMPTY_HASH));
    expect(await adapter.read('commitmentTreeRootCount')).toBe(1n);
    expect(await adapter.read('commitmentTreeDepth')).toBe(0);
    expect(await adapter.read('commitmentTreeCapacity')).toBe(1n);
    expect(await adapter.read('getRiscZeroVerifierSelector')).toBe('0xffffffff');
    expect(await adapter.read('isEmergencyStopped')).toBe(false);
    expect(await adapter.read('owner')).toBe(clients.account.address);
  });

  it('creates a resource: events, root, nullifier', async () => {
    const adapter = await newAdapter(clients);
    const plan = creationPlan(sampleWord(10));
    const transaction = await proveUnits([plan]);
    const [nullifier, commitment] = transactionTags(transaction).map(hex);
    const root = hex(rootsAfter(commitmentsOf(transaction)));

    const receipt = await adapter.execute(encodeExecuteCall(transaction));

    const logicRef = hex(plan.consumed.resource.logicRef);
    expect(eventsOf(receipt.logs)).toEqual([
      [
        'ActionExecuted',
        { actionTreeRoot: hex(actionTreeRoot(transactionTags(transaction))), actionTagCount: 2n }
      ],
      ['CommitmentTreeRootAdded', { root }],
      ['TransactionExecuted', { tags: [nullifier, commitment], logicRefs: [logicRef, logicRef] }]
    ]);
    expect(await adapter.read('latestCommitmentTreeRoot')).toBe(root);
    expect(await adapter.read('isCommitmentTreeRootContained', [root])).toBe(true);
    expect(await adapter.read('commitmentTreeRootAtIndex', [1n])).toBe(root);
    expect(await adapter.read('isNullifierContained', [nullifier])).toBe(true);
    expect(await adapter.read('nullifierAtIndex', [0n])).toBe(nullifier);
    expect(await adapter.read('isNullifierContained', [commitment])).toBe(false);
  });

  it('swaps two resources in one action, and keeps every root historical', async () => {
    const adapter = await newAdapter(clients);
    const creations = [creationPlan(sampleWord(10), 110), creationPlan(sampleWord(11), 120)];
    const tree = new CommitmentTree();
    for (const plan of creations) {
      const created = await proveUnits([plan]);
      commitmentsOf(created).forEach((leaf) => tree.append(leaf));
      await adapter.execute(encodeExecuteCall(created));
    }
    const oldRoot = tree.root();
    const swap = await proveUnits(
      creations.map(({ created }, index) =>
        successionPlan(created.resource, {
          root: oldRoot,
          valueRef: sampleWord(20 + index),
          seed: 130 + index
        })
      )
    );
    commitmentsOf(swap).forEach((leaf) => tree.append(leaf));

    const receipt = await adapter.execute(encodeExecuteCall(swap));

    expect(receipt.status).toBe('success');
    expect(await adapter.read('latestCommitmentTreeRoot')).toBe(hex(tree.root()));
    expect(await adapter.read('commitmentCount')).toBe(4n);
    expect(await adapter.read('commitmentTreeRootCount')).toBe(4n);
    expect(await adapter.read('isCommitmentTreeRootContained', [hex(oldRoot)])).toBe(true);
    expect(await adapter.read('nullifierCount')).toBe(4n);
  });

  it('grows like our commitment tree over 17 leaves', async () => {
    const adapter = await newAdapter(clients);
    const tree = new CommitmentTree();
    for (let leaf = 0; leaf < 17; leaf += 1) {
      const transaction = await proveUnits([creationPlan(sampleWord(30 + leaf), 300 + 2 * leaf)]);
      commitmentsOf(transaction).forEach((commitment) => tree.append(commitment));
      await adapter.execute(encodeExecuteCall(transaction));

      expect(await adapter.read('latestCommitmentTreeRoot')).toBe(hex(tree.root()));
      expect(await adapter.read('commitmentTreeDepth')).toBe(Math.floor(Math.log2(leaf + 1)) + 1);
    }
  });

  it('keeps its state in the slots of the adapter v1.1.0', async () => {
    const adapter = await newAdapter(clients);
    const transaction = await proveUnits([creationPlan(sampleWord(10)), creationPlan(sampleWord(11), 120)]);
    await adapter.execute(encodeExecuteCall(transaction));
    const root = rootsAfter(commitmentsOf(transaction));
    const nullifiers = transactionTags(transaction).filter((_, index) => index % 2 === 0);
    const word = (value: bigint): Hex => viemHex(value, { size: 32 });
    const element = (array: bigint, index: bigint): Hex => word(BigInt(keccak256(word(array))) + index);
    const position = (key: Bytes32, mapping: bigint): Hex =>
      keccak256(encodeAbiParameters([{ type: 'bytes32' }, { type: 'uint256' }], [hex(key), mapping]));

    expect(await adapter.slot(word(0n))).toBe(pad(clients.account.address.toLowerCase() as Hex));
    expect(await adapter.slot(word(1n))).toBe(word(2n));
    expect(await adapter.slot(word(2n))).toBe(word(2n));
    expect(await adapter.slot(word(3n))).toBe(word(3n));
    expect(await adapter.slot(word(4n))).toBe(word(2n));
    expect(await adapter.slot(element(4n, 0n))).toBe(hex(EMPTY_HASH));
    expect(await adapter.slot(element(4n, 1n))).toBe(hex(root));
    expect(await adapter.slot(position(root, 5n))).toBe(word(2n));
    expect(await adapter.slot(position(sampleWord(99), 5n))).toBe(word(0n));
    expect(await adapter.slot(word(6n))).toBe(word(2n));
    for (const [index, nullifier] of nullifiers.entries()) {
      expect(await adapter.slot(element(6n, BigInt(index)))).toBe(hex(nullifier));
      expect(await adapter.slot(position(nullifier, 7n))).toBe(word(BigInt(index) + 1n));
    }
    expect(await adapter.slot(position(root, 7n))).toBe(word(0n));
  });

  it('accepts an empty transaction and only says so', async () => {
    const adapter = await newAdapter(clients);
    const empty: Transaction = {
      actions: [],
      deltaProof: new Uint8Array(0),
      aggregationProof: new Uint8Array(0)
    };

    const receipt = await adapter.execute(encodeExecuteCall(empty));

    expect(eventsOf(receipt.logs)).toEqual([['TransactionExecuted', { tags: [], logicRefs: [] }]]);
    expect(await adapter.read('commitmentTreeRootCount')).toBe(1n);
  });

  it('emits the blobs to be kept, with their index, and no others', async () => {
    const adapter = await newAdapter(clients);
    const keep = (text: string) => ({
      blob: new TextEncoder().encode(text),
      deletionCriterion: DELETE_NEVER
    });
    const drop = (text: string) => ({ ...keep(text), deletionCriterion: DELETE_IMMEDIATELY });
    const transaction = await proveUnits([creationPlan(sampleWord(10))], {
      resourcePayload: [keep('res0')],
      discoveryPayload: [drop('dis0'), keep('dis1')],
      externalPayload: [],
      applicationPayload: [drop('app0'), keep('app1app1')]
    });

    const receipt = await adapter.execute(encodeExecuteCall(transaction));

    const payloads = eventsOf(receipt.logs).slice(0, 6);
    const expected = transactionTags(transaction).flatMap((tag) => [
      ['ResourcePayload', { tag: hex(tag), index: 0n, blob: hex(new TextEncoder().encode('res0')) }],
      ['DiscoveryPayload', { tag: hex(tag), index: 1n, blob: hex(new TextEncoder().encode('dis1')) }],
      ['ApplicationPayload', { tag: hex(tag), index: 1n, blob: hex(new TextEncoder().encode('app1app1')) }]
    ]);
    expect(payloads).toEqual(expected);
  });

  it('uses the topics of the adapter v1.1.0', async () => {
    const adapter = await newAdapter(clients);
    const forwarder = await deployContract(clients, { name: 'TestForwarder' });
    const plan = creationPlan(sampleWord(10));
    const blob = { blob: fromHex('00000000'), deletionCriterion: DELETE_NEVER };
    const call = forwarderCall(forwarder.address, concat(plan.consumed.resource.logicRef, fromHex('01')));
    const transaction = await proveUnits([plan], {
      resourcePayload: [blob],
      discoveryPayload: [blob],
      externalPayload: [{ blob: call, deletionCriterion: DELETE_NEVER }],
      applicationPayload: [blob]
    });

    const receipt = await adapter.execute(encodeExecuteCall(transaction));

    const topics = receipt.logs
      .filter((log) => log.address === adapter.address)
      .map((log) => log.topics[0]?.slice(2));
    // Published with the contract's ABI.
    expect(new Set(topics)).toEqual(
      new Set([
        'cddb327adb31fe5437df2a8c68301bb13a6baae432a804838caaf682506aadf1',
        '3a134d01c07803003c63301717ddc4612e6c47ae408eeea3222cded532d02ae6',
        '48243873b4752ddcb45e0d7b11c4c266583e5e099a0b798fdd9c1af7d49324f3',
        '9c61b290f631097f56273cf4daf40df1ff9ccc33f101d464837da1f5ae18bd59',
        'a494dac4b7184843583f972e06783e2c3bb47f4f0137b8df52a860df07219f8c',
        '1cc9a0755dd734c1ebfe98b68ece200037e363eb366d0dee04e420e2f23cc010',
        '0a2dc548ed950accb40d5d78541f3954c5e182a8ecf19e581a4f2263f61f59d2',
        '10dd528db2c49add6545679b976df90d24c035d6a75b17f41b700e8c18ca5364'
      ])
    );
  });

  it('calls forwarders for the carrier and compares their output', async () => {
    const adapter = await newAdapter(clients);
    const forwarder = await deployContract(clients, { name: 'TestForwarder' });
    const plan = creationPlan(sampleWord(10));
    const { logicRef } = plan.consumed.resource;
    const withOutput = (output: Uint8Array): Promise<Transaction> =>
      proveUnits([plan], {
        ...NO_APP_DATA,
        externalPayload: [
          { blob: forwarderCall(forwarder.address, output), deletionCriterion: DELETE_IMMEDIATELY }
        ]
      });
    const wrong = concat(logicRef, fromHex('02'));
    const right = concat(logicRef, fromHex('01'));

    expect(await refusalOf(adapter, encodeExecuteCall(await withOutput(wrong)))).toEqual([
      'ForwarderCallOutputMismatch',
      [hex(wrong), hex(right)]
    ]);
    const receipt = await adapter.execute(encodeExecuteCall(await withOutput(right)));
    const calls = eventsOf(receipt.logs).filter(([name]) => name === 'ForwarderCallExecuted');
    expect(calls).toHaveLength(2);
    expect(calls[0]?.[1]).toMatchObject({ input: '0x01', output: hex(right) });
  });
});

describeWithArmVectors('published transactions, with mock seals in place of their seals', () => {
  it.each(ARM_VECTOR_NAMES)('executes %s and agrees on the root', async (name) => {
    const adapter = await newAdapter(clients);
    const transaction = resealTransaction(decodeTransaction(readArmVector(name)));

    const receipt = await adapter.execute(encodeExecuteCall(transaction));

    expect(receipt.status).toBe('success');
    expect(await adapter.read('latestCommitmentTreeRoot')).toBe(hex(rootsAfter(commitmentsOf(transaction))));
    const actions = eventsOf(receipt.logs).filter(([event]) => event === 'ActionExecuted');
    expect(actions.map(([, args]) => args)).toEqual(
      transaction.actions.map((each) => ({
        actionTreeRoot: hex(actionTreeRoot(actionTags(each))),
        actionTagCount: BigInt(actionTags(each).length)
      }))
    );
  });

  it('reaches the root published for reg_01_01', async () => {
    const adapter = await newAdapter(clients);
    await adapter.execute(
      encodeExecuteCall(resealTransaction(decodeTransaction(readArmVector('reg_01_01'))))
    );
    expect(await adapter.read('latestCommitmentTreeRoot')).toBe(
      '0xf9d7a11b6659a2c5e22450cf516be7aac14369f954dd2a7f3ea067cde170f2b6'
    );
  });

  it('refuses an aggregated transaction whose one seal is about something else', async () => {
    const adapter = await newAdapter(clients);
    const transaction = resealTransaction(decodeTransaction(readArmVector('agg_02_02')));
    const aggregationProof = transaction.aggregationProof.map((byte, index) =>
      index === 20 ? byte ^ 1 : byte
    );
    const refusal = await refusalOf(adapter, encodeExecuteCall({ ...transaction, aggregationProof }));
    expect(refusal[0]).toBe('VerificationFailed');
  });

  it('refuses them with their real seals', async () => {
    const adapter = await newAdapter(clients);
    const call = encodeExecuteCall(decodeTransaction(readArmVector('reg_01_01')));
    expect(await refusalOf(adapter, call)).toEqual([
      'RiscZeroVerifierSelectorMismatch',
      ['0xffffffff', '0x73c457ba']
    ]);
  });
});
