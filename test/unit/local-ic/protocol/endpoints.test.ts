import { lookup_path, LookupPathStatus, lookupResultToBuffer, requestIdOf } from '@dfinity/agent';
import { IDL } from '@dfinity/candid';
import { Principal } from '@dfinity/principal';
import { ed25519 } from '@noble/curves/ed25519';
import { hexToBytes } from '@noble/hashes/utils';
import {
  CANISTER,
  MANAGEMENT,
  SECOND_NS,
  anonymously,
  bodyOf,
  callContent,
  createFixture,
  nodeKey,
  queryContent,
  readContent,
  refusalOf,
  signed,
  signer,
  textAt,
  utf8,
  verifiedTree
} from '../../../support/local-ic/endpoints-fixture';
import { fakeCanisterId, type FakeReplica } from '../../../support/local-ic/fake-replica';
import {
  type Content,
  encodeEnvelope,
  payloadOf,
  requestIdOfContent
} from '../../../support/local-ic/signed-envelope';

describe('status', () => {
  it('gives the 133-byte DER root key', () => {
    const { endpoints } = createFixture();
    const status = bodyOf(endpoints.status());
    const key = status['root_key'] as Uint8Array;
    expect(key).toHaveLength(133);
    expect(Buffer.from(key.slice(0, 37)).toString('hex')).toBe(
      '308182301d060d2b0601040182dc7c0503010201060c2b0601040182dc7c05030201036100'
    );
    expect(status['replica_health_status']).toBe('healthy');
  });
});

