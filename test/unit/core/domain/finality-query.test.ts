import fc from 'fast-check';
import { bytes32, toHex } from '../../../../src/core/bytes';
import {
  type FinalityAnswer,
  MAX_PROVIDER_RESPONSE_BYTES,
  decideAgreement,
  decodeFinalityAnswer,
  encodeFinalityRequest,
  reduceFinalityResponse
} from '../../../../src/core/domain/finality-query';
import { errorCode } from '../error-code';

const HEIGHT = 300n;
const HASH = `0x${'ab'.repeat(32)}`;
const OTHER_HASH = `0x${'cd'.repeat(32)}`;
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

const reply = (id: number, result: unknown): unknown => ({ jsonrpc: '2.0', id, result });
const block = (number: bigint, hash: string): unknown => ({
  number: `0x${number.toString(16)}`,
  hash,
  transactions: [`0x${'ef'.repeat(32)}`],
  withdrawals: [{ index: '0x1' }]
});
const honest = [reply(1, block(305n, OTHER_HASH)), reply(2, block(HEIGHT, HASH))];
const reduceText = (text: string, status = 200): string =>
  decode(reduceFinalityResponse({ status, body: encode(text), height: HEIGHT }));
const reduce = (replies: unknown, status = 200): string => reduceText(JSON.stringify(replies), status);

describe('encodeFinalityRequest', () => {
  it('is a batch that asks for the finalized block and for the height', () => {
    expect(JSON.parse(decode(encodeFinalityRequest(HEIGHT)))).toEqual([
      { jsonrpc: '2.0', id: 1, method: 'eth_getBlockByNumber', params: ['finalized', false] },
      { jsonrpc: '2.0', id: 2, method: 'eth_getBlockByNumber', params: ['0x12c', false] }
    ]);
    expect(decode(encodeFinalityRequest(0n))).toContain('"0x0"');
  });
});

describe('reduceFinalityResponse', () => {
  it('keeps whether the block is final, and its hash', () => {
    expect(reduce(honest)).toBe(`{"isFinal":true,"hash":"${'ab'.repeat(32)}"}`);
    expect(reduce([reply(1, block(HEIGHT, HASH)), honest[1]])).toContain('"isFinal":true');
    expect(reduce([reply(1, block(HEIGHT - 1n, OTHER_HASH)), honest[1]])).toContain('"isFinal":false');
  });

  it('is the same on replicas that saw different finalized heads, orders, spacing and cases', () => {
    const canonical = reduce(honest);
    const finalizedLater = reply(1, block(999n, `0x${'ee'.repeat(32)}`));
    const same = [
      JSON.stringify([finalizedLater, honest[1]]),
      JSON.stringify([honest[1], honest[0]]),
      JSON.stringify(honest, null, 2),
      JSON.stringify(honest).replace(HASH, HASH.toUpperCase().replace('X', 'x')),
      JSON.stringify([...honest, reply(3, null)])
    ];
    for (const text of same) expect(reduceText(text)).toBe(canonical);
  });

  const silent: [string, string][] = [
    ['nothing', ''],
    ['no JSON', '<html>'],
    ['cut JSON', JSON.stringify(honest).slice(0, -1)],
    ['one reply that is no batch', JSON.stringify(honest[0])],
    ['null', 'null'],
    ['an empty batch', '[]'],
    ['nulls', '[null,null]'],
    ['a reply missing', JSON.stringify([honest[0]])],
    ['two replies to one question', JSON.stringify([...honest, honest[1]])],
    ['ids as text', JSON.stringify(honest).replace('"id":2', '"id":"2"')],
    [
      'an error',
      JSON.stringify([honest[0], { jsonrpc: '2.0', id: 2, error: { code: -32000, message: 'no' } }])
    ],
    ['no such block', JSON.stringify([honest[0], reply(2, null)])],
    ['another height', JSON.stringify([honest[0], reply(2, block(HEIGHT + 1n, HASH))])],
    ['a number in decimal', JSON.stringify(honest).replace('"0x12c"', '"300"')],
    ['a number as number', JSON.stringify(honest).replace('"0x12c"', '300')],
    ['a number with leading zeros', JSON.stringify(honest).replace('"0x12c"', '"0x012c"')],
    ['a number of 17 digits', JSON.stringify(honest).replace('"0x131"', `"0x1${'0'.repeat(16)}"`)],
    ['a hash of 31 bytes', JSON.stringify(honest).replace(HASH, HASH.slice(0, -2))],
    ['a hash of 33 bytes', JSON.stringify(honest).replace(HASH, `${HASH}00`)],
    ['a pending block without hash', JSON.stringify(honest).replace(`"${HASH}"`, 'null')],
    ['a contradiction in itself', JSON.stringify([reply(1, block(HEIGHT, OTHER_HASH)), honest[1]])],
    ['escapes', JSON.stringify(honest).replace('"jsonrpc"', '"json\\u0072pc"')]
  ];
  it.each(silent)('takes %s for no answer', (_name, text) => {
    expect(reduceText(text)).toBe('{}');
  });

  it('takes any other status and any body above the limit for no answer', () => {
    for (const status of [0, 201, 301, 404, 429, 500]) expect(reduce(honest, status)).toBe('{}');
    const padded = JSON.stringify(honest) + ' '.repeat(MAX_PROVIDER_RESPONSE_BYTES);
    expect(reduceText(padded)).toBe('{}');
  });

  it('takes a flood of brackets or strings for no answer, without handing it to the parser', () => {
    const parse = jest.spyOn(JSON, 'parse');
    const half = MAX_PROVIDER_RESPONSE_BYTES / 2;
    const floods = [
      '['.repeat(half),
      '[{"a":'.repeat(1_000),
      `[${'"]",'.repeat(100_000)}`,
      '"'.repeat(half),
      `[${','.repeat(half)}`
    ];
    const answers = floods.map((text) => reduceText(text));
    const calls = parse.mock.calls.length;
    parse.mockRestore();

    expect(answers).toEqual(floods.map(() => '{}'));
    expect(calls).toBe(0);
  });

  it('never throws, and says nothing that its decoder refuses', () => {
    const anyBody = fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.json().map(encode));
    fc.assert(
      fc.property(anyBody, fc.nat(600), (body, status) => {
        const canonical = reduceFinalityResponse({ status, body, height: HEIGHT });
        expect(decodeFinalityAnswer(canonical)).toBeUndefined();
      }),
      { numRuns: 500 }
    );
  });

  it('answers differently, or not at all, when one character of an honest answer is changed', () => {
    const text = JSON.stringify(honest);
    const canonical = reduce(honest);
    const hashAt = text.indexOf(HASH) + 2;
    for (let index = hashAt; index < hashAt + 64; index += 1) {
      const changed = text.slice(0, index) + '0' + text.slice(index + 1);
      expect(reduceText(changed)).not.toBe(canonical);
    }
  });
});

