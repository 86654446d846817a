/** What a response says was certified of it and its request (HTTP gateway protocol, "The Certificate Expression Header"). */
import { type ExpressionValue, parseExpression } from './expression-parser';
import { VerificationError } from './verification-error';

export type RequestCertification = {
  readonly headers: readonly string[];
  readonly queryParameters: readonly string[];
};

/** Either the headers that were certified, or those that were not. */
export type ResponseCertification = { readonly rule: 'only' | 'except'; readonly headers: readonly string[] };

export type Certification =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'certified';
      /** Absent when the same response may answer any request of its path. */
      readonly request?: RequestCertification;
      readonly response: ResponseCertification;
    };

type Fields = ReadonlyMap<string, ExpressionValue>;

/** @throws {VerificationError} for an expression that is malformed, or means nothing. */
export function parseCertification(expression: string): Certification {
  const call = parseExpression(expression);
  if (call.kind !== 'call' || call.name !== 'default_certification')
    throw invalid('expected default_certification(...)');
  const [args] = call.args;
  const fields = fieldsOf(args, 'ValidationArgs');
  const certification = exactlyOne(fields, 'no_certification', 'certification');
  if (certification.name === 'no_certification') return { kind: 'none' };
  const parts = fieldsOf(certification.value, 'Certification');
  const request = exactlyOne(parts, 'no_request_certification', 'request_certification');
  return {
    kind: 'certified',
    ...(request.name === 'request_certification' && { request: readRequest(request.value) }),
    response: readResponse(parts.get('response_certification'))
  };
}

const invalid = (problem: string): VerificationError =>
  new VerificationError(`Invalid certificate expression: ${problem}`);

function fieldsOf(value: ExpressionValue | undefined, name: string): Fields {
  if (value?.kind !== 'object' || value.name !== name) throw invalid(`expected ${name}{...}`);
  return value.fields;
}

/** The one of two fields that is there. */
function exactlyOne(
  fields: Fields,
  first: string,
  second: string
): { readonly name: string; readonly value: ExpressionValue } {
  const [field, other] = [first, second].flatMap((name) => {
    const value = fields.get(name);
    return value === undefined ? [] : [{ name, value }];
  });
  if (field === undefined || other !== undefined) throw invalid(`expected either ${first} or ${second}`);
  return field;
}

function readRequest(value: ExpressionValue): RequestCertification {
  const fields = fieldsOf(value, 'RequestCertification');
  return {
    headers: textsOf(fields.get('certified_request_headers'), 'certified_request_headers'),
    queryParameters: textsOf(fields.get('certified_query_parameters'), 'certified_query_parameters')
  };
}

function readResponse(value: ExpressionValue | undefined): ResponseCertification {
  const fields = fieldsOf(value, 'ResponseCertification');
  const list = exactlyOne(fields, 'certified_response_headers', 'response_header_exclusions');
  const headers = textsOf(fieldsOf(list.value, 'ResponseHeaderList').get('headers'), list.name);
  return { rule: list.name === 'certified_response_headers' ? 'only' : 'except', headers };
}

function textsOf(value: ExpressionValue | undefined, name: string): readonly string[] {
  if (value?.kind !== 'list') throw invalid(`expected a list for ${name}`);
  return value.items.map((item) => {
    if (item.kind !== 'text') throw invalid(`expected strings in ${name}`);
    return item.text;
  });
}
