import { type Result } from '../../../../src/api/errors';
import { type TransitionBatchWire } from '../../../../src/api/signer-idl';
import { ProtocolError } from '../../../../src/core/error';
import { type EvmChain } from '../../../../src/relayer/chains/evm-chain';
import { type Job } from '../../../../src/relayer/job';
import { type SignerPort } from '../../../../src/relayer/jobs/submit-transition';
import { FakeChain, type FakeUnit } from '../../../support/relayer/fake-chain';
import { RelayerWorld } from '../../../support/relayer/relayer-world';
import { FakeAccount, plainUnit, together } from '../../../support/relayer/story';
import { TEST_RETRY, settleRelayer } from '../../../support/relayer/test-relayer';

const worlds: RelayerWorld[] = [];

/** A world whose chain has, final, one block for each of these lists of units, every list one action. */
function worldOf(...blocks: readonly (readonly FakeUnit[])[]): RelayerWorld {
  const chain = new FakeChain();
  for (const units of blocks) chain.addBlock([units]);
  chain.finalizeAll();
  const world = new RelayerWorld(chain);
  worlds.push(world);
  return world;
}

/** The network, but the first calls of `apply_transitions` go as scripted. */
function scripted(
  world: RelayerWorld,
  ...script: ((batch: TransitionBatchWire) => Promise<Result<never>>)[]
): SignerPort {
  return {
    apply_transitions: (batch) => script.shift()?.(batch) ?? world.network.apply_transitions(batch)
  };
}

const refuse = (code: string) => (): Promise<Result<never>> =>
  Promise.resolve({ Err: { code, message: 'as scripted' } });
const throwError = (): Promise<never> => Promise.reject(new Error('socket hang up'));

const statuses = (jobs: readonly Job[]): string[] => jobs.map(({ state }) => state.status);
const bound = (...names: string[]): FakeAccount[] => names.map((name) => new FakeAccount(name));

afterEach(async () => {
  for (const world of worlds.splice(0)) await world.end();
});

describe('a job without trouble', () => {
  it('is written down at each step of its way', async () => {
    const [anna] = bound('anna') as [FakeAccount];
    const world = worldOf([anna.bind()]);

    await world.runToEnd();

    expect(world.statesOf()).toEqual(['observed', 'checkpointed', 'submitted', 'done']);
    expect(world.jobs()[0]?.state).toEqual({ status: 'done', by: 'us' });
    expect(world.network.headsOf(anna.id)).toHaveLength(1);
  });

  it('carries the whole action, with proofs for all but bindings', async () => {
    const [anna, boris] = bound('anna', 'boris') as [FakeAccount, FakeAccount];
    const world = worldOf([anna.bind()], [plainUnit('beside'), ...together(anna.move(), boris.bind())]);
    const batches: TransitionBatchWire[] = [];
    const signer: SignerPort = {
      apply_transitions: (batch) => {
        batches.push(batch);
        return world.network.apply_transitions(batch);
      }
    };

    await world.runToEnd({ signer });

    expect(batches.map(({ tags, units }) => [tags.length, units.length])).toEqual([
      [2, 1],
      [6, 3]
    ]);
    expect(
      batches[1]?.units.map((unit) => [unit.leaf_index, unit.payload.length, unit.nullifier_proof.length])
    ).toEqual([
      [1n, 0, 1],
      [2n, 1, 1],
      [3n, 1, 0]
    ]);
    expect(world.network.effects).toHaveLength(3);
  });

  it('shares a checkpoint with the other jobs at or below its height', async () => {
    const [anna, boris] = bound('anna', 'boris') as [FakeAccount, FakeAccount];
    const world = worldOf([anna.bind()], [boris.bind()], [anna.move()]);

    await world.runToEnd();

    expect(world.network.checkpointCalls).toBe(1);
    expect(world.network.applyCalls).toBe(3);
  });

  it('is one of several when parts of an action were agreed on apart', async () => {
    const accounts = Array.from({ length: 17 }, (_, index) => new FakeAccount(`account ${index}`));
    const [first, second, ...others] = accounts.map((account) => account.bind()) as [FakeUnit, FakeUnit];
    const world = worldOf([...together(first, second), ...others]);

    await world.runToEnd();

    expect(statuses(world.jobs())).toEqual(Array(16).fill('done'));
    expect(world.network.effects).toHaveLength(17);
  });

  it('is over: a second run on the journal sends nothing', async () => {
    const [anna] = bound('anna') as [FakeAccount];
    const world = worldOf([anna.bind()], [anna.move()]);
    await world.runToEnd();
    const { applyCalls, checkpointCalls } = world.network;

    const { ledger } = await world.runToEnd();

    expect([world.network.applyCalls, world.network.checkpointCalls]).toEqual([applyCalls, checkpointCalls]);
    expect(ledger.countJobs()).toMatchObject({ done: 2, observed: 0 });
  });
});

