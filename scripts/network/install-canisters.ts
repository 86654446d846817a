/** Puts built canisters on a development network through the management canister, as any IC client would. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type HttpAgent } from '@dfinity/agent';
import { IDL } from '@dfinity/candid';
import { Principal } from '@dfinity/principal';
import { projectRoot } from '../project-files';
import { type InstallModeWire, createManagementClient } from './management-client';

export type CanisterName = 'signer' | 'domains';

const CYCLES = 1_000_000_000_000_000n;

/** Gzipped Wasm of a built canister. @throws when it was not built. */
function readCanisterWasm(name: CanisterName): Uint8Array {
  return readFileSync(join(projectRoot, '.azle', name, `${name}.wasm.gz`));
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

/** Installs or upgrades a canister with its built Wasm and encoded init arguments. */
export async function installCanister(
  agent: HttpAgent,
  install: {
    readonly id: Principal;
    readonly name: CanisterName;
    readonly mode: InstallModeWire;
    readonly arg: Uint8Array;
  }
): Promise<void> {
  await createManagementClient(agent, install.id).install_code({
    mode: install.mode,
    canister_id: install.id,
    wasm_module: readCanisterWasm(install.name),
    arg: install.arg
  });
}

/** Candid bytes of no arguments. */
export const emptyArgs = (): Uint8Array => IDL.encode([], []);
