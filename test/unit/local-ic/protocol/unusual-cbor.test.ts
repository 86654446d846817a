/** Envelopes in CBOR that no agent writes: what means the same is taken, what has no one meaning is refused. */
import { requestIdOf } from '@dfinity/agent';
import { RequestError } from '../../../../src/local-ic/protocol/request-error';
import {
  callContent,
  CANISTER,
  createFixture,
  MANAGEMENT,
  signer
} from '../../../support/local-ic/endpoints-fixture';
import { type Content, payloadOf } from '../../../support/local-ic/signed-envelope';

const TARGET = { kind: 'canister', id: CANISTER } as const;
const fixture = createFixture();
const content = callContent(fixture.replica, { sender: signer.sender });

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const join = (...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => [...part]));

/** The head of an item, with its argument in 8 bytes. */
function head(major: number, argument: number | bigint): Uint8Array {
  const bytes = new Uint8Array(9);
  bytes[0] = (major << 5) | 27;
  new DataView(bytes.buffer).setBigUint64(1, BigInt(argument));
  return bytes;
}

const blob = (bytes: Uint8Array): Uint8Array => join(head(2, bytes.length), bytes);
const text = (value: string): Uint8Array => join(head(3, utf8(value).length), utf8(value));
const array = (...items: readonly Uint8Array[]): Uint8Array => join(head(4, items.length), ...items);
const map = (entries: readonly (readonly [Uint8Array, Uint8Array])[]): Uint8Array =>
  join(head(5, entries.length), ...entries.flat());
const tagged = (tag: number, item: Uint8Array): Uint8Array => join(head(6, tag), item);

function item(value: unknown): Uint8Array {
  if (typeof value === 'string') return text(value);
  if (value instanceof Uint8Array) return blob(value);
  if (typeof value === 'bigint') return head(0, value);
  throw new TypeError('not of a field of this test');
}

type Entries = readonly (readonly [Uint8Array, Uint8Array])[];
const entriesOf = (fields: Content, changed: Readonly<Record<string, Uint8Array>> = {}): Entries =>
  Object.entries(fields).map(([name, value]) => [text(name), changed[name] ?? item(value)]);

const signature = signer.sign(payloadOf('ic-request', requestIdOf(content)));
const envelope = (contentItem: Uint8Array, more: Entries = []): Uint8Array =>
  map([
    [text('content'), contentItem],
    [text('sender_pubkey'), blob(signer.publicKeyDer)],
    [text('sender_sig'), blob(signature)],
    ...more
  ]);
const withField = (name: string, value: Uint8Array): Uint8Array =>
  envelope(map(entriesOf(content, { [name]: value })));

async function verdictOn(body: Uint8Array): Promise<string> {
  const { replica, endpoints } = createFixture();
  replica.nowNs = fixture.replica.nowNs;
  try {
    await endpoints.call(body, TARGET, 'async');
    expect(replica.submitted).toMatchObject([
      { methodName: 'greet', arg: Uint8Array.of(1), sender: signer.sender }
    ]);
    return 'taken';
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    expect(error.status).toBe(400);
    expect(replica.submitted).toEqual([]);
    return 'refused';
  }
}

const expiryBytes = head(0, content['ingress_expiry'] as bigint).slice(1);
const arg = join([0x5f], blob(Uint8Array.of(1)), [0xff]);
const method = join([0x7f], text('gr'), text('eet'), [0xff]);
const indefiniteMap = (entries: Entries): Uint8Array => join([0xbf], ...entries.flat(), [0xff]);

it.each<[string, Uint8Array]>([
  ['lengths in 8 bytes', envelope(map(entriesOf(content)))],
  ['the self-describing tag', tagged(55799, envelope(map(entriesOf(content))))],
  ['fields in another order', envelope(map([...entriesOf(content)].reverse()))],
  ['a map without length', envelope(indefiniteMap(entriesOf(content)))],
  ['a byte string in parts', withField('arg', arg)],
  ['text in parts', withField('method_name', method)],
  ['a bignum for a natural number', withField('ingress_expiry', tagged(2, blob(expiryBytes)))],
  ['an unknown field beside the content', envelope(map(entriesOf(content)), [[text('more'), text('x')]])]
])('takes %s', async (_name, body) => {
  expect(await verdictOn(body)).toBe('taken');
});

