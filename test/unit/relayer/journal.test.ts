import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { open } from 'lmdb';
import { type Bytes32, bytes32 } from '../../../src/core/bytes';
import { isProtocolError } from '../../../src/core/error';
import { type Job, type JobState } from '../../../src/relayer/job';
import { type Journal, openJournal } from '../../../src/relayer/journal';
import { decodeJob, encodeRecord } from '../../../src/relayer/journal-record';
import { digest } from '../../support/relayer/fake-chain';

const DOMAIN = digest('domain');
let folder = '';
const opened: Journal[] = [];

function openHere(domain = DOMAIN): Journal {
  const journal = openJournal({ folder, domain });
  opened.push(journal);
  return journal;
}

async function closeAll(): Promise<void> {
  for (const journal of opened.splice(0)) await journal.close();
}

const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return isProtocolError(error) ? error.code : `thrown: ${String(error)}`;
  }
  return 'no error';
};

/** Puts a raw value where the journal keeps its own. */
async function overwrite(database: string, key: string, value: Uint8Array): Promise<void> {
  const root = open<Uint8Array, string>({
    path: join(folder, 'journal.mdb'),
    noSubdir: true,
    encoding: 'binary',
    maxDbs: 8
  });
  await root.openDB<Uint8Array, string>({ name: database, encoding: 'binary' }).put(key, value);
  await root.close();
}

const cursor = { height: 7n, hash: digest('block'), leafCount: 2n };
const checkpoint = { height: 7n, leafCount: 2n, storageHash: digest('storage') };
const jobOf = (id: string, state: JobState): Job => ({
  id,
  firstLeaf: 3n,
  height: 7n,
  tags: [digest('nullifier'), digest('commitment')],
  transitions: [
    {
      unitIndex: 0,
      account: digest('account'),
      isBinding: false,
      payload: Uint8Array.of(1, 2, 3)
    }
  ],
  state,
  failures: 2,
  notBeforeMs: 1_700_000_000_123
});

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hypha-journal-'));
});

afterEach(async () => {
  await closeAll();
  rmSync(folder, { recursive: true });
});

describe('a journal', () => {
  it('is empty at first, in a folder that it makes', async () => {
    folder = join(folder, 'some', 'where');
    expect(openHere().read()).toEqual({
      cursor: undefined,
      verified: undefined,
      checkpoint: undefined,
      leaves: [],
      openJobs: []
    });
    await closeAll();
    folder = join(folder, '..', '..');
    expect(readdirSync(join(folder, 'some', 'where'))).toContain('journal.mdb');
  });

  it('holds after reopening what was committed', async () => {
    const job = jobOf('a', { status: 'submitted', checkpoint });
    const leaves = [digest('0'), digest('1')];
    openHere().commit({
      cursor,
      verified: cursor,
      checkpoint,
      leaves: { first: 0n, commitments: leaves },
      jobs: [job]
    });
    await closeAll();

    expect(openHere().read()).toEqual({ cursor, verified: cursor, checkpoint, leaves, openJobs: [job] });
  });

  it('keeps what a step does not name', () => {
    const journal = openHere();
    journal.commit({ cursor, checkpoint, jobs: [jobOf('a', { status: 'observed' })] });

    journal.commit({ verified: cursor });

    expect(journal.read()).toMatchObject({ cursor, checkpoint, openJobs: [{ id: 'a' }] });
  });

  it('replaces all leaves from the first one given', () => {
    const journal = openHere();
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => digest(name)) as [
      Bytes32,
      Bytes32,
      Bytes32,
      Bytes32
    ];
    journal.commit({ leaves: { first: 0n, commitments: [a, b, c] } });

    journal.commit({ leaves: { first: 1n, commitments: [d] } });
    expect(journal.read().leaves).toEqual([a, d]);
    journal.commit({ leaves: { first: 0n, commitments: [] } });
    expect(journal.read().leaves).toEqual([]);
  });

  it('moves jobs between open and closed, and forgets dropped ones', () => {
    const journal = openHere();
    const reason = { code: 'transition/nonce', message: 'no' };
    journal.commit({ jobs: ['a', 'b', 'c'].map((id) => jobOf(id, { status: 'observed' })) });

    journal.commit({ jobs: [jobOf('a', { status: 'refused', reason })], dropJobs: ['b'] });

    expect(journal.read().openJobs.map(({ id }) => id)).toEqual(['c']);
    expect([...journal.closedJobs()]).toEqual([jobOf('a', { status: 'refused', reason })]);
    expect(['a', 'b', 'c'].map((id) => journal.hasJob(id))).toEqual([true, false, true]);

    journal.commit({ jobs: [jobOf('a', { status: 'observed' })] });
    expect([...journal.closedJobs()]).toEqual([]);
  });

  it('takes a step wholly or not at all', () => {
    const journal = openHere();
    const gap = {
      cursor,
      jobs: [jobOf('a', { status: 'observed' })],
      leaves: { first: 5n, commitments: [] }
    };

    expect(() => journal.commit(gap)).toThrow('BUG');

    expect(journal.read()).toMatchObject({ cursor: undefined, openJobs: [] });
  });
});

