import { Principal } from '@icp-sdk/core/principal';
import { HttpAgent } from '@icp-sdk/core/agent';
import { Ed25519KeyIdentity } from '@icp-sdk/core/identity';
import { expectClientError } from './client-error';
import { type HttpAnswer, type RequestOptions } from './client';
import { createIdentity } from './identities';
import { type Probe, seconds } from './network';
import { program } from './probe/program';
import { needing, row, useNetwork } from './row';

const network = useNetwork();
let probe: Probe;

beforeAll(async () => {
  probe = await network.probe();
});

const SECTION = 'HTTPS interface, Authentication';
const identity = createIdentity();
const hello = program().replyText('hello').toBytes();

async function sendAll(expiryInSeconds: number, options: RequestOptions): Promise<HttpAnswer[]> {
  const expiry = { ingress_expiry: network.client.expiry(seconds(expiryInSeconds)) };
  const contents = [
    ['v2 canister call', network.client.content('call', probe.id, 'update', hello)],
    ['v4 canister call', network.client.content('call', probe.id, 'update', hello)],
    ['v3 canister query', network.client.content('query', probe.id, 'query', hello)],
    ['v3 canister read_state', network.client.readStateContent([['time']])]
  ] as const;
  return Promise.all(
    contents.map(([endpoint, content]) =>
      network.client.send(endpoint, probe.id, { ...content, ...expiry }, options)
    )
  );
}

row(10, SECTION, 'an expiry up to 5 minutes ahead is accepted', async () => {
  for (const ahead of [5, 240, 300]) {
    const answers = await sendAll(ahead, { identity });
    expect(answers.map(({ status }) => status)).toEqual([202, 200, 200, 200]);
  }
});

for (const [claim, ahead] of [
  ['an expiry that has passed', -1],
  ['an expiry long ago', -86_400],
  ['an expiry far ahead', 331],
  ['an expiry next year', 31_536_000]
] as const) {
  row(10, SECTION, `${claim} is refused with the text by which agents know it`, async () => {
    for (const answer of await sendAll(ahead, { identity })) {
      expectClientError(answer);
      expect(answer.text).toMatch(/^Invalid request expiry: /);
    }
  });
}

row(10, SECTION, 'an expiry of 0, and one beyond 64 bits, are refused', async () => {
  for (const ingress_expiry of [0n, (1n << 64n) - 1n]) {
    const content = { ...network.client.content('call', probe.id, 'update', hello), ingress_expiry };
    expectClientError(await network.client.send('v4 canister call', probe.id, content));
  }
});

row(11, SECTION, 'anonymous calls expire; anonymous queries and read_state do not', async () => {
  const [call2, call4, query, readState] = await sendAll(-60, {});

  for (const call of [call2, call4]) if (call) expectClientError(call);
  expect(query?.status).toBe(200);
  expect(readState?.status).toBe(200);
});

row(
  12,
  'Agents',
  'an agent whose clock is 10 minutes off reads the time of an unknown canister and recovers',
  needing('time travel', async () => {
    const agent = await HttpAgent.create({
      host: network.url,
      rootKey: network.rootKey,
      identity: Ed25519KeyIdentity.generate()
    });
    await network.pass(600);

    await agent.syncTime({ canisterId: Principal.fromText('ryjl3-tyaaa-aaaaa-aaaba-cai') });
    const reply = await agent.query(probe.principal.toText(), { methodName: 'query', arg: hello });

    expect(agent.getTimeDiffMsecs()).toBeGreaterThan(590_000);
    expect(reply.status).toBe('replied');
  })
);

row(
  12,
  'Agents',
  'an agent that was refused for its expiry corrects its clock and repeats',
  needing('time travel', async () => {
    const agent = await HttpAgent.create({
      host: network.url,
      rootKey: network.rootKey,
      identity: Ed25519KeyIdentity.generate()
    });
    await network.pass(600);

    const { response } = await agent.call(probe.principal.toText(), { methodName: 'update', arg: hello });

    expect(response.status).toBe(200);
  })
);
