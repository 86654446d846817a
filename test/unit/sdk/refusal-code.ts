import { isProtocolError } from '../../../src/core/error';

/** The code that `attempt` is refused with; undefined when it is not refused. Any other error is thrown on. */
export async function refusalCode(attempt: () => unknown): Promise<string | undefined> {
  try {
    await attempt();
    return undefined;
  } catch (error) {
    if (isProtocolError(error)) return error.code;
    throw error;
  }
}
