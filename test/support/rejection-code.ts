import { isProtocolError } from '../../src/core/error';

/** The code that `work` is refused with; undefined when it is not refused. Any other error is thrown on. */
export async function rejectionCode(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (isProtocolError(error)) return error.code;
    throw error;
  }
}
