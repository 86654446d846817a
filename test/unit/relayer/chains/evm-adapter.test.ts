import { type Hex, bytesToHex, encodeAbiParameters, hexToBytes, numberToHex, toEventSelector } from 'viem';
import { type Bytes32, address, bytes32, hex32, toHex } from '../../../../src/core/bytes';
import { isProtocolError } from '../../../../src/core/error';
import { type BlockHeader, type EvmChain } from '../../../../src/relayer/chains/evm-chain';
import { connectEvmAdapter } from '../../../../src/relayer/chains/evm-adapter';
import { recordedAdapter, recordedBlock, recordedNullifiers } from '../../../fixtures/domains/adapter-chain';
import { RECORDED_ADAPTER, answerAsNode, blockJson } from '../../../support/relayer/recorded-node';
import {
  type RpcAnswer,
  type RpcQuestion,
  type RpcServer,
  startRpcServer
} from '../../../support/relayer/rpc-server';

const honest = answerAsNode('late');
const late = recordedBlock('late');
const lateHeader: BlockHeader = {
  height: late.height,
  hash: bytes32(late.blockHash, 'hash'),
  parentHash: hex32('00'.repeat(32)),
  rlp: late.header
};
const nullifier = (name: keyof typeof recordedNullifiers): Bytes32 => bytes32(recordedNullifiers[name], name);
const storageHash = bytes32(late.storageHash, 'storage hash');
const servers: RpcServer[] = [];

async function chainOf(answer: (question: RpcQuestion) => RpcAnswer): Promise<EvmChain> {
  const server = await startRpcServer(answer);
  servers.push(server);
  return connectEvmAdapter({
    rpcUrl: server.url,
    adapter: address(recordedAdapter, 'adapter'),
    layout: { leafCountSlot: 1n, rootValuesSlot: 4n, nullifierPositionsSlot: 7n },
    timeoutMs: 300,
    maxBodyBytes: 100_000
  });
}

/** A node that is honest but for what it answers to `method`. */
const chainThat = (method: string, change: (result: unknown) => unknown): Promise<EvmChain> =>
  chainOf((question) => {
    const answer = honest(question);
    return question.method === method && 'result' in answer ? { result: change(answer.result) } : answer;
  });

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no error',
    (error: unknown) => (isProtocolError(error) ? error.code : `thrown: ${String(error)}`)
  );

afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

describe('headers', () => {
  it('are put together from the JSON of a block as the node hashed them', async () => {
    const chain = await chainOf(honest);

    const header = await chain.readFinalizedHeader();

    expect(header.rlp).toEqual(late.header);
    expect(header.hash).toEqual(lateHeader.hash);
    expect(header.height).toBe(late.height);
    expect(await chain.readHeader(late.height)).toEqual(header);
  });

  it("of the oldest form too: the mainnet's genesis block", async () => {
    const zero: Hex = `0x${'00'.repeat(32)}`;
    const emptyTrie = '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421';
    const hash = '0xd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3';
    const genesis = {
      ...{ number: '0x0', hash, parentHash: zero, nonce: '0x0000000000000042', mixHash: zero },
      sha3Uncles: '0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347',
      ...{ logsBloom: `0x${'00'.repeat(256)}`, transactionsRoot: emptyTrie, receiptsRoot: emptyTrie },
      stateRoot: '0xd7f8974fb5ac78d9ac099b9ad5018bedc2ce0a72dad1827a1709da30580f0544',
      ...{ miner: `0x${'00'.repeat(20)}`, difficulty: '0x400000000', gasLimit: '0x1388' },
      ...{ extraData: '0x11bbe8db4e347b4e8c937c1c8370e4b5ed33adb3db69cbdb7a38e1e50b1b82fa', gasUsed: '0x0' },
      ...{ timestamp: '0x0', baseFeePerGas: null }
    };
    const chain = await chainOf(() => ({ result: genesis }));

    expect(toHex((await chain.readHeader(0n)).hash)).toBe(hash.slice(2));
  });

  it('with any one field changed are refused', async () => {
    const json = blockJson(bytesToHex(late.header));
    for (const name of Object.keys(json).filter((key) => !['transactions', 'size'].includes(key))) {
      const chain = await chainThat('eth_getBlockByNumber', () => ({
        ...json,
        [name]: typeof json[name] === 'string' && json[name].length < 60 ? '0x7b' : `0x${'11'.repeat(32)}`
      }));

      expect([name, await codeOf(chain.readFinalizedHeader())]).toEqual([name, 'chain/header-hash']);
    }
  });

  it.each<[string, unknown, string]>([
    ['no block', null, 'no-block'],
    ['a block without fields', {}, 'malformed-answer'],
    ['a list', [], 'malformed-answer'],
    ['a number as number', { ...blockJson(bytesToHex(late.header)), number: 6 }, 'malformed-answer'],
    ['a padded quantity', { ...blockJson(bytesToHex(late.header)), gasUsed: '0x00' }, 'malformed-answer'],
    ['odd hex', { ...blockJson(bytesToHex(late.header)), stateRoot: '0x123' }, 'malformed-answer']
  ])('in an answer that is %s are refused', async (_what, result, reason) => {
    const chain = await chainThat('eth_getBlockByNumber', () => result);

    expect(await codeOf(chain.readFinalizedHeader())).toBe(`chain/${reason}`);
  });

  it('of another height than asked for are refused', async () => {
    const chain = await chainThat('eth_getBlockByNumber', () => blockJson(bytesToHex(late.header)));

    expect(await codeOf(chain.readHeader(late.height + 1n))).toBe('chain/other-block');
  });
});

