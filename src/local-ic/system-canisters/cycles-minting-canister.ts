/** The cycles minting canister, `rkp4c-7iaaa-aaaaa-aaaca-cai`: cycles for ICP, at a rate that stands still here. */
import { IDL } from '@dfinity/candid';
import { Principal } from '@dfinity/principal';
import { MANAGEMENT_METHODS } from '../management/management-idl';
import { type SystemCanisterHost } from '../replica/system-canister';
import { AccountError, accountOf } from './account';
import { createCanister, SUBNET_TYPE } from './canister-creation';
import { type CyclesAccounts } from './cycles-accounts';
import * as Wire from './cycles-minting-idl';
import { CanisterTrap, HostedCanister, type Method, payableUpdate, query, update } from './hosted-canister';
import { type IcpPayments, type Payment } from './icp-payments';
import { decodeRecord, encodeRecord } from './ledger-record';
import { CYCLES_MINTING_ID } from './system-canister-ids';

/** Ten-thousandths of an XDR for one ICP; a trillion cycles cost one XDR, so this many cycles are one e8s. */
const XDR_PERMYRIAD_PER_ICP = 35_200n;
const UNAUTHORIZED = 5n;
const NS_PER_SECOND = 1_000_000_000n;

/** What a payment says it is for. */
const MEMO = { mint: 0x544e_494dn, createCanister: 0x4145_5243n, topUp: 0x5055_5054n };
/** Transfer fees that a payment which came to nothing costs. */
const REFUND_FEES = { mint: 2n, createCanister: 4n, topUp: 2n };

/** A payment that a notice names, and what to do for it. */
type Notice = {
  readonly blockIndex: bigint;
  readonly beneficiary: Principal;
  readonly purpose: keyof typeof MEMO;
  readonly fulfil: (cycles: bigint) => Fulfilment;
};
type Fulfilment =
  | { readonly kind: 'done'; readonly answer: Wire.AnswerWire }
  | { readonly kind: 'failed'; readonly reason: string };

type NoticesState = {
  readonly cycles: bigint;
  readonly notices: readonly { readonly block_index: bigint; readonly answer: Wire.AnswerWire }[];
};

export class CyclesMintingCanister extends HostedCanister {
  readonly id = CYCLES_MINTING_ID.toUint8Array();
  protected readonly methods: ReadonlyMap<string, Method>;
  readonly #host: SystemCanisterHost;
  readonly #payments: IcpPayments;
  readonly #accounts: CyclesAccounts;
  /** Answers to notices, by the block of the payment. */
  readonly #answers = new Map<bigint, Wire.AnswerWire>();
  /** Cycles made for payments that came to nothing; the next payments get them. */
  #cycles = 0n;
  #record: { readonly answerCount: number; readonly bytes: Uint8Array } | undefined;