describe('call', () => {
  const to = { kind: 'canister', id: CANISTER } as const;

  it('answers v2 with 202 and hands the message over with its request id', async () => {
    const { replica, endpoints } = createFixture();
    const content = callContent(replica, { sender: signer.sender });
    expect(await endpoints.call(signed(content), to, 'async')).toEqual({ status: 202 });
    expect(replica.submitted).toEqual([
      {
        requestId: requestIdOfContent(content),
        sender: signer.sender,
        canisterId: CANISTER,
        effectiveCanisterId: CANISTER,
        methodName: 'greet',
        arg: Uint8Array.of(1),
        ingressExpiryNs: content['ingress_expiry']
      }
    ]);
  });

  it('answers v3 and v4 with a certificate of the reply', async () => {
    const { replica, endpoints } = createFixture();
    const content = callContent(replica);
    const body = bodyOf(await endpoints.call(anonymously(content), to, 'sync'));
    expect(body['status']).toBe('replied');
    const tree = await verifiedTree(body['certificate']);
    const path = ['request_status', requestIdOfContent(content)];
    expect(textAt(tree, [...path, 'status'])).toBe('replied');
    expect(lookupResultToBuffer(lookup_path([...path, 'reply'], tree))).toEqual(
      Uint8Array.of(68, 73, 68, 76, 0, 0)
    );
    expect(lookup_path(['time'], tree).status).toBe(LookupPathStatus.Found);
  });

  it('certifies a reject with code, message and error code', async () => {
    const { replica, endpoints } = createFixture();
    replica.settleWith = { status: 'rejected', rejectCode: 5, rejectMessage: 'trapped', errorCode: 'IC0503' };
    const content = callContent(replica);
    const body = bodyOf(await endpoints.call(anonymously(content), to, 'sync'));
    expect(body['status']).toBe('replied');
    const tree = await verifiedTree(body['certificate']);
    const path = ['request_status', requestIdOfContent(content)];
    expect(textAt(tree, [...path, 'status'])).toBe('rejected');
    expect(lookupResultToBuffer(lookup_path([...path, 'reject_code'], tree))).toEqual(Uint8Array.of(5));
    expect(textAt(tree, [...path, 'reject_message'])).toBe('trapped');
    expect(textAt(tree, [...path, 'error_code'])).toBe('IC0503');
  });

  it('answers 202 when the outcome takes too long', async () => {
    const { replica, endpoints } = createFixture();
    replica.settleWith = undefined;
    expect(await endpoints.call(anonymously(callContent(replica)), to, 'sync')).toEqual({
      status: 202
    });
  });

  it('answers a refusal before processing without a certificate, in the form of its version', async () => {
    const { replica, endpoints } = createFixture();
    replica.refusal = { rejectCode: 4, rejectMessage: 'no', errorCode: 'IC0406' };
    const fields = { reject_code: 4, reject_message: 'no', error_code: 'IC0406' };
    const body = anonymously(callContent(replica));
    expect(bodyOf(await endpoints.call(body, to, 'async'))).toEqual(fields);
    expect(bodyOf(await endpoints.call(body, to, 'sync'))).toEqual({
      status: 'non_replicated_rejection',
      ...fields
    });
  });

  it('runs one envelope once, v2 then v4, and gives the same outcome', async () => {
    const { replica, endpoints } = createFixture();
    const body = anonymously(callContent(replica));
    await endpoints.call(body, to, 'async');
    expect(bodyOf(await endpoints.call(body, to, 'sync'))['status']).toBe('replied');
    expect(replica.submitted).toHaveLength(1);
  });

  it('tells two envelopes apart by their nonce', async () => {
    const { replica, endpoints } = createFixture();
    for (const nonce of [Uint8Array.of(1), Uint8Array.of(2)])
      await endpoints.call(anonymously(callContent(replica, { nonce })), to, 'async');
    expect(replica.submitted).toHaveLength(2);
  });

  it('hashes fields it does not know into the request id', async () => {
    const { replica, endpoints } = createFixture();
    const content = callContent(replica, { flavour: 'sweet' });
    await endpoints.call(anonymously(content), to, 'async');
    expect(replica.submitted[0]?.requestId).toEqual(requestIdOfContent(content));
  });

  it('accepts a nonce of 32 bytes and refuses one of 33', async () => {
    const { replica, endpoints } = createFixture();
    const withNonce = (length: number) =>
      anonymously(callContent(replica, { nonce: new Uint8Array(length) }));
    await expect(endpoints.call(withNonce(32), to, 'async')).resolves.toEqual({ status: 202 });
    expect(await refusalOf(() => endpoints.call(withNonce(33), to, 'async'))).toEqual({
      status: 400,
      text: 'Nonce in request is too big: got 33 bytes, but at most 32 are allowed'
    });
  });

  it('refuses a message above 2 MiB with 413', async () => {
    const { replica, endpoints } = createFixture();
    const body = anonymously(callContent(replica, { arg: new Uint8Array(2 * 1024 * 1024) }));
    expect((await refusalOf(() => endpoints.call(body, to, 'async'))).status).toBe(413);
  });

  it.each(['request_type', 'canister_id', 'method_name', 'arg', 'sender', 'ingress_expiry'])(
    'refuses a content without %s',
    async (field) => {
      const { replica, endpoints } = createFixture();
      const content = Object.fromEntries(
        Object.entries(callContent(replica)).filter(([name]) => name !== field)
      );
      expect(await refusalOf(() => endpoints.call(anonymously(content), to, 'async'))).toEqual({
        status: 400,
        text: `Could not parse body as call message: missing field \`${field}\``
      });
      expect(replica.submitted).toEqual([]);
    }
  );

  it.each<[string, Content]>([
    ['request_type', { request_type: 'query' }],
    ['canister_id', { canister_id: 'text' }],
    ['canister_id of 30 bytes', { canister_id: new Uint8Array(30) }],
    ['method_name', { method_name: Uint8Array.of(1) }],
    ['arg', { arg: 'text' }],
    ['sender', { sender: 4 }],
    ['ingress_expiry', { ingress_expiry: 'soon' }],
    ['nonce', { nonce: 'text' }],
    ['sender_info', { sender_info: { info: Uint8Array.of(1) } }]
  ])('refuses a mistyped or incomplete %s', async (_name, fields) => {
    const { replica, endpoints } = createFixture();
    const body = anonymously(callContent(replica, fields));
    const { status, text } = await refusalOf(() => endpoints.call(body, to, 'async'));
    expect(status).toBe(400);
    expect(text).toMatch(/^Could not parse body as (call message|sender_info): /);
  });

  it.each([
    ['no CBOR', Uint8Array.of(0xff)],
    ['a truncated envelope', encodeEnvelope({ content: {} }).slice(0, -3)],
    ['a number', Uint8Array.of(1)],
    ['a map without content', Uint8Array.of(0xa0)],
    ['nothing', new Uint8Array(0)]
  ])('refuses a body that is %s', async (_name, body) => {
    const { endpoints } = createFixture();
    expect((await refusalOf(() => endpoints.call(body, to, 'sync'))).status).toBe(400);
  });
});

