/** Response verification, versions 1 and 2 (HTTP gateway protocol, "Response Verification"). */
import { gunzipSync, inflateRawSync } from 'node:zlib';
import { sha256 } from '@noble/hashes/sha2';
import { utf8ToBytes } from '@noble/hashes/utils';
import { equalBytes } from '../../protocol/byte-order';
import { CertificateError, type CertificateVerifier } from '../../protocol/certificate-verification';
import { type HashTree } from '../../protocol/hash-tree';
import { lookupPath, lookupSubtree } from '../../protocol/hash-tree-decoding';
import { decodeLeb128 } from '../../protocol/leb128';
import { type CertificateHeader, parseCertificateHeader } from './certificate-header';
import { type Certification, parseCertification } from './certification-expression';
import { assertExpressionPath } from './expression-path';
import { certifiedHeaders, hashRequest, hashResponse } from './http-hashes';
import {
  type CanisterHttpRequest,
  type CanisterHttpResponse,
  findHeader,
  type HeaderField
} from './http-message';
import { VerificationError } from './verification-error';

export type VerificationContext = {
  readonly canisterId: Uint8Array;
  readonly certificates: CertificateVerifier;
  readonly timeNs: bigint;
};

/** What of a response holds. Version 2 gives the certified headers, or none when the canister certified to certify nothing. */
export type VerifiedResponse =
  { readonly version: 1 } | { readonly version: 2; readonly headers?: readonly HeaderField[] };

type Exchange = { readonly request: CanisterHttpRequest; readonly response: CanisterHttpResponse };

const CERTIFICATE_HEADER = 'ic-certificate';
/** How far a certificate's time may be from now. */
const TIME_OFFSET_MAX_NS = 300_000_000_000n;
/** Longest body that a compressed one may stand for. */
const DECODED_BYTES_MAX = 256 * 1024 * 1024;

/**
 * Checks a response against what its canister certified.
 *
 * @throws {VerificationError} when it has no certificate, or is not what was certified.
 */
export function verifyResponse(exchange: Exchange, context: VerificationContext): VerifiedResponse {
  const { headers } = exchange.response;
  const header = findHeader(headers, CERTIFICATE_HEADER);
  if (header === undefined) throw new VerificationError('The response has no IC-Certificate header');
  const certificate = parseCertificateHeader(header);
  if (certificate.version !== 1 && certificate.version !== 2)
    throw new VerificationError(`Unsupported verification version ${certificate.version}`);
  assertCertified(certificate, context);
  const path = decodePath(exchange.request.url);
  if (certificate.version === 1) {
    assertBody(exchange.response, path, certificate.tree);
    return { version: 1 };
  }
  return verifyExpression(exchange, path, certificate);
}

/** The certificate is recent, of this network and canister, and the canister certified the header's tree. */
function assertCertified({ certificate, tree }: CertificateHeader, context: VerificationContext): void {
  const state = verifyCertificate(certificate, context);
  const time = lookupPath(state, [utf8ToBytes('time')]);
  const timeNs = time.status === 'found' ? decodeLeb128(time.value) : undefined;
  if (timeNs === undefined) throw new VerificationError('The certificate has no time');
  if (timeNs < context.timeNs - TIME_OFFSET_MAX_NS || timeNs > context.timeNs + TIME_OFFSET_MAX_NS)
    throw new VerificationError(`The certificate is of another time: ${timeNs}, now ${context.timeNs}`);
  const data = lookupPath(state, [
    utf8ToBytes('canister'),
    context.canisterId,
    utf8ToBytes('certified_data')
  ]);
  if (data.status !== 'found')
    throw new VerificationError('The certificate does not show the certified data');
  if (!equalBytes(data.value, tree.hash))
    throw new VerificationError('The certified data is not the root hash of the tree');
}

function verifyCertificate(certificate: Uint8Array, context: VerificationContext): HashTree {
  try {
    return context.certificates.verify(certificate, context.canisterId).tree;
  } catch (cause) {
    if (!(cause instanceof CertificateError)) throw cause;
    throw new VerificationError(cause.message, { cause });
  }
}

/** The path of a URL with percent escapes decoded. @throws {VerificationError} when that is not UTF-8. */
function decodePath(url: string): string {
  const [path = ''] = url.split(/[?#]/, 1);
  try {
    return decodeURIComponent(path.replaceAll(/%(?![0-9A-Fa-f]{2})/g, '%25'));
  } catch (cause) {
    throw new VerificationError('The path of the request is not UTF-8', { cause });
  }
}

/** Version 1: the tree has the hash of the body, decoded or not, under the path, or that of the index page. */
function assertBody({ headers, body }: CanisterHttpResponse, path: string, tree: HashTree): void {
  const assets = utf8ToBytes('http_assets');
  const own = lookupPath(tree, [assets, utf8ToBytes(path)]);
  const entry = own.status === 'found' ? own : lookupPath(tree, [assets, utf8ToBytes('/index.html')]);
  const candidates = [decodeBody(body, findHeader(headers, 'content-encoding')), body];
  const isCertified =
    entry.status === 'found' && candidates.some((candidate) => equalBytes(sha256(candidate), entry.value));
  if (!isCertified) throw new VerificationError('The body is not the certified one');
}

function decodeBody(body: Uint8Array, encoding: string | undefined): Uint8Array {
  try {
    if (encoding === 'gzip') return gunzipSync(body, { maxOutputLength: DECODED_BYTES_MAX });
    if (encoding === 'deflate') return inflateRawSync(body, { maxOutputLength: DECODED_BYTES_MAX });
    return body;
  } catch (cause) {
    throw new VerificationError('The body could not be decompressed', { cause });
  }
}

/** Version 2: the tree has, under the most specific path, the expression and the hashes that it asks for. */
function verifyExpression(
  exchange: Exchange,
  path: string,
  { tree, expressionPath }: CertificateHeader
): VerifiedResponse {
  const expression = findHeader(exchange.response.headers, 'ic-certificateexpression');
  if (expression === undefined)
    throw new VerificationError('The response has no IC-CertificateExpression header');
  if (expressionPath === undefined)
    throw new VerificationError('The certificate header has no expression path');
  const certification = parseCertification(expression);
  assertExpressionPath(expressionPath, path, tree);
  const node = lookupSubtree(tree, [...expressionPath.map(utf8ToBytes), sha256(utf8ToBytes(expression))]);
  if (typeof node === 'string') throw new VerificationError('The expression is not the certified one');
  if (certification.kind === 'none') return { version: 2 };
  return { version: 2, headers: assertHashes(exchange, certification, node) };
}

function assertHashes(
  { request, response }: Exchange,
  certification: Certification & { readonly kind: 'certified' },
  node: HashTree
): readonly HeaderField[] {
  const headers = certifiedHeaders(response, certification.response);
  const requestHash =
    certification.request === undefined ? new Uint8Array(0) : hashRequest(request, certification.request);
  const entry = lookupPath(node, [requestHash, hashResponse(response, headers)]);
  if (entry.status !== 'found' || entry.value.length > 0)
    throw new VerificationError('Request and response are not the certified ones');
  const certificate = findHeader(response.headers, CERTIFICATE_HEADER) ?? '';
  return [...headers, [CERTIFICATE_HEADER, certificate]];
}