  constructor(
    host: SystemCanisterHost,
    ledgers: { readonly payments: IcpPayments; readonly accounts: CyclesAccounts }
  ) {
    super(() => host.timeNs());
    this.#host = host;
    this.#payments = ledgers.payments;
    this.#accounts = ledgers.accounts;
    this.methods = new Map([
      ...this.#describingMethods(),
      ['notify_top_up', this.#topUpMethod()],
      ['notify_create_canister', this.#createMethod()],
      ['notify_mint_cycles', this.#mintMethod()],
      ['create_canister', this.#createForCyclesMethod()]
    ]);
  }

  get cycles(): bigint {
    return this.#cycles;
  }

  record(): Uint8Array {
    // Nothing changes without an answer to a notice.
    const answerCount = this.#answers.size;
    if (this.#record?.answerCount !== answerCount) {
      const notices = [...this.#answers].map(([block_index, answer]) => ({ block_index, answer }));
      this.#record = { answerCount, bytes: encodeRecord(Wire.NOTICES, { cycles: this.#cycles, notices }) };
    }
    return this.#record.bytes;
  }

  restore(record: Uint8Array): void {
    const { cycles, notices } = decodeRecord<NoticesState>(Wire.NOTICES, record);
    this.#cycles = cycles;
    this.#answers.clear();
    for (const { block_index, answer } of notices) this.#answers.set(block_index, answer);
    this.#record = undefined;
  }

  #describingMethods(): readonly (readonly [string, Method])[] {
    const subnetId = Principal.fromUint8Array(this.#host.subnetId);
    return [
      ['get_default_subnets', query({ result: IDL.Vec(IDL.Principal) }, () => [subnetId])],
      [
        'get_subnet_types_to_subnets',
        query({ result: Wire.SubnetTypes }, () => ({ data: [[SUBNET_TYPE, [subnetId]]] }))
      ],
      [
        'get_icp_xdr_conversion_rate',
        query({ result: Wire.ConversionRate }, (_argument, { nowNs }) => ({
          data: { timestamp_seconds: nowNs / NS_PER_SECOND, xdr_permyriad_per_icp: XDR_PERMYRIAD_PER_ICP },
          hash_tree: new Uint8Array(0),
          certificate: new Uint8Array(0)
        }))
      ]
    ];
  }

  #topUpMethod(): Method {
    return update(
      { argument: Wire.NotifyTopUpArgs, result: Wire.NotifyTopUpResult },
      ({ block_index, canister_id }: { readonly block_index: bigint; readonly canister_id: Principal }) =>
        this.#answer({
          blockIndex: block_index,
          beneficiary: canister_id,
          purpose: 'topUp',
          fulfil: (cycles) => this.#topUp(canister_id, cycles)
        })
    );
  }

  #createMethod(): Method {
    return update(
      { argument: Wire.NotifyCreateCanisterArgs, result: Wire.NotifyCreateCanisterResult },
      (args: Wire.NotifyCreateCanisterArgsWire, { caller }) => {
        const { block_index, controller } = args;
        if (controller.compareTo(caller) !== 'eq') return unauthorized(caller, controller);
        return this.#answer({
          blockIndex: block_index,
          beneficiary: controller,
          purpose: 'createCanister',
          fulfil: (cycles) => this.#create(controller, args, cycles)
        });
      }
    );
  }

  #mintMethod(): Method {
    return update(
      { argument: Wire.NotifyMintCyclesArgs, result: Wire.NotifyMintCyclesResult },
      (args: Wire.NotifyMintCyclesArgsWire, { caller }) =>
        this.#answer({
          blockIndex: args.block_index,
          beneficiary: caller,
          purpose: 'mint',
          fulfil: (cycles) => this.#mint(args, caller, cycles)
        })
    );
  }

  /** For canisters that pay in cycles. */
  #createForCyclesMethod(): Method {
    return payableUpdate(
      { argument: Wire.CreateCanisterArgs, result: Wire.CreateCanisterResult },
      (args: Wire.CreateCanisterArgsWire, { caller, cycles }) => {
        const created = createCanister(this.#host, caller, args, cycles);
        if (created.kind === 'created') return { result: { Ok: created.id }, acceptedCycles: cycles };
        const refunded = { refund_amount: cycles, create_error: created.reason };
        return { result: { Err: { Refunded: refunded } }, acceptedCycles: 0n };
      }
    );
  }

  /** Does what a payment is for, once: a second notice of it gets the first one's answer. */
  #answer({ blockIndex, beneficiary, purpose, fulfil }: Notice): object {
    const known = this.#answers.get(blockIndex);
    const memo = MEMO[purpose];
    const payment = this.#payments.find(blockIndex, { beneficiary, memo });
    if (typeof payment === 'string') return { Err: { InvalidTransaction: payment } };
    if (known) return resultOf(known);
    const cycles = payment.e8s * XDR_PERMYRIAD_PER_ICP;
    if (this.#cycles < cycles) this.#cycles += this.#host.mintCycles(cycles - this.#cycles);
    const fulfilment = fulfil(cycles);
    const answer =
      fulfilment.kind === 'done' ? fulfilment.answer : this.#refund(payment, purpose, fulfilment.reason);
    if (fulfilment.kind === 'done') this.#payments.burn(payment);
    this.#answers.set(blockIndex, answer);
    return resultOf(answer);
  }

  #refund(payment: Payment, purpose: keyof typeof MEMO, reason: string): Wire.AnswerWire {
    const block = this.#payments.refund(payment, REFUND_FEES[purpose]);
    return { Failed: { Refunded: { reason, block_index: block === undefined ? [] : [block] } } };
  }

  #topUp(canisterId: Principal, cycles: bigint): Fulfilment {
    const { argument } = MANAGEMENT_METHODS.deposit_cycles;
    const { outcome, refundCycles } = this.#host.callManagement({
      caller: this.id,
      methodName: 'deposit_cycles',
      arg: new Uint8Array(IDL.encode([...argument], [{ canister_id: canisterId }])),
      cycles
    });
    this.#cycles -= cycles - refundCycles;
    if (outcome.kind === 'rejected') return { kind: 'failed', reason: outcome.rejectMessage };
    return { kind: 'done', answer: { ToppedUp: cycles } };
  }

  #create(controller: Principal, args: Wire.CreateCanisterArgsWire, cycles: bigint): Fulfilment {
    const created = createCanister(this.#host, controller, args, cycles);
    if (created.kind === 'failed') return created;
    this.#cycles -= cycles;
    return { kind: 'done', answer: { Created: created.id } };
  }

  #mint(
    { to_subaccount, deposit_memo }: Wire.NotifyMintCyclesArgsWire,
    owner: Principal,
    cycles: bigint
  ): Fulfilment {
    try {
      const { balance, block_index } = this.#accounts.deposit(
        accountOf(owner, to_subaccount),
        deposit_memo,
        cycles
      );
      this.#cycles -= cycles;
      return { kind: 'done', answer: { Minted: { block_index, minted: cycles, balance } } };
    } catch (error) {
      if (error instanceof CanisterTrap || error instanceof AccountError)
        return { kind: 'failed', reason: error.message };
      throw error;
    }
  }
}

function unauthorized(caller: Principal, controller: Principal): object {
  const message = `${caller.toText()} is not authorized to create a canister on behalf of ${controller.toText()}`;
  return { Err: { Other: { error_code: UNAUTHORIZED, error_message: message } } };
}

function resultOf(answer: Wire.AnswerWire): object {
  if ('Failed' in answer) return { Err: answer.Failed };
  const values: readonly unknown[] = Object.values(answer);
  return { Ok: values[0] };
}
