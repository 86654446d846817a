/** Canister modules: their encodings, and what makes a module invalid. */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { codesOf, rejectionOf, replyOf, replyText, valueAt } from './client';
import { type Created, Probe } from './network';
import { registerOf } from './observations';
import { assemble, withCustomSection } from './probe/probe-module';
import { program } from './probe/program';
import { row, useNetwork } from './row';

const network = useNetwork();

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

async function moduleHash({ id }: Created): Promise<string | undefined> {
  const path = ['canister', id, 'module_hash'] as const;
  const hash = valueAt(await network.client.readState(id, [path]), path);
  return hash && Buffer.from(hash).toString('hex');
}

row(
  52,
  'System API, Canister module format',
  'a module may be compressed; its hash is of the bytes sent',
  async () => {
    const plain = await network.probeModule();
    const compressed = Uint8Array.from(gzipSync(plain));
    const canister = await network.create();

    replyOf(await network.install(canister, compressed, { arg: program().setRegister(0, 7) }));

    expect(await moduleHash(canister)).toBe(sha256(compressed));
    expect(await registerOf(new Probe(network, canister))).toBe(7n);
    replyOf(await network.install(canister, plain, { mode: { upgrade: [] } }));
    expect(await moduleHash(canister)).toBe(sha256(plain));
  }
);

row(
  52,
  'System API, WebAssembly module requirements',
  'the smallest module is a canister without methods',
  async () => {
    const canister = await network.create();
    const empty = await assemble('(module)');

    replyOf(await network.install(canister, empty));

    expect(await moduleHash(canister)).toBe(sha256(empty));
    expect(codesOf(await network.client.query(canister.id, 'any', new Uint8Array(0)))).toBe('5 IC0536');
  }
);

/** Modules that are refused, as text. */
const INVALID: Readonly<Record<string, string>> = {
  'two memories': '(module (memory 1) (memory 1))',
  'an unknown function of ic0': '(module (import "ic0" "no_such_function" (func)))',
  'another module': '(module (import "env" "time" (func (result i64))))',
  'a known function of another type': '(module (import "ic0" "time" (func (result i32))))',
  'an imported memory of another module': '(module (import "env" "memory" (memory 1)))',
  'init with a parameter': '(module (func (export "canister_init") (param i32)))',
  'init with a result': '(module (func (export "canister_init") (result i32) (i32.const 0)))',
  'an update with a parameter': '(module (func (export "canister_update m") (param i32)))',
  'a query with a result': '(module (func (export "canister_query m") (result i64) (i64.const 0)))',
  'a heartbeat with a parameter': '(module (func (export "canister_heartbeat") (param i64)))',
  'an unknown export canister_foo': '(module (func (export "canister_foo")))',
  'one name for an update and a query':
    '(module (func (export "canister_update m")) (func (export "canister_query m")))',
  'one name for a query and a composite query':
    '(module (func (export "canister_query m")) (func (export "canister_composite_query m")))',
  'more than 1,000 globals': `(module ${'(global i32 (i32.const 0))'.repeat(1001)})`,
  'more than 50,000 functions': `(module ${'(func)'.repeat(50_001)})`,
  'more than 1,000 methods': `(module ${Array.from(
    { length: 1001 },
    (_, index) => `(func (export "canister_query q${index}"))`
  ).join('')})`,
  'method names of more than 20,000 bytes': `(module (func (export "canister_query ${'n'.repeat(20_001)}")))`
};

row(52, 'System API, WebAssembly module requirements', 'modules that break a rule are refused', async () => {
  const canister = await network.create();

  for (const [name, text] of Object.entries(INVALID)) {
    const outcome = await network.install(canister, await assemble(text));
    expect([name, codesOf(outcome)]).toEqual([name, '5 IC0505']);
  }
  expect(await moduleHash(canister)).toBeUndefined();
});

row(
  52,
  'System API, WebAssembly module requirements',
  'sections with prefix icp: are public or private, each name once',
  async () => {
    const canister = await network.create();
    const empty = await assemble('(module)');
    const note = new TextEncoder().encode('note');
    const both = withCustomSection(withCustomSection(empty, 'icp:public a', note), 'icp:private a', note);
    const other = withCustomSection(empty, 'icp:other a', note);
    const many = Array.from({ length: 17 }, (_, index) => `icp:public ${index}`).reduce(
      (module, name) => withCustomSection(module, name, note),
      empty
    );
    const large = withCustomSection(empty, 'icp:public a', new Uint8Array(1024 * 1024 + 1));

    for (const module of [both, other, many, large]) {
      expect(codesOf(await network.install(canister, module))).toBe('5 IC0505');
    }
    expect(codesOf(await network.install(canister, withCustomSection(empty, 'icp:public a', note)))).toBe(
      'replied'
    );
  }
);

row(52, 'System API, Canister module format', 'what is no module, or no whole one, is refused', async () => {
  const canister = await network.create();
  const whole = await network.probeModule();
  const compressed = Uint8Array.from(gzipSync(whole));
  const broken = Uint8Array.from(whole);
  broken.fill(0xff, 2000, 2100);
  const invalid: Readonly<Record<string, Uint8Array>> = {
    nothing: new Uint8Array(0),
    text: new TextEncoder().encode('not a module'),
    'only the magic': whole.slice(0, 4),
    'only the header and half a section': whole.slice(0, 100),
    'cut in the middle': whole.slice(0, whole.length / 2),
    'another version': Uint8Array.from([0, 0x61, 0x73, 0x6d, 2, 0, 0, 0]),
    'other bytes inside': broken,
    'cut gzip': compressed.slice(0, compressed.length / 2),
    'gzip of text': Uint8Array.from(gzipSync('not a module'))
  };

  for (const [name, module] of Object.entries(invalid)) {
    const outcome = await network.install(canister, module);
    expect([name, codesOf(outcome)]).toEqual([name, '5 IC0505']);
    expect(rejectionOf(outcome)).not.toBe('');
  }
  expect(await moduleHash(canister)).toBeUndefined();
});

row(
  52,
  'Management canister, install_code',
  'an invalid module leaves a canister with code as it was',
  async () => {
    const probe = await network.probe(program().setRegister(0, 7));
    const hash = await moduleHash(probe);
    const invalid = await assemble('(module (func (export "canister_foo")))');

    for (const mode of [{ reinstall: null }, { upgrade: [] }]) {
      expect(codesOf(await network.install(probe, invalid, { mode }))).toBe('5 IC0505');
    }
    expect(await registerOf(probe)).toBe(7n);
    expect(await moduleHash(probe)).toBe(hash);
  }
);

row(
  '+',
  'System API, WebAssembly module requirements',
  'a memory of 64 bits makes addresses of 64 bits',
  async () => {
    const canister = await network.create();
    const module = await assemble(`(module
    (import "ic0" "msg_reply_data_append" (func $append (param i64 i64)))
    (import "ic0" "msg_reply" (func $reply))
    (memory i64 1)
    (data (i64.const 8) "hello")
    (func (export "canister_query hello") (call $append (i64.const 8) (i64.const 5)) (call $reply)))`);

    replyOf(await network.install(canister, module));

    expect(replyText(await network.client.query(canister.id, 'hello', new Uint8Array(0)))).toBe('hello');
  }
);
