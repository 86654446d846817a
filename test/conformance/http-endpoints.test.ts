import { decode } from '@dfinity/cbor';
import { codesOf, idText, replyInt, replyText, valueAt } from './client';
import { type Fields, requestId } from './envelopes';
import { createIdentity } from './identities';
import { type Probe } from './network';
import { program } from './probe/program';
import { row, useNetwork } from './row';

const network = useNetwork();
let probe: Probe;

beforeAll(async () => {
  probe = await network.probe();
});

const count = program().increment(0).register(0).replyInt();
const greet = program().replyText('hello').toBytes();
const statusOf = (certificate: Uint8Array, id: Uint8Array): string =>
  new TextDecoder().decode(valueAt(certificate, ['request_status', id, 'status']));

row(1, 'HTTPS interface, Status endpoint', 'tagged CBOR with the root key in DER', async () => {
  const { status, bytes } = await network.client.get('/api/v2/status');

  expect(status).toBe(200);
  expect([...bytes.subarray(0, 3)]).toEqual([0xd9, 0xd9, 0xf7]);
  const key = Buffer.from(decode<{ root_key: Uint8Array }>(bytes).root_key).toString('hex');
  expect(key).toMatch(
    /^308182301d060d2b0601040182dc7c0503010201060c2b0601040182dc7c05030201036100[0-9a-f]{192}$/
  );
});

row(1, 'HTTPS interface, Status endpoint', 'says that the replica is healthy', async () => {
  const { bytes } = await network.client.get('/api/v2/status');

  expect(decode<Fields>(bytes).replica_health_status).toBe('healthy');
});

row(
  2,
  'HTTPS interface, Asynchronous call',
  'v2 accepts with 202 and no body, and ends in the state tree',
  async () => {
    const content = network.client.content('call', probe.id, 'update', greet);

    const answer = await network.client.send('v2 canister call', probe.id, content);
    const outcome = await network.client.outcomeOf(probe.id, requestId(content));

    expect(answer).toMatchObject({ status: 202, text: '' });
    expect(replyText(outcome)).toBe('hello');
  }
);

for (const version of ['v3', 'v4']) {
  row(
    2,
    'HTTPS interface, Call',
    `${version} answers with a certificate of reply and reject alike`,
    async () => {
      const replied = network.client.content('call', probe.id, 'update', greet);
      const rejected = network.client.content('call', probe.id, 'update', program().trap('no').toBytes());

      for (const [content, status] of [[replied, 'replied'] as const, [rejected, 'rejected'] as const]) {
        const answer = await network.client.send(`${version} canister call`, probe.id, content);
        const body = decode<{ status: string; certificate: Uint8Array }>(answer.bytes);

        expect(answer.status).toBe(200);
        expect(Object.keys(body).sort()).toEqual(['certificate', 'status']);
        expect(body.status).toBe('replied');
        expect(statusOf(body.certificate, requestId(content))).toBe(status);
        expect(valueAt(body.certificate, ['time'])).toBeDefined();
      }
    }
  );
}

for (const version of ['v2', 'v3']) {
  row(
    '+',
    'HTTPS interface, Query call',
    `${version} answers with reply and one node signature`,
    async () => {
      const content = network.client.content('query', probe.id, 'query', greet);

      const answer = await network.client.send(`${version} canister query`, probe.id, content);

      const body = decode<Fields>(answer.bytes);
      expect(body).toMatchObject({ status: 'replied', reply: { arg: new TextEncoder().encode('hello') } });
      const [signature, ...more] = body.signatures as Fields[];
      expect(Object.keys(signature ?? {}).sort()).toEqual(['identity', 'signature', 'timestamp']);
      expect(more).toEqual([]);
    }
  );

  row(
    '+',
    'HTTPS interface, Read state',
    `${version} answers with a certificate and nothing else`,
    async () => {
      const content = network.client.readStateContent([['time']]);

      const answer = await network.client.send(`${version} canister read_state`, probe.id, content);

      expect(Object.keys(decode<Fields>(answer.bytes))).toEqual(['certificate']);
    }
  );
}

