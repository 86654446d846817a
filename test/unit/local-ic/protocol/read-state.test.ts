import {
  Certificate,
  type HashTree,
  lookup_path,
  lookup_subtree,
  LookupPathStatus,
  lookupResultToBuffer
} from '@dfinity/agent';
import { decode } from '@dfinity/cbor';
import { Principal } from '@dfinity/principal';
import { Endpoints } from '../../../../src/local-ic/protocol/endpoints';
import {
  CANISTER,
  SECOND_NS,
  anonymously,
  bodyOf,
  callContent,
  createFixture,
  type Fixture,
  nodeKey,
  readContent,
  refusalOf,
  rootKey,
  signed,
  signer,
  stranger,
  textAt,
  utf8,
  verifiedTree
} from '../../../support/local-ic/endpoints-fixture';
import { fakeCanisterId, FakeReplica } from '../../../support/local-ic/fake-replica';
import {
  ANONYMOUS,
  delegate,
  encodeEnvelope,
  requestIdOfContent,
  signContent
} from '../../../support/local-ic/signed-envelope';

describe('read_state', () => {
  const scope = { kind: 'canister', id: CANISTER } as const;
  const canister = utf8('canister');
  const subnetId = Principal.selfAuthenticating(rootKey.publicKeyDer).toUint8Array();
  const subnetScope = { kind: 'subnet', id: subnetId } as const;

  const read = async ({ replica, endpoints }: Fixture, paths: readonly unknown[]): Promise<HashTree> =>
    verifiedTree(bodyOf(endpoints.readState(anonymously(readContent(replica, paths)), scope))['certificate']);

  it('certifies the time for any canister id', async () => {
    const fixture = createFixture();
    const unknown = { kind: 'canister', id: fakeCanisterId(200) } as const;
    const body = anonymously(readContent(fixture.replica, [[utf8('time')]]));
    const { certificate } = bodyOf(fixture.endpoints.readState(body, unknown));
    expect(lookup_path(['time'], await verifiedTree(certificate)).status).toBe(LookupPathStatus.Found);
  });

  it('certifies with the root key and no other', async () => {
    const fixture = createFixture();
    const body = anonymously(readContent(fixture.replica, []));
    const { certificate } = bodyOf(fixture.endpoints.readState(body, scope));
    const otherKey = rootKey.publicKeyDer.slice();
    otherKey.set(
      Buffer.from(
        '93e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8',
        'hex'
      ),
      37
    );
    await expect(verifiedTree(certificate, otherKey)).rejects.toThrow();
  });

  it.each(['module_hash', 'controllers'])('shows %s to anyone', async (name) => {
    const tree = await read(createFixture(), [[canister, CANISTER, utf8(name)]]);
    expect(lookup_path(['canister', CANISTER, name], tree).status).toBe(LookupPathStatus.Found);
  });

  it('gives controllers as a CBOR array of principals', async () => {
    const tree = await read(createFixture(), [[canister, CANISTER, utf8('controllers')]]);
    const value = lookupResultToBuffer(lookup_path(['canister', CANISTER, 'controllers'], tree));
    expect(decode(value ?? new Uint8Array(0))).toEqual([signer.sender]);
  });

  it('shows a canister without code to have controllers and no module hash', async () => {
    const fixture = createFixture();
    fixture.replica.setCanister({ id: CANISTER, controllers: [signer.sender], metadata: new Map() });
    const tree = await read(
      fixture,
      ['module_hash', 'controllers'].map((name) => [canister, CANISTER, utf8(name)])
    );
    expect(lookup_path(['canister', CANISTER, 'module_hash'], tree).status).toBe(LookupPathStatus.Absent);
    expect(lookup_path(['canister', CANISTER, 'controllers'], tree).status).toBe(LookupPathStatus.Found);
  });

  it('shows public metadata to anyone, and that missing metadata is absent', async () => {
    const names = ['candid:service', 'missing'];
    const tree = await read(
      createFixture(),
      names.map((name) => [canister, CANISTER, utf8('metadata'), utf8(name)])
    );
    expect(textAt(tree, ['canister', CANISTER, 'metadata', 'candid:service'])).toBe('service : {}');
    expect(lookup_path(['canister', CANISTER, 'metadata', 'missing'], tree).status).toBe(
      LookupPathStatus.Absent
    );
  });

  it('shows private metadata to controllers only', async () => {
    const { replica, endpoints } = createFixture();
    const content = readContent(replica, [[canister, CANISTER, utf8('metadata'), utf8('secret')]]);
    const tree = await verifiedTree(bodyOf(endpoints.readState(signed(content), scope))['certificate']);
    expect(textAt(tree, ['canister', CANISTER, 'metadata', 'secret'])).toBe('hidden');
    expect((await refusalOf(() => endpoints.readState(anonymously(content), scope))).status).toBe(403);
    expect((await refusalOf(() => endpoints.readState(signed(content, stranger), scope))).status).toBe(403);
  });

  it.each<[string, number, readonly unknown[]]>([
    ['the empty path', 404, [[]]],
    ['more than the time', 404, [[utf8('time'), utf8('zone')]]],
    ['all canisters', 404, [[canister]]],
    ['a whole canister', 404, [[canister, CANISTER]]],
    ['all metadata', 404, [[canister, CANISTER, utf8('metadata')]]],
    ['a part of metadata', 404, [[canister, CANISTER, utf8('metadata'), utf8('a'), utf8('b')]]],
    [
      'metadata with a name that is not UTF-8',
      400,
      [[canister, CANISTER, utf8('metadata'), Uint8Array.of(0xff)]]
    ],
    ['certified data', 404, [[canister, CANISTER, utf8('certified_data')]]],
    ['another canister than the URL says', 400, [[canister, fakeCanisterId(2), utf8('controllers')]]],
    ['metadata of another canister', 400, [[canister, fakeCanisterId(2), utf8('metadata'), utf8('a')]]],
    ['a canister id of 30 bytes', 400, [[canister, new Uint8Array(30), utf8('controllers')]]],
    ['all requests', 404, [[utf8('request_status')]]],
    ['an unknown leaf of a request', 404, [[utf8('request_status'), new Uint8Array(32), utf8('arg')]]],
    ['an unknown root', 404, [[utf8('secrets')]]],
    ['a root that is not UTF-8', 404, [[Uint8Array.of(0xff)]]],
    ['metrics of the subnet', 404, [[utf8('subnet'), subnetId, utf8('metrics')]]],
    ['ranges of the subnet', 404, [[utf8('canister_ranges'), subnetId]]],
    ['ranges of another subnet', 404, [[utf8('subnet'), CANISTER, utf8('canister_ranges')]]],
    ['an unknown leaf of the subnet', 404, [[utf8('subnet'), subnetId, utf8('secrets')]]],
    ['an unknown leaf of a node', 404, [[utf8('subnet'), subnetId, utf8('node'), CANISTER, utf8('secrets')]]],
    ['an unknown leaf of a boundary node', 404, [[utf8('api_boundary_nodes'), CANISTER, utf8('secrets')]]],
    ['a forbidden path among allowed ones', 404, [[utf8('time')], [utf8('subnet')], [canister]]],
    ['two request ids', 400, [1, 2].map((id) => [utf8('request_status'), new Uint8Array(32).fill(id)])]
  ])('refuses %s with %i', async (_name, status, paths) => {
    const { replica, endpoints } = createFixture();
    const refusal = await refusalOf(() =>
      endpoints.readState(anonymously(readContent(replica, paths)), scope)
    );
    expect(refusal.status).toBe(status);
  });

  it.each<[string, readonly unknown[]]>([
    ['the subnet', [utf8('subnet'), subnetId]],
    ['a node', [utf8('subnet'), subnetId, utf8('node'), CANISTER, utf8('public_key')]],
    ['the type', [utf8('subnet'), subnetId, utf8('type')]],
    ['the ranges of the root subnet', [utf8('subnet'), subnetId, utf8('canister_ranges')]],
    ['boundary nodes', [utf8('api_boundary_nodes')]],
    ['a boundary node', [utf8('api_boundary_nodes'), CANISTER, utf8('domain')]],
    ['a reject code', [utf8('request_status'), new Uint8Array(32), utf8('reject_code')]]
  ])('may be asked for %s', (_name, path) => {
    const { replica, endpoints } = createFixture();
    expect(endpoints.readState(anonymously(readContent(replica, [path])), scope).status).toBe(200);
  });

  it('shows when a canister was made and when its code was installed', async () => {
    const fixture = createFixture();
    const view = fixture.replica.canister(CANISTER);
    if (view === undefined) throw new Error('expected a canister');
    const names = ['canister_creation_timestamp', 'last_install_timestamp'];
    const statusAndValue = async () => {
      const tree = await read(
        fixture,
        names.map((name) => [canister, CANISTER, utf8(name)])
      );
      return names.map((name) => lookupResultToBuffer(lookup_path(['canister', CANISTER, name], tree)));
    };
    expect(await statusAndValue()).toEqual([undefined, undefined]);
    fixture.replica.setCanister({ ...view, createdNs: 5n });
    expect(await statusAndValue()).toEqual([Uint8Array.of(5), undefined]);
    fixture.replica.setCanister({ ...view, createdNs: 5n, installedNs: 300n });
    expect(await statusAndValue()).toEqual([Uint8Array.of(5), Uint8Array.of(0xac, 2)]);
  });

  it("shows metrics through the subnet, in the replica's encoding", async () => {
    const fixture = createFixture();
    const { replica, endpoints } = fixture;
    const metricsAt = async () => {
      const body = anonymously(readContent(replica, [[utf8('subnet'), subnetId, utf8('metrics')]]));
      const tree = await verifiedTree(bodyOf(endpoints.readState(body, subnetScope))['certificate']);
      const value = lookupResultToBuffer(lookup_path(['subnet', subnetId, 'metrics'], tree));
      return Buffer.from(value ?? new Uint8Array(0)).toString('hex');
    };
    expect(await metricsAt()).toBe('a40000010002a2000001000300');
    replica.metrics = {
      canisterCount: 5,
      canisterStateBytes: 5n * 1024n * 1024n,
      consumedCycles: 250_000_000_000n,
      updateTransactions: 4200n
    };
    // The vector of the replica's own test of this encoding.
    expect(await metricsAt()).toBe('a40005011a0050000002a2001b0000003a35294400010003191068');
    replica.metrics = { ...replica.metrics, consumedCycles: (3n << 64n) + 1n };
    expect(await metricsAt()).toBe('a40005011a0050000002a20001010303191068');
  });

  it('refuses a request id of 31 bytes', async () => {
    const { replica, endpoints } = createFixture();
    const content = readContent(replica, [[utf8('request_status'), new Uint8Array(31)]]);
    expect((await refusalOf(() => endpoints.readState(anonymously(content), scope))).status).toBe(400);
  });

  it('accepts 1000 paths and refuses 1001, and takes 127 labels for a path and 128 not', async () => {
    const { replica, endpoints } = createFixture();
    const time = [utf8('time')];
    const long = Array.from({ length: 127 }, () => utf8('a'));
    const readPaths = (paths: readonly unknown[]) => () =>
      endpoints.readState(anonymously(readContent(replica, paths)), scope);
    expect(readPaths(Array.from({ length: 1000 }, () => time))().status).toBe(200);
    expect((await refusalOf(readPaths(Array.from({ length: 1001 }, () => [utf8('time')])))).text).toBe(
      'Too many paths in read state request: got 1001 paths, but at most 1000 are allowed'
    );
    expect((await refusalOf(readPaths([long]))).status).toBe(404);
    expect((await refusalOf(readPaths([[...long, utf8('a')]]))).text).toMatch(
      /^At least one path in read state request is too deep/
    );
  });

  it('proves an unknown request absent', async () => {
    const id = new Uint8Array(32).fill(5);
    const tree = await read(createFixture(), [[utf8('request_status'), id]]);
    expect(lookup_path(['request_status', id, 'status'], tree).status).toBe(LookupPathStatus.Absent);
  });

  it('shows a request to its sender, by any key of it, and to nobody else', async () => {
    const { replica, endpoints } = createFixture();
    replica.settleWith = undefined;
    const call = callContent(replica, { sender: signer.sender });
    await endpoints.call(signed(call), scope, 'async');
    const requestId = requestIdOfContent(call);
    const content = readContent(replica, [[utf8('request_status'), requestId]], { sender: signer.sender });

    const delegations = [delegate(signer, stranger, { expiration: replica.nowNs + SECOND_NS })];
    const byDelegation = encodeEnvelope(signContent(content, stranger, { from: signer, delegations }));
    for (const body of [signed(content), byDelegation]) {
      const tree = await verifiedTree(bodyOf(endpoints.readState(body, scope))['certificate']);
      expect(textAt(tree, ['request_status', requestId, 'status'])).toBe('processing');
    }

    expect(
      (
        await refusalOf(() =>
          endpoints.readState(anonymously(readContent(replica, [[utf8('request_status'), requestId]])), scope)
        )
      ).status
    ).toBe(403);
    expect((await refusalOf(() => endpoints.readState(signed(content, stranger), scope))).status).toBe(403);
    expect(
      (await refusalOf(() => endpoints.readState(signed(content), { ...scope, id: fakeCanisterId(2) })))
        .status
    ).toBe(403);
  });

  it('lets a delegation read requests to its targets only', async () => {
    const { replica, endpoints } = createFixture();
    const call = callContent(replica, { sender: signer.sender });
    await endpoints.call(signed(call), scope, 'async');
    const content = readContent(replica, [[utf8('request_status'), requestIdOfContent(call)]], {
      sender: signer.sender
    });
    const by = (target: Uint8Array) => {
      const delegations = [
        delegate(signer, stranger, { expiration: replica.nowNs + SECOND_NS, targets: [target] })
      ];
      return encodeEnvelope(signContent(content, stranger, { from: signer, delegations }));
    };
    expect(endpoints.readState(by(CANISTER), scope).status).toBe(200);
    expect((await refusalOf(() => endpoints.readState(by(fakeCanisterId(2)), scope))).status).toBe(403);
  });

  it('follows a request from processing to its outcome, and forgets it with the replica after its expiry', async () => {
    const { replica, endpoints } = createFixture();
    replica.settleWith = undefined;
    const call = callContent(replica);
    const id = requestIdOfContent(call);
    await endpoints.call(anonymously(call), scope, 'async');
    const statusNow = async () => {
      const tree = await read({ replica, endpoints }, [[utf8('request_status'), id]]);
      return textAt(tree, ['request_status', id, 'status']);
    };

    expect(await statusNow()).toBe('processing');
    const record = { sender: ANONYMOUS, effectiveCanisterId: CANISTER };
    replica.setRequest(id, { ...record, state: { status: 'replied', reply: Uint8Array.of(1) } });
    expect(await statusNow()).toBe('replied');
    replica.forgetRequest(id);
    replica.nowNs += 70n * SECOND_NS;
    const body = anonymously(readContent(replica, [[utf8('request_status'), id]]));
    const { certificate } = bodyOf(endpoints.readState(body, scope));
    const { cert } = await Certificate.create({
      certificate: certificate as Uint8Array,
      rootKey: rootKey.publicKeyDer,
      canisterId: Principal.fromUint8Array(CANISTER),
      disableTimeVerification: true
    });
    expect(lookup_path(['request_status', id, 'status'], cert.tree).status).toBe(LookupPathStatus.Absent);
  });

  it('knows requests that the replica had before the endpoints', async () => {
    const replica = new FakeReplica();
    replica.nowNs = BigInt(Date.now()) * 1_000_000n;
    const id = new Uint8Array(32).fill(3);
    replica.setRequest(id, {
      sender: ANONYMOUS,
      effectiveCanisterId: CANISTER,
      state: { status: 'replied', reply: Uint8Array.of(1) }
    });
    const endpoints = new Endpoints(replica, { root: rootKey, node: nodeKey });
    const tree = await read({ replica, endpoints }, [[utf8('request_status'), id]]);
    expect(textAt(tree, ['request_status', id, 'status'])).toBe('replied');
  });

  it('shows the subnet with its node key and ranges', async () => {
    const fixture = createFixture();
    const tree = await read(fixture, [[utf8('subnet')]]);
    const nodeId = Principal.selfAuthenticating(nodeKey.publicKeyDer).toUint8Array();
    const at = (...path: (string | Uint8Array)[]) =>
      lookupResultToBuffer(lookup_path(['subnet', subnetId, ...path], tree));
    expect(at('public_key')).toEqual(rootKey.publicKeyDer);
    expect(at('node', nodeId, 'public_key')).toEqual(nodeKey.publicKeyDer);
    expect(decode(at('canister_ranges') ?? new Uint8Array(0))).toEqual([[...fixture.replica.canisterRange]]);
  });

  it('shows canister ranges through the subnet, and no canisters', async () => {
    const { replica, endpoints } = createFixture();
    const ranges = readContent(replica, [
      [utf8('canister_ranges'), subnetId],
      [utf8('subnet'), subnetId]
    ]);
    const tree = await verifiedTree(
      bodyOf(endpoints.readState(anonymously(ranges), subnetScope))['certificate']
    );
    expect(lookup_subtree(['canister_ranges', subnetId], tree).status).toBe('Found');
    const controllers = anonymously(readContent(replica, [[canister, CANISTER, utf8('controllers')]]));
    expect((await refusalOf(() => endpoints.readState(controllers, subnetScope))).status).toBe(404);
    const otherRanges = anonymously(readContent(replica, [[utf8('canister_ranges'), CANISTER]]));
    expect((await refusalOf(() => endpoints.readState(otherRanges, subnetScope))).status).toBe(400);
    const elsewhere = { kind: 'subnet', id: CANISTER } as const;
    expect((await refusalOf(() => endpoints.readState(anonymously(ranges), elsewhere))).status).toBe(400);
  });

  it('shows a request sent to the subnet through the subnet only', async () => {
    const { replica, endpoints } = createFixture();
    const call = callContent(replica, {
      canister_id: new Uint8Array(0),
      method_name: 'provisional_create_canister_with_cycles'
    });
    await endpoints.call(anonymously(call), subnetScope, 'sync');
    const requestId = requestIdOfContent(call);
    const body = anonymously(readContent(replica, [[utf8('request_status'), requestId]]));
    const tree = await verifiedTree(bodyOf(endpoints.readState(body, subnetScope))['certificate']);
    expect(textAt(tree, ['request_status', requestId, 'status'])).toBe('replied');
    expect((await refusalOf(() => endpoints.readState(body, scope))).status).toBe(403);
  });

  it('sees a canister change, appear and go', async () => {
    const fixture = createFixture();
    const { replica } = fixture;
    const view = replica.canister(CANISTER);
    if (view === undefined) throw new Error('expected a canister');
    const moduleHash = async () =>
      lookup_path(
        ['canister', CANISTER, 'module_hash'],
        await read(fixture, [[canister, CANISTER, utf8('module_hash')]])
      );
    const present = await moduleHash();
    replica.setCanister({ ...view, moduleHash: new Uint8Array(32).fill(8) });
    expect(lookupResultToBuffer(await moduleHash())).toEqual(new Uint8Array(32).fill(8));
    replica.removeCanister(CANISTER);
    expect((await moduleHash()).status).toBe(LookupPathStatus.Absent);
    replica.setCanister(view);
    expect(await moduleHash()).toEqual(present);
  });
});

