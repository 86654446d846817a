/** Puts built canisters on a development network through the management canister, as any IC client would. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type HttpAgent } from '@dfinity/agent';
import { IDL } from '@dfinity/candid';
import { Principal } from '@dfinity/principal';
import { builtFiles } from '../build/built-files';
import { type InstallModeWire, createManagementClient } from './management-client';

export type CanisterName = 'signer' | 'domains';

/** Most that the chunk store takes at once. */
const CHUNK_BYTES = 1_048_576;

const CYCLES = 1_000_000_000_000_000n;

/** Gzipped Wasm of a canister as built in the chosen variant. @throws when it was not built. */
function readCanisterWasm(name: CanisterName): Uint8Array {
  return readFileSync(builtFiles(name).gzip);
}

/** A new canister, empty, controlled by the agent's identity. */
export async function createCanister(agent: HttpAgent): Promise<Principal> {
  const management = createManagementClient(agent, Principal.managementCanister());
  const created = await management.provisional_create_canister_with_cycles({
    amount: [CYCLES],
    settings: [],
    specified_id: []
  });
  return created.canister_id;
}

/** Installs or upgrades a canister with its built Wasm and encoded init arguments; in chunks, as a message holds 2 MiB. */
export async function installCanister(
  agent: HttpAgent,
  install: {
    readonly id: Principal;
    readonly name: CanisterName;
    readonly mode: InstallModeWire;
    readonly arg: Uint8Array;
  }
): Promise<void> {
  const { id, name, mode, arg } = install;
  const management = createManagementClient(agent, id);
  const wasm = readCanisterWasm(name);
  const chunks = Array.from({ length: Math.ceil(wasm.length / CHUNK_BYTES) }, (_, index) =>
    wasm.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES)
  );
  // Before, not after: nothing comes between the installation and the next message.
  await management.clear_chunk_store({ canister_id: id });
  await management.install_chunked_code({
    mode,
    target_canister: id,
    chunk_hashes_list: await Promise.all(
      chunks.map((chunk) => management.upload_chunk({ canister_id: id, chunk }))
    ),
    wasm_module_hash: createHash('sha256').update(wasm).digest(),
    arg
  });
}

/** Candid bytes of no arguments. */
export const emptyArgs = (): Uint8Array => IDL.encode([], []);
