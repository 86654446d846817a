/** Proofs and headers of a real node: anvil's `eth_getProof` of the adapter stand-in, read with viem. */
import { type Hex, hexToBytes } from 'viem';
import { type Bytes32, address, bytes32, equalBytes, toHex } from '../../../src/core/bytes';
import {
  type FinalityAnswer,
  decideAgreement,
  decodeFinalityAnswer,
  encodeFinalityRequest,
  reduceFinalityResponse
} from '../../../src/core/domain/finality-query';
import { isProtocolError } from '../../../src/core/error';
import {
  type AdapterStateEvidence,
  verifyAdapterState,
  verifyNullifierMembership
} from '../../../src/core/proof/adapter-state';
import { decodeHeader } from '../../../src/core/proof/ethereum-header';
import { transactionTags } from '../../../src/core/resource/transaction';
import { encodeExecuteCall } from '../../../src/core/resource/transaction-abi';
import { proveUnits } from '../../fixtures/arm/mock-prover';
import { creationPlan, sampleWord } from '../../fixtures/arm/sample-units';
import { type AdapterSession, hex, newAdapter } from '../../fixtures/evm/adapter-session';
import { type Anvil, mineBlocks, startAnvil } from '../../fixtures/evm/anvil';
import { type EvmClients, anvilClients, deployContract } from '../../fixtures/evm/deploy';
import { type AdapterBlock, readAdapterBlock } from '../../support/evm-evidence';

const LAYOUT = { leafCountSlot: 1n, rootValuesSlot: 4n, nullifierPositionsSlot: 7n };
const TRANSACTIONS = 6;
const NEVER = sampleWord(999);

let node: Anvil;
let clients: EvmClients;
let adapter: AdapterSession;
let block: AdapterBlock;
const nullifiers: Bytes32[] = [];

beforeAll(async () => {
  node = await startAnvil();
  clients = anvilClients(node);
  adapter = await newAdapter(clients);
  let height = 0n;
  for (let index = 0; index < TRANSACTIONS; index += 1) {
    const transaction = await proveUnits([creationPlan(sampleWord(index), 100 + 2 * index)]);
    nullifiers.push(...transactionTags(transaction).filter((_, position) => position % 2 === 0));
    height = (await adapter.execute(encodeExecuteCall(transaction))).blockNumber;
  }
  block = await readAdapterBlock(clients.reader, {
    adapter: adapter.address,
    height,
    nullifiers: [...nullifiers, NEVER].map(hex)
  });
});
afterAll(async () => {
  await node.stop();
});

const toBytes = (nodes: readonly Hex[]): Uint8Array[] => nodes.map((each) => hexToBytes(each));
const evidenceOf = (from: AdapterBlock): AdapterStateEvidence => ({
  header: decodeHeader(hexToBytes(from.header)),
  adapter: address(hexToBytes(adapter.address), 'adapter'),
  layout: LAYOUT,
  accountProof: toBytes(from.accountProof),
  leafCountProof: toBytes(from.leafCountProof),
  rootCountProof: toBytes(from.rootCountProof),
  latestRootProof: toBytes(from.latestRootProof)
});

/** The code of a refusal; undefined when there was none. */
function refusal(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (isProtocolError(error)) return error.code;
    throw error;
  }
}