describe('opening a journal', () => {
  it('takes it over: whoever had it before commits nothing more', () => {
    const first = openHere();
    const second = openHere();

    expect(codeOf(() => first.commit({ cursor }))).toBe('journal/taken-over');
    second.commit({ checkpoint });

    expect(second.read()).toMatchObject({ cursor: undefined, checkpoint });
  });

  it('of another domain is refused', async () => {
    openHere();
    await closeAll();

    expect(codeOf(() => openHere(digest('another')))).toBe('journal/other-domain');
  });

  it('of a newer version is refused, and changes nothing', async () => {
    openHere();
    await closeAll();
    await overwrite('meta', 'format', Uint8Array.of(2));

    expect(codeOf(() => openHere())).toBe('journal/newer-version');
    expect(codeOf(() => openHere())).toBe('journal/newer-version');
  });

  it.each([
    ['meta', 'cursor', '{"height":"7"}'],
    ['meta', 'cursor', '[]'],
    ['meta', 'verified', '{'],
    ['meta', 'checkpoint', '{"height":7,"leafCount":"2","storageHash":"00"}'],
    ['open', 'x', 'null'],
    ['open', 'x', '{"id":"x"}']
  ])('whose %s %s is %s is refused', async (database, key, text) => {
    openHere();
    await closeAll();
    await overwrite(database, key, Buffer.from(text));

    expect(codeOf(() => openHere().read())).toBe('journal/corrupt');
  });

  it.each([
    ['short', 'no'],
    ['something else', 'no database, '.repeat(1_000)]
  ])('that is %s is refused', (_what, content) => {
    writeFileSync(join(folder, 'journal.mdb'), content);

    expect(codeOf(() => openHere())).toBe('journal/corrupt');
  });

  it('that a crash left empty begins anew', () => {
    writeFileSync(join(folder, 'journal.mdb'), '');

    openHere().commit({ cursor });

    expect(openHere().read()).toMatchObject({ cursor });
  });
});

describe('job records', () => {
  const word = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => bytes32(bytes, 'word'));
  const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  const ref = fc.record({ height: u64, leafCount: u64, storageHash: word });
  const reason = fc.record({ code: fc.string(), message: fc.string() });
  const state: fc.Arbitrary<JobState> = fc.oneof(
    fc.constant({ status: 'observed' } as const),
    ref.map((reference) => ({ status: 'checkpointed', checkpoint: reference }) as const),
    ref.map((reference) => ({ status: 'submitted', checkpoint: reference }) as const),
    reason.map((given) => ({ status: 'stalled', reason: given }) as const),
    reason.map((given) => ({ status: 'refused', reason: given }) as const),
    fc.constantFrom('us' as const, 'earlier' as const).map((by) => ({ status: 'done', by }) as const)
  );
  const job: fc.Arbitrary<Job> = fc.record({
    id: fc.string(),
    firstLeaf: u64,
    height: u64,
    tags: fc.array(word),
    transitions: fc.array(
      fc.record({
        unitIndex: fc.nat(),
        account: word,
        isBinding: fc.boolean(),
        payload: fc.uint8Array()
      })
    ),
    state,
    failures: fc.nat(),
    notBeforeMs: fc.maxSafeNat()
  });

  it('read back as written', () => {
    fc.assert(fc.property(job, (given) => expect(decodeJob(encodeRecord(given))).toEqual(given)));
  });

  it.each(['split', 'closed', ''])('with status %p are refused', (status) => {
    const reason = { code: 'transition/nonce', message: 'no' };
    const record = new TextDecoder().decode(encodeRecord(jobOf('a', { status: 'refused', reason })));
    const bad = Buffer.from(record.replace('"refused"', JSON.stringify(status)));

    expect(codeOf(() => decodeJob(Buffer.from(record)))).toBe('no error');
    expect(codeOf(() => decodeJob(bad))).toBe('journal/corrupt');
  });

  it('with any field missing or of another kind are refused', () => {
    const record = JSON.parse(
      new TextDecoder().decode(encodeRecord(jobOf('a', { status: 'done', by: 'us' })))
    ) as Record<string, unknown>;
    for (const name of Object.keys(record)) {
      for (const value of [undefined, null, -1, 'ZZ', {}, [null]]) {
        const bad = Buffer.from(JSON.stringify({ ...record, [name]: value }));
        if (name === 'id' && value === 'ZZ') continue;
        expect([name, value, codeOf(() => decodeJob(bad))]).toEqual([name, value, 'journal/corrupt']);
      }
    }
  });
});
