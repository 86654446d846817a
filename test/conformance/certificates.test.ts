import { createPublicKey, verify } from 'node:crypto';
import { decode } from '@dfinity/cbor';
import { Certificate as OldCertificate } from '@dfinity/agent';
import { Principal } from '@dfinity/principal';
import {
  Cbor,
  Certificate,
  hashOfMap,
  HttpAgent,
  reconstruct,
  type HashTree as CoreHashTree
} from '@icp-sdk/core/agent';
import { Principal as CorePrincipal } from '@icp-sdk/core/principal';
import { expectRefusal } from './client-error';
import { decodeCertificate, decodeLeb128, type Path, valueAt } from './client';
import { flattenForks, type HashTree, lookUpInTree } from './hash-tree';
import { type Fields, requestId, signedPayload } from './envelopes';
import { type Probe } from './network';
import { program } from './probe/program';
import { row, useNetwork } from './row';
import { decodeRanges, hex, isInRanges, readSubnetState, subnetOf } from './subnet';

const network = useNetwork();
let probe: Probe;

beforeAll(async () => {
  probe = await network.probe();
});

const hello = program().replyText('hello').toBytes();

async function callCertificate(run: Uint8Array): Promise<Uint8Array> {
  const content = network.client.content('call', probe.id, 'update', run);
  const { bytes } = await network.client.send('v4 canister call', probe.id, content);
  return decode<{ certificate: Uint8Array }>(bytes).certificate;
}

const timeIn = (certificate: Uint8Array): bigint =>
  decodeLeb128(valueAt(certificate, ['time']) ?? new Uint8Array(0));

const verified = (certificate: Uint8Array, rootKey = network.rootKey): Promise<unknown> =>
  Certificate.create({
    certificate,
    rootKey,
    principal: { canisterId: CorePrincipal.fromUint8Array(probe.id) }
  });

row(
  4,
  'Certification, Example',
  "the example tree has the specification's root hash, and its paths are found",
  async () => {
    const encoded =
      '83018301830241618301820458201b4feff9bef8131788b0c9dc6dbad6e81e524249c879e9f10f71ce3749f5a638' +
      '83024179820345776f726c6483024162820458207b32ac0c6ba8ce35ac82c255fc7906f7fc130dab2a090f80fe12' +
      'f9c2cae83ba6830182045820ec8324b8a1f1ac16bd2e806edba78006479c9877fed4eb464a25485465af601d8302' +
      '41648203476d6f726e696e67';
    const tree = decode<HashTree>(Uint8Array.from(Buffer.from(`d9d9f7${encoded}`, 'hex')));
    const statusOf = (...path: string[]): string =>
      lookUpInTree(
        path.map((label) => new TextEncoder().encode(label)),
        tree
      ).status;

    expect(hex(await reconstruct(tree as CoreHashTree))).toBe(
      'eb5c5b2195e62d996b84c9bcc8259d19a83786a2f59e0878cec84c811f669aa0'
    );
    expect(statusOf('a', 'a')).toBe('Unknown');
    expect(statusOf('a', 'y')).toBe('Found');
    expect(statusOf('aa')).toBe('Absent');
    expect(statusOf('b')).toBe('Unknown');
  }
);

row(23, 'Certification', 'certificates of calls and of read_state verify under the root key', async () => {
  for (const certificate of [
    await callCertificate(hello),
    await network.client.readState(probe.id, [['time']]),
    await network.client.readState(probe.id, [['subnet'], ['canister', probe.id, 'controllers']])
  ]) {
    await verified(certificate);
    await OldCertificate.create({
      certificate,
      rootKey: network.rootKey,
      canisterId: Principal.fromUint8Array(probe.id)
    });
  }
});

row(23, 'Certification', 'no certificate verifies under another key, or changed', async () => {
  const certificate = await network.client.readState(probe.id, [['time']]);
  const otherKey = Uint8Array.from(
    Buffer.from(
      '308182301d060d2b0601040182dc7c0503010201060c2b0601040182dc7c05030201036100814c0e6ec71fab583b08bd81373c255c' +
        '3c371b2e84863c98a4f1e08b74235d14fb5d9c0cd546d9685f913a0c0b2cc5341583bf4b4392e467db96d65b9bb4cb717112f847' +
        '2e0d5a4d14505ffd7484b01291091c5f87b98883463f98091a0baaae',
      'hex'
    )
  );
  await expect(verified(certificate, otherKey)).rejects.toThrow();

  const { tree, signature } = decodeCertificate(certificate);
  const changed = signature.map((byte, index) => (index === 40 ? byte ^ 1 : byte));
  await expect(verified(Cbor.encode({ tree, signature: changed }))).rejects.toThrow();
});