describe('verifyAdapterState', () => {
  it('says of a mined block what the contract says of itself', async () => {
    const state = verifyAdapterState(evidenceOf(block));

    expect(hex(state.root)).toBe(await adapter.read('latestCommitmentTreeRoot'));
    expect(state.leafCount).toBe(await adapter.read('commitmentCount'));
    expect(state.leafCount).toBe(BigInt(TRANSACTIONS));
    expect([state.height, hex(state.blockHash)]).toEqual([block.height, block.blockHash]);
    expect(hex(state.storageHash)).toBe(block.storageHash);
  });

  it('says of an earlier block what was true then', async () => {
    const earlier = await readAdapterBlock(clients.reader, {
      adapter: adapter.address,
      height: block.height - 2n
    });
    const state = verifyAdapterState(evidenceOf(earlier));

    expect(state.leafCount).toBe(BigInt(TRANSACTIONS - 2));
    expect(hex(state.root)).not.toBe(await adapter.read('latestCommitmentTreeRoot'));
  });

  it('refuses the proofs of one block under the header of another', async () => {
    const earlier = await readAdapterBlock(clients.reader, {
      adapter: adapter.address,
      height: block.height - 1n
    });
    const mixed = { ...evidenceOf(block), header: evidenceOf(earlier).header };
    expect(refusal(() => verifyAdapterState(mixed))).toBe('mpt/node-hash');
  });

  it("refuses another contract's proofs for the adapter's, and an address without contract", async () => {
    const token = await deployContract(clients, { name: 'TestToken', args: ['Other', 'OTH', 5n] });
    const height = token.blockNumber;
    const own = await readAdapterBlock(clients.reader, { adapter: adapter.address, height });
    const other = await clients.reader.getProof({
      address: token.address,
      storageKeys: [],
      blockNumber: height
    });
    const person = await clients.reader.getProof({
      address: clients.account.address,
      storageKeys: [],
      blockNumber: height
    });
    const evidence = evidenceOf(own);
    const proofAt = (proof: { readonly address: Hex; readonly accountProof: readonly Hex[] }) => ({
      adapter: address(hexToBytes(proof.address), 'adapter'),
      accountProof: toBytes(proof.accountProof)
    });

    expect(refusal(() => verifyAdapterState(evidence))).toBeUndefined();
    expect(
      refusal(() => verifyAdapterState({ ...evidence, accountProof: proofAt(other).accountProof }))
    ).toMatch(/^mpt\//);
    expect(refusal(() => verifyAdapterState({ ...evidence, ...proofAt(other) }))).toBe('mpt/node-hash');
    expect(refusal(() => verifyAdapterState({ ...evidence, ...proofAt(person) }))).toBe('adapter/no-code');
  });

  it('proves that there is nothing at an empty address', async () => {
    const nobody: Hex = '0x00000000000000000000000000000000deadbeef';
    const proof = await clients.reader.getProof({
      address: nobody,
      storageKeys: [],
      blockNumber: block.height
    });
    const evidence = {
      ...evidenceOf(block),
      adapter: address(hexToBytes(nobody), 'adapter'),
      accountProof: toBytes(proof.accountProof)
    };
    expect(refusal(() => verifyAdapterState(evidence))).toBe('adapter/absent');
  });
});

describe('verifyNullifierMembership', () => {
  it('finds every nullifier that was consumed and no other', () => {
    const { storageHash } = verifyAdapterState(evidenceOf(block));
    const isMember = (nullifier: Bytes32): boolean =>
      verifyNullifierMembership({
        storageHash,
        layout: LAYOUT,
        nullifier,
        proof: toBytes(block.nullifierProofs[hex(nullifier)] ?? [])
      });

    expect(nullifiers).toHaveLength(TRANSACTIONS);
    expect(nullifiers.map(isMember)).toEqual(nullifiers.map(() => true));
    expect(isMember(NEVER)).toBe(false);
  });

  it('takes the absence of a nullifier for no other', () => {
    const { storageHash } = verifyAdapterState(evidenceOf(block));
    const proof = toBytes(block.nullifierProofs[hex(NEVER)] ?? []);
    for (const nullifier of nullifiers)
      expect(
        refusal(() => verifyNullifierMembership({ storageHash, layout: LAYOUT, nullifier, proof }))
      ).toMatch(/^mpt\//);
  });
});

describe('the question of finality', () => {
  async function ask(height: bigint): Promise<FinalityAnswer | undefined> {
    const response = await fetch(node.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: encodeFinalityRequest(height)
    });
    const body = new Uint8Array(await response.arrayBuffer());
    return decodeFinalityAnswer(reduceFinalityResponse({ status: response.status, body, height }));
  }

  it('is answered by a node: not final, then final, with the hash of the header', async () => {
    const height = await clients.reader.getBlockNumber({ cacheTime: 0 });
    const young = await ask(height);
    await mineBlocks(node.url, 2);
    const old = await ask(height);
    if (young === undefined || old === undefined) throw new Error('the node did not answer');

    expect(refusal(() => decideAgreement([young], 1))).toBe('domain/not-final');
    const agreed = decideAgreement([old], 1);
    const mined = await clients.reader.getBlock({ blockNumber: height });
    expect(hex(agreed)).toBe(mined.hash);
    const header = await readAdapterBlock(clients.reader, { adapter: adapter.address, height });
    expect(equalBytes(decodeHeader(hexToBytes(header.header)).hash, agreed)).toBe(true);
  });

  it('is not answered for a block that does not exist', async () => {
    expect(await ask(10_000_000n)).toBeUndefined();
  });

  it('has the genesis block final from the start', async () => {
    const genesis = await ask(0n);
    const mined = await clients.reader.getBlock({ blockNumber: 0n });
    expect(genesis && [genesis.isFinal, `0x${toHex(bytes32(genesis.blockHash, 'hash'))}`]).toEqual([
      true,
      mined.hash
    ]);
  });
});
