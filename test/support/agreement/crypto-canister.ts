/** The fixture canister `azle-crypto.ts` on a replica of its own, as something that answers calls. */
import { IDL } from '@dfinity/candid';
import { type Installed, TestReplica, replyOf } from '../../fixtures/local-ic/test-replica';
import { type Outcome } from '../../../src/local-ic/replica/replica-port';
import { type Responder } from './compare-door';
import { type EngineCall, decodeAnswers, encodeCalls, encodedLength } from './engine-call';

/** A message stops when it has used up this much; the limits are 5 and 40 G, and the dearest single call 7 G, by noble. */
const QUERY_BUDGET = 2_000_000_000n;
const UPDATE_BUDGET = 20_000_000_000n;
const MESSAGE_BYTES = 1_500_000;
const FIRST_CALL_COUNT = 16;
const MOST_CALLS = 512;
/** By noble in a canister, each may cost 0.3 G. */
const DOOR_CALLS = 100;

export const BLOB = IDL.Vec(IDL.Nat8);

export class CryptoCanister {
  readonly host = new TestReplica();
  #canister: Installed | undefined;

  constructor(readonly wasmModule: Uint8Array) {}

  /** The canister, installed at the first use. */
  async canister(): Promise<Installed> {
    if (this.#canister === undefined) {
      this.#canister = await this.host.install(this.wasmModule, { arg: encode([], []) });
      await this.host.replica.tick();
    }
    return this.#canister;
  }

  async update(method: string, types: IDL.Type[] = [], values: unknown[] = []): Promise<Outcome> {
    return this.host.call((await this.canister()).id, method, { arg: encode(types, values) });
  }

  async query(method: string, types: IDL.Type[] = [], values: unknown[] = []): Promise<Outcome> {
    return this.host.query((await this.canister()).id, method, { arg: encode(types, values) });
  }

  /** The answers to all the calls, in as many messages as they take. */
  async answer(
    calls: readonly EngineCall[],
    options: { readonly inQueries: boolean }
  ): Promise<Uint8Array[]> {
    const answers: Uint8Array[] = [];
    for (let count = FIRST_CALL_COUNT; answers.length < calls.length;) {
      const taken = callsThatFit(calls.slice(answers.length, answers.length + count));
      const given = await this.#run(encodeCalls(taken), options.inQueries);
      if (given.length === 0 || given.length > taken.length) {
        throw new Error(`${given.length} answers to ${taken.length} calls`);
      }
      answers.push(...given);
      count = given.length < taken.length ? given.length : Math.min(2 * count, MOST_CALLS);
    }
    return answers;
  }

  /** The answers of the doors of `core`, which take calls of any shape; a few hundred to a message. */
  async answerThroughDoors(calls: readonly EngineCall[]): Promise<Uint8Array[]> {
    const answers: Uint8Array[] = [];
    for (let taken = 0; taken < calls.length; taken += DOOR_CALLS) {
      const encoded = encodeCalls(calls.slice(taken, taken + DOOR_CALLS));
      answers.push(...decodeAnswers(decodeBlob(await this.update('runThroughDoors', [BLOB], [encoded]))));
    }
    return answers;
  }

  close(): void {
    this.host.replica.close();
  }

  async #run(calls: Uint8Array, inQuery: boolean): Promise<Uint8Array[]> {
    const types = [BLOB, IDL.Nat64];
    const outcome = inQuery
      ? await this.query('runInQuery', types, [calls, QUERY_BUDGET])
      : await this.update('run', types, [calls, UPDATE_BUDGET]);
    return decodeAnswers(decodeBlob(outcome));
  }
}

/** Every other batch in queries where `inQueries` allows: a pairing by noble is more than a query may cost. */
export function canisterResponder(
  canister: CryptoCanister,
  options: { readonly limit: number; readonly inQueries: boolean }
): Responder {
  let batches = 0;
  return {
    name: 'canister',
    limit: options.limit,
    answer: (calls) => canister.answer(calls, { inQueries: options.inQueries && batches++ % 2 === 0 })
  };
}

function callsThatFit(calls: readonly EngineCall[]): EngineCall[] {
  let size = 0;
  const fitting = calls.filter((call, index) => {
    size += encodedLength(call);
    return index === 0 || size <= MESSAGE_BYTES;
  });
  return fitting;
}

export const encode = (types: IDL.Type[], values: unknown[]): Uint8Array =>
  new Uint8Array(IDL.encode(types, values));

/** The single value of a reply; fails with the rejection's text. */
export const decodeReply = (type: IDL.Type, outcome: Outcome): unknown =>
  IDL.decode([type], replyOf(outcome))[0];

export const decodeBlob = (outcome: Outcome): Uint8Array =>
  Uint8Array.from(decodeReply(BLOB, outcome) as Uint8Array);
