import { encode } from '@dfinity/cbor';
import { idText, replyOf, replyText } from './client';
import { encodeTagged, envelope, type Fields, requestId } from './envelopes';
import { expectClientError } from './client-error';
import { ANONYMOUS, createIdentity } from './identities';
import { type Probe } from './network';
import { program } from './probe/program';
import { row, useNetwork } from './row';

const network = useNetwork();
let probe: Probe;

beforeAll(async () => {
  probe = await network.probe();
});

const ENDPOINTS = {
  call: ['v2', 'v3', 'v4'],
  query: ['v2', 'v3'],
  read_state: ['v2', 'v3']
} as const;
type RequestKind = keyof typeof ENDPOINTS;
const KINDS = Object.keys(ENDPOINTS) as RequestKind[];

const REQUIRED: Readonly<Record<RequestKind, readonly string[]>> = {
  call: ['request_type', 'canister_id', 'method_name', 'arg', 'sender', 'ingress_expiry'],
  query: ['request_type', 'canister_id', 'method_name', 'arg', 'sender', 'ingress_expiry'],
  read_state: ['request_type', 'paths', 'sender', 'ingress_expiry']
};

function contentOf(kind: RequestKind): Fields {
  if (kind === 'read_state') return network.client.readStateContent([['time']]);
  const method = kind === 'call' ? 'update' : 'query';
  return network.client.content(kind, probe.id, method, program().replyText('hello').toBytes());
}

const without = (fields: Fields, name: string): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([key]) => key !== name));

/** Sends to every version of an endpoint. */
async function postAll(kind: RequestKind, body: Fields | Uint8Array): Promise<void> {
  for (const version of ENDPOINTS[kind]) {
    expectClientError(
      await network.client.post(`/api/${version}/canister/${idText(probe.id)}/${kind}`, body)
    );
  }
}

for (const kind of KINDS) {
  row(5, `HTTPS interface, Request: ${kind}`, 'each required field must be there', async () => {
    for (const version of ENDPOINTS[kind]) {
      const answer = await network.client.send(`${version} canister ${kind}`, probe.id, contentOf(kind));
      expect(answer.status).toBeLessThan(300);
    }

    for (const field of REQUIRED[kind]) await postAll(kind, { content: without(contentOf(kind), field) });
    await postAll(kind, {});
    await postAll(kind, { content: {} });
  });

  row('+', `HTTPS interface, Request: ${kind}`, 'each field must have its type', async () => {
    const wrong: Fields = {
      request_type: 'bet',
      canister_id: 'aaaaa-aa',
      method_name: Uint8Array.of(1),
      arg: 'text',
      sender: 'text',
      ingress_expiry: 'soon',
      paths: 'time',
      nonce: 7
    };
    for (const field of [...REQUIRED[kind], 'nonce']) {
      await postAll(kind, { content: { ...contentOf(kind), [field]: wrong[field] } });
    }
  });

  row('+', `HTTPS interface, Request: ${kind}`, 'a request of another type is refused', async () => {
    for (const other of KINDS.filter((name) => name !== kind)) {
      await postAll(kind, { content: contentOf(other) });
      await postAll(kind, { content: { ...contentOf(kind), request_type: other } });
    }
  });

  row(
    7,
    `HTTPS interface, CBOR: ${kind}`,
    'a body cut short anywhere, or no CBOR at all, is refused',
    async () => {
      const whole = encodeTagged({ content: contentOf(kind) });
      for (let length = 0; length < whole.length; length += 7) await postAll(kind, whole.subarray(0, length));
      await postAll(kind, new TextEncoder().encode('{"content": {}}'));
      await postAll(kind, new Uint8Array(64).fill(0xff));
    }
  );
}

row(
  7,
  'HTTPS interface, CBOR',
  'an envelope without the self-describing tag is taken or refused',
  async () => {
    const body = Uint8Array.from(encode({ content: contentOf('query') }));

    const { status } = await network.client.post(`/api/v3/canister/${idText(probe.id)}/query`, body);

    expect([200, 400]).toContain(status);
  }
);

row('+', 'HTTPS interface, CBOR', 'a tag that means nothing here is refused', async () => {
  const tagged = encodeTagged({ content: contentOf('query') });
  const body = Uint8Array.from([0xd9, 0xd9, 0xf6, ...tagged.subarray(3)]);

  expectClientError(await network.client.post(`/api/v3/canister/${idText(probe.id)}/query`, body));
});

row('+', 'HTTPS interface, CBOR', 'a map with the same key twice is refused', async () => {
  const inner = encodeTagged(contentOf('query')).subarray(3);
  const content = [0x67, ...new TextEncoder().encode('content')];
  const body = Uint8Array.from([0xd9, 0xd9, 0xf7, 0xa2, ...content, ...inner, ...content, ...inner]);

  expectClientError(await network.client.post(`/api/v3/canister/${idText(probe.id)}/query`, body));
});

row('+', 'HTTPS interface, CBOR', 'nesting without end is refused', async () => {
  for (const byte of [0x81, 0xa1, 0xd9]) await postAll('query', new Uint8Array(100_000).fill(byte));
});

row(
  6,
  'HTTPS interface, Request ids',
  'a field beyond those known is refused or part of the id',
  async () => {
    const identity = createIdentity();
    const content = { ...contentOf('call'), sender: identity.sender, unheard_of: 'value' };

    const answer = await network.client.post(
      `/api/v4/canister/${idText(probe.id)}/call`,
      envelope(content, identity)
    );

    if (answer.status === 200) {
      const outcome = await network.client.outcomeOf(probe.id, requestId(content), { identity });
      expect(replyText(outcome)).toBe('hello');
    } else expectClientError(answer);
  }
);

row(6, 'HTTPS interface, Request ids', 'a field added after signing is not ignored', async () => {
  const identity = createIdentity();
  const signed = envelope({ ...contentOf('call'), sender: identity.sender }, identity);

  await postAll('call', { ...signed, content: { ...(signed.content as Fields), unheard_of: 'value' } });
});

for (const kind of KINDS) {
  row(15, `HTTPS interface, Authentication: ${kind}`, 'a nonce has at most 32 bytes', async () => {
    const send = (size: number): ReturnType<typeof network.client.send> =>
      network.client.send(`v3 canister ${kind}`, probe.id, {
        ...contentOf(kind),
        nonce: new Uint8Array(size)
      });

    expect((await send(0)).status).toBe(200);
    expect((await send(32)).status).toBe(200);
    expectClientError(await send(33));
  });
}

row(
  '+',
  'HTTPS interface, Call',
  'an argument of 1 MiB arrives whole; a body over 4 MiB is refused',
  async () => {
    const large = program()
      .blob(new Uint8Array(1 << 20))
      .op('split')
      .replyInt();

    expect(replyOf(await probe.update(large))[2]).toBe(0x10);
    const content = network.client.content('call', probe.id, 'update', new Uint8Array(5 << 20));
    expectClientError(await network.client.send('v4 canister call', probe.id, content));
  }
);

row('+', 'HTTPS interface, Authentication', 'a malformed principal in the URL is refused', async () => {
  for (const id of ['aaaaa-aaa', 'x', '2vxsx-fae-2vxsx', idText(probe.id).slice(0, -1), '%00']) {
    const body = envelope(contentOf('query'), ANONYMOUS);
    const { status } = await network.client.post(`/api/v3/canister/${id}/query`, body);
    expect(Math.floor(status / 100)).toBe(4);
  }
});
