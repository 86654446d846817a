/** Finds ports: the customary one when nobody has it, else any. */
import { createServer } from 'node:net';

/** `preferred` when it is free on 127.0.0.1, else 0, which lets the system choose. */
export function preferPort(preferred: number): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(0));
    probe.listen(preferred, '127.0.0.1', () => probe.close(() => resolve(preferred)));
  });
}
