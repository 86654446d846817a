/** A process that writes to a state folder until the disk refuses, and prints how many writes were acknowledged. */
import { openStateStore } from '../../../../src/local-ic/state/lmdb-state-store';

async function main(folder: string): Promise<void> {
  const store = openStateStore(folder);
  let acknowledged = 0;
  try {
    for (; acknowledged < 10_000; acknowledged++) {
      await store.write([{ key: `k${acknowledged}`, value: new Uint8Array(10_000) }]);
    }
  } catch (error) {
    const refusal = String(error);
    const next = await store.write([{ key: 'small', value: new Uint8Array(1) }]).catch(String);
    process.stdout.write(JSON.stringify({ acknowledged, refusal, next }));
  }
  await store.close();
}

void main(process.argv[2] ?? '');
