/** Builds canisters of the tests the way ours are built, in a folder of their own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileCanister } from '../../scripts/build/compile-canister';
import { type Variant } from '../../scripts/build/variant';

/**
 * Wasm of the class that `main`, a path in the project, exports as its default. It may import our sources by their
 * place beside it (`../../../src/core/crypto/hash`); `variant` says which engine is behind the doors.
 */
export async function buildFixtureCanister(main: string, variant: Variant): Promise<Uint8Array> {
  const folder = mkdtempSync(join(tmpdir(), 'hypha-fixture-'));
  try {
    const { wasm } = await compileCanister({
      name: 'fixture',
      main,
      variant,
      folder: join(folder, 'staging')
    });
    return wasm;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