row(24, 'System state tree, Time', 'every certificate shows the time, and it never goes back', async () => {
  const times: bigint[] = [];
  for (let round = 0; round < 3; round++) {
    times.push(timeIn(await callCertificate(hello)));
    times.push(timeIn(await network.client.readState(probe.id, [['canister', probe.id, 'module_hash']])));
    times.push(timeIn(await network.client.readState(probe.id, [['time']])));
    times.push(timeIn(await network.client.readState(probe.id, [])));
  }

  expect(times.every((time, index) => index === 0 || time >= (times[index - 1] ?? 0n))).toBe(true);
  const offMinutes = Number((network.nowNs() - (times.at(-1) ?? 0n)) / 60_000_000_000n);
  expect(Math.abs(offMinutes)).toBeLessThan(5);
});

row(
  '+',
  'Certification, Encoding of certificates',
  'a certificate is tagged CBOR and signed in 48 bytes',
  async () => {
    const certificate = await network.client.readState(probe.id, [['time']]);

    expect([...certificate.subarray(0, 3)]).toEqual([0xd9, 0xd9, 0xf7]);
    expect(decodeCertificate(certificate).signature).toHaveLength(48);
  }
);

function assertWellFormed(tree: HashTree): void {
  if (tree[0] === 3 || tree[0] === 4) return;
  const trees = flattenForks(tree);
  const labels = trees.filter(([kind]) => kind === 2).map(([, label]) => hex(label as Uint8Array));
  expect(labels).toEqual([...new Set(labels)].sort());
  expect(trees.every(([kind]) => kind !== 3)).toBe(true);
  for (const [kind, , child] of trees) if (kind === 2) assertWellFormed(child);
}

row('+', 'Certification, Lookup', 'trees are well-formed: labels grow, leaves stand alone', async () => {
  await callCertificate(hello);
  const certificates = [
    await callCertificate(hello),
    await network.client.readState(probe.id, [['subnet']]),
    await network.client.readState(probe.id, [
      ['canister', probe.id, 'controllers'],
      ['request_status', new Uint8Array(32)]
    ])
  ];
  for (const certificate of certificates) {
    assertWellFormed(decodeCertificate(certificate).tree);
  }
});

row(
  31,
  'HTTPS interface, Query call',
  'the node key of the state tree has signed the answer to a query',
  async () => {
    const subnetId = await subnetOf(network, probe.id);
    const subnet = await network.client.readState(probe.id, [['subnet']]);
    const content = network.client.content('query', probe.id, 'query', hello);
    const rejected = network.client.content('query', probe.id, 'query', program().trap('no').toBytes());

    for (const query of [content, rejected]) {
      const answer = decode<Fields>((await network.client.send('v3 canister query', probe.id, query)).bytes);
      const { signatures, ...response } = answer;
      const [signature] = signatures as { timestamp: bigint; signature: Uint8Array; identity: Uint8Array }[];
      if (signature === undefined) throw new Error('the answer is not signed');
      const key = valueAt(subnet, [
        'subnet',
        subnetId.toUint8Array(),
        'node',
        signature.identity,
        'public_key'
      ]);
      const signed = { ...response, timestamp: signature.timestamp, request_id: requestId(query) };
      const payload = signedPayload('ic-response', Uint8Array.from(hashOfMap(signed)));
      const publicKey = createPublicKey({ key: Buffer.from(key ?? []), format: 'der', type: 'spki' });

      expect(verify(null, payload, publicKey, signature.signature)).toBe(true);
      const age = network.nowNs() - BigInt(signature.timestamp);
      expect(Math.abs(Number(age / 1_000_000_000n))).toBeLessThan(300);
    }
  }
);

row(31, 'Agents', 'an agent refuses an answer that a proxy has changed', async () => {
  const tamper: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    if (!(input instanceof Request ? input.url : input.toString()).includes('/query')) return response;
    const body = decode<Fields & { reply: { arg: Uint8Array } }>(
      new Uint8Array(await response.arrayBuffer())
    );
    body.reply.arg[0] = 0x4a;
    return new Response(Cbor.encode(body), response);
  };
  const honest = await HttpAgent.create({ host: network.url, rootKey: network.rootKey });
  const deceived = await HttpAgent.create({ host: network.url, rootKey: network.rootKey, fetch: tamper });
  const question = { methodName: 'query', arg: hello };

  expect(await honest.query(probe.principal.toText(), question)).toMatchObject({ status: 'replied' });
  await expect(deceived.query(probe.principal.toText(), question)).rejects.toThrow(/verif/i);
});

