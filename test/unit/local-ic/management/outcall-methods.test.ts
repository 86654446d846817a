import { IDL } from '@dfinity/candid';
import { type OutcallRequest } from '../../../../src/local-ic/management/http-outcalls';
import { HTTP_RESPONSE, type ManagementMethod } from '../../../../src/local-ic/management/management-idl';
import { type Outcome } from '../../../../src/local-ic/replica/replica-port';
import { callThrough, proxy } from '../../../fixtures/local-ic/proxy-canister';
import {
  decodeResult,
  errorCodeOf,
  type Installed,
  rejectMessageOf,
  TestReplica
} from '../../../fixtures/local-ic/test-replica';
import { buildCanister, type Literals, type WatCanister } from '../../../fixtures/local-ic/wat-canister';

let host: TestReplica;

afterEach(() => {
  host.replica.close();
});

const viaCanister = (canister: Installed, method: ManagementMethod, value: object): Promise<Outcome> =>
  callThrough(host, canister, { method, value });

describe('HTTPS outcalls', () => {
  const requests: OutcallRequest[] = [];
  const printed: string[] = [];
  const CYCLES = 50_000_000_000n;
  const argument = (caller: Installed | undefined): object => ({
    url: 'https://example.com/data',
    max_response_bytes: [1000n],
    method: { post: null },
    headers: [{ name: 'accept', value: '*/*' }],
    body: [Uint8Array.of(1, 2)],
    transform: caller
      ? [{ function: [caller.principal, 'transform'], context: new TextEncoder().encode('ctx') }]
      : [],
    is_replicated: []
  });

  beforeEach(() => {
    requests.length = 0;
    printed.length = 0;
    host = new TestReplica({
      onLog: (_id, text) => printed.push(text),
      performOutcall: (request) => {
        requests.push(request);
        return Promise.resolve({
          status: 200,
          headers: [{ name: 'x', value: 'y' }],
          body: Uint8Array.of(9, 8)
        });
      }
    });
  });

  const TRANSFORMED = new Uint8Array(
    IDL.encode(
      [HTTP_RESPONSE],
      [{ status: 418n, headers: [], body: new TextEncoder().encode('transformed') }]
    )
  );

  it('ask for what the canister asked', async () => {
    const canister = await host.install(await buildCanister(proxy('http_request', CYCLES)));

    const [response] = decodeResult(
      'http_request',
      await viaCanister(canister, 'http_request', argument(undefined))
    );

    expect(response).toMatchObject({ status: 200n, headers: [{ name: 'x', value: 'y' }] });
    expect(requests).toEqual([
      {
        url: 'https://example.com/data',
        method: 'post',
        isReplicated: true,
        headers: [{ name: 'accept', value: '*/*' }],
        body: Uint8Array.of(1, 2),
        maxResponseBytes: 1000n
      }
    ]);
  });

  it('hand the response to the transform of the canister, called by the management canister', async () => {
    const define = (literals: Literals): WatCanister => {
      const base = proxy('http_request', CYCLES)(literals);
      // Traps unless the caller is aaaaa-aa; prints its argument.
      const transform = `(if (call $msg_caller_size) (then unreachable))
        (call $msg_arg_data_copy (i32.const 65536) (i32.const 0) (call $msg_arg_data_size))
        (call $debug_print (i32.const 65536) (call $msg_arg_data_size))
        (call $reply ${literals.blob(TRANSFORMED)})`;
      return { ...base, exports: { ...base.exports, 'canister_query transform': transform } };
    };
    const canister = await host.install(await buildCanister(define));

    const [response] = decodeResult(
      'http_request',
      await viaCanister(canister, 'http_request', argument(canister))
    );

    expect(response).toMatchObject({ status: 418n, headers: [] });
    const [argumentText] = printed;
    expect(argumentText).toContain('ctx');
    expect(argumentText).toContain(String.fromCharCode(9, 8));
  });

  it.each([
    ['traps', { 'canister_query transform': 'unreachable' }, 'unreachable'],
    ['is missing', {}, 'no query method'],
    ['answers no response', { 'canister_query transform': '(call $msg_reply)' }, 'decode']
  ])('are rejected when the transform %s', async (_name, exports, text) => {
    const canister = await host.install(await buildCanister(proxy('http_request', CYCLES, exports)));

    expect(rejectMessageOf(await viaCanister(canister, 'http_request', argument(canister)))).toContain(text);
  });

  it('are refused with the transform of another canister', async () => {
    const other = await host.create();
    const canister = await host.install(await buildCanister(proxy('http_request', CYCLES)));

    expect(rejectMessageOf(await viaCanister(canister, 'http_request', argument(other)))).toContain(
      'transform'
    );
    expect(requests).toEqual([]);
  });

  it('are refused, and cost nothing, when they ask for too much', async () => {
    const canister = await host.install(await buildCanister(proxy('http_request', CYCLES)));
    const refusals: readonly (readonly [object, string])[] = [
      [{ method: { put: null } }, 'only allowed for non-replicated requests'],
      [{ method: { patch: null }, is_replicated: [true] }, 'only allowed for non-replicated requests'],
      [{ max_response_bytes: [2_000_001n] }, 'max_response_bytes expected to be in the range'],
      [{ url: `https://example.com/${'a'.repeat(8192)}` }, 'url size']
    ];
    for (const [change, text] of refusals) {
      const outcome = await viaCanister(canister, 'http_request', { ...argument(undefined), ...change });

      expect(outcome).toMatchObject({ rejectCode: 4 });
      expect(rejectMessageOf(outcome)).toContain(text);
    }
    expect(requests).toEqual([]);
    expect(await host.consumed(canister)).toMatchObject({ http_outcalls: 0n });
  });

  it('may replace, delete and patch when one replica alone asks', async () => {
    const canister = await host.install(await buildCanister(proxy('http_request', CYCLES)));
    const value = { ...argument(undefined), method: { delete: null }, is_replicated: [false] };

    expect(errorCodeOf(await viaCanister(canister, 'http_request', value))).toBe('replied');
    expect(requests).toMatchObject([{ method: 'delete', isReplicated: false }]);
  });

  it.each([
    // developer-docs, cycle-costs: (3_000_000 + 60_000 n) n + (400 request + 800 response) n, with n = 13.
    ['what it names', [1000n], 49_140_000n + 5_200n * 35n + 10_400n * 1000n],
    ['2 MB unless it names less', [], 49_140_000n + 5_200n * 35n + 10_400n * 2_000_000n]
  ])('cost by their size and the response they allow: %s', async (_what, maxResponseBytes, price) => {
    const canister = await host.install(await buildCanister(proxy('http_request', CYCLES)));
    const value = { ...argument(undefined), max_response_bytes: maxResponseBytes };

    await viaCanister(canister, 'http_request', value);

    // URL 24, header 9, body 2.
    expect(await host.consumed(canister)).toMatchObject({ http_outcalls: price });
  });

  it('are rejected when the transform makes the response longer than it may be', async () => {
    const exports = { 'canister_query transform': '(call $reply (i32.const 0) (i32.const 1001))' };
    const canister = await host.install(await buildCanister(proxy('http_request', CYCLES, exports)));

    const outcome = await viaCanister(canister, 'http_request', argument(canister));

    expect(rejectMessageOf(outcome)).toBe('Transformed http response exceeds limit: 1000');
  });

  it('want to be paid', async () => {
    const canister = await host.install(await buildCanister(proxy('http_request', 1000n)));

    expect(rejectMessageOf(await viaCanister(canister, 'http_request', argument(undefined)))).toContain(
      'http_request request sent with 1_000 cycles'
    );
  });
});
