import { hashOfMap } from '@dfinity/agent';
import { type Bytes32, bytes32, toHex } from '../../../../src/core/bytes';
import {
  BLOCK_TYPES,
  type BlockPosition,
  type LogEvent,
  type SignOutcome,
  createBlock,
  hashBlock
} from '../../../../src/core/log/block';
import { type Icrc3Value, decodeValue, encodeValue } from '../../../../src/core/log/icrc3-value';

const filled = (byte: number): Bytes32 => bytes32(new Uint8Array(32).fill(byte), 'value');
const accountId = filled(0xaa);

const position: BlockPosition = {
  previousHash: filled(1),
  timeNs: 1_700_000_000_000_000_000n,
  account: { id: accountId, epoch: 4n, logHead: filled(2), logCount: 9n }
};
const OUTCOMES: readonly SignOutcome[] = [
  { status: 'signed', transactionHash: filled(0x0a) },
  { status: 'failed', reason: 'rejected' },
  { status: 'unknown', reason: 'no answer' },
  { status: 'discarded' }
];
const EVENTS: readonly LogEvent[] = [
  { type: 'create', owner: Uint8Array.of(1, 2), publicKey: new Uint8Array(33).fill(2), generation: 0 },
  { type: 'bind', domain: filled(3), commitment: filled(4) },
  {
    type: 'sign-request',
    generation: 0,
    digest: filled(5),
    unsigned: Uint8Array.of(2, 0xc0),
    chainId: 1n,
    nonce: 7n
  },
  ...OUTCOMES.map((outcome): LogEvent => ({ type: 'sign-result', requestIndex: 12n, outcome })),
  { type: 'seal', passport: filled(6) },
  {
    type: 'transition',
    domain: filled(3),
    height: 100n,
    nullifier: filled(7),
    commitment: filled(8),
    owner: Uint8Array.of(3),
    outcome: 'active'
  },
  { type: 'accept', owner: Uint8Array.of(3) }
];

/** The block as plain fields. */
function fieldsOf(block: Icrc3Value): Record<string, unknown> {
  if (!('Map' in block)) throw new Error('a block is a map');
  return Object.fromEntries(block.Map.map(([name, value]) => [name, Object.values(value)[0] as unknown]));
}

describe('createBlock', () => {
  it.each(EVENTS)('puts type, place and account into the block of a $type', (event) => {
    expect(fieldsOf(createBlock(position, event))).toMatchObject({
      btype: BLOCK_TYPES[event.type],
      phash: filled(1),
      ts: 1_700_000_000_000_000_000n,
      account: accountId,
      epoch: 4n,
      account_index: 9n,
      account_prev: filled(2)
    });
  });

  it('names no block before the first of the log, and none before the first of an account', () => {
    const first = { ...position, previousHash: undefined, account: { ...position.account, logCount: 0n } };
    const names = Object.keys(fieldsOf(createBlock(first, { type: 'seal', passport: filled(6) })));
    expect(names).toEqual(['btype', 'ts', 'account', 'epoch', 'account_index', 'passport']);
  });

  it('has the fields of its event', () => {
    const eventFields = EVENTS.map((event) => Object.keys(fieldsOf(createBlock(position, event))).slice(7));
    expect(eventFields).toEqual([
      ['owner', 'public_key', 'generation'],
      ['domain', 'commitment'],
      ['generation', 'digest', 'unsigned', 'chain_id', 'nonce'],
      ['request', 'status', 'transaction_hash'],
      ['request', 'status', 'reason'],
      ['request', 'status', 'reason'],
      ['request', 'status'],
      ['passport'],
      ['domain', 'height', 'nullifier', 'commitment', 'owner', 'outcome'],
      ['owner']
    ]);
  });

  it('has a type of its own for every event', () => {
    expect(new Set(Object.values(BLOCK_TYPES)).size).toBe(Object.keys(BLOCK_TYPES).length);
  });
});

describe('hashBlock', () => {
  it.each(EVENTS)("is the agent library's hash of the block's fields: $type", (event) => {
    const block = createBlock(position, event);
    expect(toHex(hashBlock(block))).toBe(toHex(hashOfMap(fieldsOf(block))));
  });

  it('differs by everything a block holds', () => {
    const event: LogEvent = { type: 'seal', passport: filled(6) };
    const variants: readonly [BlockPosition, LogEvent][] = [
      [position, event],
      [{ ...position, previousHash: filled(9) }, event],
      [{ ...position, timeNs: 1n }, event],
      [{ ...position, account: { ...position.account, id: filled(9) } }, event],
      [{ ...position, account: { ...position.account, epoch: 5n } }, event],
      [{ ...position, account: { ...position.account, logHead: filled(9) } }, event],
      [{ ...position, account: { ...position.account, logCount: 10n } }, event],
      [position, { type: 'seal', passport: filled(7) }],
      ...OUTCOMES.map((outcome): [BlockPosition, LogEvent] => [
        position,
        { type: 'sign-result', requestIndex: 1n, outcome }
      ])
    ];
    const hashes = variants.map(([place, what]) => toHex(hashBlock(createBlock(place, what))));
    expect(new Set(hashes).size).toBe(variants.length);
  });

  it('has not changed', () => {
    const hashes = EVENTS.map((event) => `${event.type} ${toHex(hashBlock(createBlock(position, event)))}`);
    expect(hashes).toMatchInlineSnapshot(`
     [
       "create 16d6cf1782da48a1307d3d63b9e71ee31fb6f57a7b715e01a39aaa7b44afb295",
       "bind 91e8d74d2520bd787412f31af05d0a36de342bcd1a8f3a1c08afeb50b2dacf3a",
       "sign-request 3a5c9f98ff636ef5af9383f14306866a4b878a054058b6f63b4b359b2a63d739",
       "sign-result f8f1ab71b2f2e8ceb32b912dd9df0b06986e2e268dc054162bec98824b8a7a0b",
       "sign-result d59c1c918c51f0fee2764e0e4f6b16497951a327f4842cd98f77349abb995cb9",
       "sign-result 645869276c1a60dea890e98a851e4caed341be3c38d485770587d1f964b1bc31",
       "sign-result f04d99f99ad63194411504e48d42b559a60f6915990918d33749b2cff52a7f2b",
       "seal 89a8828b865b0620ee4b9e5f18d0bcfee3c3747f901db6896aa7bb6fcc484522",
       "transition ad3565f7ea3f863c9d70a25331ebbaaccb73aa827b80dede4fbc19911cb996d5",
       "accept 19fd602f2ef573efa133fe02a023523c43ea2abe2183ea2a933260b220938a8d",
     ]
    `);
  });

  it('is the same after storage', () => {
    for (const event of EVENTS) {
      const block = createBlock(position, event);
      expect(toHex(hashBlock(decodeValue(encodeValue(block))))).toBe(toHex(hashBlock(block)));
    }
  });
});
