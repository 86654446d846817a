import { expectClientError } from './client-error';
import { type HttpAnswer, replyOf } from './client';
import { delegate, type Delegated, envelope, type Fields, requestId } from './envelopes';
import { createIdentity, KEY_KINDS, type Signer } from './identities';
import { type Created, type Probe, seconds } from './network';
import { program } from './probe/program';
import { row, useNetwork } from './row';

const network = useNetwork();
let probe: Probe;
let other: Created;

beforeAll(async () => {
  probe = await network.probe();
  other = await network.create();
});

const SECTION = 'HTTPS interface, Authentication';
const whoAmI = program().caller().reply();
const sender = createIdentity();
const session = createIdentity();

const inAnHour = (): bigint => network.nowNs() + seconds(3600);

/** A chain through fresh keys, as long as this. */
function chainOf(length: number, fields: Fields = {}): Delegated {
  const keys = [sender, ...Array.from({ length }, () => createIdentity())];
  const chain = keys
    .slice(1)
    .map((key, index) => delegate(keys[index] ?? sender, key, { expiration: inAnHour(), ...fields }));
  return { chain, by: keys[length] ?? sender };
}

/** One delegation to the session key. */
const delegated = (fields: Fields = {}, to: Signer = session): Delegated => ({
  chain: [delegate(sender, to, { expiration: inAnHour(), ...fields })],
  by: to
});

const KINDS = ['call', 'query', 'read_state'] as const;

function contentOf(kind: (typeof KINDS)[number]): Fields {
  if (kind === 'read_state') return { ...network.client.readStateContent([['time']]), sender: sender.sender };
  const method = kind === 'call' ? 'update' : 'query';
  return { ...network.client.content(kind, probe.id, method, whoAmI.toBytes()), sender: sender.sender };
}

const post = (kind: string, body: Fields): Promise<HttpAnswer> =>
  network.client.post(`/api/v3/canister/${probe.principal.toText()}/${kind}`, body);

async function expectAccepted(by: Delegated): Promise<void> {
  for (const kind of KINDS)
    expect(await post(kind, envelope(contentOf(kind), sender, by))).toMatchObject({ status: 200 });
}

async function expectRefused(by: Delegated): Promise<void> {
  for (const kind of KINDS) expectClientError(await post(kind, envelope(contentOf(kind), sender, by)));
}

for (const length of [1, 2, 20]) {
  row(19, SECTION, `a chain of ${length} delegations is followed to the sender`, async () => {
    const options = { identity: sender, delegated: chainOf(length) };

    expect(replyOf(await probe.update(whoAmI, options))).toEqual(sender.sender);
    expect(replyOf(await probe.query(whoAmI, options))).toEqual(sender.sender);
  });
}

row(19, SECTION, 'an empty chain is as none', async () => {
  await expectAccepted({ chain: [], by: sender });
});

row(19, SECTION, 'a chain of 21 is refused', async () => {
  await expectRefused(chainOf(21));
});

row(19, SECTION, 'a key that delegates to itself, or to one before it, is refused', async () => {
  const toItself = delegate(sender, sender, { expiration: inAnHour() });
  const there = delegate(sender, session, { expiration: inAnHour() });
  const back = delegate(session, sender, { expiration: inAnHour() });

  await expectRefused({ chain: [toItself], by: sender });
  await expectRefused({ chain: [there, back], by: sender });
  await expectRefused({ chain: [there, back, there], by: session });
});

row(19, SECTION, 'each delegation is signed by the key before it', async () => {
  const stranger = createIdentity();
  const forged = delegate(stranger, session, { expiration: inAnHour() });
  const [first, second] = chainOf(2).chain;
  const { chain, by } = chainOf(2);

  await expectRefused({ chain: [forged], by: session });
  await expectRefused({ chain: [...chain].reverse(), by });
  if (first && second) await expectRefused({ chain: [second], by: session });
  await expectRefused({ chain, by: stranger });
});

row(19, SECTION, 'a delegation changed after it was signed is refused', async () => {
  const { chain, by } = delegated();
  const [link] = chain;
  if (link === undefined) throw new Error('no delegation');
  const changes = [
    { expiration: inAnHour() + 1n },
    { targets: [probe.id] },
    { permissions: 'all' },
    { pubkey: createIdentity().publicKeyDer }
  ];
  for (const change of changes) {
    await expectRefused({ chain: [{ ...link, delegation: { ...link.delegation, ...change } }], by });
  }
});

for (const kind of KEY_KINDS) {
  row('+', SECTION, `delegation from and to a key of ${kind}`, async () => {
    const from = createIdentity(kind);
    const to = createIdentity(kind);
    const by = { chain: [delegate(from, to, { expiration: inAnHour() })], by: to };

    expect(replyOf(await probe.update(whoAmI, { identity: from, delegated: by }))).toEqual(from.sender);
  });
}

row(20, SECTION, 'an expired delegation is refused, anywhere in the chain', async () => {
  const expired = { expiration: network.nowNs() - seconds(1) };
  const middle = createIdentity();

  await expectRefused(delegated(expired));
  await expectRefused({
    chain: [delegate(sender, middle, expired), delegate(middle, session, { expiration: inAnHour() })],
    by: session
  });
  await expectRefused({
    chain: [delegate(sender, middle, { expiration: inAnHour() }), delegate(middle, session, expired)],
    by: session
  });
});

row(20, SECTION, 'a delegation with targets is for those canisters only', async () => {
  await expectAccepted(delegated({ targets: [probe.id] }));
  await expectAccepted(delegated({ targets: [other.id, probe.id] }));
  for (const kind of ['call', 'query'] as const) {
    expectClientError(
      await post(kind, envelope(contentOf(kind), sender, delegated({ targets: [other.id] })))
    );
  }
});

row(20, SECTION, 'targets of several delegations restrict together', async () => {
  const middle = createIdentity();
  const chain = [
    delegate(sender, middle, { expiration: inAnHour(), targets: [probe.id, other.id] }),
    delegate(middle, session, { expiration: inAnHour(), targets: [other.id] })
  ];
  for (const kind of ['call', 'query'] as const) {
    expectClientError(await post(kind, envelope(contentOf(kind), sender, { chain, by: session })));
  }
});

row(20, SECTION, '1000 targets are allowed, 1001 are not', async () => {
  const targets = (count: number): Uint8Array[] => Array.from({ length: count }, () => probe.id);

  await expectAccepted(delegated({ targets: targets(1000) }));
  await expectRefused(delegated({ targets: targets(1001) }));
});

row(21, SECTION, 'permissions "queries" allow queries, not calls; "all" allows both', async () => {
  await expectAccepted(delegated({ permissions: 'all' }));
  const queries = delegated({ permissions: 'queries' });
  expect((await post('query', envelope(contentOf('query'), sender, queries))).status).toBe(200);
  expect((await post('read_state', envelope(contentOf('read_state'), sender, queries))).status).toBe(200);
  expectClientError(await post('call', envelope(contentOf('call'), sender, queries)));
});

row(21, SECTION, 'permissions of another value are refused', async () => {
  for (const permissions of ['updates', '', 'ALL']) await expectRefused(delegated({ permissions }));
});

row(
  22,
  'HTTPS interface, Read state',
  'who holds a delegation of the sender reads its requests',
  async () => {
    const content = { ...contentOf('call'), nonce: Uint8Array.of(22) };
    await post('call', envelope(content, sender));

    const outcome = await network.client.outcomeOf(probe.id, requestId(content), {
      identity: sender,
      delegated: delegated()
    });

    expect(replyOf(outcome)).toEqual(sender.sender);
  }
);
