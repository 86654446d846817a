import { Principal } from '@dfinity/principal';
import { type CallAnswer, type IncomingCall } from '../../../../src/local-ic/replica/message';

import { rejected, rejection, replied } from '../../../../src/local-ic/replica/rejection';
import {
  type IngressMessage,
  type Outcome,
  type QueryMessage,
  type Rejection
} from '../../../../src/local-ic/replica/replica-port';
import {
  type SystemCanister,
  type SystemCanisterHost
} from '../../../../src/local-ic/replica/system-canister';
import {
  decodeResult,
  encodeArgument,
  errorCodeOf,
  replyText,
  replyNumber,
  TestReplica
} from '../../../fixtures/local-ic/test-replica';
import { MemoryStateStore } from '../../../fixtures/local-ic/memory-state-store';
import { buildCanister } from '../../../fixtures/local-ic/wat-canister';

const ID = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 9, 1, 1);
const ECHO_FEE = 5n;

/** Echoes its argument, keeps a fee, counts its calls. */
class EchoCanister implements SystemCanister {
  readonly id = ID;
  cycles = 1000n;
  #calls = 0;

  constructor(readonly host: SystemCanisterHost) {}

  refuseIngress({ methodName }: IngressMessage): Rejection | undefined {
    return methodName === 'refused' ? rejection('IC0406', 'not from outside') : undefined;
  }

  call({ methodName, arg, cycles }: IncomingCall, answer: (answer: CallAnswer) => void): void {
    this.#calls += 1;
    if (methodName === 'create') {
      const created = this.host.callManagement({
        caller: ID,
        methodName: 'create_canister',
        arg: encodeArgument('create_canister', { settings: [], sender_canister_version: [] }),
        cycles: this.host.mintCycles(1_000_000_000_000n)
      });
      answer({ ...created, refundCycles: cycles });
      return;
    }
    const kept = cycles < ECHO_FEE ? cycles : ECHO_FEE;
    this.cycles += kept;
    answer({ outcome: replied(arg), refundCycles: cycles - kept });
  }

  query({ methodName }: QueryMessage): Outcome {
    return methodName === 'calls'
      ? replied(new TextEncoder().encode(String(this.#calls)))
      : rejected('IC0536', 'no such query');
  }

  record(): Uint8Array {
    return Uint8Array.of(this.#calls);
  }

  restore([calls = 0]: Uint8Array): void {
    this.#calls = calls;
  }
}

let host: TestReplica;

beforeEach(() => {
  host = new TestReplica({ systemCanisters: (given) => [new EchoCanister(given)] });
});

afterEach(() => {
  host.replica.close();
});

const callEcho = (cycles: bigint): Promise<Uint8Array> =>
  buildCanister((text) => ({
    callbacks: [
      '(call $reply_i64 (i64.add (i64.const 100) (call $msg_cycles_refunded)))',
      '(call $reply_i64 (i64.const 0))'
    ],
    exports: {
      'canister_update ask': `
        (call $call_new ${text.blob(ID)} ${text.text('echo')}
          (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0))
        (call $call_cycles_add (i64.const ${cycles}))
        (drop (call $call_perform))`
    }
  }));

describe('a system canister', () => {
  it('answers updates and queries from outside, and may refuse updates', async () => {
    const arg = new TextEncoder().encode('hello');

    expect(replyText(await host.call(ID, 'echo', { arg }))).toBe('hello');
    expect(errorCodeOf(await host.call(ID, 'refused'))).toBe('IC0406');
    expect(replyText(await host.query(ID, 'calls'))).toBe('1');
  });

  it('is called by canisters and refunds what it does not take', async () => {
    const caller = await host.install(await callEcho(50n));

    expect(replyNumber(await host.call(caller.id, 'ask'))).toBe(100n + 50n - ECHO_FEE);
  });

  it('exists without controllers or code, and its id is given to nobody else', async () => {
    expect(host.replica.canister(ID)).toMatchObject({ id: ID, controllers: [] });
    expect(host.replica.canister(ID)?.moduleHash).toBeUndefined();
    expect([...host.replica.canisters()].map(({ id }) => id)).toContainEqual(ID);

    const { principal } = await host.create();
    expect(principal.toUint8Array()).not.toEqual(ID);
    await expect(host.create({ specified_id: [Principal.fromUint8Array(ID)] })).rejects.toThrow('IC0538');
  });

  it('creates canisters it controls', async () => {
    const outcome = await host.call(ID, 'create');
    const [created] = decodeResult('create_canister', outcome) as [{ canister_id: Principal }];

    expect(host.replica.canister(created.canister_id.toUint8Array())?.controllers).toEqual([ID]);
  });

  it('has the cycles it starts with counted as minted', () => {
    expect(host.replica.ledger.mintedCycles).toBe(1000n);
  });

  it('keeps its state over a restart', async () => {
    const store = new MemoryStateStore();
    const systemCanisters = (given: SystemCanisterHost): SystemCanister[] => [new EchoCanister(given)];
    const before = new TestReplica({ store, systemCanisters });
    await before.call(ID, 'echo');
    await before.replica.whenDurable();
    before.replica.close();

    const after = new TestReplica({ store: store.copy(), systemCanisters });

    expect(replyText(await after.query(ID, 'calls'))).toBe('1');
    expect(after.replica.ledger).toEqual(before.replica.ledger);
    after.replica.close();
  });

  it('may come to a network that is there already, and brings its cycles', async () => {
    const store = new MemoryStateStore();
    const before = new TestReplica({ store });
    await before.create();
    await before.replica.whenDurable();
    before.replica.close();

    const after = new TestReplica({ store, systemCanisters: (given) => [new EchoCanister(given)] });

    expect(after.replica.ledger.mintedCycles).toBe(before.replica.ledger.mintedCycles + 1000n);
    after.replica.close();
  });
});
