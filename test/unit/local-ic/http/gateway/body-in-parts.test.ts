/** Bodies in parts, by streaming callbacks and by ranges, through the HTTP gateway. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { IDL } from '@dfinity/candid';
import { type HeaderField } from '../../../../../src/local-ic/http/response-verification/http-message';
import { certificateHeader, hashOfExpression, treeOf } from '../../../../support/local-ic/certified-response';
import { fakeCanisterId } from '../../../../support/local-ic/fake-replica';
import {
  certifiedNothing,
  encodeResponse,
  GatewayFixture,
  HttpRequestType,
  RAW,
  replied,
  type TestResponse,
  VERIFIED
} from '../../../../support/local-ic/gateway-fixture';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const EMPTY = new Uint8Array(0);

let gateway: GatewayFixture;

beforeEach(async () => {
  gateway = await GatewayFixture.start();
});

afterEach(() => gateway.close());

describe('a streamed body', () => {
  const Token = IDL.Record({ key: IDL.Text, index: IDL.Nat, sha: IDL.Opt(IDL.Vec(IDL.Nat8)) });
  const tokenOf = (index: number) => ({
    key: 'page',
    index: BigInt(index),
    sha: [Uint8Array.of(index % 256)]
  });

  /** The body is `partCount` parts of two letters, each asked for by the token of the one before. */
  function stream(
    partCount: number,
    headers: readonly HeaderField[],
    part = (index: number) => `p${index % 10}`
  ): void {
    const Part = IDL.Record({ body: IDL.Vec(IDL.Nat8), token: IDL.Opt(Token) });
    gateway.answerWith(({ methodName, arg }) => {
      if (methodName === 'http_request') {
        const first = { status_code: 200, headers, body: utf8(part(0)) };
        return replied(encodeResponse(first, { token: Token, value: tokenOf(1) }));
      }
      const [token] = IDL.decode([Token], arg) as unknown as [ReturnType<typeof tokenOf>];
      const index = Number(token.index);
      expect(token).toEqual(tokenOf(index));
      const next = index + 1 < partCount ? [tokenOf(index + 1)] : [];
      return replied(new Uint8Array(IDL.encode([Part], [{ body: utf8(part(index)), token: next }])));
    });
  }

  it('of up to five parts is verified as a whole', async () => {
    const tree = treeOf([[['http_assets', '/page'], hashOfExpression('p0p1p2p3p4')]]);
    const headers = [certificateHeader(tree)];
    stream(5, headers);
    const reply = await gateway.send('/page', VERIFIED);
    expect([reply.status, reply.body.toString()]).toEqual([200, 'p0p1p2p3p4']);
    expect(reply.headers['content-length']).toBe('10');
    stream(5, headers, (index) => (index === 3 ? 'xx' : `p${index}`));
    expect((await gateway.send('/page', VERIFIED)).status).toBe(503);
  });

  it('that is longer is passed on as it comes', async () => {
    stream(12, []);
    const reply = await gateway.send('/page', VERIFIED);
    expect([reply.status, reply.body.toString()]).toEqual([200, 'p0p1p2p3p4p5p6p7p8p9p0p1']);
    expect(reply.headers).not.toHaveProperty('content-length');
  });

  it('is not asked for to the end for HEAD', async () => {
    stream(50, []);
    expect((await gateway.send('/page', VERIFIED, { method: 'HEAD' })).status).toBe(200);
    expect(gateway.queries).toHaveLength(5);
  });

  it('without end is ended by ending the connection', async () => {
    stream(Infinity, []);
    await expect(gateway.send('/page', VERIFIED)).rejects.toThrow();
    expect(gateway.queries).toHaveLength(1 + 1000);
  });

  it('is not asked for any more when the client is gone', async () => {
    stream(Infinity, [], () => 'x'.repeat(100_000));
    const socket = connect(gateway.port, '127.0.0.1');
    socket.write(`GET /page HTTP/1.1\r\nHost: ${RAW}\r\n\r\n`);
    await once(socket, 'data');
    socket.destroy();
    await once(socket, 'close');
    expect((await gateway.send('/page', RAW, { method: 'HEAD' })).status).toBe(200);
    expect(gateway.queries.length).toBeLessThan(1000);
  });

  it('ends the connection when a later part fails', async () => {
    stream(12, []);
    const { replica } = gateway;
    const { onQuery } = replica;
    replica.onQuery = (message) =>
      gateway.queries.length < 8
        ? onQuery(message)
        : Promise.resolve({ kind: 'rejected', rejectCode: 5, rejectMessage: 'no', errorCode: 'IC0503' });
    await expect(gateway.send('/page', VERIFIED)).rejects.toThrow();
  });

  it.each<[string, IDL.Type, unknown]>([
    ['nat', IDL.Nat, 5n],
    ['text', IDL.Text, 'next'],
    ['blob', IDL.Vec(IDL.Nat8), Uint8Array.of(1, 2)],
    ['variant', IDL.Variant({ a: IDL.Null, b: IDL.Nat64 }), { b: 7n }]
  ])('gives a token of type %s back as it was', async (_name, type, value) => {
    gateway.answerWith(({ methodName, arg }) => {
      if (methodName === 'http_request')
        return replied(
          encodeResponse({ status_code: 200, headers: [], body: utf8('a') }, { token: type, value })
        );
      expect(IDL.decode([type], arg)).toEqual([value]);
      const Part = IDL.Record({ body: IDL.Vec(IDL.Nat8), token: IDL.Opt(type) });
      return replied(new Uint8Array(IDL.encode([Part], [{ body: utf8('b'), token: [] }])));
    });
    expect((await gateway.send('/')).body.toString()).toBe('ab');
  });

  it('is refused when the callback is of another canister', async () => {
    gateway.answerWith(() =>
      replied(
        encodeResponse(
          { status_code: 200, headers: [], body: EMPTY },
          { token: IDL.Nat, value: 1n, by: fakeCanisterId(9) }
        )
      )
    );
    expect((await gateway.send('/')).status).toBe(502);
    expect(gateway.queries).toHaveLength(1);
  });
});