const float64 = new Uint8Array(9).fill(0);
float64[0] = 0xfb;
const twice = (name: string, value: Uint8Array): Entries => [...entriesOf(content), [text(name), value]];
const deep = (open: number, depth: number): Uint8Array => join(new Uint8Array(depth).fill(open), [0]);

it.each<[string, Uint8Array]>([
  ['a field of the content twice', envelope(map(twice('arg', blob(Uint8Array.of(1)))))],
  ['a field of the content twice, with another value', envelope(map(twice('method_name', text('transfer'))))],
  ['the content twice', envelope(map(entriesOf(content)), [[text('content'), map(entriesOf(content))]])],
  ['the signature twice', envelope(map(entriesOf(content)), [[text('sender_sig'), blob(signature)]])],
  [
    'a duplicate spelled in parts',
    envelope(map([...entriesOf(content), [join([0x7f], text('a'), text('rg'), [0xff]), blob(MANAGEMENT)]]))
  ],
  [
    'a field more in the content, which was not signed',
    envelope(map(twice('nonce', blob(Uint8Array.of(1)))))
  ],
  ['an unknown field more in the content', envelope(map(twice('more', text('x'))))],
  ['another tag', tagged(55800, envelope(map(entriesOf(content))))],
  ['a tag on a field', withField('arg', tagged(1, blob(Uint8Array.of(1))))],
  ['a float for a natural number', withField('ingress_expiry', float64)],
  ['a negative number', withField('ingress_expiry', head(1, 5))],
  ['a negative bignum', withField('ingress_expiry', tagged(3, blob(expiryBytes)))],
  ['a bignum beyond 64 bits', withField('ingress_expiry', tagged(2, blob(new Uint8Array(9).fill(1))))],
  ['a bignum of a megabyte', withField('ingress_expiry', tagged(2, blob(new Uint8Array(1 << 20).fill(1))))],
  ['a bignum that is text', withField('ingress_expiry', tagged(2, text('5')))],
  ['text for a byte string', withField('arg', text('\u0001'))],
  ['a byte string for text', withField('method_name', blob(utf8('greet')))],
  ['text that is not UTF-8', withField('method_name', join(head(3, 2), [0xc3, 0x28]))],
  [
    'text whose parts are not UTF-8',
    withField('method_name', join([0x7f], head(3, 1), [0xc3], head(2, 1), [0xa9], [0xff]))
  ],
  ['parts of another kind', withField('arg', join([0x5f], text('a'), [0xff]))],
  ['parts within parts', withField('arg', join([0x5f, 0x5f], blob(Uint8Array.of(1)), [0xff, 0xff]))],
  ['parts without end', withField('arg', join([0x5f], blob(Uint8Array.of(1))))],
  ['a break where none belongs', withField('arg', Uint8Array.of(0xff))],
  ['null', withField('arg', Uint8Array.of(0xf6))],
  ['undefined', withField('arg', Uint8Array.of(0xf7))],
  ['an integer for a key', envelope(map([...entriesOf(content), [head(0, 1), head(0, 1)]]))],
  ['a byte string for a key', envelope(map([...entriesOf(content), [blob(utf8('x')), head(0, 1)]]))],
  ['an array for the content', envelope(array(...entriesOf(content).flat()))],
  ['an array for the envelope', array(map(entriesOf(content)))],
  ['an item behind the envelope', join(envelope(map(entriesOf(content))), [0])],
  ['a map with a key and no value', join([0xbf], text('content'), [0xff])],
  ['a byte string of 2^63 bytes', withField('arg', head(2, 1n << 63n))],
  ['text of 2^64 - 1 bytes', withField('method_name', head(3, (1n << 64n) - 1n))],
  ['an array of 2^63 items', withField('arg', head(4, 1n << 63n))],
  ['a map of 2^63 entries', head(5, 1n << 63n)],
  ['250,000 empty arrays', withField('arg', join(head(4, 250_000), new Uint8Array(250_000).fill(0x80)))],
  ['reserved lengths', withField('arg', Uint8Array.of(0x5c))],
  ['arrays 100,000 deep', deep(0x81, 100_000)],
  ['arrays without length 100,000 deep', deep(0x9f, 100_000)],
  ['tags 100,000 deep', deep(0xc2, 100_000)],
  ['maps 100,000 deep', deep(0xa1, 100_000)],
  ['content 40 arrays deep', withField('arg', deep(0x81, 40))],
  ['nothing', new Uint8Array(0)]
])('refuses %s', async (_name, body) => {
  expect(await verdictOn(body)).toBe('refused');
});
