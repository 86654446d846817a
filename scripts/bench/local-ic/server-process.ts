/** A local IC as a process of its own, and what is measured on it from outside. */
import { readFileSync } from 'node:fs';
import { type HttpAgent } from '@dfinity/agent';
import { type Principal } from '@dfinity/principal';
import { connectAgent } from '../../../src/sdk/client';
import { createIdentity } from '../../../src/sdk/identity';
import { platformRandom } from '../../../src/sdk/transfer-plan';
import { type ChildProgram, startProgram } from '../../network/child-program';
import { createManagementClient } from '../../network/management-client';
import { createCanister } from '../../network/install-canisters';

export type ServerProcess = {
  readonly url: string;
  readonly program: ChildProgram;
  /** From the start of the process to its line that it listens. */
  readonly startedInMs: number;
};

export async function startServerProcess(args: readonly string[] = []): Promise<ServerProcess> {
  const startedAt = performance.now();
  const program = await startProgram({
    program: 'src/local-ic/main.ts',
    args: ['--port', '0', ...args],
    isReady: (line) => line.startsWith('Local Internet Computer at ')
  });
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(program.readyLine)?.[0];
  if (url === undefined) throw new Error(`the local IC named no address: ${program.readyLine}`);
  return { url, program, startedInMs: performance.now() - startedAt };
}

export const connect = ({ url }: ServerProcess): Promise<HttpAgent> =>
  connectAgent({ host: url, fetchRootKey: true, identity: createIdentity(platformRandom()) });

/** A new canister that runs `module`. */
export async function install(agent: HttpAgent, module: Uint8Array, arg: Uint8Array): Promise<Principal> {
  const id = await createCanister(agent);
  await createManagementClient(agent, id).install_code({
    mode: { install: null },
    canister_id: id,
    wasm_module: module,
    arg
  });
  return id;
}

/** Resident memory of a process in bytes. */
export function residentBytes(pid: number): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kibibytes) * 1024;
}