describe('ingress expiry', () => {
  const to = { kind: 'canister', id: CANISTER } as const;
  const expiringIn = (replica: FakeReplica, seconds: bigint, content = callContent): Content =>
    content(replica, { ingress_expiry: replica.nowNs + seconds * SECOND_NS });

  it.each([0n, 300n, 330n])('%i seconds ahead is accepted', async (seconds) => {
    const { replica, endpoints } = createFixture();
    await expect(endpoints.call(anonymously(expiringIn(replica, seconds)), to, 'async')).resolves.toEqual({
      status: 202
    });
  });

  it.each([-1n, 331n])('%i seconds ahead is refused with the text that agents recognise', async (seconds) => {
    const { replica, endpoints } = createFixture();
    const { status, text } = await refusalOf(() =>
      endpoints.call(anonymously(expiringIn(replica, seconds)), to, 'async')
    );
    expect(status).toBe(400);
    expect(text).toMatch(
      /^Invalid request expiry: Specified ingress_expiry not within expected range: Minimum allowed expiry: .*, Maximum allowed expiry: .*, Provided expiry: /
    );
  });

  it('is not enforced for anonymous queries and reads, but for signed ones', async () => {
    const { replica, endpoints } = createFixture();
    const query = expiringIn(replica, -10n, queryContent);
    const read = { ...readContent(replica, [[utf8('time')]]), ingress_expiry: 0n };
    expect(
      bodyOf(await endpoints.query(anonymously(query), { kind: 'canister', id: CANISTER }))['status']
    ).toBe('replied');
    expect(bodyOf(endpoints.readState(anonymously(read), { kind: 'canister', id: CANISTER }))).toHaveProperty(
      'certificate'
    );
    expect(
      (await refusalOf(() => endpoints.query(signed(query), { kind: 'canister', id: CANISTER }))).text
    ).toMatch(/^Invalid request expiry: /);
  });
});

describe('the effective canister id', () => {
  const OTHER = fakeCanisterId(2);
  const managementCall = (replica: FakeReplica, method: string, arg: Uint8Array): Uint8Array =>
    anonymously(callContent(replica, { canister_id: MANAGEMENT, method_name: method, arg }));
  const encodeField = (name: string, id: Uint8Array): Uint8Array =>
    new Uint8Array(
      IDL.encode(
        [IDL.Record({ [name]: IDL.Principal, wasm_module: IDL.Vec(IDL.Nat8) })],
        [{ [name]: Principal.fromUint8Array(id), wasm_module: [1, 2] }]
      )
    );

  it('must be the canister of a call or query', async () => {
    const { replica, endpoints } = createFixture();
    const call = () =>
      endpoints.call(anonymously(callContent(replica)), { kind: 'canister', id: OTHER }, 'async');
    const query = () => endpoints.query(anonymously(queryContent(replica)), { kind: 'canister', id: OTHER });
    for (const action of [call, query]) {
      const { status, text } = await refusalOf(action);
      expect(status).toBe(400);
      expect(text).toMatch(/^Specified CanisterId .* does not match effective canister id in URL /);
    }
  });

  it.each([
    'install_code',
    'canister_status',
    'stop_canister',
    'update_settings',
    'upload_chunk',
    'delete_canister'
  ])('must be canister_id of the argument of %s', async (method) => {
    const { replica, endpoints } = createFixture();
    const body = managementCall(replica, method, encodeField('canister_id', CANISTER));
    expect(await endpoints.call(body, { kind: 'canister', id: CANISTER }, 'async')).toEqual({
      status: 202
    });
    const refusal = await refusalOf(() => endpoints.call(body, { kind: 'canister', id: OTHER }, 'async'));
    expect(refusal.status).toBe(400);
  });

  it('must be target_canister of install_chunked_code', async () => {
    const { replica, endpoints } = createFixture();
    const body = managementCall(replica, 'install_chunked_code', encodeField('target_canister', CANISTER));
    expect(await endpoints.call(body, { kind: 'canister', id: CANISTER }, 'async')).toEqual({
      status: 202
    });
    expect(
      (await refusalOf(() => endpoints.call(body, { kind: 'canister', id: OTHER }, 'async'))).status
    ).toBe(400);
  });

  it('may be any where a canister is created, and is passed on', async () => {
    const { replica, endpoints } = createFixture();
    const body = managementCall(replica, 'provisional_create_canister_with_cycles', Uint8Array.of(1));
    expect(await endpoints.call(body, { kind: 'canister', id: OTHER }, 'async')).toEqual({
      status: 202
    });
    expect(replica.submitted[0]?.effectiveCanisterId).toEqual(OTHER);
  });

  it.each(['canister_status', 'create_canister', 'raw_rand'])(
    'is not looked for in an argument of %s that would exhaust memory',
    async (method) => {
      const { replica, endpoints } = createFixture();
      const nulls = hexToBytes('4449444c016d7f010080808080808080801000');
      const body = managementCall(replica, method, nulls);
      const refusal = await refusalOf(() =>
        endpoints.call(body, { kind: 'canister', id: CANISTER }, 'async')
      );
      expect(refusal.text).toBe('The argument claims more values than a message of its length may hold');
      expect(replica.submitted).toEqual([]);
    }
  );

  it.each([
    ['no Candid', Uint8Array.of(1, 2, 3)],
    ['without the field', encodeField('other', CANISTER)]
  ])('cannot be read from an argument that is %s', async (_name, arg) => {
    const { replica, endpoints } = createFixture();
    const body = managementCall(replica, 'canister_status', arg);
    const refusal = await refusalOf(() => endpoints.call(body, { kind: 'canister', id: CANISTER }, 'async'));
    expect(refusal).toEqual({
      status: 400,
      text: 'Could not read `canister_id` from the argument of management canister method canister_status'
    });
  });
});

