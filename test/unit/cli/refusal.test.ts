import { AgentError, ErrorKindEnum, HttpFetchErrorCode, TransportError } from '@dfinity/agent';
import { HttpRequestError, InsufficientFundsError, TransactionExecutionError } from 'viem';
import { describeError, exitCodeOf, formatRefusal } from '../../../src/cli/refusal';
import { ProtocolError } from '../../../src/core/error';

const exitAndCode = (error: unknown): [number, string] => {
  const refusal = describeError(error);
  return [exitCodeOf(refusal), refusal.code];
};
const unreachable = new HttpRequestError({ url: 'http://127.0.0.1:1', details: 'fetch failed' });

describe('describeError and exitCodeOf', () => {
  it('keep the code of a refusal: 1, or 2 when what was typed is wrong', () => {
    expect(exitAndCode(new ProtocolError('account/sealed', 'sealed'))).toEqual([1, 'account/sealed']);
    expect(exitAndCode(new ProtocolError('cli/argument', 'wrong'))).toEqual([2, 'cli/argument']);
    expect(exitAndCode(new ProtocolError('cli/usage', 'wrong'))).toEqual([2, 'cli/usage']);
    expect(exitAndCode(new ProtocolError('cli/plan-file', 'missing'))).toEqual([1, 'cli/plan-file']);
  });

  it('call a network that does not answer unreachable, whichever client says so', () => {
    const agentError = TransportError.fromCode(new HttpFetchErrorCode(new Error('fetch failed')));
    expect(agentError).toBeInstanceOf(AgentError);
    expect(agentError.kind).toBe(ErrorKindEnum.Transport);
    expect(exitAndCode(agentError)).toEqual([1, 'transport/unreachable']);
    expect(exitAndCode(unreachable)).toEqual([1, 'transport/unreachable']);
  });

  it('call a refusal of the EVM node a refusal', () => {
    const cause = new InsufficientFundsError();
    const error = new TransactionExecutionError(cause, { account: null });
    expect(exitAndCode(error)).toEqual([1, 'evm/refused']);
  });

  it('call everything else a bug of ours', () => {
    expect(exitAndCode(new TypeError('x is undefined'))).toEqual([70, 'bug']);
    expect(exitAndCode('a thrown text')).toEqual([70, 'bug']);
  });

  it.each(['account/nonce-used', 'account/nonce-gap', 'transfer/open-signatures', 'transfer/stale-epoch'])(
    'say what to do about %s',
    (code) => {
      expect(describeError(new ProtocolError(code, 'refused')).hint).toMatch(/\w/);
    }
  );
});

describe('formatRefusal', () => {
  const refusal = describeError(
    new ProtocolError('account/nonce-used', 'signed\u001b before', { raw: Uint8Array.of(1, 2), nonce: 4n })
  );

  it('is one JSON object with --json', () => {
    const text = formatRefusal(refusal, true);
    expect(text.indexOf('\n')).toBe(text.length - 1);
    expect(JSON.parse(text)).toEqual({
      error: {
        code: 'account/nonce-used',
        message: 'signed\u001b before',
        hint: refusal.hint,
        data: { raw: '0x0102', nonce: '4' }
      }
    });
  });

  it('is lines without: code and message, facts, what to do', () => {
    const lines = formatRefusal(refusal, false).split('\n');
    expect(lines.slice(0, 3)).toEqual([
      'error[account/nonce-used]: signed\\u{1b} before',
      '  raw: 0x0102',
      '  nonce: 4'
    ]);
    expect(lines[3]).toMatch(/^hint: .*--replace/);
  });
});
