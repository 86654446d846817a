/** Finds ports: the customary one when nobody has it, else any. */
import { createServer } from 'node:net';

/** What `start` gives on port `preferred` of 127.0.0.1, or on port 0 (the system's choice) when that is taken. */
export async function startOnPort<T>(preferred: number, start: (port: number) => Promise<T>): Promise<T> {
  if (!(await isFree(preferred))) return start(0);
  try {
    return await start(preferred);
  } catch (error) {
    // Somebody may have been quicker; a start that fails for another reason fails there too, and says why.
    if (await isFree(preferred)) throw error;
    return start(0);
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
