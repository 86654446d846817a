/** What the regions rely on in the module that azle puts a canister's JavaScript into. */
import loadWabt from 'wabt';
import { initialPages } from '../../../scripts/link/edit-module';
import { AZLE_TEMPLATE, readPinned } from '../../../scripts/link/libraries';
import { PAGE_BYTES } from '../../../scripts/link/relocate';

describe("azle's canister template", () => {
  it('has the end of its first heap as a constant, and asks for the size of memory in one place, its sbrk', async () => {
    const template = readPinned(AZLE_TEMPLATE);
    const module = (await loadWabt()).readWasm(template, { readDebugNames: false });
    const text = module.toText({ foldExprs: false, inlineExport: false });
    module.destroy();
    const end = initialPages(template) * PAGE_BYTES;
    expect(text.match(new RegExp(`i32\\.const ${end}$`, 'gm'))?.length).toBeGreaterThan(0);
    expect(text.match(/^\s*memory\.size/gm)).toHaveLength(1);
    expect(text.match(/^\s*memory\.grow/gm)).toHaveLength(1);
  }, 30_000);
});
