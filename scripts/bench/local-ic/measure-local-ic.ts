/** The local IC's own figures: what it adds to an execution, how much it serves, how fast it starts and comes back. */
import { gzipSync } from 'node:zlib';
import { Agent } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IDL } from '@dfinity/candid';
import { type Principal } from '@dfinity/principal';
import { buildAzleCanister } from '../../../test/fixtures/local-ic/build-azle-canister';
import { buildCanister } from '../../../test/fixtures/local-ic/wat-canister';
import { createRootKey } from '../../../src/local-ic/protocol/subnet-keys';
import { measureExecutionCost } from './execution-cost';
import { measureThroughput, send, type Target } from './http-load';
import { connect, install, residentBytes, type ServerProcess, startServerProcess } from './server-process';
import { medianMs, rounded } from './timing';

const NOTHING = new Uint8Array(IDL.encode([], []));
const CLIENTS = 64;
const LOAD_SECONDS = 5;
const IDLE_CANISTERS = 20;
const MIB = 1024 * 1024;
const STABLE_MIB = 1024;
const STABLE_MIB_PER_CALL = 64;

/** All figures, in one run. Throughput is measured with a state folder and without. */
export async function measureLocalIc(): Promise<unknown> {
  const azleModule = await buildAzleCanister('azle-bench.ts');
  return {
    execution: await measureExecutionCost(azleModule),
    certificateMs: rounded(await measureCertificate()),
    http: await withServer([], measureHttp),
    httpWithStateFolder: await withStateFolder((folder) => withServer(['--state-dir', folder], measureHttp)),
    memory: await withServer([], (server) => measureIdleMemory(server, azleModule)),
    restart: await withStateFolder(measureRestart)
  };
}

function measureCertificate(): Promise<number> {
  const key = createRootKey();
  const payload = new Uint8Array(46);
  return medianMs(
    () => {
      payload[0] = ((payload[0] ?? 0) + 1) % 256;
      key.sign(payload);
    },
    { samples: 50 }
  );
}

async function measureHttp(server: ServerProcess): Promise<Readonly<Record<string, number>>> {
  const agent = await connect(server);
  const target = targetOf(server, await install(agent, await noOpModule(), NOTHING));
  const connection = new Agent({ keepAlive: true, maxSockets: 1 });
  const one = (kind: 'call' | 'query', method: string) => (): Promise<unknown> =>
    send(target, { kind, method, agent: connection });
  const updateMs = await medianMs(one('call', 'nothing'), { samples: 100 });
  const queryMs = await medianMs(one('query', 'nothing_query'), { samples: 200 });
  connection.destroy();
  const load = { clients: CLIENTS, seconds: LOAD_SECONDS };
  const updates = await measureThroughput(target, { kind: 'call', method: 'nothing', ...load });
  const queries = await measureThroughput(target, { kind: 'query', method: 'nothing_query', ...load });
  return {
    processStartToListeningMs: rounded(server.startedInMs, 0),
    updateMs: rounded(updateMs),
    queryMs: rounded(queryMs),
    updatesPerSecond: rounded(updates, 0),
    queriesPerSecond: rounded(queries, 0)
  };
}

async function measureIdleMemory(server: ServerProcess, module: Uint8Array): Promise<unknown> {
  const agent = await connect(server);
  const compressed = new Uint8Array(gzipSync(module));
  await install(agent, compressed, NOTHING);
  const before = residentBytes(server.program.pid);
  for (let made = 0; made < IDLE_CANISTERS; made += 1) await install(agent, compressed, NOTHING);
  const each = (residentBytes(server.program.pid) - before) / IDLE_CANISTERS;
  return { azleCanisterMiB: rounded(each / MIB, 1), canisters: IDLE_CANISTERS };
}

/** Fills stable memory, ends the process, and starts another on its folder. */
async function measureRestart(folder: string): Promise<unknown> {
  const args = ['--state-dir', folder];
  const first = await startServerProcess(args);
  const id = await install(await connect(first), await stableModule(), NOTHING).then(async (canister) => {
    const agent = new Agent({ keepAlive: true });
    const target = targetOf(first, canister);
    for (let written = 0; written < STABLE_MIB; written += STABLE_MIB_PER_CALL)
      await send(target, { kind: 'call', method: 'fill', agent });
    agent.destroy();
    return canister;
  });
  await first.program.stop();
  const startedAt = performance.now();
  const second = await startServerProcess(args);
  const listeningMs = performance.now() - startedAt;
  const agent = new Agent();
  await send(targetOf(second, id), { kind: 'query', method: 'read_last', agent });
  const answeredMs = performance.now() - startedAt;
  await second.program.stop();
  return {
    stableMiB: STABLE_MIB,
    processStartToListeningMs: rounded(listeningMs, 0),
    processStartToAnswerMs: rounded(answeredMs, 0)
  };
}

const targetOf = ({ url }: ServerProcess, canister: Principal): Target => ({
  url,
  canisterId: canister.toText(),
  canisterBytes: canister.toUint8Array()
});

const noOpModule = (): Promise<Uint8Array> =>
  buildCanister(() => ({
    exports: {
      'canister_update nothing': '(call $msg_reply)',
      'canister_query nothing_query': '(call $msg_reply)'
    }
  }));

/** `fill` adds 64 MiB of stable memory and writes all of it; `read_last` reads the last page. */
const stableModule = (): Promise<Uint8Array> =>
  buildCanister(() => ({
    memoryPages: 4,
    fields: '(global $pages i64 (i64.const 1024))',
    exports: {
      'canister_update fill': `(local $page i64) (local $end i64)
        (local.set $page (call $stable64_grow (global.get $pages)))
        (local.set $end (i64.add (local.get $page) (global.get $pages)))
        (memory.fill (i32.const 65536) (i32.const 7) (i32.const 65536))
        (loop $next
          (i32.store (i32.const 65536) (i32.wrap_i64 (local.get $page)))
          (call $stable64_write (i64.mul (local.get $page) (i64.const 65536)) (i64.const 65536) (i64.const 65536))
          (local.set $page (i64.add (local.get $page) (i64.const 1)))
          (br_if $next (i64.lt_u (local.get $page) (local.get $end))))
        (call $msg_reply)`,
      'canister_query read_last': `
        (call $stable64_read (i64.const 65536)
          (i64.mul (i64.sub (call $stable64_size) (i64.const 1)) (i64.const 65536)) (i64.const 8))
        (call $reply (i32.const 65536) (i32.const 8))`
    }
  }));

async function withServer<T>(
  args: readonly string[],
  measure: (server: ServerProcess) => Promise<T>
): Promise<T> {
  const server = await startServerProcess(args);
  try {
    return await measure(server);
  } finally {
    await server.program.stop();
  }
}

async function withStateFolder<T>(measure: (folder: string) => Promise<T>): Promise<T> {
  const parent = mkdtempSync(join(tmpdir(), 'local-ic-bench-'));
  try {
    return await measure(join(parent, 'state'));
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
}
