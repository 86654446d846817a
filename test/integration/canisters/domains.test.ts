import { hexToBytes, keccak256, toRlp, fromRlp, numberToHex } from 'viem';
import { type EvmCheckpointEvidenceWire } from '../../../src/api/domains-idl';
import { type Result, unwrap } from '../../../src/api/errors';
import { hex } from '../../fixtures/evm/adapter-session';
import { mineBlocks } from '../../fixtures/evm/anvil';
import { type ProxyBehaviour } from '../../support/faulty-rpc-proxy';
import { DomainsNetwork, LOGIC_REF, type TestDomain } from './domains-network';

let network: DomainsNetwork;
beforeAll(async () => {
  network = await DomainsNetwork.start();
});
afterAll(async () => {
  await network.stop();
});
afterEach(() => {
  network.heal();
});

const codeOf = (result: Result<unknown>): string => ('Err' in result ? result.Err.code : 'accepted');

/** A domain with one transaction in a final block. */
async function domainWithFinalBlock(): Promise<{
  domain: TestDomain;
  height: bigint;
  nullifier: Uint8Array;
}> {
  const domain = await network.newDomain();
  const { height, nullifier } = await domain.execute();
  await network.finalize();
  return { domain, height, nullifier };
}

/** The code of the refusal, having checked that the domain is as it was before. */
async function refusal(domain: TestDomain, evidence: EvmCheckpointEvidenceWire): Promise<string> {
  const before = await network.relayer.domain(domain.id);
  const code = codeOf(await network.relayer.accept_evm_checkpoint(evidence));
  expect(await network.relayer.domain(domain.id)).toEqual(before);
  return code;
}

describe('the domains canister with a real chain', () => {
  it('accepts a final block, and says of it what the adapter itself says', async () => {
    const { domain, height } = await domainWithFinalBlock();
    const block = await network.evm.reader.getBlock({ blockNumber: height });

    const checkpoint = unwrap(await network.relayer.accept_evm_checkpoint(await domain.evidenceAt(height)));

    expect(hex(Uint8Array.from(checkpoint.block_hash))).toBe(block.hash);
    expect(hex(Uint8Array.from(checkpoint.root))).toBe(await domain.adapter.read('latestCommitmentTreeRoot'));
    expect(checkpoint.leaf_count).toBe(await domain.adapter.read('commitmentCount'));
    expect(unwrap(await network.relayer.checkpoint(domain.id, height))).toEqual(checkpoint);
    expect(unwrap(await network.relayer.domain(domain.id)).latest).toEqual([checkpoint]);
  });

  it('attests of each nullifier what the adapter itself says', async () => {
    const { domain, height, nullifier } = await domainWithFinalBlock();
    unwrap(await network.relayer.accept_evm_checkpoint(await domain.evidenceAt(height)));
    const later = await domain.execute();
    const request = await domain.attestRequest(height, [nullifier, later.nullifier]);

    const attestation = unwrap(await network.relayer.attest_nullifiers(request));

    expect(attestation.present).toEqual([true, false]);
    expect(Uint8Array.from(attestation.logic_ref)).toEqual(Uint8Array.from(LOGIC_REF));
    const contained = [nullifier, later.nullifier].map((each) =>
      domain.adapter.read('isNullifierContained', [hex(each)])
    );
    expect(await Promise.all(contained)).toEqual([true, true]);
  });

  it('stays within its budget of instructions', async () => {
    const { domain, height, nullifier } = await domainWithFinalBlock();
    const { relayer } = network;
    unwrap(await relayer.accept_evm_checkpoint(await domain.evidenceAt(height)));
    expect(network.lastInstructions()).toBeLessThan(1_000_000_000n);

    unwrap(await relayer.attest_nullifiers(await domain.attestRequest(height, [])));
    const withoutNullifier = network.lastInstructions();
    expect(withoutNullifier).toBeLessThan(50_000_000n);

    unwrap(await relayer.attest_nullifiers(await domain.attestRequest(height, [nullifier])));
    const withNullifier = network.lastInstructions();
    expect(withNullifier - withoutNullifier).toBeGreaterThan(0n);
    expect(withNullifier).toBeLessThan(300_000_000n);
  });

  it('lists its domains', async () => {
    const domain = await network.newDomain();

    const listed = await network.anonymous.domains();

    expect(listed.at(-1)).toEqual(unwrap(await network.anonymous.domain(domain.id)));
    expect(listed.at(-1)).toMatchObject({ config: { name: 'anvil', agreement: 2 }, latest: [] });
  });

  it('lets only controllers register and resume, and nobody submit without a name', async () => {
    const { domain, height } = await domainWithFinalBlock();
    const evidence = await domain.evidenceAt(height);

    expect(codeOf(await network.relayer.register_evm_domain(network.configOf(domain.adapter)))).toBe(
      'caller/not-controller'
    );
    expect(codeOf(await network.relayer.resume_domain(domain.id, []))).toBe('caller/not-controller');
    expect(codeOf(await network.anonymous.accept_evm_checkpoint(evidence))).toBe('caller/anonymous');
    expect(codeOf(await network.controller.resume_domain(domain.id, []))).toBe('domain/not-halted');
  });
});

