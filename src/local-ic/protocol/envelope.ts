/**
 * The signed envelope of a request to the HTTP interface: decoded, every field checked, nothing yet believed.
 *
 * `authenticateEnvelope` decides who sent it; `assertIngressExpiry` whether it is current.
 */
import { CborError, type CborMap, type CborValue, decodeCbor, isCborArray } from './cbor-decoding';
import { PRINCIPAL_BYTES_MAX } from './principal';
import { RequestError } from './request-error';
import { hashOfMap } from './request-id';

type CommonFields = {
  /** Representation-independent hash of the content, 32 bytes. */
  readonly requestId: Uint8Array;
  readonly sender: Uint8Array;
  readonly ingressExpiryNs: bigint;
};

/** What the canister that signs for the sender says of them. */
export type SignedSenderInfo = {
  readonly info: Uint8Array;
  readonly signer: Uint8Array;
  readonly signature: Uint8Array;
};

type MethodFields = {
  readonly canisterId: Uint8Array;
  readonly methodName: string;
  readonly arg: Uint8Array;
  readonly senderInfo?: SignedSenderInfo;
};

export type CallRequest = { readonly type: 'call' } & CommonFields & MethodFields;
export type QueryRequest = { readonly type: 'query' } & CommonFields & MethodFields;
/** `paths`: at most 1000, each of at most 127 labels. */
export type ReadStateRequest = {
  readonly type: 'read_state';
  readonly paths: readonly (readonly Uint8Array[])[];
} & CommonFields;
export type Request = CallRequest | QueryRequest | ReadStateRequest;

/** One link of a delegation chain. `hash` is what its signature covers. */
export type Delegation = {
  readonly publicKeyDer: Uint8Array;
  readonly expirationNs: bigint;
  readonly targets?: readonly Uint8Array[];
  readonly permissions?: string;
  readonly hash: Uint8Array;
  readonly signature: Uint8Array;
};

export type Envelope<R extends Request = Request> = {
  readonly request: R;
  readonly senderPublicKeyDer?: Uint8Array;
  readonly senderSignature?: Uint8Array;
  readonly senderDelegations?: readonly Delegation[];
};

const NONCE_BYTES_MAX = 32;
const PATHS_MAX = 1000;
const LABELS_MAX = 127;
const UINT64_MAX = (1n << 64n) - 1n;

/** Reads fields of a CBOR map, naming what is wrong in the way the replica's parser does. */
class FieldReader {
  constructor(
    private readonly map: CborMap,
    private readonly subject: string
  ) {}

  error(problem: string): RequestError {
    return new RequestError(400, `Could not parse body as ${this.subject}: ${problem}`);
  }

  has(name: string): boolean {
    return this.map.has(name);
  }

  private get(name: string): CborValue {
    const value = this.map.get(name);
    if (value === undefined) throw this.error(`missing field \`${name}\``);
    return value;
  }

  blob(name: string): Uint8Array {
    const value = this.get(name);
    if (!(value instanceof Uint8Array)) throw this.error(`field \`${name}\` must be a byte string`);
    return value;
  }

  principal(name: string): Uint8Array {
    return this.asPrincipal(this.get(name), name);
  }

  asPrincipal(value: CborValue, name: string): Uint8Array {
    if (!(value instanceof Uint8Array) || value.length > PRINCIPAL_BYTES_MAX)
      throw this.error(`field \`${name}\` must be a principal of at most ${PRINCIPAL_BYTES_MAX} bytes`);
    return value;
  }

  text(name: string): string {
    const value = this.get(name);
    if (typeof value !== 'string') throw this.error(`field \`${name}\` must be text`);
    return value;
  }

  uint64(name: string): bigint {
    const value = this.get(name);
    if (typeof value !== 'bigint' || value < 0n || value > UINT64_MAX)
      throw this.error(`field \`${name}\` must be a natural number below 2^64`);
    return value;
  }

  array(name: string): readonly CborValue[] {
    return this.asArray(this.get(name), name);
  }

  asArray(value: CborValue, name: string): readonly CborValue[] {
    if (!isCborArray(value)) throw this.error(`field \`${name}\` must be an array`);
    return value;
  }

  rawMap(name: string): CborMap {
    return this.asMap(this.get(name), name);
  }

  asMap(value: CborValue, name: string): CborMap {
    if (!(value instanceof Map)) throw this.error(`field \`${name}\` must be a map`);
    return value;
  }

  hash(): Uint8Array {
    try {
      return hashOfMap(this.map);
    } catch (cause) {
      if (!(cause instanceof TypeError)) throw cause;
      throw this.error(cause.message);
    }
  }
}

