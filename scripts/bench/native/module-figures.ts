/** What a built canister weighs: its files, its installation, and its memory when it does nothing. */
import { readFileSync } from 'node:fs';
import { IDL } from '@dfinity/candid';
import { Principal } from '@dfinity/principal';
import { InitArgsIdl } from '../../../src/api/signer-idl';
import { executionCost } from '../../../src/local-ic/execution/cycles-schedule';
import { TestReplica } from '../../../test/fixtures/local-ic/test-replica';
import { builtFiles } from '../../build/built-files';
import { type Variant } from '../../build/variant';

type CanisterFigures = {
  readonly wasmBytes: number;
  readonly gzipBytes: number;
  readonly installInstructions: number;
  readonly heapBytes: number;
};
export type ModuleFigures = Readonly<Record<string, CanisterFigures>>;

const INSTALL_ARGS: Readonly<Record<string, Uint8Array>> = {
  domains: new Uint8Array(IDL.encode([], [])),
  signer: new Uint8Array(
    IDL.encode([IDL.Opt(InitArgsIdl)], [[{ domains_canister: Principal.anonymous(), key_name: 'key_1' }]])
  )
};

/** Of both canisters, which must have been built in the variant. */
export async function measureModules(variant: Variant): Promise<ModuleFigures> {
  const figures: Record<string, CanisterFigures> = {};
  for (const [name, arg] of Object.entries(INSTALL_ARGS)) {
    const { wasm, gzip } = builtFiles(name, variant);
    const module = new Uint8Array(readFileSync(wasm));
    const installed = await measureInstallation(module, arg);
    figures[name] = {
      wasmBytes: module.length,
      gzipBytes: readFileSync(gzip).length,
      ...installed
    };
  }
  return figures;
}

async function measureInstallation(
  module: Uint8Array,
  arg: Uint8Array
): Promise<Pick<CanisterFigures, 'installInstructions' | 'heapBytes'>> {
  const network = new TestReplica();
  try {
    const canister = await network.install(module, { arg });
    const { instructions = 0n } = await network.consumed(canister);
    const { memory_metrics } = (await network.status(canister)) as {
      memory_metrics: { wasm_memory_size: bigint };
    };
    return {
      // A cycle an instruction, on top of what every message costs.
      installInstructions: Number(instructions - executionCost(0n)),
      heapBytes: Number(memory_metrics.wasm_memory_size)
    };
  } finally {
    network.replica.close();
  }
}