describe('the domains canister refuses, and changes nothing', () => {
  it('a block that is not final yet, until it is', async () => {
    const domain = await network.newDomain();
    const { height } = await domain.execute();
    await mineBlocks(network.anvil.url, 1);
    const evidence = await domain.evidenceAt(height);
    expect(await refusal(domain, evidence)).toBe('domain/not-final');

    await mineBlocks(network.anvil.url, 1);

    expect(codeOf(await network.relayer.accept_evm_checkpoint(evidence))).toBe('accepted');
  });

  it('a header that is not that of the chain, however well its proofs fit', async () => {
    const { domain, height } = await domainWithFinalBlock();
    const evidence = await domain.evidenceAt(height);
    const fields = fromRlp(evidence.header, 'hex') as `0x${string}`[];
    const forged = hexToBytes(toRlp(fields.with(11, numberToHex(1_234_567))));
    expect(keccak256(forged)).not.toBe(keccak256(evidence.header));

    expect(await refusal(domain, { ...evidence, header: forged })).toBe('domain/header-mismatch');
  });

  it('proofs of another contract and of another block', async () => {
    const { domain, height } = await domainWithFinalBlock();
    const other = await network.newDomain();
    const { height: otherHeight } = await other.execute();
    await network.finalize();
    const evidence = await domain.evidenceAt(otherHeight);
    const foreign = { ...(await other.evidenceAt(otherHeight)), domain: domain.id };
    const earlier = { ...(await domain.evidenceAt(height)), header: evidence.header };

    expect(await refusal(domain, foreign)).toBe('mpt/node-hash');
    expect(await refusal(domain, { ...foreign, account_proof: evidence.account_proof })).toBe(
      'mpt/node-hash'
    );
    expect(await refusal(domain, earlier)).toBe('mpt/node-hash');
  });

  it('a proof with a byte changed, in each of its nodes', async () => {
    const { domain, height } = await domainWithFinalBlock();
    const evidence = await domain.evidenceAt(height);
    const proofs = ['account_proof', 'leaf_count_proof', 'root_count_proof', 'latest_root_proof'] as const;
    for (const proof of proofs) {
      for (const [index, node] of evidence[proof].entries()) {
        const byte = node.length - 1;
        const changed = evidence[proof].with(index, node.with(byte, (node[byte] ?? 0) ^ 1));
        expect(await refusal(domain, { ...evidence, [proof]: changed })).toBe('mpt/node-hash');
      }
    }
  });

  it('an adapter without a transaction, and input beyond its limits', async () => {
    const domain = await network.newDomain();
    const height = await network.evm.reader.getBlockNumber({ cacheTime: 0 });
    await network.finalize();
    const evidence = await domain.evidenceAt(height);

    expect(await refusal(domain, evidence)).toBe('checkpoint/empty-root');
    expect(await refusal(domain, { ...evidence, header: new Uint8Array(2_049) })).toBe('wire/limit');
    expect(
      await refusal(domain, { ...evidence, account_proof: Array<Uint8Array>(65).fill(new Uint8Array()) })
    ).toBe('wire/limit');
    expect(await refusal(domain, { ...evidence, domain: new Uint8Array(31) })).toBe('bytes/length');
  });
});