describe('a refusal or a failure that passes', () => {
  it.each([
    'domain/busy',
    'domain/not-final',
    'domain/halted',
    'domain/providers-disagree',
    'domain/providers-too-few',
    'domains/unavailable',
    'some/code-of-the-future'
  ])('%s: tried again after a while, applied once', async (code) => {
    const [anna] = bound('anna') as [FakeAccount];
    const world = worldOf([anna.bind()]);
    const startMs = world.clock.nowMs();

    await world.runToEnd({ signer: scripted(world, refuse(code), refuse(code)) });

    expect(world.statesOf()).toEqual([
      'observed',
      'checkpointed',
      'submitted',
      'submitted',
      'submitted',
      'done'
    ]);
    expect(world.network.effects).toHaveLength(1);
    expect(world.clock.nowMs() - startMs).toBeGreaterThanOrEqual(1_500);
  });

  it('a call that never arrived is made again', async () => {
    const [anna] = bound('anna') as [FakeAccount];
    const world = worldOf([anna.bind()]);

    await world.runToEnd({ signer: scripted(world, throwError) });

    expect(world.jobs()[0]?.state).toEqual({ status: 'done', by: 'us' });
  });

  it('a reply that was lost is not mistaken for a failure', async () => {
    const [anna] = bound('anna') as [FakeAccount];
    const world = worldOf([anna.bind()], [anna.move()]);
    const loseReply = async (batch: TransitionBatchWire): Promise<never> => {
      await world.network.apply_transitions(batch);
      throw new Error('timeout');
    };

    await world.runToEnd({ signer: scripted(world, loseReply, loseReply) });

    expect(world.jobs().map(({ state }) => state)).toEqual([
      { status: 'done', by: 'earlier' },
      { status: 'done', by: 'us' }
    ]);
    expect(world.network.effects).toHaveLength(2);
  });

  it('a lost reply to a swap ends with all of it found applied', async () => {
    const [anna, boris] = bound('anna', 'boris') as [FakeAccount, FakeAccount];
    const world = worldOf([anna.bind()], [boris.bind()], together(anna.move(), boris.move()));
    let calls = 0;
    const signer: SignerPort = {
      apply_transitions: async (batch) => {
        const result = await world.network.apply_transitions(batch);
        calls += 1;
        if (calls === 3) throw new Error('timeout');
        return result;
      }
    };

    await world.runToEnd({ signer });

    expect(world.jobs()[2]?.state).toEqual({ status: 'done', by: 'earlier' });
    expect(world.network.effects).toHaveLength(4);
  });

  it('actions that another relayer delivered are found applied, each as a whole', async () => {
    const [anna, boris, clara] = bound('anna', 'boris', 'clara') as [FakeAccount, FakeAccount, FakeAccount];
    const world = worldOf(
      together(anna.bind(), boris.bind()),
      together(anna.move(), boris.move()),
      together(boris.move(), clara.bind(), anna.move())
    );
    const signer: SignerPort = {
      apply_transitions: async (batch) => {
        await world.network.apply_transitions(batch);
        return world.network.apply_transitions(batch);
      }
    };

    await world.runToEnd({ signer });

    expect(world.jobs().map(({ state }) => state)).toEqual(Array(3).fill({ status: 'done', by: 'earlier' }));
    expect(world.network.applyCalls).toBe(6);
    expect(world.network.effects).toHaveLength(7);
  });

  it('a bug is thrown, not retried', async () => {
    const [anna] = bound('anna') as [FakeAccount];
    const world = worldOf([anna.bind()]);
    const chain: EvmChain = Object.create(world.chain, {
      readSnapshot: { value: () => Promise.reject(new TypeError('not a function')) }
    }) as EvmChain;
    const { relayer } = await world.start({ chain });

    await expect(relayer.step()).rejects.toThrow(TypeError);
  });
});

