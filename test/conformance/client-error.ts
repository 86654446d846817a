import { type HttpAnswer } from './client';

/** Fails unless the request was refused as the client's fault, for another reason than that nothing is served there. */
export function expectClientError(answer: HttpAnswer): void {
  const { status } = answer;
  if (status >= 400 && status < 500 && status !== 404 && status !== 429) return;
  throw new Error(`expected a refusal with 4xx, got ${status}: ${answer.text}`);
}

/** As {@link expectClientError}, where 404 says that what was asked for is not to be had. */
export function expectRefusal(answer: HttpAnswer): void {
  if (answer.status === 404) return;
  expectClientError(answer);
}
