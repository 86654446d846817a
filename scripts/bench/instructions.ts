/**
 * Instructions of the main job's messages, from the local IC's meter: the replica's weights, the same on every machine.
 * A figure is the sum over all executions of the message's call context in the called canister.
 */
import { type HttpAgent } from '@dfinity/agent';
import { parseEther, toHex } from 'viem';
import { unwrap } from '../../src/api/errors';
import { type SignerService } from '../../src/api/signer-idl';
import { type Bytes32, bytes32 } from '../../src/core/bytes';
import * as sdk from '../../src/sdk';
import { agree, executePlan } from '../../test/support/adapter-client';
import { type TestPerson, type TestStage, startTestStage } from '../../test/support/test-stage';
import { buildCanisters, canisterNames } from '../build-canisters';
import { pollUntil } from '../poll';

const LIMITS = { timeoutMs: 120_000, intervalMs: 50 };
const MORE_ACCOUNTS = 100;

export type InstructionFigures = Readonly<Record<string, string>>;

/** Method and request id of every update an agent sends. */
class CallRecorder {
  private readonly calls: { readonly method: string; readonly requestId: Uint8Array }[] = [];

  watch(agent: HttpAgent): void {
    const call = agent.call.bind(agent);
    agent.call = async (canisterId, fields, identity) => {
      const submitted = await call(canisterId, fields, identity);
      this.calls.push({ method: fields.methodName, requestId: submitted.requestId });
      return submitted;
    };
  }

  /** Instructions of the last call of `method`. */
  lastOf(method: string, stage: TestStage): bigint {
    const requestId = this.calls.findLast((call) => call.method === method)?.requestId;
    const instructions =
      requestId === undefined ? undefined : stage.localIc.replica.instructionsOf(requestId);
    if (instructions === undefined) throw new Error(`no instructions are known of a call of ${method}`);
    return instructions;
  }
}

/** Plays the main job in one process and reads the meter after each kind of message. */
export async function measureInstructions(): Promise<InstructionFigures> {
  await buildCanisters(canisterNames());
  const stage = await startTestStage();
  try {
    return await new Measurement(stage).run();
  } finally {
    await stage.stop();
  }
}

class Measurement {
  private readonly recorder = new CallRecorder();
  private readonly figures: Record<string, string> = {};

  constructor(private readonly stage: TestStage) {}

  async run(): Promise<InstructionFigures> {
    const [alice, bob] = await Promise.all([this.stage.createPerson(), this.stage.createPerson()]);
    const relayer = await this.stage.startRelayer();
    for (const agent of [alice.agent, bob.agent, relayer.agent]) this.recorder.watch(agent);

    const first = await this.create(alice);
    this.note('createFirstAccount', 'create_account');
    const second = await this.create(bob);
    this.note('createAccount', 'create_account');
    await this.readAddresses(alice, first.id);
    await this.sign(alice, first);
    await this.bind(alice, first.id);
    await this.bind(bob, second.id);
    this.note('acceptCheckpoint', 'accept_evm_checkpoint');
    this.note('bind', 'apply_transitions');

    await this.transfer([[first.id, alice, bob]]);
    this.note('transition', 'apply_transitions');
    await this.transfer([
      [first.id, bob, alice],
      [second.id, bob, bob]
    ]);
    this.note('swapOfTwo', 'apply_transitions');
    for (let made = 0; made < MORE_ACCOUNTS; made += 1) await alice.signer.create_account();
    await this.transfer([[first.id, alice, bob]]);
    this.note(`transitionWith${MORE_ACCOUNTS}MoreAccounts`, 'apply_transitions');
    return this.figures;
  }

  private note(name: string, method: string): void {
    this.figures[name] = this.recorder.lastOf(method, this.stage).toString();
  }

  private async create({ signer }: TestPerson): Promise<{ id: Bytes32; evm: `0x${string}` }> {
    const view = unwrap(await signer.create_account());
    return {
      id: bytes32(Uint8Array.from(view.id), 'account id'),
      evm: toHex(Uint8Array.from(view.evm_address))
    };
  }

  /** The query, called as an update so that the meter sees it. */
  private async readAddresses(person: TestPerson, id: Bytes32): Promise<void> {
    const certified = this.certifiedSigner(person);
    unwrap(await certified.account(id));
    this.note('readAccount', 'account');
  }

  private certifiedSigner(person: TestPerson): SignerService {
    return sdk.createSignerClient(person.agent, { canisterId: this.stage.signerId, certified: true });
  }

  private async sign(owner: TestPerson, account: { id: Bytes32; evm: `0x${string}` }): Promise<void> {
    const { evm } = this.stage;
    const hash = await evm.wallet.sendTransaction({
      account: evm.account,
      chain: evm.chain,
      to: account.evm,
      value: parseEther('1')
    });
    await evm.reader.waitForTransactionReceipt({ hash });
    const intent = { kind: 'ether', to: evm.account.address, amountWei: 1n } as const;
    const transaction = await sdk.prepareEvmTransaction(evm.reader, { from: account.evm, intent });
    await sdk.signEvmTransaction(owner.signer, { account: account.id, from: account.evm, transaction });
    this.note('signEvmTransaction', 'sign_evm_transaction');
  }

  private async bind(owner: TestPerson, accountId: Bytes32): Promise<void> {
    const { domainId } = this.stage;
    const plan = await sdk.proposeBinding(this.canisters(owner), { accountId, domainId });
    await executePlan(this.stage, await agree(plan, [owner]));
    await pollUntil('the binding', async () => unwrap(await owner.signer.account(accountId)).head[0], LIMITS);
  }

  private async transfer(moves: readonly (readonly [Bytes32, TestPerson, TestPerson])[]): Promise<void> {
    for (const [id, owner] of moves) unwrap(await owner.signer.seal_account(id));
    const proposed = await sdk.proposeTransfer(
      this.canisters(moves[0]?.[1]),
      moves.map(([accountId, , to]) => ({ accountId, to: to.identity.getPrincipal() }))
    );
    const parties = [...new Set(moves.flatMap(([, from, to]) => [from, to]))];
    await executePlan(this.stage, await agree(proposed, parties));
    for (const [id, , to] of moves) {
      await pollUntil(
        'the transition',
        async () => {
          const view = unwrap(await to.signer.account(id));
          const isTheirs = view.owner.toText() === to.identity.getPrincipal().toText();
          return isTheirs && 'active' in view.status ? view : undefined;
        },
        LIMITS
      );
    }
  }

  private canisters(person: TestPerson | undefined): Parameters<typeof sdk.proposeTransfer>[0] {
    return {
      signer: person?.signer ?? this.stage.signer,
      domains: this.stage.domains,
      signerId: this.stage.signerId
    };
  }
}