describe('dataCertificate', () => {
  it("certifies a canister's certified data and the time", async () => {
    const { endpoints } = createFixture();
    const tree = await verifiedTree(endpoints.dataCertificate(CANISTER));
    const value = lookupResultToBuffer(lookup_path(['canister', CANISTER, 'certified_data'], tree));
    expect(value).toEqual(Uint8Array.of(1, 2, 3));
    expect(lookup_path(['time'], tree).status).toBe(LookupPathStatus.Found);
  });

  it('is none for an unknown canister', () => {
    expect(createFixture().endpoints.dataCertificate(fakeCanisterId(9))).toBeUndefined();
  });
});

describe('certificates', () => {
  const scope = { kind: 'canister', id: CANISTER } as const;
  const leafTime = (tree: HashTree): Uint8Array | undefined =>
    lookupResultToBuffer(lookup_path(['time'], tree));

  it('share a signature while nothing changes, and not for long', async () => {
    const { replica, endpoints } = createFixture();
    const timeNow = async () => {
      const body = anonymously(readContent(replica, [[utf8('time')]]));
      return leafTime(await verifiedTree(bodyOf(endpoints.readState(body, scope))['certificate']));
    };
    const first = await timeNow();
    replica.nowNs += 1_000_000n;
    expect(await timeNow()).toEqual(first);
    replica.nowNs += SECOND_NS;
    expect(await timeNow()).not.toEqual(first);
  });
});
