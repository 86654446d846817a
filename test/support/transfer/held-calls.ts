/** Calls between canisters, held back or rejected as a test wants it. */
import { type TestStage } from '../test-stage';

/** Holds the answer to the next call of `method` back; `seen` resolves at that call, `release` lets the answer go. */
export function holdAnswer(
  stage: TestStage,
  method: string
): { readonly seen: Promise<void>; readonly release: () => void } {
  let release = (): void => undefined;
  const until = new Promise<void>((resolve) => (release = resolve));
  const seen = new Promise<void>((resolve) => {
    const end = stage.localIc.replica.interceptCall(({ methodName }) => {
      if (methodName !== method) return { kind: 'pass' };
      end();
      resolve();
      return { kind: 'hold', until };
    });
  });
  return { seen, release };
}

/** What `work` answers while every call of a method is rejected with a code. */
export async function withRejections<T>(
  stage: TestStage,
  rejection: { readonly method: string; readonly code: number; readonly work: () => Promise<T> }
): Promise<T> {
  const { method, code, work } = rejection;
  const end = stage.localIc.replica.interceptCall(({ methodName }) =>
    methodName === method ? { kind: 'reject', code, message: 'as the test wants it' } : { kind: 'pass' }
  );
  try {
    return await work();
  } finally {
    end();
  }
}