describe('a refusal for good', () => {
  it.each([
    'transition/commitment',
    'authority/signature',
    'payload/version',
    'account/unknown',
    'proof/root-mismatch',
    'transition/units',
    'transition/unsettled',
    'transition/consent-unmet',
    'wire/limit'
  ])('%s: kept with the reason, and nobody else waits for it', async (code) => {
    const [anna, boris] = bound('anna', 'boris') as [FakeAccount, FakeAccount];
    const world = worldOf([anna.bind()], [boris.bind()]);

    await world.runToEnd({ signer: scripted(world, refuse(code)) });

    expect(world.jobs().map(({ state }) => state)).toEqual([
      { status: 'refused', reason: { code, message: 'as scripted' } },
      { status: 'done', by: 'us' }
    ]);
  });

  it('does not hold up a later transition of the same account', async () => {
    const [anna] = bound('anna') as [FakeAccount];
    const world = worldOf([anna.bind()], [anna.moveBadly()], [anna.move()]);

    await world.runToEnd();

    expect(statuses(world.jobs())).toEqual(['done', 'refused', 'done']);
    expect(world.network.headsOf(anna.id)).toHaveLength(2);
  });

  it('of one side of a swap is one of both', async () => {
    const [anna, boris] = bound('anna', 'boris') as [FakeAccount, FakeAccount];
    const world = worldOf([anna.bind()], [boris.bind()], together(anna.move(), boris.moveBadly()));

    await world.runToEnd();

    expect(statuses(world.jobs())).toEqual(['done', 'done', 'refused']);
    expect(world.network.effects).toHaveLength(2);
  });

  it('holds up nobody: not the accounts in it, and not the actions behind it', async () => {
    const [anna, boris, clara] = bound('anna', 'boris', 'clara') as [FakeAccount, FakeAccount, FakeAccount];
    const world = worldOf(
      [anna.bind()],
      [boris.bind()],
      together(boris.moveBadly(), anna.moveBadly()),
      [clara.bind()],
      together(anna.move(), clara.move()),
      [boris.move()]
    );

    await world.runToEnd();

    expect(statuses(world.jobs())).toEqual(['done', 'done', 'refused', 'done', 'done', 'done']);
    expect(world.network.effects).toHaveLength(6);
  });

  it('wire/limit: an action with more units than the signer takes, not tried twice', async () => {
    const [anna, boris] = bound('anna', 'boris') as [FakeAccount, FakeAccount];
    const units = (count: number) =>
      Array.from({ length: count }, (_, index) => plainUnit(`${count} ${index}`));
    const world = worldOf([...units(31), anna.bind()], [...units(32), boris.bind()], [anna.move()]);

    await world.runToEnd();

    expect(world.jobs().map(({ state }) => state)).toMatchObject([
      { status: 'done', by: 'us' },
      { status: 'refused', reason: { code: 'wire/limit' } },
      { status: 'done', by: 'us' }
    ]);
    expect(world.network.applyCalls).toBe(3);
  });

  it('of what a stranger put beside a swap spoils nothing', async () => {
    const [anna, boris, nobody] = bound('anna', 'boris', 'nobody') as [FakeAccount, FakeAccount, FakeAccount];
    const swap = (): FakeUnit[] => together(anna.move(), boris.move());
    const world = worldOf([anna.bind()], [boris.bind()], [nobody.bind(), ...swap()]);
    world.network.unknownAccounts.add(Buffer.from(nobody.id).toString('hex'));

    await world.runToEnd();

    expect(statuses(world.jobs())).toEqual(['done', 'done', 'refused', 'done']);
    expect(world.network.effects).toHaveLength(4);
  });
});

