/** A process that writes to a state folder until the disk refuses, and prints how many writes were acknowledged. */
import { openStateStore } from '../../../../src/local-ic/state/lmdb-state-store';

/** More than the store hands over to its writer at once. */
const VALUES_PER_WRITE = 100;

async function main(folder: string): Promise<void> {
  const store = openStateStore(folder);
  let acknowledged = 0;
  try {
    for (; acknowledged < 10_000; acknowledged++) {
      const keys = Array.from({ length: VALUES_PER_WRITE }, (_, index) => `k${acknowledged}/${index}`);
      await store.write(keys.map((key) => ({ key, value: new Uint8Array(10_000) })));
    }
  } catch (error) {
    const refusal = String(error);
    const next = await store.write([{ key: 'small', value: new Uint8Array(1) }]).catch(String);
    // What nobody handled ends the process before this.
    await new Promise(setImmediate);
    process.stdout.write(JSON.stringify({ acknowledged, refusal, next }));
  }
  await store.close();
}

void main(process.argv[2] ?? '');