const lie: ProxyBehaviour = {
  kind: 'rewrite',
  rewrite: (body) =>
    body.replaceAll(/"hash":"0x(.)/g, (_, digit: string) => `"hash":"0x${digit === '0' ? '1' : '0'}`)
};
const down: ProxyBehaviour = { kind: 'down' };
const answering = (body: string): ProxyBehaviour => ({ kind: 'rewrite', rewrite: () => body });

describe('the domains canister with providers that fail', () => {
  it.each<[string, ProxyBehaviour]>([
    ['is down', down],
    ['limits its rate', { kind: 'status', status: 429 }],
    ['answers no JSON', answering('<html>')],
    ['answers more than was asked for', answering('x'.repeat(1_000_000))],
    ['nests its answer deeply', answering(`${'['.repeat(200_000)}${']'.repeat(200_000)}`)]
  ])('does without one that %s, and not without two', async (_, behaviour) => {
    const { domain, height } = await domainWithFinalBlock();
    const evidence = await domain.evidenceAt(height);
    network.proxies[0]?.behave(behaviour);
    network.proxies[1]?.behave(behaviour);
    expect(await refusal(domain, evidence)).toBe('domain/providers-too-few');

    network.proxies[1]?.behave({ kind: 'honest' });

    expect(codeOf(await network.relayer.accept_evm_checkpoint(evidence))).toBe('accepted');
  });

  it('accepts nothing when one of them lies, and says which', async () => {
    const { domain, height } = await domainWithFinalBlock();
    network.proxies[2]?.behave(lie);
    const before = await network.relayer.domain(domain.id);

    const result = await network.relayer.accept_evm_checkpoint(await domain.evidenceAt(height));

    expect(result).toMatchObject({
      Err: {
        code: 'domain/providers-disagree',
        message: expect.stringMatching(/rpc-3\.localhost says final 0/) as string
      }
    });
    expect(await network.relayer.domain(domain.id)).toEqual(before);
  });

  it('asks one question at a time for a domain, and is free again after an upgrade in between', async () => {
    const { domain, height } = await domainWithFinalBlock();
    const evidence = await domain.evidenceAt(height);
    let open: () => void = () => undefined;
    const until = new Promise<void>((resolve) => (open = resolve));
    for (const proxy of network.proxies) proxy.behave({ kind: 'wait', until });
    const asked = network.proxies[0]?.nextRequest();
    const slow = network.relayer.accept_evm_checkpoint(evidence).then(codeOf, () => 'rejected');
    await asked;

    expect(await refusal(domain, evidence)).toBe('domain/busy');
    await network.upgrade();
    network.heal();
    expect(codeOf(await network.relayer.accept_evm_checkpoint(evidence))).toBe('accepted');

    open();
    expect(await slow).toBe('rejected');
    expect(unwrap(await network.relayer.domain(domain.id))).toMatchObject({
      status: { running: null },
      latest: [{ height }]
    });
  });
});

describe('the domains canister when the chain contradicts itself', () => {
  it('halts the domain, and goes on with the other side when a controller discards the wrong one', async () => {
    const domain = await network.newDomain();
    const other = await network.newDomain();
    const { height: before } = await domain.execute();
    const snapshot = await network.evm.reader.transport.request({ method: 'evm_snapshot' });
    const { height } = await domain.execute();
    await network.finalize();
    unwrap(await network.relayer.accept_evm_checkpoint(await domain.evidenceAt(before)));
    unwrap(await network.relayer.accept_evm_checkpoint(await domain.evidenceAt(height)));
    await network.evm.reader.transport.request({ method: 'evm_revert', params: [snapshot] });
    await mineBlocks(network.anvil.url, 3);
    const fork = await domain.evidenceAt(height);

    expect(codeOf(await network.relayer.accept_evm_checkpoint(fork))).toBe('checkpoint/conflicting-block');

    expect(codeOf(await network.relayer.accept_evm_checkpoint(fork))).toBe('domain/halted');
    expect(unwrap(await network.relayer.domain(other.id)).status).toEqual({ running: null });
    expect(codeOf(await network.relayer.attest_nullifiers(await domain.attestRequest(before, [])))).toBe(
      'domain/halted'
    );
    unwrap(await network.controller.resume_domain(domain.id, [height]));
    expect(codeOf(await network.relayer.accept_evm_checkpoint(fork))).toBe('accepted');
  });
});
