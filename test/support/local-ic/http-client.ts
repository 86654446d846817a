/** Node's own HTTP client, as fetch does not let a test choose the Host header. */
import { type OutgoingHttpHeaders, request as requestHttp } from 'node:http';

export type Reply = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
};

export type SendOptions = {
  readonly body?: Uint8Array;
  readonly headers?: OutgoingHttpHeaders;
};

/** Sends a request to this machine; rejects when the connection ends before the answer does. */
export function sendHttp(
  port: number,
  method: string,
  path: string,
  options: SendOptions = {}
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const { headers = {} } = options;
    const outgoing = requestHttp({ host: '127.0.0.1', port, method, path, headers, agent: false });
    outgoing.once('error', reject);
    outgoing.once('response', (response) => {
      const chunks: Uint8Array[] = [];
      response.on('data', (chunk: Uint8Array) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) })
      );
    });
    outgoing.end(options.body);
  });
}