row(
  '+',
  'HTTPS interface, Call',
  'a call refused before processing is answered without certificate',
  async () => {
    const refusing = await network.probe(program(), { module: { hooks: ['canister_inspect_message'] } });
    const content = network.client.content('call', refusing.id, 'update', greet);

    const [v2, v3, v4] = await Promise.all(
      ['v2', 'v3', 'v4'].map((version) =>
        network.client.send(`${version} canister call`, refusing.id, content)
      )
    );

    const expected = { reject_code: 4, reject_message: expect.any(String) as string, error_code: 'IC0406' };
    expect([v2?.status, v3?.status, v4?.status]).toEqual([200, 200, 200]);
    expect(decode(v2?.bytes ?? new Uint8Array())).toEqual(expected);
    expect(decode(v3?.bytes ?? new Uint8Array())).toEqual({
      status: 'non_replicated_rejection',
      ...expected
    });
    expect(decode(v4?.bytes ?? new Uint8Array())).toEqual({
      status: 'non_replicated_rejection',
      ...expected
    });
  }
);

row(3, 'HTTPS interface, Request ids', 'the example has the id that the specification gives', async () => {
  const content = {
    request_type: 'call',
    sender: Uint8Array.of(4),
    ingress_expiry: 1_685_570_400_000_000_000n,
    canister_id: Uint8Array.of(0, 0, 0, 0, 0, 0, 4, 0xd2),
    method_name: 'hello',
    arg: Uint8Array.of(0x44, 0x49, 0x44, 0x4c, 0, 0xfd, 0x2a)
  };

  const id = Buffer.from(requestId(content)).toString('hex');

  expect(id).toBe('1d1091364d6bb8a6c16b203ee75467d59ead468f523eb058880ae8ec80e2b101');
  await Promise.resolve();
});

row(
  3,
  'HTTPS interface, Request ids',
  'a call is found under the id of its content, whatever its envelope',
  async () => {
    const identity = createIdentity();
    const fields = { nonce: Uint8Array.of(1), sender: identity.sender };
    const content = { ...network.client.content('call', probe.id, 'update', greet), ...fields };

    await network.client.send('v4 canister call', probe.id, content, { identity });

    expect(replyText(await network.client.outcomeOf(probe.id, requestId(content), { identity }))).toBe(
      'hello'
    );
  }
);

row(13, 'HTTPS interface, Canister calling', 'the same envelope sent several times runs once', async () => {
  const counter = await network.probe();
  const content = network.client.content('call', counter.id, 'update', count.toBytes());

  const first = await network.client.send('v2 canister call', counter.id, content);
  const again = await Promise.all(
    ['v4', 'v2', 'v3', 'v4'].map((version) =>
      network.client.send(`${version} canister call`, counter.id, content)
    )
  );

  expect(first.status).toBe(202);
  expect(again.map(({ status }) => status)).toEqual([200, 202, 200, 200]);
  expect(replyInt(await network.client.outcomeOf(counter.id, requestId(content)))).toBe(1n);
  expect(replyInt(await counter.query(program().register(0).replyInt()))).toBe(1n);
});

row(14, 'HTTPS interface, Authentication', 'requests that differ in their nonce alone both run', async () => {
  const counter = await network.probe();
  const content = network.client.content('call', counter.id, 'update', count.toBytes());

  await network.client.send('v4 canister call', counter.id, { ...content, nonce: Uint8Array.of(1) });
  await network.client.send('v4 canister call', counter.id, { ...content, nonce: Uint8Array.of(2) });

  expect(replyInt(await counter.query(program().register(0).replyInt()))).toBe(2n);
});

row('+', 'HTTPS interface', 'what is no endpoint is 404, so that agents try an older version', async () => {
  const content = network.client.content('call', probe.id, 'update', greet);

  for (const endpoint of ['v5 canister call', 'v4 canister query', 'v3 canister unknown']) {
    expect((await network.client.send(endpoint, probe.id, content)).status).toBe(404);
  }
});

row('+', 'HTTPS interface', 'endpoints other than status take POST only', async () => {
  const { status } = await network.client.get(`/api/v2/canister/${idText(probe.id)}/call`);

  expect([404, 405]).toContain(status);
});

row('+', 'HTTPS interface, Call', 'a query method can be called for a certified answer', async () => {
  const outcome = await network.client.update(probe.id, 'query', greet);

  expect(outcome).toMatchObject({ isCertified: true, kind: 'replied' });
});

row('+', 'HTTPS interface, Query call', 'an update method cannot be queried', async () => {
  expect(codesOf(await network.client.query(probe.id, 'update', greet))).toBe('5 IC0536');
});