describe('decodeFinalityAnswer', () => {
  it('reads what was reduced', () => {
    const answer = decodeFinalityAnswer(encode(reduce(honest)));
    expect(answer && [answer.isFinal, toHex(answer.blockHash)]).toEqual([true, 'ab'.repeat(32)]);
    expect(decodeFinalityAnswer(encode('{}'))).toBeUndefined();
  });

  it.each([
    '',
    '{ }',
    '{"isFinal":1,"hash":""}',
    `${'{"isFinal":true,"hash":"'}${'AB'.repeat(32)}"}`,
    '{}{}'
  ])('refuses %s, which is never made', (text) => {
    expect(errorCode(() => decodeFinalityAnswer(encode(text)))).toBe('domain/provider-answer');
  });
});

describe('decideAgreement', () => {
  const answer = (byte: number, isFinal = true): FinalityAnswer => ({
    isFinal,
    blockHash: bytes32(new Uint8Array(32).fill(byte), 'hash')
  });

  it('is the hash that all answers name, when enough answered', () => {
    expect(toHex(decideAgreement([answer(1), answer(1)], 2))).toBe('01'.repeat(32));
    expect(toHex(decideAgreement([answer(1), answer(1), answer(1)], 2))).toBe('01'.repeat(32));
  });

  const refusals: [string, string, FinalityAnswer[], number][] = [
    ['no answers', 'domain/providers-too-few', [], 1],
    ['too few answers', 'domain/providers-too-few', [answer(1)], 2],
    [
      'one other hash among many',
      'domain/providers-disagree',
      [answer(1), answer(1), answer(1), answer(2)],
      3
    ],
    ['a first answer that differs', 'domain/providers-disagree', [answer(2), answer(1), answer(1)], 2],
    ['one that says not final', 'domain/providers-disagree', [answer(1), answer(1), answer(1, false)], 2],
    ['disagreement among too few', 'domain/providers-disagree', [answer(1), answer(2)], 3],
    ['all saying not final', 'domain/not-final', [answer(1, false), answer(1, false)], 2]
  ];
  it.each(refusals)('refuses %s: %s', (_name, code, answers, agreement) => {
    expect(errorCode(() => decideAgreement(answers, agreement))).toBe(code);
  });

  it('never accepts unless every answer is the same and final', () => {
    const any = fc.array(fc.tuple(fc.constantFrom(1, 2), fc.boolean()), { maxLength: 5 });
    fc.assert(
      fc.property(any, fc.integer({ min: 1, max: 5 }), (list, agreement) => {
        const answers = list.map(([byte, isFinal]) => answer(byte, isFinal));
        const isUnanimous =
          new Set(list.map(String)).size === 1 && list[0]?.[1] === true && list.length >= agreement;
        expect(errorCode(() => decideAgreement(answers, agreement)) === undefined).toBe(isUnanimous);
      })
    );
  });
});
