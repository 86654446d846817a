import {
  TRANSFORM_METHOD,
  agreeOnFinalBlock,
  askProviders,
  transformMethod,
  transformResponse
} from '../../../../src/canisters/domains/ask-providers';
import { type HttpOutcall } from '../../../../src/canisters/runtime/canister-runtime';
import { recordedBlock } from '../../../fixtures/domains/adapter-chain';
import { DOMAINS_ID, FakeRuntime } from '../../../support/fake-runtime';
import { answerJsonRpc } from '../../../support/json-rpc-stub';

const late = recordedBlock('late');
const hashText = Buffer.from(late.blockHash).toString('hex');

async function requestsTo(providers: readonly string[]): Promise<HttpOutcall[]> {
  const runtime = new FakeRuntime(DOMAINS_ID);
  await askProviders(runtime, { providers, height: late.height });
  return runtime.calls.map(({ request }) => request as HttpOutcall);
}

describe('askProviders', () => {
  it('puts one question to every provider, bounded, through the exported transform', async () => {
    const requests = await requestsTo(['https://a.example/key', 'https://b.example']);

    expect(requests.map(({ url }) => url)).toEqual(['https://a.example/key', 'https://b.example']);
    expect(new Set(requests.map(({ body }) => Buffer.from(body).toString()))).toHaveProperty('size', 1);
    for (const { transform, maxResponseBytes } of requests) {
      expect(transform.method).toBe(TRANSFORM_METHOD);
      expect(maxResponseBytes).toBeLessThan(2_000_000n);
    }
    expect(transformMethod[2]).toBe('query');
  });
});

describe('transformResponse', () => {
  it('leaves the same bytes of what replicas see at different moments', async () => {
    const [request] = await requestsTo(['https://a.example']);
    if (request === undefined) throw new Error('expected a request');
    const seenAt = (finalized: bigint, date: string) => {
      const hashes = new Map([
        [late.height, `0x${hashText}`],
        [finalized, `0x${'ab'.repeat(32)}`]
      ]);
      const { status, body } = answerJsonRpc({ hashes, finalized }, Buffer.from(request.body).toString());
      return transformResponse({
        response: {
          status: BigInt(status),
          headers: [{ name: 'date', value: date }],
          body: new TextEncoder().encode(body)
        },
        context: request.transform.context
      });
    };

    const [first, second] = [
      seenAt(late.height + 1n, 'noon'),
      seenAt(late.height + 2n, 'a second past noon')
    ];

    expect(second).toEqual(first);
    expect(first).toMatchObject({ status: 200n, headers: [] });
    expect(Buffer.from(first.body).toString()).toContain(hashText);
    expect(seenAt(late.height - 1n, 'earlier')).not.toEqual(first);
  });
});

describe('agreeOnFinalBlock', () => {
  it('names providers by host, never by what stands behind it, and cuts long rejections', () => {
    const reports = [
      {
        provider: 'https://a.example:8443/v1/secret',
        outcome: { rejected: { code: 2, message: 'x'.repeat(1_000) } }
      },
      {
        provider: 'https://b.example/?key=secret',
        outcome: { replied: { body: new TextEncoder().encode('{}') } }
      }
    ];

    const decide = (): unknown => agreeOnFinalBlock(reports, 1);

    expect(decide).toThrow(
      `a.example:8443 failed (${'x'.repeat(120)}); b.example did not answer the question`
    );
    expect(decide).not.toThrow('secret');
  });
});
