/** Every way in which a linked module may differ from what it was made from is noticed. */
import { assertLinked } from '../../../scripts/link/check-linked';
import { assemble } from '../../../scripts/link/native-modules';
import { LIBRARIES, readPinned } from '../../../scripts/link/libraries';

const moduleText = (parts: {
  imports?: string;
  exports?: string;
  pages?: number;
  entries?: number;
  rest?: string;
}): string => `(module
  (import "ic0" "msg_reply" (func))
  ${parts.imports ?? ''}
  (memory ${parts.pages ?? 5})
  (table ${parts.entries ?? 9} ${parts.entries ?? 9} funcref)
  (func (export "canister_update run"))
  ${parts.exports ?? '(func (export "canister_query read"))'}
  ${parts.rest ?? ''})`;

async function check(linked: string, imports = ''): Promise<void> {
  const canister = await assemble(moduleText({ pages: 1, entries: 2, imports }));
  assertLinked({ canister, linked: await assemble(linked), size: { page: 5, entry: 9 } });
}

describe('assertLinked', () => {
  it('takes a module with the same imports and exports', async () => {
    await check(moduleText({ rest: '(func) (global i32 (i32.const 1))' }));
  });

  it.each([
    [
      'another import',
      moduleText({ imports: '(import "ic0" "msg_caller_size" (func (result i32)))' }),
      'imports'
    ],
    [
      'an import left over',
      moduleText({ imports: '(import "system" "certified_data_set" (func (param i32 i32)))' }),
      ''
    ],
    ['another export', moduleText({ rest: '(func (export "canister_query more"))' }), 'exports'],
    ['a missing export', moduleText({ exports: '' }), 'exports'],
    [
      'an export of another kind',
      moduleText({ exports: '(global (export "canister_query read") i32 (i32.const 1))' }),
      ''
    ],
    ['a start function', moduleText({ rest: '(func $go) (start $go)' }), 'start'],
    ['other pages', moduleText({ pages: 6 }), 'pages'],
    ['another size of the table', moduleText({ entries: 10 }), 'table entries'],
    ['a second table', moduleText({ rest: '(table 9 9 funcref)' }), 'one table'],
    ['too many globals', moduleText({ rest: '(global i32 (i32.const 1)) '.repeat(1_001) }), 'globals'],
    ['too many functions', moduleText({ rest: '(func) '.repeat(50_001) }), 'functions']
  ])('refuses %s', async (_, linked, reason) => {
    await expect(check(linked)).rejects.toThrow(reason);
  });

  it('counts what there is twice', async () => {
    const reply = '(import "ic0" "msg_reply" (func))';
    const code = '(import "ic0" "msg_reject_code" (func (result i32)))';
    await check(moduleText({ imports: reply + code }), reply + code);
    await expect(check(moduleText({ imports: code + code }), reply + code)).rejects.toThrow('imports');
  });
});

describe('readPinned', () => {
  it('gives each pinned library', () => {
    for (const library of LIBRARIES) expect(readPinned(library).length).toBeGreaterThan(1_000);
  });

  it.each(LIBRARIES.map((library) => [library.name, library] as const))(
    'refuses other bytes of %s',
    (_, library) => {
      const digest = library.sha256.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));
      expect(() => readPinned({ ...library, sha256: digest })).toThrow(library.sha256);
      expect(() => readPinned({ ...library, version: '0.0.1' })).toThrow('0.0.1');
    }
  );

  it('says what is missing, and what to do', () => {
    const [library] = LIBRARIES;
    if (library === undefined) throw new Error('expected a library');
    for (const change of [{ file: 'dist/none.js' }, { package: 'none' }])
      expect(() => readPinned({ ...library, ...change })).toThrow(
        /none(\.js|\/package\.json) is missing; `npm ci`/
      );
  });
});