describe('query', () => {
  type SignedAnswer = {
    readonly status: string;
    readonly reply?: { readonly arg: Uint8Array };
    readonly signatures: readonly {
      readonly timestamp: bigint;
      readonly signature: Uint8Array;
      readonly identity: Uint8Array;
    }[];
  };

  it('is answered with the node signature over status, reply, time and request id', async () => {
    const { replica, endpoints } = createFixture();
    const content = queryContent(replica, { arg: Uint8Array.of(9, 8) });
    const body = bodyOf(
      await endpoints.query(anonymously(content), { kind: 'canister', id: CANISTER })
    ) as unknown as SignedAnswer;
    const [signature] = body.signatures;
    if (signature === undefined) throw new Error('expected a signature');
    const hash = requestIdOf({
      status: 'replied',
      reply: { arg: Uint8Array.of(9, 8) },
      timestamp: signature.timestamp,
      request_id: requestIdOfContent(content)
    });
    expect(body.reply?.arg).toEqual(Uint8Array.of(9, 8));
    expect(
      ed25519.verify(signature.signature, payloadOf('ic-response', hash), nodeKey.publicKeyDer.slice(12))
    ).toBe(true);
    expect(signature.identity).toEqual(Principal.selfAuthenticating(nodeKey.publicKeyDer).toUint8Array());
  });

  it('is answered with a signed reject', async () => {
    const { replica, endpoints } = createFixture();
    replica.onQuery = () =>
      Promise.resolve({ kind: 'rejected', rejectCode: 3, rejectMessage: 'gone', errorCode: 'IC0301' });
    const content = queryContent(replica);
    const body = bodyOf(await endpoints.query(anonymously(content), { kind: 'canister', id: CANISTER }));
    expect(body).toMatchObject({
      status: 'rejected',
      reject_code: 3,
      reject_message: 'gone',
      error_code: 'IC0301'
    });
    const [signature] = (body as unknown as SignedAnswer).signatures;
    if (signature === undefined) throw new Error('expected a signature');
    const hash = requestIdOf({
      status: 'rejected',
      reject_code: 3n,
      reject_message: 'gone',
      error_code: 'IC0301',
      timestamp: signature.timestamp,
      request_id: requestIdOfContent(content)
    });
    expect(
      ed25519.verify(signature.signature, payloadOf('ic-response', hash), nodeKey.publicKeyDer.slice(12))
    ).toBe(true);
  });
});
