/** What the local IC adds to running an export: queue, transaction, meter. In one process, without HTTP. */
import { IDL } from '@dfinity/candid';
import { buildCanister } from '../../../test/fixtures/local-ic/wat-canister';
import { replyOf, TestReplica } from '../../../test/fixtures/local-ic/test-replica';
import { BareCanister } from './bare-canister';
import { medianMs, rounded } from './timing';

const NOTHING = new Uint8Array(IDL.encode([], []));
const LOOP_ROUNDS = 2_000_000;
/** A heap of 12 MiB, as a QuickJS canister has. */
const HEAP_PAGES = 192;

export type ExecutionCost = Readonly<Record<string, number>>;

export async function measureExecutionCost(azleModule: Uint8Array): Promise<ExecutionCost> {
  return { ...(await measureAzle(azleModule)), ...(await measureWat()) };
}

async function measureAzle(module: Uint8Array): Promise<ExecutionCost> {
  const network = new TestReplica();
  const canister = await network.install(module, { arg: NOTHING });
  const bare = new BareCanister(module);
  bare.run('canister_init', 'init', NOTHING);
  const loopArg = new Uint8Array(IDL.encode([IDL.Nat32], [LOOP_ROUNDS]));
  const bareUpdate = await medianMs(() => bare.run('canister_update nothing', 'update', NOTHING), {
    samples: 200
  });
  const update = await medianMs(
    async () => replyOf(await network.call(canister.id, 'nothing', { arg: NOTHING })),
    { samples: 200 }
  );
  const query = await medianMs(
    async () => replyOf(await network.query(canister.id, 'nothingQuery', { arg: NOTHING })),
    { samples: 200 }
  );
  const bareLoop = await medianMs(() => bare.run('canister_query loop', 'query', loopArg), { samples: 9 });
  const loop = await medianMs(
    async () => replyOf(await network.call(canister.id, 'loop', { arg: loopArg })),
    { samples: 9 }
  );
  network.replica.close();
  return {
    azleUpdateBareMs: rounded(bareUpdate),
    azleUpdateMs: rounded(update),
    azleUpdateOverheadMs: rounded(update - bareUpdate),
    azleQueryMs: rounded(query),
    loopUnmeteredMs: rounded(bareLoop),
    loopMeteredMs: rounded(loop),
    meteredToUnmetered: rounded(loop / bareLoop, 2)
  };
}

/** A heap written to before every trap, so that both saving and putting back are paid for; less the same on a small heap. */
async function measureWat(): Promise<ExecutionCost> {
  const [small, large] = [await measureTraps(1), await measureTraps(HEAP_PAGES)];
  return {
    watUpdateMs: rounded(small.update),
    watUpdate12MiBMs: rounded(large.update),
    rollback12MiBMs: rounded(large.trap - small.trap)
  };
}

async function measureTraps(
  memoryPages: number
): Promise<{ readonly update: number; readonly trap: number }> {
  const module = await buildCanister(() => ({
    memoryPages,
    exports: {
      'canister_update nothing': '(call $msg_reply)',
      'canister_update trap': '(i32.store (i32.const 0) (i32.const 7)) (unreachable)'
    }
  }));
  const network = new TestReplica();
  const canister = await network.install(module);
  const call = (method: string) => (): Promise<unknown> => network.call(canister.id, method);
  const update = await medianMs(call('nothing'), { samples: 500 });
  const trap = await medianMs(call('trap'), { samples: 500 });
  network.replica.close();
  return { update, trap };
}
