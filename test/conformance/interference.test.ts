/** What a network in this process does to calls when a test asks for it: all of it can happen on the network too. */
import { type Interception } from '../../src/local-ic/replica/call-interception';
import { type Outcome, replyOf, replyText } from './client';
import { type Probe } from './network';
import { registerOf } from './observations';
import { parseReject, type Program, program } from './probe/program';
import { needing, row, useNetwork } from './row';

const network = useNetwork();
const SECTION = 'Abstract behavior, Calls that fail';

/** Runs `happening` while calls of `update` meet this fate; it is given a promise of the first one. */
async function during<T>(fate: Interception, happening: (met: Promise<void>) => Promise<T>): Promise<T> {
  let meet = (): void => undefined;
  const met = new Promise<void>((resolve) => {
    meet = resolve;
  });
  const end = network.localIc.replica.interceptCall(({ methodName }) => {
    if (methodName !== 'update') return { kind: 'pass' };
    meet();
    return fate;
  });
  try {
    return await happening(met);
  } finally {
    end();
  }
}

const increments = (): Program => program().increment(0).replyText('done');

const callTo = (callee: Probe, timeoutSeconds?: number): Program =>
  program().call({
    to: callee.id,
    arg: increments(),
    ...(timeoutSeconds !== undefined && { timeoutSeconds })
  });

const rejectOf = (outcome: Outcome): ReturnType<typeof parseReject> => parseReject(replyOf(outcome));

row(
  '+',
  SECTION,
  'a rejection of any code reaches the caller, and the callee has seen nothing',
  needing('fault injection', async () => {
    const [caller, callee] = [await network.probe(), await network.probe()];
    for (const code of [1, 2, 3, 4, 5, 6]) {
      const fate = { kind: 'reject', code, message: `code ${code}` } as const;
      const outcome = await during(fate, () => caller.update(callTo(callee)));

      expect(rejectOf(outcome)).toEqual({ code, message: `code ${code}` });
    }
    expect(await registerOf(callee)).toBe(0n);
  })
);

row(
  '+',
  SECTION,
  'a trap of the callee is code 5, and undone',
  needing('fault injection', async () => {
    const [caller, callee] = [await network.probe(), await network.probe()];
    const outcome = await during({ kind: 'trap', message: 'injected' }, () => caller.update(callTo(callee)));

    expect(rejectOf(outcome)).toMatchObject({
      code: 5,
      message: expect.stringContaining('injected') as string
    });
    expect(await registerOf(callee)).toBe(0n);
  })
);

for (const [part, ran] of [
  ['request', 0n],
  ['answer', 1n]
] as const) {
  row(
    '+',
    SECTION,
    `a lost ${part} of a bounded-wait call ends in code 6`,
    needing('fault injection', async () => {
      const [caller, callee] = [await network.probe(), await network.probe()];
      const outcome = await during({ kind: 'drop', part }, async (met) => {
        const called = caller.update(callTo(callee, 10));
        await met;
        await network.pass(11);
        return called;
      });

      expect(rejectOf(outcome).code).toBe(6);
      expect(await registerOf(callee)).toBe(ran);
    })
  );
}

row(
  '+',
  SECTION,
  'an answer that is late finds the caller as it is then',
  needing('fault injection', async () => {
    const [caller, callee] = [await network.probe(), await network.probe()];
    const run = program().call({
      to: callee.id,
      arg: increments(),
      onReply: program().register(1).replyInt()
    });
    const outcome = await during({ kind: 'delay', seconds: 30 }, async () => {
      const called = caller.update(run);
      await network.until(async () => (await registerOf(callee)) === 1n);
      await caller.update(program().setRegister(1, 7).replyText(''));
      await network.pass(31);
      return called;
    });

    expect(replyOf(outcome)[0]).toBe(7);
  })
);

row(
  '+',
  SECTION,
  'an upgrade of the caller between request and answer: the answer meets the new code and heap',
  needing('fault injection', async () => {
    const [caller, callee] = [await network.probe(), await network.probe()];
    let letGo = (): void => undefined;
    const until = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const outcome = await during({ kind: 'hold', until }, async () => {
      const called = caller.update(callTo(callee));
      await network.until(async () => (await registerOf(callee)) === 1n);
      replyOf(await caller.upgrade());
      letGo();
      return called;
    });

    // The heap is new, so the callback's program is gone: it runs to its end without an answer, or traps.
    expect(outcome).toMatchObject({ kind: 'rejected', code: 5 });
    expect(replyText(await caller.update(program().replyText('alive')))).toBe('alive');
  })
);
