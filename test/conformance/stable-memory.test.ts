/** Stable memory, and the functions that tell a canister about itself. */
import { codesOf, replyInt, replyOf, replyText } from './client';
import { createIdentity } from './identities';
import { valueOf } from './observations';
import { type Program, program } from './probe/program';
import { type SystemApiName } from './probe/system-api';
import { row, useNetwork } from './row';

const network = useNetwork();

const PAGE = 65_536;
const MINUS_ONE = (1n << 64n) - 1n;
/** 500 GiB, the limit of the Internet Computer, in pages. */
const LIMIT_PAGES = 500n * 1024n * 16n;

row(
  61,
  'System API, Stable memory',
  'it is empty at first, grows by pages of zeros and tells its former size',
  async () => {
    const probe = await network.probe();
    const grow = async (pages: number): Promise<bigint> =>
      replyInt(await probe.update(program().ic0('stable64_grow', pages).replyInt()));

    expect(await valueOf(probe, program().ic0('stable64_size'))).toBe(0n);
    expect(await grow(1)).toBe(0n);
    expect(await grow(0)).toBe(1n);
    expect(await grow(5)).toBe(1n);
    expect(await valueOf(probe, program().ic0('stable64_size'))).toBe(6n);
    const last = replyOf(
      await probe.query(
        program()
          .stableRead(6 * PAGE - 8, 8)
          .reply()
      )
    );
    expect(last).toEqual(new Uint8Array(8));
  }
);

row(61, 'System API, Stable memory', 'the functions of 32 and 64 bits see the same memory', async () => {
  const probe = await network.probe();
  const write32 = (offset: number, bytes: Uint8Array): Program =>
    program().int(offset).blob(bytes).op('split').op('stable_write');
  const read32 = (offset: number, length: number): Program =>
    program().int(length).op('alloc').op('dup').op('split').op('drop').ic0('stable_read', offset, length);

  expect(replyInt(await probe.update(program().ic0('stable_grow', 2).replyInt()))).toBe(0n);
  expect(replyInt(await probe.update(program().ic0('stable64_grow', 1).replyInt()))).toBe(2n);
  expect(await valueOf(probe, program().ic0('stable_size'))).toBe(3n);
  expect(await valueOf(probe, program().ic0('stable64_size'))).toBe(3n);
  await probe.update(
    write32(PAGE - 2, Buffer.from('abcd'))
      .stableWrite(PAGE + 2, Buffer.from('efgh'))
      .replyText('')
  );
  expect(
    replyText(
      await probe.query(
        program()
          .stableRead(PAGE - 2, 8)
          .reply()
      )
    )
  ).toBe('abcdefgh');
  expect(replyText(await probe.query(read32(PAGE - 2, 8).reply()))).toBe('abcdefgh');
});

row(61, 'System API, Stable memory', 'growing past the limit gives -1 and changes nothing', async () => {
  const probe = await network.probe(program().stableGrow(1));
  const grow = (name: SystemApiName, pages: bigint) =>
    probe.update(program().ic0(name, pages).replyInt()).then(replyInt);

  expect(await grow('stable64_grow', LIMIT_PAGES)).toBe(MINUS_ONE);
  expect(await grow('stable64_grow', MINUS_ONE)).toBe(MINUS_ONE);
  expect(await grow('stable_grow', 65_536n)).toBe(0xffff_ffffn);
  expect(await grow('stable64_grow', 0n)).toBe(1n);
});

row(61, 'System API, Stable memory', 'reading and writing outside of it or of the heap traps', async () => {
  const probe = await network.probe(program().stableGrow(1));
  const outside: readonly Program[] = [
    program().ic0('stable64_read', 0, PAGE - 1, 2),
    program().ic0('stable64_read', 0, MINUS_ONE, 1),
    program().ic0('stable64_read', 0xffff_ffff, 0, 1),
    program().ic0('stable64_write', PAGE - 1, 0, 2),
    program().ic0('stable64_write', MINUS_ONE, 0, 2),
    program().ic0('stable64_write', 0, 0xffff_ffff, 1),
    program().ic0('stable_read', 0, PAGE - 1, 2),
    program().ic0('stable_write', PAGE - 1, 0, 2),
    program().ic0('stable_write', 0, 0xffff_ffff, 1)
  ];

  for (const access of outside) {
    expect(codesOf(await probe.update(program().then(access).replyText('')))).toMatch(/^5 /);
  }
  expect(codesOf(await probe.update(program().ic0('stable64_read', 0, PAGE, 0).replyText('')))).toBe(
    'replied'
  );
});