describe('a job', () => {
  it.each([
    'transition/replayed',
    'transition/already-bound',
    'transition/duplicate-account',
    'transition/batch-size',
    'transition/consent-unmet',
    'transition/nullifier',
    'checkpoint/unknown',
    'domain/busy'
  ])('is the same action from first to last, also when refused with %s', async (code) => {
    const [anna, boris] = bound('anna', 'boris') as [FakeAccount, FakeAccount];
    const world = worldOf(
      [anna.bind()],
      [boris.bind()],
      [plainUnit('left'), ...together(anna.move(), boris.move())]
    );

    await world.runToEnd({ signer: scripted(world, refuse(code), refuse(code), refuse(code)) });

    const records = world.steps.flatMap(({ jobs = [] }) => jobs);
    expect(new Set(records.map(({ id }) => id)).size).toBe(3);
    for (const { id, firstLeaf, height, tags, transitions } of records) {
      expect(world.jobs().find((job) => job.id === id)).toMatchObject({
        firstLeaf,
        height,
        tags,
        transitions
      });
    }
  });
});

describe('checkpoints', () => {
  it('a pruned checkpoint is replaced by one at the newest verified block', async () => {
    const [anna] = bound('anna') as [FakeAccount];
    const world = worldOf([anna.bind()]);
    const { relayer, ledger } = await world.start({ signer: scripted(world, refuse('checkpoint/unknown')) });
    await relayer.step();
    world.network.pruneCheckpoints();
    world.chain.addBlocks(3);
    world.chain.finalizeAll();

    await settleRelayer({ relayer, ledger, clock: world.clock, lines: [], close: () => Promise.resolve() });

    expect([...world.network.checkpoints.keys()]).toEqual([4n]);
    expect(statuses(world.jobs())).toEqual(['done']);
  });

  it('a node that has the checkpoint no more leads to a newer one', async () => {
    const [anna] = bound('anna') as [FakeAccount];
    const world = worldOf([anna.bind()], [anna.move()]);
    const chain: EvmChain = Object.create(world.chain, {
      readNullifierProofs: {
        value: (request: Parameters<EvmChain['readNullifierProofs']>[0]) =>
          request.height < world.chain.tip
            ? Promise.reject(new ProtocolError('chain/rpc', 'missing trie node'))
            : world.chain.readNullifierProofs(request)
      }
    }) as EvmChain;
    const { relayer, ledger } = await world.start({ chain, signer: scripted(world, refuse('domain/busy')) });
    await relayer.step();
    world.chain.addBlocks(1);
    world.chain.finalizeAll();

    await settleRelayer({ relayer, ledger, clock: world.clock, lines: [], close: () => Promise.resolve() });

    expect([...world.network.checkpoints.keys()]).toEqual([2n, 3n]);
    expect(world.network.effects).toHaveLength(2);
  });

  it.each([
    'domain/not-final',
    'domain/header-mismatch',
    'checkpoint/too-old',
    'adapter/value',
    'domain/unknown'
  ])('a refused checkpoint (%s) never costs a job', async (code) => {
    const [anna] = bound('anna') as [FakeAccount];
    const world = worldOf([anna.bind()]);
    let refusals = 0;

    await world.runToEnd({
      domains: {
        accept_evm_checkpoint: (evidence) => {
          refusals += 1;
          return refusals < 4
            ? Promise.resolve({ Err: { code, message: 'as scripted' } })
            : world.network.accept_evm_checkpoint(evidence);
        }
      }
    });

    expect(statuses(world.jobs())).toEqual(['done']);
  });

  it('a node that shows the verified block in another state is asked again', async () => {
    const [anna] = bound('anna') as [FakeAccount];
    const world = worldOf([anna.bind()]);
    let reads = 0;
    const chain: EvmChain = Object.create(world.chain, {
      readSnapshot: {
        value: async (header: Parameters<EvmChain['readSnapshot']>[0]) => {
          reads += 1;
          const snapshot = await world.chain.readSnapshot(header);
          return reads === 2 ? { ...snapshot, leafCount: snapshot.leafCount + 1n } : snapshot;
        }
      }
    }) as EvmChain;

    const { lines } = await world.runToEnd({ chain });

    expect(lines.filter(({ event }) => event === 'job-postponed').map(({ code }) => code)).toEqual([
      'chain/unsteady-state'
    ]);
    expect(world.network.effects).toHaveLength(1);
  });
});