describe('a partial answer', () => {
  const whole = 'abcdefghij';
  type Change = (start: number, part: TestResponse) => TestResponse;

  /** The canister gives three letters at a time, from where the last Range header says. */
  function serveRanges(change: Change = (_start, part) => part): void {
    gateway.answerWith(({ arg }) => {
      const [request] = IDL.decode([HttpRequestType], arg) as unknown as [
        { headers: readonly HeaderField[] }
      ];
      const range = request.headers.findLast(([name]) => name.toLowerCase() === 'range')?.[1] ?? 'bytes=0-';
      const start = Number(/\d+/.exec(range)?.[0]);
      const body = whole.slice(start, start + 3);
      const headers: readonly HeaderField[] = [
        ['Content-Range', `bytes ${start}-${start + body.length - 1}/${whole.length}`],
        ...certifiedNothing
      ];
      return replied(encodeResponse(change(start, { status_code: 206, headers, body: utf8(body) })));
    });
  }

  it('to a request for the whole is completed', async () => {
    serveRanges();
    const reply = await gateway.send('/file', VERIFIED);
    expect([reply.status, reply.body.toString(), reply.headers['content-length']]).toEqual([
      200,
      whole,
      '10'
    ]);
    expect(reply.headers).not.toHaveProperty('content-range');
    expect(gateway.queries).toHaveLength(4);
  });

  it('to a request for a part is passed on', async () => {
    serveRanges();
    const reply = await gateway.send('/file', VERIFIED, { headers: { range: 'bytes=3-5' } });
    expect([reply.status, reply.body.toString(), reply.headers['content-range']]).toEqual([
      206,
      'def',
      'bytes 3-5/10'
    ]);
    expect(gateway.queries).toHaveLength(1);
  });

  const withRange = (part: TestResponse, text: string): TestResponse => ({
    ...part,
    headers: [['Content-Range', text], ...certifiedNothing]
  });

  it.each<[string, Change]>([
    ['no range', (_start, part) => ({ ...part, headers: certifiedNothing })],
    ['a range that is none', (_start, part) => withRange(part, 'bytes 42/10')],
    ['a range beyond the end', (_start, part) => withRange(part, 'bytes 0-100/10')],
    ['a range of another length', (_start, part) => withRange(part, 'bytes 0-1/10')],
    ['a range that begins later', (_start, part) => withRange(part, 'bytes 1-3/10')]
  ])('with %s is answered with 502', async (_name, change) => {
    serveRanges(change);
    expect((await gateway.send('/file', VERIFIED)).status).toBe(502);
  });

  it.each<[string, Change]>([
    ['is not certified', (_start, part) => ({ ...part, headers: part.headers.slice(0, 1) })],
    ['begins later', (start, part) => withRange(part, `bytes ${start + 1}-${start + 3}/10`)],
    ['is of another whole', (start, part) => withRange(part, `bytes ${start}-${start + 2}/11`)]
  ])('ends the connection when a later part %s', async (_name, change) => {
    serveRanges((start, part) => (start === 0 ? part : change(start, part)));
    await expect(gateway.send('/file', VERIFIED)).rejects.toThrow();
  });
});
