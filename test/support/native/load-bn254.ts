/** The adapter of BN254 over mcl. */
import { ascii, concat } from '../../../src/core/bytes';
import { type WasmMemory, wasm } from '../../../src/local-ic/execution/webassembly';
import { type LoadedAdapter, loadAdapter } from './load-adapter';
import { readPackagedWasm } from './packaged-wasm';

/** Header, then one memory of 17 pages (what mcl asks for), then its export. */
const MEMORY_MODULE = concat(
  Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0),
  Uint8Array.of(5, 3, 1, 0, 17),
  Uint8Array.of(7, 10, 1, 6),
  ascii('memory'),
  Uint8Array.of(2, 0)
);

export function loadBn254(): Promise<LoadedAdapter> {
  const memory = new wasm.Instance(new wasm.Module(MEMORY_MODULE), {}).exports['memory'] as WasmMemory;
  const library = readPackagedWasm('mcl-wasm/dist/mcl_c.js');
  return loadAdapter({ adapter: 'bn254', name: 'mcl', library, imports: { env: { memory } }, memory });
}