row(61, 'System API, Stable memory', 'it survives upgrades, also the bytes of its last page', async () => {
  const end = 3 * PAGE - 4;
  const probe = await network.probe(program().stableGrow(3).stableWrite(end, Buffer.from('last')));

  for (let upgrade = 0; upgrade < 3; upgrade++) replyOf(await probe.upgrade());

  expect(replyText(await probe.query(program().stableRead(end, 4).reply()))).toBe('last');
});

row(61, 'System API, Stable memory', 'the functions of 32 bits end at 4 GiB', async () => {
  const probe = await network.probe();
  const large = 65_537;
  expect(replyInt(await probe.update(program().ic0('stable64_grow', large).replyInt()))).toBe(0n);

  for (const run of [
    program().ic0('stable_size').op('drop'),
    program().ic0('stable_grow', 1).op('drop'),
    program().ic0('stable_read', 0, 0, 1),
    program().ic0('stable_write', 0, 0, 1)
  ]) {
    expect(codesOf(await probe.update(program().then(run).replyText('')))).toMatch(/^5 /);
  }
  await probe.update(
    program()
      .stableWrite(65_536 * PAGE, Buffer.from('beyond'))
      .replyText('')
  );
  expect(
    replyText(
      await probe.query(
        program()
          .stableRead(65_536 * PAGE, 6)
          .reply()
      )
    )
  ).toBe('beyond');
});

row(
  62,
  'System API, is_controller',
  'it knows controllers from others, and traps on what is no principal',
  async () => {
    const probe = await network.probe();
    const ask = (principal: Uint8Array): Program =>
      program().blob(principal).give('is_controller').replyInt();

    expect(replyInt(await probe.update(ask(network.controller.sender)))).toBe(1n);
    expect(replyInt(await probe.query(ask(network.controller.sender)))).toBe(1n);
    expect(replyInt(await probe.update(ask(createIdentity().sender)))).toBe(0n);
    expect(replyInt(await probe.update(ask(Uint8Array.of(4))))).toBe(0n);
    expect(replyInt(await probe.update(ask(new Uint8Array(0))))).toBe(0n);
    expect(codesOf(await probe.update(ask(new Uint8Array(30))))).toMatch(/^5 /);
  }
);

row(
  '+',
  'System API, Self-identification',
  'a canister knows its id, and shares its subnet with others',
  async () => {
    const [first, second] = [await network.probe(), await network.probe()];
    const subnet = program().read('subnet_self').reply();

    expect(replyOf(await first.update(program().self().reply()))).toEqual(first.id);
    expect(replyOf(await first.query(program().self().reply()))).toEqual(first.id);
    const subnetId = replyOf(await first.update(subnet));
    expect(subnetId).toHaveLength(29);
    expect(replyOf(await second.query(subnet))).toEqual(subnetId);
  }
);

row('+', 'System API, Certified data', 'the root key is the one of the status endpoint', async () => {
  const probe = await network.probe();

  expect(replyOf(await probe.update(program().read('root_key').reply()))).toEqual(network.rootKey);
});

row(
  '+',
  'System API, Blob-typed arguments and results',
  'copying more than there is, or out of memory, traps',
  async () => {
    const probe = await network.probe();
    const copies: readonly Program[] = [
      program().ic0('canister_self_copy', 0, 0, 11),
      program().ic0('canister_self_copy', 0, 11, 0),
      program().ic0('canister_self_copy', 0xffff_fff0, 0, 10),
      program().ic0('msg_caller_copy', 0, 1, 1),
      program().ic0('msg_reply_data_append', 0xffff_fff0, 100),
      program().ic0('certified_data_set', 0xffff_fff0, 10)
    ];

    for (const copy of copies) {
      expect(codesOf(await probe.update(program().then(copy).replyText('')))).toMatch(/^5 /);
    }
  }
);

row(
  '+',
  'System API, Performance counter',
  'it grows with the work, and counter 1 spans the callbacks',
  async () => {
    const probe = await network.probe();
    const counter = (type: number): Program => program().ic0('performance_counter', type);
    const work = program().repeat(1000, program().increment(0));
    const spent = counter(0).then(work).then(counter(0)).op('swap').op('subtract').replyInt();
    const onReply = counter(0).op('to_bytes').append().then(counter(1)).replyInt();
    const call = { to: probe.id, arg: program().replyText(''), onReply };

    expect(replyInt(await probe.update(spent))).toBeGreaterThan(10_000n);
    const counters = Buffer.from(replyOf(await probe.update(program().then(work).call(call))));
    expect(counters.readBigUInt64LE(8)).toBeGreaterThan(counters.readBigUInt64LE(0) + 10_000n);
    expect(codesOf(await probe.update(counter(2).replyInt()))).toMatch(/^5 /);
  }
);
