import * as dfinity from '@dfinity/agent';
import { Ed25519KeyIdentity as DfinityIdentity } from '@dfinity/identity';
import { Principal as DfinityPrincipal } from '@dfinity/principal';
import * as icp from '@icp-sdk/core/agent';
import { Ed25519KeyIdentity as IcpIdentity } from '@icp-sdk/core/identity';
import { Principal as IcpPrincipal } from '@icp-sdk/core/principal';
import { idText } from './client';
import { type Probe } from './network';
import { program } from './probe/program';
import { row, useNetwork } from './row';

const network = useNetwork();
let probe: Probe;

beforeAll(async () => {
  probe = await network.probe();
});

/** What the generations of the JavaScript agent have in common here. */
type Client = {
  readonly call: (arg: Uint8Array, callSync: boolean) => Promise<{ status: number; reply: Uint8Array }>;
  readonly query: (arg: Uint8Array) => Promise<unknown>;
};

const whoAmI = program().caller().reply().toBytes();

async function connectDfinity(): Promise<Client & { readonly sender: Uint8Array }> {
  const identity = DfinityIdentity.generate();
  const agent = await dfinity.HttpAgent.create({ host: network.url, shouldFetchRootKey: true, identity });
  const canisterId = DfinityPrincipal.fromUint8Array(probe.id);
  return {
    sender: identity.getPrincipal().toUint8Array(),
    call: async (arg, callSync) => {
      const fields = { methodName: 'update', arg, effectiveCanisterId: canisterId, callSync };
      const { requestId, response } = await agent.call(canisterId, fields);
      const { reply } = await dfinity.pollForResponse(agent, canisterId, requestId);
      return { status: response.status, reply };
    },
    query: (arg) => agent.query(canisterId, { methodName: 'query', arg })
  };
}

async function connectIcp(): Promise<Client & { readonly sender: Uint8Array }> {
  const identity = IcpIdentity.generate();
  const agent = await icp.HttpAgent.create({ host: network.url, shouldFetchRootKey: true, identity });
  const canisterId = IcpPrincipal.fromUint8Array(probe.id);
  return {
    sender: identity.getPrincipal().toUint8Array(),
    call: async (arg, callSync) => {
      const fields = { methodName: 'update', arg, effectiveCanisterId: canisterId, callSync };
      const { requestId, response } = await agent.call(canisterId, fields);
      const { reply } = await icp.pollForResponse(agent, { canisterId }, requestId);
      return { status: response.status, reply };
    },
    query: (arg) => agent.query(canisterId, { methodName: 'query', arg })
  };
}

for (const [name, connect] of [
  ['@dfinity/agent 3.4', connectDfinity],
  ['@icp-sdk/core 6', connectIcp]
] as const) {
  for (const [callSync, status] of [
    [true, 200],
    [false, 202]
  ] as const) {
    row(74, `Agents, ${name}`, `updates with callSync ${callSync}, certificates verified`, async () => {
      const client = await connect();
      const answer = await client.call(whoAmI, callSync);

      expect(answer.status).toBe(status);
      expect(Uint8Array.from(answer.reply)).toEqual(client.sender);
    });

    row(74, `Agents, ${name}`, `a trap is told with callSync ${callSync}`, async () => {
      const client = await connect();

      await expect(client.call(program().trap('oh no').toBytes(), callSync)).rejects.toThrow(/oh no/);
    });
  }

  row(74, `Agents, ${name}`, 'queries, node signatures verified', async () => {
    const client = await connect();

    expect(await client.query(whoAmI)).toMatchObject({ status: 'replied' });
    expect(await client.query(program().trap('oh no').toBytes())).toMatchObject({ status: 'rejected' });
  });
}

const PATHS = ['call', 'query', 'read_state'];

row(74, 'Agents, in browsers', 'a page of any origin may call: preflight', async () => {
  for (const path of PATHS) {
    const response = await fetch(`${network.url}/api/v3/canister/${idText(probe.id)}/${path}`, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://a-page.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type'
      }
    });

    expect(response.ok).toBe(true);
    expect(response.headers.get('access-control-allow-origin')).toMatch(/^(\*|https:\/\/a-page\.example)$/);
    expect(response.headers.get('access-control-allow-methods')).toMatch(/POST/);
    expect(response.headers.get('access-control-allow-headers')?.toLowerCase()).toContain('content-type');
  }
});

row(74, 'Agents, in browsers', 'a page may read the answers, refusals too', async () => {
  for (const request of [
    fetch(`${network.url}/api/v2/status`, { headers: { origin: 'https://a-page.example' } }),
    fetch(`${network.url}/api/v3/canister/${idText(probe.id)}/query`, {
      method: 'POST',
      headers: { origin: 'https://a-page.example', 'content-type': 'application/cbor' },
      body: Uint8Array.of(1)
    })
  ]) {
    const { headers } = await request;
    expect(headers.get('access-control-allow-origin')).toMatch(/^(\*|https:\/\/a-page\.example)$/);
  }
});
