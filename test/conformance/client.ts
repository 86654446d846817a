/** A client of the HTTP interface that sends what it is told to, well-formed or not. */
import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { decode } from '@dfinity/cbor';
import { Principal } from '@dfinity/principal';
import { type Delegated, encodeTagged, envelope, type Fields, requestId } from './envelopes';
import { type HashTree, type Lookup, lookUpInTree } from './hash-tree';
import { ANONYMOUS, type Identity } from './identities';

export type CanisterId = Uint8Array | Principal;

export type HttpAnswer = { readonly status: number; readonly bytes: Uint8Array; readonly text: string };

/** The end of a call or query. `isCertified` is false where the answer came without a certificate. */
export type Outcome = { readonly isCertified: boolean } & (
  | { readonly kind: 'replied'; readonly reply: Uint8Array }
  | {
      readonly kind: 'rejected';
      readonly code: number;
      readonly message: string;
      readonly errorCode: string | undefined;
    }
);

export type RequestOptions = {
  /** Anonymous by default. */
  readonly identity?: Identity;
  readonly delegated?: Delegated;
  /** The canister in the URL; by default the one in the content. */
  readonly effectiveCanisterId?: CanisterId;
  /** Fields of the content to add or replace. */
  readonly fields?: Fields;
};

const EXPIRY_NS = 240_000_000_000n;
const PATIENCE_MS = 60_000;
const POLL_MS = 50;
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

const idBytes = (id: CanisterId): Uint8Array => (id instanceof Principal ? id.toUint8Array() : id);
export const idText = (id: CanisterId): string => Principal.fromUint8Array(idBytes(id)).toText();

/** A path of the state tree; text labels stand for their UTF-8 bytes. */
export type Path = readonly (string | Uint8Array)[];

const labelsOf = (path: Path): Uint8Array[] =>
  path.map((label) => (typeof label === 'string' ? utf8(label) : label));

export class Client {
  /** @param nowNs the network's time. */
  constructor(
    readonly url: string,
    private readonly nowNs: () => bigint
  ) {}