describe('a node that is not well', () => {
  const raw = (status: number, body: string): RpcAnswer => ({
    raw: (response) => response.writeHead(status, { 'content-type': 'application/json' }).end(body)
  });
  const faults: [string, RpcAnswer][] = [
    ['rate limited', raw(429, 'too many requests')],
    ['down behind its proxy', raw(502, '<html>Bad Gateway</html>')],
    ['cut off', raw(200, '{"jsonrpc":"2.0","id":1,"resu')],
    ['empty', raw(200, '')],
    ['too large', raw(200, JSON.stringify({ jsonrpc: '2.0', id: 1, result: 'x'.repeat(200_000) }))],
    ['an error', { error: { code: -32000, message: 'header not found' } }],
    ['silent', { raw: () => undefined }],
    ['endlessly slow', { raw: (response) => void response.writeHead(200).write('{') }],
    ['gone in the middle', { raw: (response) => void response.destroy() }]
  ];
  const calls: [string, (chain: EvmChain) => Promise<unknown>][] = [
    ['chain id', (chain) => chain.readChainId()],
    ['finalized header', (chain) => chain.readFinalizedHeader()],
    ['header', (chain) => chain.readHeader(1n)],
    ['events', (chain) => chain.readEvents({ from: 1n, to: 2n })],
    ['snapshot', (chain) => chain.readSnapshot(lateHeader)],
    [
      'nullifier proofs',
      (chain) => chain.readNullifierProofs({ height: 6n, storageHash, nullifiers: [nullifier('first')] })
    ]
  ];

  it.each(faults)('%s: every call fails as one that may be tried again', async (_what, answer) => {
    const chain = await chainOf(() => answer);

    const codes = await Promise.all(calls.map(([, call]) => codeOf(call(chain))));

    expect(codes).toEqual(
      calls.map(() => expect.stringMatching(/^chain\/(rpc|malformed-answer)$/) as string)
    );
  });

  it('is asked once for each call', async () => {
    const chain = await chainOf(() => raw(503, 'later'));
    await codeOf(chain.readFinalizedHeader());

    expect(servers[0]?.questions).toHaveLength(1);
  });
});

describe('snapshots', () => {
  it('are what the storage proofs say', async () => {
    const chain = await chainOf(honest);

    expect(await chain.readSnapshot(lateHeader)).toEqual({
      leafCount: late.leafCount,
      root: late.root,
      accountProof: late.accountProof,
      leafCountProof: late.leafCountProof,
      rootCountProof: late.rootCountProof,
      latestRootProof: late.latestRootProof
    });
  });

  it('of a contract without roots are refused', async () => {
    const chain = await chainOf(answerAsNode('untouched'));

    expect(await codeOf(chain.readSnapshot(lateHeader))).toBe('chain/no-roots');
  });

  it('whose proofs do not hold under the header are refused', async () => {
    const chain = await chainOf(answerAsNode('middle'));

    expect(await codeOf(chain.readSnapshot(lateHeader))).toBe('chain/bad-proof');
  });

  it.each<[string, (proofs: Record<string, unknown>[]) => unknown]>([
    ['too few', (proofs) => proofs.slice(1)],
    ['another order', (proofs) => [...proofs].reverse()],
    ['no list', () => 'none'],
    ['a value that is no quantity', ([first, ...rest]) => [{ ...first, value: 7 }, ...rest]],
    ['nodes that are no bytes', ([first, ...rest]) => [{ ...first, proof: ['zz'] }, ...rest]]
  ])('from proofs that are %s are refused', async (_what, change) => {
    const chain = await chainThat('eth_getProof', (result) => {
      const proof = result as { readonly storageProof: Record<string, unknown>[] };
      return { ...proof, storageProof: change(proof.storageProof) };
    });

    expect(await codeOf(chain.readSnapshot(lateHeader))).toBe('chain/malformed-answer');
  });

  it('accept keys that a node prints without padding', async () => {
    const chain = await chainThat('eth_getProof', (result) => {
      const proof = result as { readonly storageProof: { readonly key: Hex }[] };
      const storageProof = proof.storageProof.map((entry) => ({
        ...entry,
        key: numberToHex(BigInt(entry.key))
      }));
      return { ...proof, storageProof };
    });

    expect((await chain.readSnapshot(lateHeader)).leafCount).toBe(late.leafCount);
  });
});