row(
  32,
  'System state tree, Canister ranges',
  "every canister's id is in the ranges of its subnet",
  async () => {
    const created = await Promise.all([network.create(), network.create(), network.create()]);
    const subnetId = await subnetOf(network, probe.id);
    const whole = network.client.readStateContent([['subnet', subnetId.toUint8Array(), 'canister_ranges']]);
    const { bytes } = await network.client.send('v2 canister read_state', probe.id, whole);
    const { certificate } = decode<{ certificate: Uint8Array }>(bytes);
    const source = decodeCertificate(certificate).delegation?.certificate ?? certificate;
    const ranges = decodeRanges(
      valueAt(source, ['subnet', subnetId.toUint8Array(), 'canister_ranges']) ?? new Uint8Array()
    );

    for (const { id } of [probe, ...created]) expect(isInRanges(id, ranges)).toBe(true);
  }
);

row(
  32,
  'System state tree, Canister ranges',
  'shards are named by their first id and hold every canister',
  async () => {
    const subnetId = await subnetOf(network, probe.id);
    const path: Path = ['canister_ranges', subnetId.toUint8Array()];
    const answer = await readSubnetState(network, subnetId, [path]);
    expect(answer.status).toBe(200);
    const { tree } = decodeCertificate(decode<{ certificate: Uint8Array }>(answer.bytes).certificate);

    const shards = shardsIn(tree, hex(subnetId.toUint8Array()));
    for (const [first, ranges] of shards) expect(ranges[0]?.[0]).toBe(first);
    expect(
      isInRanges(
        probe.id,
        shards.flatMap(([, ranges]) => ranges)
      )
    ).toBe(true);
  }
);

/** Shards below `/canister_ranges/<subnet>`: the label in hexadecimal digits and the ranges. */
function shardsIn(tree: HashTree, subnetId: string): (readonly [string, ReturnType<typeof decodeRanges>])[] {
  const below = (parent: HashTree, label: string): HashTree =>
    (flattenForks(parent).find(([kind, name]) => kind === 2 && hex(name) === label)?.[2] as HashTree) ?? [0];
  const subnets = below(tree, Buffer.from('canister_ranges').toString('hex'));
  return flattenForks(below(subnets, subnetId))
    .filter(([kind]) => kind === 2)
    .map(([, label, leaf]) => [hex(label as Uint8Array), decodeRanges((leaf as HashTree)[1] as Uint8Array)]);
}

row('+', 'HTTPS interface, Read state', 'ranges and metrics are read through the subnet only', async () => {
  const subnetId = await subnetOf(network, probe.id);
  const metrics: Path = ['subnet', subnetId.toUint8Array(), 'metrics'];
  const ranges: Path = ['canister_ranges', subnetId.toUint8Array()];

  for (const path of [metrics, ranges]) {
    const content = network.client.readStateContent([path]);
    for (const endpoint of ['v2 canister read_state', 'v3 canister read_state']) {
      expectRefusal(await network.client.send(endpoint, probe.id, content));
    }
    expect((await readSubnetState(network, subnetId, [path])).status).toBe(200);
  }
});

row('+', 'System state tree, Subnet information', 'metrics are CBOR with the four fields', async () => {
  const subnetId = await subnetOf(network, probe.id);
  const path: Path = ['subnet', subnetId.toUint8Array(), 'metrics'];
  const { bytes } = await readSubnetState(network, subnetId, [path]);

  const value = valueAt(decode<{ certificate: Uint8Array }>(bytes).certificate, path);
  // The head of a map with four entries.
  expect(value?.[0]).toBe(0xa4);
});

row(
  '+',
  'System state tree, Subnet information',
  'the subnet shows its key, its type and its node keys',
  async () => {
    const subnetId = await subnetOf(network, probe.id);
    const certificate = await network.client.readState(probe.id, [['subnet']]);
    const subnet = (field: string): Uint8Array | undefined =>
      valueAt(certificate, ['subnet', subnetId.toUint8Array(), field]);

    expect(Principal.selfAuthenticating(subnet('public_key') ?? new Uint8Array()).toText()).toBe(
      subnetId.toText()
    );
    expect(['application', 'system', 'verified_application', 'cloud_engine']).toContain(
      new TextDecoder().decode(subnet('type'))
    );
  }
);