  async post(path: string, body: Fields | Uint8Array): Promise<HttpAnswer> {
    const response = await fetch(`${this.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/cbor' },
      body: body instanceof Uint8Array ? body : encodeTagged(body)
    });
    const bytes = new Uint8Array(await response.arrayBuffer());
    return { status: response.status, bytes, text: new TextDecoder().decode(bytes) };
  }

  async get(path: string): Promise<HttpAnswer> {
    const response = await fetch(`${this.url}${path}`);
    const bytes = new Uint8Array(await response.arrayBuffer());
    return { status: response.status, bytes, text: new TextDecoder().decode(bytes) };
  }

  /** The content of a call or query, well-formed and with a nonce of its own. */
  content(type: 'call' | 'query', canisterId: CanisterId, method: string, arg: Uint8Array): Fields {
    return {
      request_type: type,
      canister_id: idBytes(canisterId),
      method_name: method,
      arg,
      sender: ANONYMOUS.sender,
      nonce: Uint8Array.from(randomBytes(16)),
      ingress_expiry: this.expiry()
    };
  }

  readStateContent(paths: readonly Path[]): Fields {
    return {
      request_type: 'read_state',
      paths: paths.map(labelsOf),
      sender: ANONYMOUS.sender,
      ingress_expiry: this.expiry()
    };
  }

  /** A time the network accepts as `ingress_expiry`, in seconds from now. */
  expiry(inNs = EXPIRY_NS): bigint {
    return this.nowNs() + inNs;
  }

  /** Sends a content to an endpoint such as `v3 canister query`. */
  send(endpoint: string, id: CanisterId, content: Fields, options: RequestOptions = {}): Promise<HttpAnswer> {
    const [version, scope, name] = endpoint.split(' ');
    const identity = options.identity ?? ANONYMOUS;
    const whole = { ...content, sender: identity.sender, ...options.fields };
    const path = `/api/${version}/${scope}/${idText(options.effectiveCanisterId ?? id)}/${name}`;
    return this.post(path, envelope(whole, identity, options.delegated));
  }

  /** Sends an update and waits for its end. */
  async update(
    canisterId: CanisterId,
    method: string,
    arg: Uint8Array,
    options: RequestOptions = {}
  ): Promise<Outcome> {
    const content = { ...this.content('call', canisterId, method, arg), ...options.fields };
    const effective = options.effectiveCanisterId ?? canisterId;
    const answer = await this.send('v4 canister call', canisterId, content, options);
    if (answer.status === 202) return this.outcomeOf(effective, this.idOf(content, options), options);
    if (answer.status !== 200) throw new HttpError(answer);
    const body = decode<Fields>(answer.bytes);
    if (body.status !== 'replied') return rejected(body, false);
    const outcome = readOutcome(body.certificate as Uint8Array, this.idOf(content, options));
    if (outcome === undefined) throw new Error('the certificate of an answered call shows no answer');
    return outcome;
  }

  async query(
    canisterId: CanisterId,
    method: string,
    arg: Uint8Array,
    options: RequestOptions = {}
  ): Promise<Outcome> {
    const content = this.content('query', canisterId, method, arg);
    const answer = await this.send('v3 canister query', canisterId, content, options);
    if (answer.status !== 200) throw new HttpError(answer);
    const body = decode<Fields>(answer.bytes);
    if (body.status !== 'replied') return rejected(body, false);
    return { kind: 'replied', reply: (body.reply as { arg: Uint8Array }).arg, isCertified: false };
  }

  /** The certificate with these paths, undecoded. */
  async readState(
    effectiveId: CanisterId,
    paths: readonly Path[],
    options: RequestOptions = {}
  ): Promise<Uint8Array> {
    const answer = await this.send(
      'v3 canister read_state',
      effectiveId,
      this.readStateContent(paths),
      options
    );
    if (answer.status !== 200) throw new HttpError(answer);
    return decode<{ certificate: Uint8Array }>(answer.bytes).certificate;
  }

  /** Polls until a request has ended. */
  async outcomeOf(effectiveId: CanisterId, id: Uint8Array, options: RequestOptions = {}): Promise<Outcome> {
    const { identity = ANONYMOUS, delegated } = options;
    const signing = { identity, ...(delegated && { delegated }) };
    const giveUp = Date.now() + PATIENCE_MS;
    while (Date.now() < giveUp) {
      const certificate = await this.readState(effectiveId, [['request_status', id]], signing);
      const outcome = readOutcome(certificate, id);
      if (outcome) return outcome;
      await wait(POLL_MS);
    }
    throw new Error('the request has not ended in time');
  }

  idOf(content: Fields, options: RequestOptions = {}): Uint8Array {
    return requestId({ ...content, sender: (options.identity ?? ANONYMOUS).sender, ...options.fields });
  }
}

/** A request was answered with another status than 200 or 202. */
export class HttpError extends Error {
  constructor(readonly answer: HttpAnswer) {
    super(`HTTP ${answer.status}: ${answer.text}`);
  }
}

export type Certificate = {
  readonly tree: HashTree;
  readonly signature: Uint8Array;
  readonly delegation?: { readonly subnet_id: Uint8Array; readonly certificate: Uint8Array };
};

/** The parts of a certificate, its signature unchecked. */
export const decodeCertificate = (certificate: Uint8Array): Certificate => decode<Certificate>(certificate);

/** Looks a path up in a certificate whose signature is not checked. */
export function lookUp(certificate: Uint8Array, path: Path): Lookup {
  return lookUpInTree(labelsOf(path), decodeCertificate(certificate).tree);
}

/** The value at a path of a certificate, if it shows one. */
export function valueAt(certificate: Uint8Array, path: Path): Uint8Array | undefined {
  const result = lookUp(certificate, path);
  return result.status === 'Found' ? result.value : undefined;
}

export function decodeLeb128(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 7n) | BigInt(byte & 127), 0n);
}

const toText = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

function readOutcome(certificate: Uint8Array, id: Uint8Array): Outcome | undefined {
  const at = (field: string): Uint8Array | undefined => valueAt(certificate, ['request_status', id, field]);
  const status = toText(at('status'));
  if (status === 'replied')
    return { kind: 'replied', reply: at('reply') ?? new Uint8Array(0), isCertified: true };
  if (status !== 'rejected') return undefined;
  const code = Number(decodeLeb128(at('reject_code') ?? new Uint8Array(0)));
  const errorCode = at('error_code');
  return {
    kind: 'rejected',
    code,
    message: toText(at('reject_message')),
    errorCode: errorCode && toText(errorCode),
    isCertified: true
  };
}

function rejected(body: Fields, isCertified: boolean): Outcome {
  return {
    kind: 'rejected',
    code: Number(body.reject_code),
    message: body.reject_message as string,
    errorCode: body.error_code as string | undefined,
    isCertified
  };
}

/** The reply; fails with the rejection's text. */
export function replyOf(outcome: Outcome): Uint8Array {
  if (outcome.kind === 'replied') return outcome.reply;
  throw new Error(`rejected: ${outcome.code} ${outcome.errorCode} ${outcome.message}`);
}

export const replyText = (outcome: Outcome): string => toText(replyOf(outcome));

/** A reply of 8 bytes, little endian. */
export function replyInt(outcome: Outcome): bigint {
  const reply = replyOf(outcome);
  return new DataView(reply.buffer, reply.byteOffset, reply.byteLength).getBigUint64(0, true);
}

/** Reject code and error code, such as `5 IC0503`; `replied` of a reply. */
export const codesOf = (outcome: Outcome): string =>
  outcome.kind === 'replied' ? 'replied' : `${outcome.code} ${outcome.errorCode ?? 'without error code'}`;

/** The message of a rejection; fails on a reply. */
export function rejectionOf(outcome: Outcome): string {
  if (outcome.kind === 'replied') throw new Error('expected a rejection, got a reply');
  return outcome.message;
}