describe('nullifier proofs', () => {
  const request = (...names: (keyof typeof recordedNullifiers)[]) => ({
    height: late.height,
    storageHash,
    nullifiers: names.map(nullifier)
  });

  it('come in the order asked', async () => {
    const chain = await chainOf(honest);

    expect(await chain.readNullifierProofs(request('second', 'first'))).toEqual([
      late.nullifierProofs.second,
      late.nullifierProofs.first
    ]);
  });

  it('of a nullifier that is not in the set are refused', async () => {
    const chain = await chainOf(honest);

    expect(await codeOf(chain.readNullifierProofs(request('never')))).toBe('chain/nullifier-absent');
  });

  it('that do not lead to the storage root are refused', async () => {
    const chain = await chainOf(honest);

    expect(
      await codeOf(chain.readNullifierProofs({ ...request('first'), storageHash: hex32('ab'.repeat(32)) }))
    ).toBe('chain/bad-proof');
  });
});

describe('events', () => {
  const words = (...values: bigint[]): Hex[] => values.map((value) => numberToHex(value, { size: 32 }));
  const [one, two] = words(1n, 2n) as [Hex, Hex];
  const log = (signature: string, parts: { readonly data: Hex; readonly topics?: Hex[] }, index = 0) => ({
    address: RECORDED_ADAPTER,
    topics: [toEventSelector(signature), ...(parts.topics ?? [])],
    data: parts.data,
    ...{ blockNumber: '0x6', blockHash: one, transactionHash: two, removed: false },
    logIndex: numberToHex(index)
  });
  const executed = log('TransactionExecuted(bytes32[],bytes32[])', {
    data: encodeAbiParameters(
      [{ type: 'bytes32[]' }, { type: 'bytes32[]' }],
      [
        [one, two],
        [one, one]
      ]
    )
  });
  const readWith = async (...logs: unknown[]) =>
    (await chainThat('eth_getLogs', () => logs)).readEvents({ from: 1n, to: 9n });
  const place = { height: 6n, blockHash: hexToBytes(one), txHash: hexToBytes(two), logIndex: 0 };

  it('are decoded each to its kind, in chain order', async () => {
    const action = log('ActionExecuted(bytes32,uint256)', { data: `${one}${two.slice(2)}` }, 2);
    const root = log('CommitmentTreeRootAdded(bytes32)', { data: two }, 3);
    const payload = log(
      'ApplicationPayload(bytes32,uint256,bytes)',
      {
        topics: [one],
        data: encodeAbiParameters([{ type: 'uint256' }, { type: 'bytes' }], [0n, '0xabcdef'])
      },
      1
    );

    expect(await readWith(root, action, executed, payload)).toEqual([
      { ...place, type: 'TransactionExecuted', tags: [hexToBytes(one), hexToBytes(two)] },
      {
        ...place,
        logIndex: 1,
        type: 'ApplicationPayload',
        tag: hexToBytes(one),
        blob: hexToBytes('0xabcdef')
      },
      { ...place, logIndex: 2, type: 'ActionExecuted', actionTreeRoot: hexToBytes(one), tagCount: 2 },
      { ...place, logIndex: 3, type: 'CommitmentTreeRootAdded', root: hexToBytes(two) }
    ]);
  });

  it('are asked for by address, topics and range', async () => {
    await readWith(executed);

    expect(servers[0]?.questions[0]).toEqual({
      method: 'eth_getLogs',
      params: [
        {
          address: RECORDED_ADAPTER,
          fromBlock: '0x1',
          toBlock: '0x9',
          // As published for the protocol adapter v1.1.0.
          topics: [
            [
              '0x10dd528db2c49add6545679b976df90d24c035d6a75b17f41b700e8c18ca5364',
              '0x1cc9a0755dd734c1ebfe98b68ece200037e363eb366d0dee04e420e2f23cc010',
              '0xa494dac4b7184843583f972e06783e2c3bb47f4f0137b8df52a860df07219f8c',
              '0x0a2dc548ed950accb40d5d78541f3954c5e182a8ecf19e581a4f2263f61f59d2'
            ]
          ]
        }
      ]
    });
  });

  it.each<[string, unknown, string]>([
    ['of another contract', { ...executed, address: `0x${'77'.repeat(20)}` }, 'foreign-log'],
    ['taken back', { ...executed, removed: true }, 'foreign-log'],
    ['of an unknown kind', { ...executed, topics: [one] }, 'malformed-answer'],
    ['without a topic', { ...executed, topics: [] }, 'malformed-answer'],
    ['cut off', { ...executed, data: executed.data.slice(0, -64) }, 'malformed-answer'],
    ['of no block', { ...executed, blockNumber: null }, 'malformed-answer'],
    ['no object', 'log', 'malformed-answer']
  ])('that are %s are refused', async (_what, bad, reason) => {
    expect(await codeOf(readWith(bad))).toBe(`chain/${reason}`);
  });
});
