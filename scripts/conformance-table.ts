/** The table of test/conformance/README.md: which check is in which file. `--check` fails where it is out of date. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { projectRoot } from './project-files';

/** What each number stands for. */
const CHECKS: Readonly<Record<number, string>> = {
  1: 'status: root key in DER, in tagged CBOR',
  2: 'v2 calls: 202; v3 and v4: a certificate',
  3: 'request ids',
  4: 'root hash and lookups of the example tree',
  5: 'each required field missing in turn',
  6: 'fields beyond those known',
  7: 'no tag, another tag, cut short, no CBOR',
  8: 'canister in the URL and in the request',
  9: 'effective canister ids of management methods',
  10: 'expiry past, ahead, far ahead',
  11: 'expired anonymous queries',
  12: 'agents with a wrong clock recover',
  13: 'one envelope sent several times',
  14: 'nonces make requests distinct',
  15: 'size of the nonce',
  16: 'every kind of key; a bit flipped',
  17: 'sender and key, signature and content',
  18: 'anonymous with a signature, others without',
  19: 'chains of delegations: length, cycles, links',
  20: 'expiry and targets of delegations',
  21: 'permissions of delegations',
  22: 'who reads the status of a request',
  23: 'certificates verify, under the root key only',
  24: 'time in every certificate',
  25: 'what is absent is shown absent',
  26: 'number and depth of paths, one request id',
  27: 'controllers and module hash',
  28: 'metadata, public and private',
  29: 'length of request ids',
  30: 'certified data',
  31: 'node signatures of queries',
  32: 'ranges hold every canister',
  33: 'no canister, no module, no method',
  34: 'reject by the canister',
  35: 'no answer, two answers',
  36: 'traps roll back',
  37: 'queries keep nothing, replicated or not',
  38: 'caller seen by callee and in callbacks',
  39: 'order of calls',
  40: 'state between call and callback',
  41: 'cleanup callbacks',
  42: 'calls of a trapped execution',
  43: 'building a call',
  44: 'calls that fail',
  45: 'every System API function in every context',
  46: 'cycles sent, accepted, refunded',
  47: 'bounded-wait calls',
  48: 'composite queries',
  49: 'install, reinstall, upgrade',
  50: 'traps in install hooks',
  51: 'skip_pre_upgrade',
  52: 'modules accepted and refused',
  53: 'stopping and starting',
  54: 'deleting',
  55: 'controllers',
  56: 'uninstalling under open calls',
  57: 'canister_version',
  58: 'inspect_message',
  59: 'global timer',
  60: 'time',
  61: 'stable memory',
  62: 'is_controller',
  63: 'chunked install',
  64: 'instruction limit',
  65: 'freezing',
  66: 'canister_status',
  67: 'raw_rand',
  68: 'threshold ECDSA',
  69: 'threshold Schnorr',
  70: 'vetKD',
  71: 'HTTPS outcalls',
  72: 'provisional creation and top-up',
  73: 'canister logs',
  74: 'agents, browsers',
  75: 'the icp command',
  76: 'HTTP gateway',
  77: 'azle: random seed',
  78: 'azle: exceptions in updates',
  79: 'azle: exceptions in queries and callbacks',
  80: 'azle: upgrades',
  81: 'azle: timers',
  82: 'azle: rejected calls'
};

const BEYOND = '+';
const START = '<!-- table -->';
const END = '<!-- end of table -->';
const folder = join(projectRoot, 'test', 'conformance');
const readmeFile = join(folder, 'README.md');

type Place = { readonly section: string; readonly file: string };

/** Rows of one file: number, and the section as far as it is not made of variables. */
function rowsOf(file: string): (readonly [string, Place])[] {
  const source = readFileSync(join(folder, file), 'utf8');
  const constants = new Map(
    [...source.matchAll(/const (\w+) = '([^']+)';/g)].map(([, name = '', value = '']) => [name, value])
  );
  const calls = source.matchAll(/\brow\(\s*(\d+|'\+'),\s*(?:'([^']*)'|`([^`]*)`|(\w+))/g);
  return [...calls].map(([, number = '', text, template, name = '']) => {
    const written = text ?? template?.split(/[:,]? ?\$\{/)[0] ?? constants.get(name) ?? '';
    return [number.replaceAll("'", ''), { section: written, file }];
  });
}

const unique = (values: readonly string[]): string[] => [...new Set(values)].sort();

function makeTable(): string {
  const files = readdirSync(folder).filter((file) => file.endsWith('.test.ts'));
  const rows = files.flatMap(rowsOf);
  const icp: readonly [string, Place] = [
    '75',
    { section: 'Clients', file: '../integration/clients/icp-command.test.ts' }
  ];
  const places = [...rows, icp];
  const numbers = [...Object.keys(CHECKS), BEYOND];
  const lines = numbers.map((number) => {
    const here = places.filter(([key]) => key === number).map(([, place]) => place);
    if (number === BEYOND) return `| + | beyond the list | | in most files |`;
    const sections = unique(here.map(({ section }) => section)).join('; ');
    const links = unique(here.map(({ file }) => file)).map((file) => `[${fileTitle(file)}](${file})`);
    return `| ${number} | ${CHECKS[Number(number)] ?? ''} | ${sections} | ${links.join(', ')} |`;
  });
  return ['| # | check | section | file |', '| --- | --- | --- | --- |', ...lines].join('\n');
}

const fileTitle = (file: string): string => file.replace(/^.*\//, '').replace('.test.ts', '');

const readme = readFileSync(readmeFile, 'utf8');
const head = readme.slice(0, readme.indexOf(START) + START.length);
const tail = readme.slice(readme.indexOf(END));
const current = `${head}\n\n${makeTable()}\n\n${tail}`;

async function main(): Promise<void> {
  const formatted = await format(current, { ...(await resolveConfig(readmeFile)), filepath: readmeFile });
  if (!process.argv.includes('--check')) writeFileSync(readmeFile, formatted);
  else if (readme !== formatted) {
    process.stderr.write('test/conformance/README.md: run npx ts-node scripts/conformance-table.ts\n');
    process.exitCode = 1;
  }
}

void main();
