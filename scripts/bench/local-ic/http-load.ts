/** Clients that keep a connection each and send one anonymous request after the other, as raw envelopes. */
import { randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import { encodeWithSelfDescribedTag } from '@dfinity/cbor';

const ANONYMOUS = Uint8Array.of(4);
const TTL_NS = 240_000_000_000n;

export type Target = {
  readonly url: string;
  readonly canisterId: string;
  readonly canisterBytes: Uint8Array;
};
export type Kind = 'call' | 'query';

/** Requests answered per second by `clients` clients over `seconds` seconds. @throws when one is not answered with 200. */
export async function measureThroughput(
  target: Target,
  {
    kind,
    method,
    clients,
    seconds
  }: {
    readonly kind: Kind;
    readonly method: string;
    readonly clients: number;
    readonly seconds: number;
  }
): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const endsAt = performance.now() + seconds * 1_000;
  let answered = 0;
  const client = async (): Promise<void> => {
    while (performance.now() < endsAt) {
      await send(target, { kind, method, agent });
      answered += 1;
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: clients }, client));
  agent.destroy();
  return answered / ((performance.now() - startedAt) / 1_000);
}

/** One request, its answer's body. */
export function send(
  { url, canisterId, canisterBytes }: Target,
  { kind, method, agent }: { readonly kind: Kind; readonly method: string; readonly agent: Agent }
): Promise<Buffer> {
  const body = encodeWithSelfDescribedTag({
    content: {
      request_type: kind,
      canister_id: canisterBytes,
      method_name: method,
      arg: new Uint8Array(0),
      sender: ANONYMOUS,
      ingress_expiry: BigInt(Date.now()) * 1_000_000n + TTL_NS,
      nonce: new Uint8Array(randomBytes(16))
    }
  });
  const path = `${url}/api/${kind === 'call' ? 'v4' : 'v3'}/canister/${canisterId}/${kind}`;
  const headers = { 'content-type': 'application/cbor', 'content-length': body.length };
  return new Promise((resolve, reject) => {
    const sent = request(path, { agent, method: 'POST', headers }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => {
        const content = Buffer.concat(parts);
        if (response.statusCode === 200) resolve(content);
        else reject(new Error(`${String(response.statusCode)}: ${content.toString()}`));
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
