/** Calls that stay open until a test says so: on any network, without moving its clock. */
import { replyText } from './client';
import { type Probe, type TestNetwork } from './network';
import { registerOf } from './observations';
import { type CallOptions, program } from './probe/program';

/** Slot with the program that waits, register that ends it, register that counts who waits. */
const WAITING = 60;
const RELEASED = 63;
const ARRIVED = 62;

/** A canister that calls itself until it is released, and only then answers those who called it. */
export class Holder {
  private constructor(readonly probe: Probe) {}

  static async create(network: TestNetwork): Promise<Holder> {
    const again = {
      arg: program().replyText(''),
      onReply: program().kept(WAITING).op('run'),
      onReject: program().kept(WAITING).op('run')
    };
    const probe = await network.probe();
    const waiting = program()
      .register(RELEASED)
      .when(program().replyText('released'))
      .register(RELEASED)
      .op('not')
      .when(program().call({ to: probe.id, ...again }));
    await probe.update(program().keep(WAITING, waiting).replyText(''));
    return new Holder(probe);
  }

  /** A call that is answered with `released` once it is. */
  call(more: Partial<CallOptions> = {}): CallOptions {
    return { to: this.probe.id, arg: program().increment(ARRIVED).kept(WAITING).op('run'), ...more };
  }

  /** Resolves when so many calls have come. The network is never idle meanwhile, so its clock must not be moved. */
  async whenCalled(count: bigint): Promise<void> {
    while ((await registerOf(this.probe, ARRIVED)) < count);
  }

  async release(): Promise<void> {
    replyText(await this.probe.update(program().setRegister(RELEASED, 1).replyText('')));
  }
}
