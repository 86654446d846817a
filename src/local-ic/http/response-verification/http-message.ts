/** Requests and responses as canisters see them: what certification is about. */

export type HeaderField = readonly [name: string, value: string];

export type CanisterHttpRequest = {
  readonly method: string;
  /** Path and query, as the client sent them. */
  readonly url: string;
  readonly headers: readonly HeaderField[];
  readonly body: Uint8Array;
};

export type CanisterHttpResponse = {
  readonly statusCode: number;
  readonly headers: readonly HeaderField[];
  readonly body: Uint8Array;
};

/** The last value of a header, by its name in lower case. */
export const findHeader = (headers: readonly HeaderField[], lowerCaseName: string): string | undefined =>
  headers.findLast(([name]) => name.toLowerCase() === lowerCaseName)?.[1];
