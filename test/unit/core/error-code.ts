import { isProtocolError } from '../../../src/core/error';

/** The code that `action` is refused with; undefined when it is not refused. Any other error is thrown on. */
export function errorCode(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (isProtocolError(error)) return error.code;
    throw error;
  }
}
