import { interpretRefusal, isOutOfOrder } from '../../../../src/relayer/jobs/refusal';

const outOfOrder = [
  'transition/nullifier',
  'transition/nullifier-key',
  'transition/not-bound',
  'transition/domain'
];

describe('interpretRefusal', () => {
  it('takes a replay for an effect that is there', () => {
    expect(interpretRefusal('transition/replayed')).toBe('applied');
  });

  it.each([
    ...outOfOrder,
    'transition/already-bound',
    'transition/units',
    'transition/unsettled',
    'transition/consent-unmet',
    'transition/batch-size',
    'transition/duplicate-account',
    'transition/nullifier-not-in-set',
    'transition/of-the-future',
    'account/unknown',
    'account-value/version',
    'authority/consent',
    'bytes/truncated',
    'payload/magic',
    'proof/root-mismatch',
    'resource/word',
    'wire/limit'
  ])('takes %s for one that no repetition changes', (code) => {
    expect(interpretRefusal(code)).toBe('final');
  });

  it.each(['checkpoint/unknown', 'mpt/node-hash', 'adapter/value'])(
    'asks for another checkpoint at %s',
    (code) => {
      expect(interpretRefusal(code)).toBe('new-checkpoint');
    }
  );

  it.each([
    'domain/busy',
    'domain/halted',
    'domains/unavailable',
    'domains/answer',
    'internal',
    '',
    'wired/limit'
  ])('tries again after %p', (code) => {
    expect(interpretRefusal(code)).toBe('retry');
  });
});

describe('isOutOfOrder', () => {
  it.each(outOfOrder)('is true of %s', (code) => {
    expect(isOutOfOrder(code)).toBe(true);
  });

  it.each(['transition/replayed', 'transition/nonce', 'transition/consent-unmet', 'wire/limit', 'nullifier'])(
    'is false of %s',
    (code) => {
      expect(isOutOfOrder(code)).toBe(false);
    }
  );
});