function decodeBody(body: Uint8Array, subject: string): CborMap {
  const fail = (problem: string, cause?: unknown): RequestError =>
    new RequestError(400, `Could not parse body as ${subject}: ${problem}`, { cause });
  try {
    const value = decodeCbor(body);
    if (value instanceof Map) return value;
  } catch (cause) {
    if (!(cause instanceof CborError)) throw cause;
    throw fail(cause.message, cause);
  }
  throw fail('the envelope must be a map');
}

/**
 * The envelope in `body`, which must hold a request of `type`.
 *
 * @throws {RequestError} 400 for malformed CBOR, a missing or mistyped field, another type, or a limit exceeded.
 */
export function parseEnvelope<T extends Request['type']>(
  body: Uint8Array,
  type: T
): Envelope<Extract<Request, { type: T }>> {
  const subject = `${type} message`;
  const envelope = new FieldReader(decodeBody(body, subject), subject);
  const request = parseContent(new FieldReader(envelope.rawMap('content'), subject), type);
  return {
    // The parser of `type` was chosen by `type`; the compiler does not follow the index.
    request: request as Extract<Request, { type: T }>,
    ...(envelope.has('sender_pubkey') && { senderPublicKeyDer: envelope.blob('sender_pubkey') }),
    ...(envelope.has('sender_sig') && { senderSignature: envelope.blob('sender_sig') }),
    ...(envelope.has('sender_delegation') && { senderDelegations: parseDelegations(envelope) })
  };
}

function parseContent(content: FieldReader, type: Request['type']): Request {
  const actualType = content.text('request_type');
  if (actualType !== type) throw content.error(`expected request_type \`${type}\`, got \`${actualType}\``);
  const common: CommonFields = {
    requestId: content.hash(),
    sender: content.principal('sender'),
    ingressExpiryNs: content.uint64('ingress_expiry')
  };
  if (content.has('nonce')) assertNonce(content.blob('nonce'));
  if (type === 'read_state') return { type, ...common, paths: parsePaths(content) };
  return {
    type,
    ...common,
    canisterId: content.principal('canister_id'),
    methodName: content.text('method_name'),
    arg: content.blob('arg'),
    ...(content.has('sender_info') && { senderInfo: parseSenderInfo(content) })
  };
}

function parseSenderInfo(content: FieldReader): SignedSenderInfo {
  const fields = new FieldReader(content.rawMap('sender_info'), 'sender_info');
  return { info: fields.blob('info'), signer: fields.principal('signer'), signature: fields.blob('sig') };
}

function assertNonce(nonce: Uint8Array): void {
  if (nonce.length > NONCE_BYTES_MAX) {
    throw new RequestError(
      400,
      `Nonce in request is too big: got ${nonce.length} bytes, but at most ${NONCE_BYTES_MAX} are allowed`
    );
  }
}

function parsePaths(content: FieldReader): readonly (readonly Uint8Array[])[] {
  const paths = content.array('paths');
  if (paths.length > PATHS_MAX) {
    throw new RequestError(
      400,
      `Too many paths in read state request: got ${paths.length} paths, but at most ${PATHS_MAX} are allowed`
    );
  }
  return paths.map((path) => parsePath(content, path));
}

function parsePath(content: FieldReader, path: CborValue): readonly Uint8Array[] {
  const labels = content.asArray(path, 'paths');
  if (labels.length > LABELS_MAX) {
    throw new RequestError(
      400,
      `At least one path in read state request is too deep: got ${labels.length} labels, but at most ${LABELS_MAX} are allowed`
    );
  }
  return labels.map((label) => {
    if (!(label instanceof Uint8Array)) throw content.error('labels of `paths` must be byte strings');
    return label;
  });
}

function parseDelegations(envelope: FieldReader): readonly Delegation[] {
  return envelope.array('sender_delegation').map((item) => {
    const signed = new FieldReader(envelope.asMap(item, 'sender_delegation'), 'sender_delegation');
    const delegation = new FieldReader(signed.rawMap('delegation'), 'delegation');
    return {
      publicKeyDer: delegation.blob('pubkey'),
      expirationNs: delegation.uint64('expiration'),
      hash: delegation.hash(),
      signature: signed.blob('signature'),
      ...(delegation.has('targets') && {
        targets: delegation.array('targets').map((target) => delegation.asPrincipal(target, 'targets'))
      }),
      ...(delegation.has('permissions') && { permissions: delegation.text('permissions') })
    };
  });
}