describe('jobs of one account', () => {
  it('a later one waits for the earlier one, other accounts do not', async () => {
    const [anna, boris] = bound('anna', 'boris') as [FakeAccount, FakeAccount];
    const world = worldOf([anna.bind()], [anna.move()], [boris.bind()]);
    const { relayer } = await world.start({ signer: scripted(world, refuse('domain/busy')) });

    await relayer.step();

    expect(statuses(world.jobs())).toEqual(['submitted', 'observed', 'done']);
    expect(world.network.applyCalls).toBe(1);
  });

  it('a job that always fails stalls after its attempts, and is revived by a restart with those behind it', async () => {
    const [anna] = bound('anna') as [FakeAccount];
    const world = worldOf([anna.bind()], [anna.move()]);
    const busy = Array.from({ length: TEST_RETRY.maxAttempts }, () => refuse('domain/busy'));

    const { ledger, relayer } = await world.runToEnd({ signer: scripted(world, ...busy) });
    expect(world.jobs().map(({ state }) => state)).toMatchObject([
      { status: 'stalled', reason: { code: 'domain/busy' } },
      { status: 'refused', reason: { code: 'transition/not-bound' } }
    ]);
    expect(ledger.countJobs()).toMatchObject({ stalled: 1, refused: 1 });
    expect(relayer.status().lastError?.code).toBe('transition/not-bound');

    const restarted = await world.runToEnd();
    expect(statuses(world.jobs())).toEqual(['done', 'done']);
    expect(restarted.ledger.countJobs()).toMatchObject({ stalled: 0, refused: 0, done: 2 });
    expect(world.network.effects).toHaveLength(2);
  });

  it.each(['transition/nullifier', 'transition/nullifier-key', 'transition/not-bound', 'transition/domain'])(
    'one refused with %s behind a stalled one is revived with it, a swap as a whole',
    async (code) => {
      const [anna, boris] = bound('anna', 'boris') as [FakeAccount, FakeAccount];
      const world = worldOf([boris.bind()], [anna.bind()], together(boris.move(), anna.move()));
      const deliver = (batch: TransitionBatchWire): Promise<Result<never>> =>
        world.network.apply_transitions(batch) as Promise<Result<never>>;
      const busy = Array.from({ length: TEST_RETRY.maxAttempts }, () => refuse('domain/busy'));

      await world.runToEnd({ signer: scripted(world, deliver, ...busy, refuse(code)) });
      expect(world.jobs().map(({ state }) => state)).toMatchObject([
        { status: 'done' },
        { status: 'stalled', reason: { code: 'domain/busy' } },
        { status: 'refused', reason: { code } }
      ]);

      await world.runToEnd();
      expect(statuses(world.jobs())).toEqual(['done', 'done', 'done']);
      expect(world.network.effects).toHaveLength(4);
    }
  );

  it('a clock that jumps back holds nothing up for longer than the longest delay', async () => {
    const [anna] = bound('anna') as [FakeAccount];
    const world = worldOf([anna.bind()]);
    const { relayer } = await world.start({ signer: scripted(world, refuse('domain/busy')) });
    await relayer.step();
    world.clock.advance(-86_400_000);

    await relayer.step();

    expect(statuses(world.jobs())).toEqual(['done']);
  });
});
